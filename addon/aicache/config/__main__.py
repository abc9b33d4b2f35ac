"""``python -m aicache.config --example | --table`` prints the documentation of the configuration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from aicache.config.docs import example, table


def main(arguments: Sequence[str] | None = None, prog: str = "python -m aicache.config") -> int:
    parser = argparse.ArgumentParser(prog=prog, description="Print every key of the configuration.")
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument("--example", action="store_true", help="as YAML: config.example.yaml")
    output.add_argument("--table", action="store_true", help="as a Markdown table")
    print(example() if parser.parse_args(arguments).example else table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
