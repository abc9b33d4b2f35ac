"""Builds the components that the configuration asks for, replaces them at run time, and checks them (doctor)."""
