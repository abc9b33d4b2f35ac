"""Faults of several machines under a steady load whose answers are all checked: `scripts/bench cluster`."""
