"""Flows and the cassette: hands requests and responses to the cassette in use, and changes it. It decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from pathlib import Path

from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache.cassette.body_document import STREAM_TYPES
from aicache.cassette.cassette import CassetteMode, Missing
from aicache.cassette.interaction import media_type
from aicache.config import Config, ConfigError, RunMode
from aicache.domain.model import Mode
from aicache.proxy.cassette_session import CassetteSession, match_rules
from aicache.proxy.flow_state import CassetteFlow, FlowStates

logger = logging.getLogger(__name__)

NO_UPSTREAM = "nothing is sent upstream while a cassette is replayed"


class CassetteFlows:
    """Nothing, until `use` has a configuration with a cassette."""

    def __init__(self, flows: FlowStates) -> None:
        self._flows = flows
        self._config: Config | None = None
        self._prepared: tuple[Config, CassetteSession | None] | None = None
        self.session: CassetteSession | None = None
        self._all_well = True

    def prepare(self, config: Config) -> Config:
        """Open the cassette of a configuration, unless it is in use. Raises ConfigError."""
        if self._config is not None and _same(config, self._config):
            self._prepared = (config, self.session)
            return config
        if self.session is not None and self.session.mode is not CassetteMode.REPLAY:
            raise ConfigError(["cassette: what is recorded, and how it is compared, is fixed until the next start"])
        session = None
        if config.mode is not RunMode.LIVE:
            session = CassetteSession(config, CassetteMode(config.mode), Path(config.cassette.file or "").expanduser())
        self._prepared = (config, session)
        return config

    def use(self) -> None:
        """Use the cassette that was prepared last."""
        if self._prepared is not None:
            before = self.session
            (self._config, self.session), self._prepared = self._prepared, None
            if before is not None and before is not self.session:
                self._all_well &= before.finish()

    def load(self, mode: str, file: str) -> None:
        """Use another cassette from now on, from its beginning, which need not be there. Raises ConfigError."""
        if self.session is None or self._config is None:
            raise ConfigError(["mode: live, so there is no cassette: start with another one"])
        if mode not in list(CassetteMode):
            raise ConfigError([f"mode: {mode!r} is not one of {', '.join(CassetteMode)}"])
        before, self.session = (
            self.session,
            CassetteSession(self._config, CassetteMode(mode), Path(file).expanduser(), may_be_missing=True),
        )
        self._all_well &= before.finish()

    def report(self) -> list[str]:
        """Return the tally of the cassette in use, then each refusal."""
        return [] if self.session is None else [str(self.session.cassette.tally), *self.session.refusals]

    @property
    def never_connects(self) -> bool:
        return self.session is not None and self.session.mode is CassetteMode.REPLAY

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Let no connection leave while a cassette is only replayed, whatever wants it."""
        if self.never_connects:
            data.server.error = NO_UPSTREAM

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Answer a request, or let it go on upstream to be recorded."""
        return None if self.session is None else self._request(flow, self.session)

    async def _request(self, flow: HTTPFlow, session: CassetteSession) -> None:
        try:
            response = await session.request(flow, self._flows)
        except Exception as exc:
            logger.exception("a request was not compared with the cassette")
            name = f"{flow.request.method} {flow.request.path.partition('?')[0]}"
            response = session.refuse(flow, Missing(name, f"could not be compared ({type(exc).__name__})"))
        if response is not None:
            self._flows.answer(flow, response)

    def responseheaders(self, flow: HTTPFlow) -> bool:
        """Tell whether a response is to be recorded. A stream is passed on as it comes; any other is held, so that it
        is recorded before its client has it."""
        if (recorded := self._flows.of(flow).recorded) is None:
            return False
        if flow.response is not None and not callable(flow.response.stream) and _is_stream(flow.response, recorded):
            flow.response.stream = recorded.tee
        return True

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Record a response before its end is passed on; None for one that is not to be recorded."""
        if (recorded := self._flows.of(flow).recorded) is None:
            return None
        self._flows.end(flow)
        return recorded.session.record(flow, recorded)

    def error(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Record what came of a response that broke off, if it is all; None for one that was not to be recorded."""
        if (recorded := self._flows.of(flow).recorded) is None:
            return None
        self._flows.end(flow)
        return recorded.session.record_broken(flow, recorded)

    def finish(self) -> bool:
        """Write the cassette, and log what became of the requests; tell whether the exit code is to be 0."""
        session, self.session = self.session, None
        return (session is None or session.finish()) and self._all_well


def _is_stream(response: Response, recorded: CassetteFlow) -> bool:
    call = recorded.asked.call
    asks_stream = call is not None and call.mode is Mode.STREAM and "content-length" not in response.headers
    return asks_stream or media_type(response.headers.get("content-type", "")) in STREAM_TYPES


def _same(config: Config, other: Config) -> bool:
    """Tell whether two configurations have the same cassette, and compare requests alike."""
    return (config.mode, config.cassette, config.log.text) == (
        other.mode,
        other.cassette,
        other.log.text,
    ) and match_rules(config) == match_rules(other)
