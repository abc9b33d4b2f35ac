"""Answers requests that have a prepared response from their bytes, before mitmproxy makes a flow of them."""
