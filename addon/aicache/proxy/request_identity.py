"""Identifies requests: what is asked, by whom, and of which upstream. Whether they are answered, others decide."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.mode_specs import ReverseMode

from aicache.config.request_settings import Settings
from aicache.domain import keys
from aicache.domain.caller_digests import caller_digests
from aicache.domain.caller_identity import Caller, digest_selecting_fields, identify_caller, target_without_credentials
from aicache.domain.digests import digest
from aicache.domain.json_paths import edits_for
from aicache.domain.keys import Origin
from aicache.domain.masks import MASKS_TIME_LIMIT_S, MaskTooSlow
from aicache.domain.model import Bypass
from aicache.domain.request_directives import Directives
from aicache.domain.request_headers import Field, RequestFields, classify_fields
from aicache.domain.throttle import Throttle
from aicache.engine import Exchange
from aicache.entries import higress_answers
from aicache.entries.embedding_batch import BatchExchange
from aicache.formats import Embeddings, Format, RequestContext
from aicache.formats.errors import Private, Stateful, TooComplex
from aicache.formats.stateful_parameters import reject_stateful_query
from aicache.proxy import content_codings
from aicache.proxy.http_messages import content_coding_of, parse_content_length

logger = logging.getLogger(__name__)
_mask_warnings: dict[str, Throttle] = {}

REGISTERED_CODINGS = (*content_codings.CONTENT_CODINGS, "compress")
"""Content codings that a bypass names (IANA, HTTP Content Coding Registry)."""


@dataclass(frozen=True, slots=True)
class _Sender:
    """The sender of a request, and its destination."""

    fields: RequestFields
    identities: tuple[Field, ...]
    caller: Caller
    origin: Origin

    def credential(self, api: str, model: str, salt: bytes) -> str | None:
        """Name the caller's credential together with everything that the upstream's word on it is good for; None if
        the request shows none.

        A key that is good at /v1/embeddings, or for another tenant's or project's path, may not be for this one.
        """
        proof, origin = self.caller.proof, self.origin
        if proof is None:
            return None
        return digest("caller", proof, api, model, origin.upstream, origin.target, origin.selecting, salt=salt)


def identify_request(
    flow: HTTPFlow, format: Format, headers: dict[str, str], directives: Directives, settings: Settings
) -> Exchange | Bypass:
    """Identify an LLM call by its headers (from `collect_headers`) and body, or return why it bypasses the cache."""
    if isinstance(body := _check_body(flow, headers, directives, settings), Bypass):
        return body
    path, _, query = flow.request.path.partition("?")
    rules, target = settings.key_rules, format.normalize_target(path, query)
    sender = _find_sender(flow, headers, target, settings, format.parsed_headers, any_api=rules.any_api)
    if sender is None:
        return Bypass("no-scope")
    try:
        reject_stateful_query(query, allow=settings.allow)
        context = RequestContext(
            query=query,
            headers=headers,
            tools_semantic=settings.tools,
            allow=settings.allow,
            edits=edits_for(settings.edits, format.api),
            found=lambda edit: settings.unused.see([edit.name]),
        )
        call = format.parse_request(path, body, context)
        identity = keys.identify(call, sender.origin, rules)
        question = keys.masked_question(call, rules)
    except (ValueError, RecursionError) as exc:
        return _bypass_of(exc)
    _watch_ignored(call.params, settings)
    fields, caller, origin = sender.fields, sender.caller, sender.origin
    return Exchange(
        call if question == call.question else replace(call, question=question),
        identity,
        directives,
        format,
        credential=sender.credential(call.api, call.model, rules.salt),
        page=headers.get("origin"),
        shared=settings.is_shared
        and caller.proof is not None,  # a caller without proof shares only with others without
        proves=settings.is_shared or settings.legacy_text,
        segment=digest("kind", origin.scope, origin.upstream, call.model, salt=rules.salt),
        caller=int(caller.digest[:4], 16),
        owners=caller_digests(fields, headers, query, sender.identities, call.params, rules.fields, rules.salt),
        sender=caller.known if origin.scope == caller.digest else origin.scope,
        fields=fields.selecting if caller.proof is not None else (*fields.selecting, *fields.addresses),
        # Elsewhere the client itself names the upstream, and one of its own would accept whatever it sends.
        higress_question=higress_answers.question(call, settings.key_rules)
        if settings.legacy_text and isinstance(flow.client_conn.proxy_mode, ReverseMode)
        else None,
    )


def identify_batch(
    flow: HTTPFlow, format: Embeddings, headers: dict[str, str], directives: Directives, settings: Settings
) -> BatchExchange | Bypass:
    """Identify a request for embeddings as `identify_request` does an LLM call."""
    if isinstance(body := _check_body(flow, headers, directives, settings), Bypass):
        return body
    path, _, query = flow.request.path.partition("?")
    if (sender := _find_sender(flow, headers, (path, query), settings)) is None:
        return Bypass("no-scope")
    rules = settings.key_rules
    try:
        reject_stateful_query(query, allow=settings.allow)
        batch = format.parse_request(path, body, allow=settings.allow)
        names, namespace = keys.identify_inputs(batch, sender.origin, rules)
    except (ValueError, RecursionError) as exc:
        return _bypass_of(exc)
    _watch_ignored(batch.params, settings)
    credential = sender.credential(batch.api, batch.model, rules.salt)
    shared, page = settings.is_shared and credential is not None, headers.get("origin")
    return BatchExchange(
        *(batch, names, namespace, directives, format, credential, page),
        body=body,
        shared=shared,
        proves=shared,
        owners=caller_digests(sender.fields, headers, query, sender.identities, batch.params, rules.fields, rules.salt),
        caller=int(sender.caller.digest[:4], 16),
    )


def name_caller(flow: HTTPFlow, headers: dict[str, str], settings: Settings) -> str:
    """Name the caller by its credential, else by its address, before its body is parsed."""
    rules, query = settings.key_rules, flow.request.path.partition("?")[2]
    fields = classify_fields(headers, rules.fields)
    caller = identify_caller(fields, query, connection_identities(flow), salt=rules.salt)
    address = flow.client_conn.peername
    return caller.digest if caller.proof is not None or address is None else f"from {address[0]}"


def connection_identities(flow: HTTPFlow) -> tuple[Field, ...]:
    """Return what identifies the caller by its connection: mitmproxy's proxyauth user, and the client certificate."""
    known = []
    if (user := flow.metadata.get("proxyauth")) is not None:  # mitmproxy has taken the header off
        known.append(("(proxyauth)", ":".join(map(str, user))))
    if certificates := flow.client_conn.certificate_list:
        known.append(("(client certificate)", certificates[0].fingerprint().hex()))
    return tuple(known)


