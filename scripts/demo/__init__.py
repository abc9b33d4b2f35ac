"""A stand-in for an LLM API, and a demo of the cache in front of it, without keys or network."""
