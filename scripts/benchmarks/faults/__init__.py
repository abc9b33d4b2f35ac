"""Fault injection under a steady load whose answers are all checked: `scripts/bench faults`."""
