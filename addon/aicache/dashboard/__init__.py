"""The cache's own pages on the proxy, and their API."""
