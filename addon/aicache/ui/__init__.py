"""What mitmproxy's own screens show of the cache, and the commands that control it."""
