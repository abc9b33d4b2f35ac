"""The collaborators that the handling of requests and the handling of responses share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy.collapsed_requests import CollapsedRequests
from aicache.proxy.embedding_batches import EmbeddingBatches
from aicache.proxy.flow_events import FlowEvents
from aicache.proxy.flow_state import FlowStates
from aicache.proxy.paced_streams import PacedStreams
from aicache.proxy.upstream_replay import UpstreamReplays
from aicache.runtime.lifecycle import Runtime


@dataclass(frozen=True, slots=True)
class ProxyContext:
    """The shared collaborators; there is one context per proxy."""

    runtime: Callable[[], Runtime | None]
    """Returns the one in force, None before the start and after the end."""
    flows: FlowStates
    events: FlowEvents
    unread: UnreadResponses
    batches: EmbeddingBatches
    replays: UpstreamReplays
    collapsed: CollapsedRequests
    paced: PacedStreams
