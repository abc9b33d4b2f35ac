"""``python -m aicache.config.migrate FILE`` prints a Higress configuration in our own names."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aicache.config import ConfigError, read_text, translate_higress

EPILOG = """
FILE is the YAML of Higress's ai-cache plugin, or the WasmPlugin resource around it. Comments at the top say what is
different here. Secrets are not copied: ${NAME} stands for each, and a comment says what to set.
Exit code 1: something cannot carry over; stderr names it, its line, and what to write instead. What was translated is
printed all the same: the comments at the top say what is not complete, and ${NAME} stands for a value that is missing.

  scripts/migrate higress.yaml > ai-cache.yaml && scripts/serve --config ai-cache.yaml
"""


class _CompleteEnvironment(Mapping[str, str]):
    """An environment in which every variable is set, so that FILE may refer to variables that are unset here."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def __getitem__(self, name: str) -> str:
        return self._env.get(name, "unset")

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def main(arguments: Sequence[str] | None = None, prog: str = "python -m aicache.config.migrate") -> int:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Print the configuration of a Higress AI cache in our own names.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the YAML of the ai-cache plugin")
    path = parser.parse_args(arguments).file
    try:
        migration = translate_higress(read_text(path), path.name, _CompleteEnvironment(os.environ))
    except ConfigError as exc:
        print(exc, file=sys.stderr)
        return 1
    print(migration.yaml, end="")
    for problem in migration.problems:
        print(problem, file=sys.stderr)
    return 1 if migration.problems else 0


if __name__ == "__main__":
    sys.exit(main())
