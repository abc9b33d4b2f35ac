"""``python -m aicache.config --example | --table | --masks`` prints the documentation of the configuration."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from aicache.config.docs import example, mask_table, table


def main(arguments: Sequence[str] | None = None, prog: str = "python -m aicache.config") -> int:
    parser = argparse.ArgumentParser(prog=prog, description="Print every key of the configuration.")
    output = parser.add_mutually_exclusive_group(required=True)
    output.add_argument("--example", action="store_true", help="as YAML: config.example.yaml")
    output.add_argument("--table", action="store_true", help="as a Markdown table")
    output.add_argument("--masks", action="store_true", help="the built-in masks, as a Markdown table")
    options = parser.parse_args(arguments)
    print(example() if options.example else mask_table() if options.masks else table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
