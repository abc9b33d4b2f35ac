"""Between mitmproxy and the engine: HTTP messages, flows' state, connections, recorded flows."""