def _find_sender(
    flow: HTTPFlow,
    headers: dict[str, str],
    target: tuple[str, str],
    settings: Settings,
    parsed_headers: frozenset[str] = frozenset(),
    *,
    any_api: bool = False,
) -> _Sender | None:
    """Return who sends a request to *target* (path and query); None if the header that names the scope is missing."""
    rules, identities = settings.key_rules, connection_identities(flow)
    fields = classify_fields(headers, rules.fields, parsed_headers)
    query = flow.request.path.partition("?")[2]
    caller = identify_caller(fields, query, identities, any_api=any_api, salt=rules.salt)
    if (scope := settings.scope_of(headers, caller)) is None:
        return None
    origin = Origin(
        upstream=_name_upstream(flow, headers.get("host", "")),
        target=target_without_credentials(*target),
        scope=scope,
        selecting=digest_selecting_fields(fields, rules.salt),
    )
    return _Sender(fields, identities, caller, origin)


def _check_body(flow: HTTPFlow, headers: dict[str, str], directives: Directives, settings: Settings) -> bytes | Bypass:
    """Return the request's body, its content-encoding undone, or why it is not parsed."""
    if directives.skip:
        return Bypass("skip")
    body = flow.request.raw_content
    if body is None:
        if parse_content_length(headers.get("content-length", "")) > settings.max_request:
            return Bypass("too-large")
        return Bypass("streamed")  # by mitmproxy's stream_large_bodies, or since it was too large without saying so
    if len(body) > settings.max_request:
        return Bypass("too-large")
    if not (coding := content_coding_of(headers)):
        return body
    try:
        return content_codings.decode(body, coding, settings.max_request)
    except content_codings.TooLarge:
        return Bypass("too-large")
    except ValueError as exc:
        logger.debug("not decoded: %s", exc)
        return Bypass(f"content-encoding: {coding if coding in REGISTERED_CODINGS else 'other'}")


def _bypass_of(error: ValueError | RecursionError) -> Bypass:
    """Return why a request that could not be parsed bypasses the cache."""
    match error:
        case Private():
            return Bypass("private-tools")
        case Stateful():
            return Bypass("stateful")
        case TooComplex():
            return Bypass("too-complex")
        case MaskTooSlow(pattern=pattern):
            _warn_of_mask(pattern)
            return Bypass("mask-too-slow")
    logger.debug("not understood: %s", error)
    return Bypass("not-understood")


def _watch_ignored(names: Iterable[str], settings: Settings) -> None:
    """Warn once of names in ``ignore`` that no request of an hour has had."""
    if unused := settings.unused:
        unused.see(names)
        if missing := unused.due(time.monotonic()):
            logger.warning("ignore: no request of the last hour had %s", ", ".join(missing))


def _warn_of_mask(pattern: str) -> None:
    if _mask_warnings.setdefault(pattern, Throttle()).allow(time.monotonic()):
        logger.warning(
            "mask: the pattern %s takes more than %g s: such requests go upstream", pattern, MASKS_TIME_LIMIT_S
        )


def _name_upstream(flow: HTTPFlow, host_header: str) -> str:
    """Name the LLM API a request goes to, as ``scheme://name:port``.

    In transparent mode the address is a number that changes by the minute, so there the name is the one that TLS
    verifies. Where there is none but the Host header's, the address stays part of the name: a client may write anything
    into that header.
    """
    request, sni = flow.request, flow.client_conn.sni
    host = request.host
    if sni and isinstance(flow.client_conn.proxy_mode, ReverseMode) and not _keeps_host():
        sni = None  # it names this proxy, and the upstream is told its own name
    if sni and _is_ip(host):
        host, sni = sni, None
    named = [f"{request.scheme}://{host}:{request.port}"]
    # What the upstream may choose a virtual host by: the name that TLS was set up for, Host, and the authority of an
    # absolute target, which goes before Host (RFC 9112, 3.2.2). HTTP/2 has the last alone.
    for what, name in (("sni", sni), ("host", host_header), ("authority", request.authority)):
        if name and name not in (host, f"{host}:{request.port}"):
            named.append(f"{what}={quote(name, safe=':[]', errors='surrogateescape')}")
    return " ".join(named)


def _keeps_host() -> bool:
    """Tell whether the upstream is sent the client's own Host; there is no such option when recorded flows are read."""
    return bool(getattr(getattr(ctx, "options", None), "keep_host_header", False))


@lru_cache
def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
