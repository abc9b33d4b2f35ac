"""The commands of mitmproxy about cassettes: ``aicache.cassette.…``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from mitmproxy import command, exceptions

from aicache.config import ConfigError

F = TypeVar("F", bound=Callable[..., Any])


def _command(name: str) -> Callable[[F], F]:
    """mitmproxy's decorator, with the types that it lacks."""
    decorator: Callable[[F], F] = cast(Any, command).command(name)
    return decorator


class Cassettes(Protocol):
    """The cassette in use."""

    def load(self, mode: str, file: str) -> None:
        """Write the cassette in use, and use another one. Raises ConfigError."""

    def report(self) -> Sequence[str]:
        """Return what became of the requests: the tally, then each refusal."""


class CassetteCommands:
    """mitmproxy finds them by their decorator. They raise CommandError, which it shows."""

    def __init__(self, cassettes: Cassettes) -> None:
        self._cassettes = cassettes

    @_command("aicache.cassette.load")
    def load(self, mode: str, file: str) -> None:
        """Use another cassette, from its beginning, to record, replay or hybrid."""
        try:
            self._cassettes.load(mode, file)
        except ConfigError as exc:
            raise exceptions.CommandError(str(exc)) from None

    @_command("aicache.cassette.report")
    def report(self) -> Sequence[str]:
        """Show how many requests were replayed, missing and recorded, and what the missing ones differ in."""
        return self._cassettes.report()
