"""The error that ends the command with one line."""


class Problem(Exception):
    """An error that the user can fix; the message says how."""
