"""Coding agents as their users install them, and a model of our own that gives them a task's steps."""
