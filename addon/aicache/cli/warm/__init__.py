"""Behind `scripts/warm`: what is recorded or stored elsewhere, read as flows, and put into the cache."""
