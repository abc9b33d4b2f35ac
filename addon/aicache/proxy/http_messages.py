"""HTTP messages as mitmproxy has them <-> the cache's own values. It reads and writes messages and decides nothing."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote

from mitmproxy import ctx
from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.proxy.mode_specs import ReverseMode

from aicache import formats
from aicache.config.request_settings import Settings
from aicache.domain import caller_identity, keys
from aicache.domain.caller_digests import caller_digests
from aicache.domain.digests import digest
from aicache.domain.masks import MASKS_TIME_LIMIT_S, MaskTooSlow
from aicache.domain.model import Bypass, Hit
from aicache.domain.request_directives import Directives
from aicache.domain.request_fields import Field, RequestFields, classify_fields
from aicache.domain.throttle import Throttle
from aicache.engine import Exchange
from aicache.entries import higress_answers
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording, replay
from aicache.entries.response_templates import Template
from aicache.formats.json_body import Private, Stateful
from aicache.formats.json_bounds import TooComplex
from aicache.formats.upstream_state import reject_stateful_query

logger = logging.getLogger(__name__)
_mask_warnings: dict[str, Throttle] = {}

CORS_PREFIX = "access-control-"
CONTENT_CODINGS = ("gzip", "x-gzip", "deflate", "compress", "br", "zstd")
"""Content codings that are told by name (IANA, HTTP Content Coding Registry)."""
REASON_PHRASES = {200: b"OK", 502: b"Bad Gateway", 504: b"Gateway Timeout"}


def collect_headers(headers: Headers) -> dict[str, str]:
    """Read the headers once, by lower-case name, repeated ones joined: each look into mitmproxy's own costs as much."""
    found: dict[str, str] = {}
    for name, value in headers.items(multi=True):  # type: ignore[no-untyped-call]
        name = name.lower()
        if name in found:
            value = f"{found[name]}{'; ' if name == 'cookie' else ', '}{value}"  # RFC 9113, 8.2.3
        found[name] = value
    return found


def format_of(request: Request) -> formats.Format | None:
    """Return the API a request speaks, or None for one that is not the cache's business."""
    return formats.match(method_of(request), request.path.partition("?")[0])


def method_of(request: Request) -> str:
    """Return the method as it was sent: it is case-sensitive (RFC 9110, 9.1), and mitmproxy says it in capitals."""
    return request.data.method.decode("utf-8", "surrogateescape")


def identify_request(
    flow: HTTPFlow, format: formats.Format, headers: dict[str, str], directives: Directives, settings: Settings
) -> Exchange | Bypass:
    """Identify a request by its headers (from `collect_headers`) and body, or say why it is passed by."""
    if isinstance(body := check_body(flow, headers, directives, settings), Bypass):
        return body
    path, _, query = flow.request.path.partition("?")
    rules = settings.key_rules
    fields = classify_fields(headers, rules.fields, format.parsed_headers)
    caller = caller_identity.identify_caller(
        fields, query, connection_identities(flow), any_api=rules.any_api, salt=rules.salt
    )
    if (origin := origin_of(flow, headers, format.normalize_target(path, query), fields, caller, settings)) is None:
        return Bypass("no-scope")
    try:
        reject_stateful_query(query, allow=settings.allow)
        call = format.parse_request(
            path,
            body,
            formats.RequestContext(query=query, headers=headers, tools_semantic=settings.tools, allow=settings.allow),
        )
        identity = keys.identify(call, origin, rules)
    except (ValueError, RecursionError) as exc:
        return bypass_of(exc)
    return Exchange(
        call,
        identity,
        directives,
        format,
        credential=name_credential(caller.proof, call.api, call.model, origin, rules.salt),
        page=headers.get("origin"),
        shared=settings.shares and caller.proof is not None,  # who can prove nothing has only answers of its own kind
        proves=settings.shares or settings.legacy_text,
        kind=digest("kind", origin.scope, origin.upstream, call.model, salt=rules.salt),
        caller=int(caller.digest[:4], 16),
        owners=caller_digests(
            fields, headers, query, connection_identities(flow), call.params, rules.fields, rules.salt
        ),
        sender=caller.known if origin.scope == caller.digest else origin.scope,
        fields=fields.selecting if caller.proof is not None else (*fields.selecting, *fields.addresses),
        # Elsewhere the client itself names the upstream, and one of its own would accept whatever it sends.
        legacy=higress_answers.question(call, settings.key_rules)
        if settings.legacy_text and isinstance(flow.client_conn.proxy_mode, ReverseMode)
        else None,
    )


