"""Behind `scripts/replay`: what the present settings would have done with recorded traffic."""
