"""``python -m aicache.config --example | --table`` prints the configuration's documentation."""

from __future__ import annotations

import argparse

from aicache.config.docs import example, table


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m aicache.config", description="Print every key of the configuration."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--example", action="store_true", help="as YAML: config.example.yaml")
    what.add_argument("--table", action="store_true", help="as a Markdown table")
    print(example() if parser.parse_args().example else table(), end="")


if __name__ == "__main__":
    main()