def name_caller(flow: HTTPFlow, headers: dict[str, str], settings: Settings) -> str:
    """Name who asks, by what the head and the connection say of it."""
    rules = settings.key_rules
    fields = classify_fields(headers, rules.fields)
    caller = caller_identity.identify_caller(
        fields, flow.request.path.partition("?")[2], connection_identities(flow), salt=rules.salt
    )
    address = flow.client_conn.peername
    return caller.digest if caller.proof is not None or address is None else f"from {address[0]}"


def bypass_of(error: ValueError | RecursionError) -> Bypass:
    """Say why a request that could not be read is passed by."""
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


def _warn_of_mask(pattern: str) -> None:
    if _mask_warnings.setdefault(pattern, Throttle()).allow(time.monotonic()):
        logger.warning(
            "mask: the pattern %s takes more than %g s: such requests go upstream", pattern, MASKS_TIME_LIMIT_S
        )


def check_body(flow: HTTPFlow, headers: dict[str, str], directives: Directives, settings: Settings) -> bytes | Bypass:
    """Return the request's body, or why it is not looked into."""
    if directives.skip:
        return Bypass("skip")
    body = flow.request.raw_content
    if body is None:
        if parse_content_length(headers.get("content-length", "")) > settings.max_request:
            return Bypass("too-large")
        return Bypass("streamed")  # mitmproxy's stream_large_bodies, or too large and not said so
    if len(body) > settings.max_request:
        return Bypass("too-large")
    if (encoding := headers.get("content-encoding", "identity").strip().lower()) not in ("", "identity"):
        return Bypass(f"content-encoding: {encoding if encoding in CONTENT_CODINGS else 'other'}")
    return body


def parse_content_length(length: str) -> int:
    """Return what a Content-Length says in bytes; 0 for none."""
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else 0


def name_credential(proof: str | None, api: str, model: str, origin: keys.Origin, salt: bytes) -> str | None:
    """Name a caller with all that the upstream's word on its credential is good for; None for one that shows none.

    A key that is good at /v1/embeddings, or for another tenant's or project's path, may be none for this one.
    """
    if proof is None:
        return None
    return digest("caller", proof, api, model, origin.upstream, origin.target, origin.selecting, salt=salt)


def origin_of(
    flow: HTTPFlow,
    headers: dict[str, str],
    address: tuple[str, str],
    fields: RequestFields,
    caller: caller_identity.Caller,
    settings: Settings,
) -> keys.Origin | None:
    """Return where a request goes and for whom; None when the header that says for whom is missing."""
    scope = settings.scope_of(headers, caller)
    if scope is None:
        return None
    return keys.Origin(
        upstream=_name_upstream(flow, headers.get("host", "")),
        target=caller_identity.target_without_credentials(*address),
        scope=scope,
        selecting=caller_identity.digest_selecting_fields(fields, settings.key_rules.salt),
    )


def connection_identities(flow: HTTPFlow) -> tuple[Field, ...]:
    """Return what the connection says of who asks: the user of mitmproxy's proxyauth, and the client's certificate."""
    known = []
    if (user := flow.metadata.get("proxyauth")) is not None:  # mitmproxy has taken the header off
        known.append(("(proxyauth)", ":".join(map(str, user))))
    if certificates := flow.client_conn.certificate_list:
        known.append(("(client certificate)", certificates[0].fingerprint().hex()))
    return tuple(known)


def to_recording(response: Response, body: bytes, asked_at: float = 0.0) -> Recording:
    """Return what of an upstream's response is worth recording; *asked_at* (Unix time) is when it was asked for."""
    headers = collect_headers(response.headers)
    return Recording(
        status=response.status_code,
        content_type=headers.get("content-type", ""),
        content_encoding=headers.get("content-encoding", "").strip().lower(),
        body=body,
        cors=tuple(item for item in headers.items() if item[0].startswith(CORS_PREFIX)),
        cache_control=headers.get("cache-control", "").lower(),
        took=max(0.0, (response.timestamp_end or time.time()) - asked_at) if asked_at else 0.0,
    )


