"""Adds and removes the firewall rules of `scripts/transparent`, which redirect traffic to a proxy."""
