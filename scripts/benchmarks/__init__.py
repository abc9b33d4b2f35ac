"""Benchmarks, not tests: compare ratios within one run."""
