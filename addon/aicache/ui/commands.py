"""The commands ``aicache.…``: for the console's prompt and keys, for mitmweb's command bar and REST.

mitmproxy wants a command's answer at once, but access to a store takes time. Such a command answers that it has begun;
its result is an alert in the event log, and ``aicache.result`` returns it in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from mitmproxy import command, exceptions, flow, types
from mitmproxy.http import HTTPFlow

from aicache.engine import Engine
from aicache.telemetry.labels import replace_surrogates
from aicache.telemetry.observability import Observability
from aicache.telemetry.summary import summary_lines
from aicache.ui import command_history, flow_marks
from aicache.ui.bypass import describe_bypass, switch_bypass
from aicache.ui.command_actions import CONFIRMATION, FILE_PREFIX, CommandActions, CommandResult, unread_neighbors
from aicache.ui.command_runner import CommandRunner
from aicache.ui.contentview import answer_of
from aicache.ui.decision_view import decision_lines, plain_text
from aicache.ui.flow_entries import answering_key, entry_keys, reread_exchange
from aicache.ui.flow_fields import DECISION, OUTCOME

DEFAULT_SIMILARITY = "0.9"
MAX_KEY_FILE_BYTES = 16 * 1024

_BEGINNING = re.compile(r"[0-9a-f]{4,40}")

F = TypeVar("F", bound=Callable[..., Any])


def _command(name: str) -> Callable[[F], F]:
    """mitmproxy's decorator, with the types that it lacks."""
    decorator: Callable[[F], F] = cast(Any, command).command(name)
    return decorator


