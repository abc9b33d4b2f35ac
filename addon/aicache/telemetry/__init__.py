"""What happened, as counters, metrics, the decision log, traces and sentences. It observes and decides nothing."""
