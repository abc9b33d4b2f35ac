"""What is replaced inside mitmproxy, fenced by fingerprints of its source. It imports nothing else of ours."""
