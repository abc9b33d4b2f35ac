"""Between a response and the stored entry: recording, replaying, templates, batches of embeddings. Pure."""
