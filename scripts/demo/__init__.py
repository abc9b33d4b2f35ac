"""An LLM API to try things against, and a show of what the cache does in front of it. Needs no key and no network."""
