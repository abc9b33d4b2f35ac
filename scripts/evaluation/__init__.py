"""The code of `scripts/evaluate`: labeled questions, vectors, decisions, and their metrics."""
