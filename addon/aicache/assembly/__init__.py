"""Puts the parts of the addon together."""
