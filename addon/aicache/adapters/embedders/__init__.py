"""Text embeddings: DashScope, services like OpenAI, and the local model in a process of its own."""
