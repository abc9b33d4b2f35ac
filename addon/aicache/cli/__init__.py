"""The user's commands: ``ai-cache NAME``, ``python -m aicache NAME`` and, in a checkout, ``scripts/NAME``."""
