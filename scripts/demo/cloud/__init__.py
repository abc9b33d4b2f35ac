"""Stand-ins for the cloud services of the chain, on loopback, to try and test it without keys."""
