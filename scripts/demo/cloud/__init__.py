"""Stand-ins for the cloud services of the chain, on loopback, so that it can be tried and tested without keys."""