def render_hit(hit: Hit, exchange: Exchange, template: Template | None = None) -> Response:
    """Write a hit as HTTP. Raises ValueError when the stored answer cannot be read."""
    body, content_type = replay(hit.entry, exchange.call, exchange.format, template)
    return build_response(200, body, hit_headers(hit, exchange, content_type, time.time()))


def hit_headers(hit: Hit, exchange: Exchange, content_type: str, now: float) -> dict[str, str]:
    """Say what a hit is; *now* is Unix time."""
    if hit.legacy:
        return {"content-type": content_type, "cache-status": "ai-cache; hit; detail=legacy", "x-cache-status": "hit"}
    tier = "exact" if hit.similarity is None else "semantic"
    headers = (dict(hit.entry.cors) if exchange.page is not None else {}) | {
        "content-type": content_type,
        "age": str(max(0, int(now - hit.entry.stored_at))),
        "cache-status": f"ai-cache; hit; detail={tier}; ttl={int(hit.entry.expires_at - now)}",
        "x-cache-status": "hit",
        "x-ai-cache-key": hit.entry.key,
    }
    if hit.similarity is not None:
        headers["x-ai-cache-similarity"] = f"{hit.similarity:.4f}"
    if hit.error_bound is not None:
        headers["x-ai-cache-error-bound"] = f"{hit.error_bound:.4f}"
    return headers


def render_gateway_timeout(status: str) -> Response:
    """RFC 9111, 5.2.1.7; in the error shape of the API, so that a client's own parsing gets hold of it."""
    body = (
        b'{"error":{"message":"The answer is not in the cache, and the request says only-if-cached.",'
        b'"type":"cache_miss","param":null,"code":"only_if_cached"}}'
    )
    headers = {"content-type": "application/json", "cache-status": "ai-cache; detail=only-if-cached"}
    return build_response(504, body, headers | {"x-cache-status": status})


def mark_forwarded(response: Response, exchange: Exchange | BatchExchange | Bypass, *, stored: bool) -> None:
    """Say what the cache did, in RFC 9211's terms: an upstream cache's own member comes first."""
    if isinstance(exchange, Bypass):
        status, value = "bypass", "ai-cache; fwd=bypass"
    elif isinstance(exchange, BatchExchange):
        status = "miss"
        wanted, total = len(exchange.wanted), len(exchange.keys)
        value = f'ai-cache; fwd=partial; detail="{total - wanted}/{total}"' if wanted < total else "ai-cache; fwd=miss"
        if exchange.directives.no_cache:
            value = "ai-cache; fwd=request"
    else:
        status = "miss"
        value = "ai-cache; fwd=request" if exchange.directives.no_cache else "ai-cache; fwd=miss"
        if response.status_code // 100 == 2:  # of what is no answer there is no entry
            response.headers["x-ai-cache-key"] = exchange.identity.key
    if stored:
        value += "; stored"
    before = response.headers.get("cache-status")
    response.headers["cache-status"] = f"{before}, {value}" if before else value
    response.headers["x-cache-status"] = status


def build_response(status: int, body: bytes, headers: dict[str, str]) -> Response:
    """Build a response as ``Response.make`` does, in a third of its time."""
    fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    fields.append((b"content-length", str(len(body)).encode()))
    now = time.time()
    return Response(b"HTTP/1.1", status, REASON_PHRASES[status], Headers(fields), body, None, now, now)


def _name_upstream(flow: HTTPFlow, host_header: str) -> str:
    """Name the LLM API a request goes to, as ``scheme://name:port``.

    In transparent mode the address is a number that changes by the minute, so there the name is the one that TLS
    verifies. The Host header says it only where it is all there is beside the address: a client may write anything
    into it, so the address stays part of the name.
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
    """Tell whether the upstream is sent the client's own Host; no option says so where recorded flows are read."""
    return bool(getattr(getattr(ctx, "options", None), "keep_host_header", False))


@lru_cache
def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
