"""The command ``replay``: simulates the current settings on recorded traffic."""
