"""The embedded Valkey server: its process, its files, its folder lock."""
