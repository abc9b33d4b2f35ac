"""Replacements of mitmproxy internals, fenced by fingerprints of its source. They import nothing else of ours."""
