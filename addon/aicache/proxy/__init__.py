"""Connects mitmproxy with the engine: HTTP messages, flows' state, connections, recorded flows."""
