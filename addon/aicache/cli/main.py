"""The program ``ai-cache``: runs the command that its first argument names. A command's modules are imported then."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

PROG_VARIABLE = "AI_CACHE_PROG"
"""Environment variable with the name that usage messages show; scripts/NAME sets it."""
CHECKOUT_COMMANDS = ("audit", "bench", "evaluate", "fuzz", "lint", "lock", "test", "transparent")
"""Commands that exist only as scripts/NAME."""


def serve(arguments: Sequence[str], prog: str) -> NoReturn:
    """run the proxy in front of an LLM API"""
    from aicache.cli import serve

    serve.main(arguments, serve.Installation(prog, _find_executable))


def doctor(arguments: Sequence[str], prog: str) -> int:
    """test a configuration on the live services, up to a cache hit"""
    if arguments[:1] == ["compare"]:
        from aicache.runtime import question_comparison

        return question_comparison.main(arguments[1:], prog)
    if arguments[:1] == ["mask"]:
        from aicache.cli import mask

        return mask.main(arguments[1:], prog)
    from aicache.runtime import doctor

    return doctor.main(arguments, prog)


def config(arguments: Sequence[str], prog: str) -> int:
    """print every key of the configuration, as YAML or as a table"""
    from aicache.config import __main__ as config

    return config.main(arguments, prog)


def migrate(arguments: Sequence[str], prog: str) -> int:
    """print the configuration of a Higress AI cache in our own names"""
    from aicache.config import migrate

    return migrate.main(arguments, prog)


def warm(arguments: Sequence[str], prog: str) -> int:
    """fill the cache with answers that were recorded or stored elsewhere"""
    from aicache.cli.warm import command

    return command.main(arguments, prog)


def replay(arguments: Sequence[str], prog: str) -> int:
    """simulate the current settings on recorded traffic"""
    from aicache.cli.replay import command

    return command.main(arguments, prog)


def cassette(arguments: Sequence[str], prog: str) -> int:
    """convert cassettes from and to the formats of vcrpy and mitmproxy"""
    from aicache.cli.cassette import command

    return command.main(arguments, prog)


def prices(arguments: Sequence[str], prog: str) -> int:
    """show the built-in list prices, or bring them up to date"""
    from aicache.cli import prices

    return prices.main(arguments, prog)


def script(arguments: Sequence[str], prog: str) -> int:
    """print the path of the script for mitmproxy: mitmdump -s "$(ai-cache script)\""""
    from aicache.cli.launch import SCRIPT

    if arguments:
        print(f"usage: {prog}\n\nPrint the path of the script for mitmproxy's -s.")
        return 0 if arguments[0] in ("-h", "--help") else 2
    print(SCRIPT)
    return 0


COMMANDS: dict[str, Callable[[Sequence[str], str], int]] = {
    each.__name__: each for each in (serve, script, config, doctor, migrate, warm, replay, cassette, prices)
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names; return its exit code, or 2 for an unknown command."""
    name, *further = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    own = "ai-cache" if Path(sys.argv[0]).name != "__main__.py" else "python -m aicache"
    prog = os.environ.pop(PROG_VARIABLE, None) or f"{own} {name}"
    if name in ("-h", "--help"):
        print(_help(own))
        return 0
    if name == "--version":
        print(f"mitmproxy-ai-cache {_version()}")
        return 0
    if name in COMMANDS:
        return COMMANDS[name](further, prog)
    print(f"{own}: {_unknown_command(name, own)}", file=sys.stderr)
    return 2


def _help(own: str) -> str:
    commands = "\n".join(f"  {name:10} {command.__doc__}" for name, command in COMMANDS.items())
    checkout = ", ".join(f"scripts/{name}" for name in CHECKOUT_COMMANDS)
    return (
        f"usage: {own} COMMAND [ARGUMENT ...]\n\nA cache for LLM traffic, as a mitmproxy addon.\n\n{commands}\n\n"
        f"`{own} COMMAND --help` describes a command, `{own} --version` prints the version.\n"
        f"In a checkout of the project only: {checkout}."
    )


def _unknown_command(name: str, own: str) -> str:
    if name in CHECKOUT_COMMANDS:
        return f"{name} is in a checkout of the project only: scripts/{name}"
    near = difflib.get_close_matches(name, COMMANDS, 1)
    return f"there is no command {name!r}{f'; did you mean {near[0]!r}?' if near else ''} ({own} --help lists them)"


def _find_executable(name: str) -> Path:
    """Find a program of mitmproxy: beside this Python, else on the PATH. Raises ValueError."""
    beside = Path(sys.executable).with_name(name + Path(sys.executable).suffix)
    found = beside if beside.is_file() else shutil.which(name)
    if found is None:
        raise ValueError(f"{name} is neither beside {sys.executable} nor on the PATH: install mitmproxy there")
    return Path(found)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mitmproxy-ai-cache")
    except PackageNotFoundError:
        return "of a checkout"
