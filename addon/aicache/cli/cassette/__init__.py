"""Cassettes from outside the proxy: converts them, and runs a proxy whose cassette is changed from test to test."""
