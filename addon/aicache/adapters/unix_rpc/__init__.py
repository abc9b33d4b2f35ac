"""Procedures of one process that others on the machine call, over a Unix socket in a private folder."""
