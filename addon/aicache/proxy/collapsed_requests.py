"""Has a request wait for the answer to an equal one that is in flight, instead of going upstream as well."""

from __future__ import annotations

import math
import weakref
from dataclasses import replace

from mitmproxy.http import HTTPFlow

from aicache.domain.in_flight import Take
from aicache.domain.model import Hit, Miss
from aicache.engine import Exchange
from aicache.engine.collapsing import Flight
from aicache.proxy.flow_state import FlowStates
from aicache.runtime.lifecycle import Runtime


class CollapsedRequests:
    """Decides on requests for which nothing is stored; *flows* holds what becomes of each."""

    def __init__(self, flows: FlowStates) -> None:
        self._flows = flows

    async def wait(
        self, flow: HTTPFlow, exchange: Exchange, miss: Miss, runtime: Runtime
    ) -> tuple[Hit | Miss, Exchange]:
        """Return the answer to an equal request as a hit; or the miss, where there is none in flight, or in vain.

        Such a miss goes upstream, and its flow's state has the flight that equal requests wait for.
        """
        engine, settings = runtime.engine, runtime.settings.in_flight
        if not settings.collapse or not engine.may_collapse(exchange):
            return miss, exchange
        began = math.inf if miss.reason.startswith("store-error") else exchange.asked_at
        decision, waited = await engine.collapsing.decide(exchange.identity.key, None, flow.id, began, settings.wait)
        match decision:
            case Take(shared):
                if engine.refusal(exchange, shared.entry) is None:
                    return Hit(shared.entry, collapsed_with=shared.leader, waited=waited or 0.0), exchange
            case Flight() as flight:
                self._flows.of(flow).flight = flight
                weakref.finalize(flow, flight.fail)  # in case that mitmproxy drops it without a word
            case _:  # it goes upstream alone
                pass
        return miss, exchange if waited is None else replace(exchange, waited=waited)
