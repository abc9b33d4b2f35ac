"""What `scripts/evaluate` is made of: labelled questions, vectors, the policy's decisions, their worth."""
