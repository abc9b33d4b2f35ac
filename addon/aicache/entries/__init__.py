"""Converts between responses and stored entries: recording, replaying, templates, batches of embeddings. Pure."""
