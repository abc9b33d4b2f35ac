"""Word lists of the guards. Data only."""
