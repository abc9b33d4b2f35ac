"""Entries in Redis or Valkey: one server, Sentinel or Cluster, with a client-side cache."""
