"""Learns from answers that were compared: how likely a neighbor is wrong, and whether to go on serving.

Pure: no I/O; times and random numbers are passed in. `verified_policy` puts the rest together; `answer_equality` tells
which answers are the same.
"""
