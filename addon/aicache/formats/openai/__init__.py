"""OpenAI's APIs, which many vendors speak: chat completions, completions, Responses, embeddings."""
