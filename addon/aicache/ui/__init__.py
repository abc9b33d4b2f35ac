"""The cache in mitmproxy's own screens: markers, comments and content views, and the commands that control it."""
