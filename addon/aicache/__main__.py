"""``python -m aicache NAME`` is ``ai-cache NAME``."""

import sys

from aicache.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
