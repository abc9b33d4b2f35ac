"""An AI cache as a mitmproxy addon: LLM answers from the cache, by the exact request and by meaning."""
