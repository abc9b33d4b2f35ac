"""What ends the command with one line."""


class Problem(Exception):
    """Something that the user can mend; the message says what and how."""
