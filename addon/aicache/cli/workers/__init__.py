"""``serve --workers``: several proxies on one port, and a process that owns the data folder for all of them."""
