"""What `scripts/evaluate` is made of: labeled questions, vectors, the policy's decisions, their worth."""
