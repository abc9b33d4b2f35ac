"""Cassettes: files of recorded HTTP exchanges that live in a repository and are replayed without the upstream."""