class Commands:
    """The commands, which mitmproxy finds by their decorator. They raise CommandError, which it shows."""

    def __init__(self, observability: Observability) -> None:
        self._observability = observability
        self._runner = CommandRunner()

    def close(self) -> None:
        self._runner.close()

    @_command("aicache.stats")
    def stats(self) -> Sequence[str]:
        """Show hits, misses, savings and the state of the components, since the start."""
        return summary_lines(self._observability)

    @_command("aicache.result")
    def result(self) -> Sequence[str]:
        """Show the full result of the last command that ran in the background."""
        return list(self._runner.result)

    @_command("aicache.explain")
    def explain(self, flow: flow.Flow) -> Sequence[str]:
        """Show how a flow was decided. Neighbors' questions that were not read then are read now."""
        decision = flow.metadata.get(DECISION)
        if isinstance(decision, dict) and unread_neighbors(decision):
            self._runner.start("aicache.explain", self._explain(flow, decision))
        return plain_text(decision_lines(flow.metadata, answer_of(flow))).splitlines()

    @_command("aicache.purge")
    def purge(self, flows: Sequence[flow.Flow]) -> str:
        """Delete the entries that answered these flows, or were stored from them."""
        keys = self._keys(flows)
        return self._runner.start("aicache.purge", self._actions().purge(keys), flows, "purged", about=_count(keys))

    @_command("aicache.purge.key")
    def purge_key(self, key: str) -> str:
        """Delete the entry with this key, or the only entry whose key begins with this."""
        key = key.strip().lower()
        if not _BEGINNING.fullmatch(key):
            raise exceptions.CommandError("key: 4 to 40 hex digits")
        return self._runner.start("aicache.purge.key", self._actions().purge_key(key))

    @_command("aicache.purge.like")
    def purge_like(self, text: str, similarity: str = DEFAULT_SIMILARITY, sure: str = "") -> str:
        """List entries of all owners whose question is similar to a text; with the word "purge", delete them."""
        if similarity == CONFIRMATION and not sure:
            similarity, sure = DEFAULT_SIMILARITY, CONFIRMATION
        if not text.strip():
            raise exceptions.CommandError("text: empty")
        work = self._actions().purge_similar(text.strip(), _similarity(similarity), sure=_is_sure(sure))
        return self._runner.start("aicache.purge.like", work)

    @_command("aicache.purge.all")
    def purge_all(self, sure: str = "") -> str:
        """Count all entries of all owners; with the word "purge", delete them."""
        return self._runner.start("aicache.purge.all", self._actions().purge_all(sure=_is_sure(sure)))

    @_command("aicache.purge.caller")
    def purge_caller(self, who: str, sure: str = "") -> str:
        """Count everything stored for a caller, given as its API key or another identity as sent, as the name that the
        dashboard shows with an entry, or as file:PATH, a file with the key. With the word "purge", delete it."""
        command_history.remove("aicache.purge.caller")
        try:
            wanted = self._observability.resolve_caller(_read_who(who))
        except (OSError, ValueError) as exc:
            raise exceptions.CommandError(getattr(exc, "strerror", None) or str(exc)) from None
        work = self._actions().purge_caller(wanted, sure=_is_sure(sure))
        return self._runner.start("aicache.purge.caller", work, timeout_s=None)

    @_command("aicache.pin")
    def pin(self, flows: Sequence[flow.Flow]) -> str:
        """Let the entries behind these flows never expire."""
        keys = self._keys(flows)
        work = self._actions().pin(keys, pinned=True)
        return self._runner.start("aicache.pin", work, flows, "pinned", about=_count(keys))

    @_command("aicache.unpin")
    def unpin(self, flows: Sequence[flow.Flow]) -> str:
        """Let the entries behind these flows expire again, as new ones would."""
        keys = self._keys(flows)
        work = self._actions().pin(keys, pinned=False)
        return self._runner.start("aicache.unpin", work, flows, "unpinned", about=_count(keys))

    @_command("aicache.wrong")
    def wrong(self, flow: flow.Flow) -> str:
        """Report a flow's answer as wrong: its entry answers no similar question any more, and the check of hits by
        meaning counts it as evidence."""
        if (key := answering_key(flow)) is None:
            raise exceptions.CommandError("no entry in the cache belongs to this flow")
        exchange = reread_exchange(flow, self._observability.settings) if isinstance(flow, HTTPFlow) else None
        by_meaning = flow.metadata.get(OUTCOME) == "semantic hit"
        work = self._actions().mark_wrong(key, by_meaning=by_meaning, exchange=exchange)
        return self._runner.start("aicache.wrong", work, [flow], "marked wrong")

    @_command("aicache.bypass")
    def bypass(self, state: str = "") -> str:
        """Send every request past the cache (on), or not (off); without a word, show which it is."""
        if state not in ("on", "off", ""):
            raise exceptions.CommandError("bypass: on or off")
        if state:
            switch_bypass(self._observability, on=state == "on")
        return describe_bypass(self._observability)

    @_command("aicache.export")
    def export(self, file: types.Path) -> str:
        """Write every entry into a file that only its owner may read."""
        return self._runner.start("aicache.export", self._actions().export_file(_path(file)), timeout_s=None)

    @_command("aicache.import")
    def bring(self, file: types.Path) -> str:
        """Store the entries of a file that aicache.export wrote; newer entries here stay."""
        return self._runner.start("aicache.import", self._actions().import_file(_path(file)), timeout_s=None)

    def _actions(self) -> CommandActions:
        engine: Engine | None = self._observability.engine()
        if engine is None:
            raise exceptions.CommandError("the cache has not started")
        return CommandActions(engine)

    def _keys(self, flows: Sequence[flow.Flow]) -> list[str]:
        settings = self._observability.settings
        keys = list(dict.fromkeys(key for each in flows for key in entry_keys(each, settings)))
        if not keys:
            raise exceptions.CommandError("no entry in the cache belongs to these flows")
        return keys

    async def _explain(self, flow: flow.Flow, decision: dict[str, Any]) -> CommandResult:
        found = await self._actions().read_questions(decision)
        for each in unread_neighbors(decision):
            if (question := found.get(str(each.get("key")))) is not None:
                each["question"] = replace_surrogates(question)
        flow_marks.refresh(flow)
        lines = plain_text(decision_lines(flow.metadata, answer_of(flow))).splitlines()
        return CommandResult(
            f"{len(found)} more of the neighbors' questions read; aicache.result has all", tuple(lines)
        )


def _is_sure(word: str) -> bool:
    if word not in ("", CONFIRMATION):
        raise exceptions.CommandError(f"{word}: the word is {CONFIRMATION}")
    return word == CONFIRMATION


def _similarity(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value <= 1.0:
        raise exceptions.CommandError(f"similarity: {text} is not between 0 and 1")
    return value


def _read_who(who: str) -> str:
    if not who.startswith(FILE_PREFIX):
        return who
    with _path(who.removeprefix(FILE_PREFIX)).open("rb") as file:
        return file.read(MAX_KEY_FILE_BYTES).decode("utf-8", "surrogateescape").strip()


def _path(file: str) -> Path:
    if not file:
        raise exceptions.CommandError("file: empty")
    return Path(file).expanduser()


def _count(keys: Sequence[str]) -> str:
    return keys[0][:8] if len(keys) == 1 else f"{len(keys)} entries"
