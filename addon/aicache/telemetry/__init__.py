"""Turns events into counters, metrics, the decision log, traces and sentences. It observes and decides nothing."""
