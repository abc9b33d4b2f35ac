"""DashScope's native generation API."""
