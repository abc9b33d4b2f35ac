"""The kernel's rules that lead traffic to a proxy, and their end, for `scripts/transparent`. Standard library only."""
