"""Which request header fields say who asks, which select the answer, and which say nothing. Pure, and it keeps nothing.

Fail closed: a field that is not known to say nothing selects the answer (RFC 9111, 4.1: a selecting header field), so
two requests that differ in it never share one. There are three lists, and each may only grow by what has a source:

- `HARMLESS`: fields that the cache or the transport consumes, or that only describe the sender or one request to those
  who trace it. Their values change from request to request and never the answer.
- `CREDENTIALS`: fields in which APIs and gateways document a credential. They say who asks, and nothing else: callers
  who share their answers by the settings may differ in them.
- `_IDENTITY`: what names of credentials and identities have in common. Such a field says who asks *and* selects: that
  its name looks like one does not prove that it changes nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

Field = tuple[str, str]
"""Name in lower case and value; repeated fields joined (RFC 9110, 5.3)."""

HARMLESS: Mapping[str, str] = {
    # consumed here
    "cache-control": "RFC 9111, 5.2: what the caller asks of this cache",
    "pragma": "RFC 9111, 5.4",
    "x-higress-skip-ai-cache": "Higress ai-cache: neither look up nor store",
    "x-ai-cache-*": "this cache's own",
    "origin": "RFC 6454, 7: compared with the stored CORS fields instead, whenever an entry answers",
    # transport
    "host": "RFC 9110, 7.2: part of the upstream's name",
    "content-length": "RFC 9110, 8.6",
    "connection": "RFC 9110, 7.6.1; only with the values of `HARMLESS_VALUES`",
    "keep-alive": "RFC 2068, 19.7.1.1",
    "proxy-connection": "RFC 9112, C.2.2; only with the values of `HARMLESS_VALUES`",
    "te": "RFC 9110, 10.1.4; only with the values of `HARMLESS_VALUES`",
    "transfer-encoding": "RFC 9112, 6.1; only with the values of `HARMLESS_VALUES`",
    "expect": "RFC 9110, 10.1.1; only with the values of `HARMLESS_VALUES`",
    "accept-language": "RFC 9110, 12.5.4; only with the values of `HARMLESS_VALUES`: none is preferred",
    "accept-encoding": "RFC 9110, 12.5.3: replaced before a request that is cached goes upstream",
    "priority": "RFC 9218, 5",
    "date": "RFC 9110, 6.6.1",
    "upgrade-insecure-requests": "W3C Upgrade Insecure Requests, 3.2.1",
    # what is asked for, where it is said in the body or the path as well
    "content-type": "RFC 9110, 8.3; only with the values of `HARMLESS_VALUES`",
    "accept": "RFC 9110, 12.5.1; only with the values of `HARMLESS_VALUES`: streams are asked for in the body",
    # user agents
    "user-agent": "RFC 9110, 10.1.5",
    "sec-ch-ua*": "W3C User-Agent Client Hints",
    "sec-fetch-*": "W3C Fetch Metadata",
    "sec-gpc": "W3C Global Privacy Control",
    "dnt": "W3C Tracking Preference Expression",
    # SDK telemetry
    "x-stainless-*": "Stainless, which generates the SDKs of OpenAI, Anthropic and others: platform, retries",
    "x-goog-api-client": "google-api-core: versions of the client's libraries",
    "x-dashscope-sse": "DashScope, streaming; only with the values of `HARMLESS_VALUES`",
    "x-dashscope-useragent": "dashscope SDK: its version and platform",
    "x-fern-*": "Fern, generator of the SDKs of Cohere and others: language, runtime, version",
    "anthropic-dangerous-direct-browser-access": "Anthropic SDK: allows CORS, changes no answer",
    "x-app": "Claude Code: names the program",
    "http-referer": "OpenRouter, App Attribution: names the application in its rankings",
    "x-title": "OpenRouter, App Attribution",
    "x-openrouter-title": "OpenRouter, App Attribution",
    "x-openrouter-categories": "OpenRouter, App Attribution",
    "originator": "Codex: names the program",
    "x-dashscope-sdk-*": "dashscope SDK 2: its version, and a number of the process",
    "x-accel-buffering": "dashscope SDK: asks nginx not to hold a stream back",
    "x-server-timeout": "google-genai SDK: time limit",
    # tracing
    "traceparent": "W3C Trace Context",
    "tracestate": "W3C Trace Context",
    "baggage": "W3C Baggage",
    "b3": "B3 Propagation (Zipkin)",
    "x-b3-*": "B3 Propagation (Zipkin)",
    "uber-trace-id": "Jaeger",
    "x-ot-span-context": "OpenTracing (Lightstep, Envoy)",
    "ot-tracer-*": "OpenTracing",
    "sentry-trace": "Sentry",
    "x-datadog-*": "Datadog",
    "newrelic": "New Relic, Distributed Tracing",
    "elastic-apm-traceparent": "Elastic APM",
    "x-amzn-trace-id": "AWS X-Ray, Application Load Balancer",
    "x-cloud-trace-context": "Google Cloud Trace",
    "grpc-trace-bin": "OpenCensus",
    # ids of one request
    "x-request-id": "Heroku, Envoy and others: names one request",
    "request-id": "Azure Application Insights (legacy correlation)",
    "request-context": "Azure Application Insights (legacy correlation)",
    "x-correlation-id": "names one request",
    "correlation-id": "names one request",
    "x-trace-id": "names one request",
    "x-client-request-id": "OpenAI, Debugging requests; Azure SDK guidelines",
    "x-ms-client-request-id": "Azure SDK guidelines: names one request",
    "x-ms-return-client-request-id": "Azure SDK guidelines",
    "amz-sdk-invocation-id": "AWS SDKs: names one request",
    "amz-sdk-request": "AWS SDKs: number of the attempt",
    "idempotency-key": "IETF draft-ietf-httpapi-idempotency-key-header: names one request",
    "x-idempotency-key": "names one request",
    "x-replay-id": "tools that play recorded traffic again: numbers the recording",
    "x-request-start": "Heroku, New Relic: when a router took the request",
    "x-queue-start": "New Relic: when a router took the request",
    # CDNs and load balancers
    "via": "RFC 9110, 7.6.3",
    "cdn-loop": "RFC 8586",
    "x-forwarded-proto": "MDN: how the client reached a proxy in front",
    "x-forwarded-port": "AWS Elastic Load Balancing: how the client reached a proxy in front",
    "x-forwarded-scheme": "Traefik, ingress-nginx: how the client reached a proxy in front",
    "x-scheme": "ingress-nginx: how the client reached a proxy in front",
    "cf-ray": "Cloudflare: names one request",
    "cf-visitor": "Cloudflare: how the client reached it",
    "cf-ew-via": "Cloudflare Workers: loop detection",
    "x-amz-cf-id": "CloudFront: names one request",
    "x-azure-ref": "Azure Front Door: names one request",
    "x-envoy-attempt-count": "Envoy: number of the attempt",
    "x-envoy-expected-rq-timeout-ms": "Envoy: time limit",
    "x-envoy-decorator-operation": "Envoy: name of a tracing span",
    "x-envoy-peer-metadata*": "Istio: telemetry of the sending workload",
    "x-vercel-id": "Vercel: names one request",
    "fly-request-id": "Fly.io: names one request",
    "x-railway-request-id": "Railway: names one request",
    # sessions of known clients: they group requests for people and dashboards
    "x-claude-code-session-id": "Claude Code: names one session",
    "x-codex-window-id": "Codex: names one conversation",
    "x-codex-turn-metadata": "Codex: ids, times and settings of one turn, for its telemetry",
    "session-id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "session_id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "thread-id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "x-session-id": "opencode: names one session; only as `HARMLESS_BESIDE` says",
    "x-session-affinity": "opencode: names one session; only as `HARMLESS_BESIDE` says",
    "x-openwebui-chat-id": "Open WebUI, ENABLE_FORWARD_USER_INFO_HEADERS: names one chat",
    "x-openwebui-message-id": "Open WebUI, ENABLE_FORWARD_USER_INFO_HEADERS: names one message",
    "helicone-session-*": "Helicone, Sessions: groups requests in its dashboard",
    "helicone-request-id": "Helicone, Custom request ids",
    "x-portkey-trace-id": "Portkey, Tracing",
    "x-portkey-span-*": "Portkey, Tracing",
    "x-portkey-parent-span-id": "Portkey, Tracing",
    "cf-aig-collect-log": "Cloudflare AI Gateway, Logging",
    "cf-aig-event-id": "Cloudflare AI Gateway: names one request",
}
"""Fields that never select an answer, by lower-case name (a ``*`` at its end: all that begin so), with the source."""

ADDRESSES: Mapping[str, str] = {
    "forwarded": "RFC 7239",
    "x-forwarded-for": "MDN",
    "x-real-ip": "nginx",
    "x-client-ip": "Apache mod_remoteip and others",
    "x-cluster-client-ip": "Rackspace, Zeus",
    "x-original-forwarded-for": "ingress-nginx",
    "true-client-ip": "Akamai, Cloudflare",
    "cf-connecting-ip": "Cloudflare",
    "cf-connecting-ipv6": "Cloudflare",
    "cf-pseudo-ipv4": "Cloudflare",
    "fastly-client-ip": "Fastly",
    "fly-client-ip": "Fly.io",
    "x-envoy-external-address": "Envoy",
    "x-azure-clientip": "Azure Front Door",
    "x-azure-socketip": "Azure Front Door",
}
"""Fields in which proxies in front put the client's address: transport where a credential says who asks, and all that
tells callers apart where none does."""

CREDENTIALS: Mapping[str, str] = {
    "authorization": "RFC 9110, 11.6.2",
    "proxy-authorization": "RFC 9110, 11.7.2",
    "cookie": "RFC 6265, less the cookies of `LOAD_BALANCERS`",
    "x-api-key": "Anthropic and many others",
    "api-key": "Azure OpenAI",
    "apikey": "Kong key-auth, Apache APISIX key-auth",
    "x-goog-api-key": "Gemini",
    "ocp-apim-subscription-key": "Azure API Management",
    "x-auth-token": "OpenStack and others",
    "openai-organization": "OpenAI, Authentication",
    "openai-project": "OpenAI, Authentication",
    "cf-aig-authorization": "Cloudflare AI Gateway, Authentication",
    "helicone-auth": "Helicone",
    "x-litellm-api-key": "LiteLLM proxy",
    "x-portkey-api-key": "Portkey",
}
"""Fields that say who asks and nothing else, in lower case, with the source."""

LOAD_BALANCERS = (
    r"AWSALB\w*|AWSELB\w*|GCLB|GAESA|ARRAffinity\w*|ApplicationGatewayAffinity\w*|__cf_?bm|_cfuvid|__cflb|__cfruid|__cfwaitingroom"
    r"|incap_ses_\w*|visid_incap_\w*|nlbi_\w*|BIGipServer.*|acw_tc|aliyungf_tc|TiPMix|x-ms-routing-name"
)
"""Cookies by which AWS, Google Cloud, Azure, Cloudflare, Imperva, F5 and Alibaba Cloud document that their load
balancers and bot filters keep to a server: clients that hold cookies send them back, and they change by the hour."""

_BALANCER_COOKIE = re.compile(
    rf"(?:{LOAD_BALANCERS})=[!#-+\--:<-\[\]-~]*"
)  # a cookie-octet is no comma: some split at it

HARMLESS_VALUES: Mapping[str, re.Pattern[str]] = {
    "connection": re.compile(r"keep-alive|close|te|keep-alive, ?te|te, ?keep-alive", re.I),
    "proxy-connection": re.compile(r"keep-alive|close", re.I),
    "te": re.compile(r"trailers", re.I),
    "transfer-encoding": re.compile(r"chunked", re.I),
    "expect": re.compile(r"100-continue", re.I),
    "x-dashscope-sse": re.compile(r"enable|disable", re.I),
    "content-type": re.compile(r'application/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?', re.I),
    "accept-language": re.compile(r"\*"),
    "accept": re.compile(
        r"(?:(?:\*/\*|application/json|text/event-stream|application/x-ndjson)"
        r"(?:[ \t]*;[ \t]*(?:q=[01](?:\.\d{1,3})?|charset=utf-8))?"
        r"(?:[ \t]*,[ \t]*|$))+",
        re.I,
    ),
}
"""Fields that say nothing with these values, and select with any other: a charset, another media type, an option named
by ``Connection``."""

HARMLESS_BESIDE: Mapping[str, tuple[str, re.Pattern[str]]] = {
    **dict.fromkeys(("session-id", "session_id", "thread-id"), ("originator", re.compile(r"codex[\w-]*"))),
    "x-session-id": ("x-session-affinity", re.compile(r"ses_\w{16,40}")),
    "x-session-affinity": ("x-session-id", re.compile(r"ses_\w{16,40}")),
}
"""Fields with names that anybody may have for a session of a user's: they say nothing beside another field, by which
the one client is known that numbers its conversations so."""

_IDENTITY = re.compile(
    r"key|token|auth|secret|credential|passw|passphrase|session|cookie|user|tenant|account|acct|org|project|workspace"
    r"|consumer|client|cert|signature|principal|identity|assertion|jwt|saml|oidc|oauth|bearer|login|email|subject|subscri"
    r"|owner|member|customer|employee|person|team|group|role|license|licence|device|apikey|caller|profile|actor"
    r"|(?<![a-z])(?:vk|sid|uid|pat|sub|from|dn|id|ids|pwd|app|mail|iap|upn)(?![a-z])"
)
"""What the name of a field that says who asks has in it. It is one of many guesses, and may guess too much: what it
does not find selects the answer all the same."""
_SECRET_VALUE = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*|(?:bearer|basic|token|apikey|negotiate|aws4-hmac-sha256)\s+\S", re.I
)
"""A JSON Web Token (RFC 7519), or a value with the name of an authentication scheme before it."""


class Part(Enum):
    """What a request header field takes part in."""

    NOTHING = auto()
    ANSWER = auto()
    """It selects the answer: part of the key."""
    CALLER = auto()
    """It says who asks, and nothing else: part of the scope."""
    BOTH = auto()
    ADDRESS = auto()
    """It says who asks where nothing else does."""


@dataclass(frozen=True, slots=True)
class FieldRules:
    """What the settings add to the lists, by lower-case names. A name in two of them counts: *key* before *credential*
    before *ignore*."""

    ignore: frozenset[str] = frozenset()
    """Fields that say nothing in this deployment."""
    credential: frozenset[str] = frozenset()
    """Fields that say who asks, and nothing else."""
    key: frozenset[str] = frozenset()
    """Fields that select, though they are known to say nothing elsewhere."""
    accounted: frozenset[str] = frozenset()
    """Fields that are in the key in another way: the header that names the scope."""


NO_FIELD_RULES = FieldRules()


@dataclass(frozen=True, slots=True)
class RequestFields:
    """A request's fields by what they take part in, each sorted by name."""

    caller: tuple[Field, ...]
    """They say who asks, and nothing else."""
    identity: tuple[Field, ...]
    """They look as if they said who asks."""
    selecting: tuple[Field, ...]
    """They select the answer; those of *identity* are among them."""
    addresses: tuple[Field, ...]
    """Of the client, noted by proxies in front."""


def sort_fields(headers: Mapping[str, str], rules: FieldRules, read: frozenset[str] = frozenset()) -> RequestFields:
    """Sort a request's fields, given by lower-case name; those of *read* are in the key as the API's own parameters."""
    caller, identity, selecting, addresses = [], [], [], []
    for name in sorted(headers):
        if name in read:
            continue
        value = headers[name]
        part = part_of(name, value, rules)
        if part is Part.NOTHING and name in HARMLESS_BESIDE and name not in rules.ignore:
            part = Part.NOTHING if _is_of_its_client(name, headers) else Part.BOTH
        match part:
            case Part.NOTHING:
                continue
            case Part.ANSWER:
                selecting.append((name, value))
            case Part.CALLER if name == "cookie":
                if kept := own_cookies(value):
                    caller.append((name, kept))
            case Part.CALLER if value.strip():
                caller.append((name, value))
            case Part.CALLER:  # empty, it names nobody
                selecting.append((name, value))
            case Part.BOTH:
                identity.append((name, value))
                selecting.append((name, value))
            case Part.ADDRESS:
                addresses.append((name, value))
    return RequestFields(tuple(caller), tuple(identity), tuple(selecting), tuple(addresses))


def part_of(name: str, value: str, rules: FieldRules) -> Part:
    """Say what a field takes part in."""
    part = _part_of_name(name, rules)
    if part is Part.NOTHING:
        known = HARMLESS_VALUES.get(name)
        if known is None or name in rules.ignore or known.fullmatch(value.strip()):
            return part
        part = Part.ANSWER
    if part is Part.ANSWER and name not in rules.key and _SECRET_VALUE.search(value):
        return Part.BOTH
    return part


def _is_of_its_client(name: str, headers: Mapping[str, str]) -> bool:
    other, pattern = HARMLESS_BESIDE[name]
    return pattern.fullmatch(headers.get(other, "")) is not None


def looks_like_credential(name: str) -> bool:
    """Tell whether a name, of a field or of a query parameter, looks as if it said who asks."""
    return _IDENTITY.search(name.lower()) is not None


def own_cookies(value: str) -> str:
    """Return the cookies that may say who asks, in their order: all but those of load balancers."""
    pairs = [pair.strip() for pair in value.split(";")]
    return "; ".join(pair for pair in pairs if pair and not _BALANCER_COOKIE.fullmatch(pair))


@lru_cache(4096)
def _part_of_name(name: str, rules: FieldRules) -> Part:
    if name in rules.accounted:
        return Part.NOTHING
    if name in rules.key:
        return Part.ANSWER
    if name in rules.credential:
        return Part.CALLER
    if name in rules.ignore or is_harmless(name):
        return Part.NOTHING
    if name in ADDRESSES:
        return Part.ADDRESS
    if name in CREDENTIALS:
        return Part.CALLER
    return Part.BOTH if looks_like_credential(name) else Part.ANSWER


def is_harmless(name: str) -> bool:
    """Tell whether a field, by its lower-case name, is on the list of those that say nothing."""
    return name in HARMLESS or name.startswith(_BEGINNINGS)


def names(fields: Iterable[Field]) -> tuple[str, ...]:
    return tuple(name for name, _ in fields)


_BEGINNINGS = tuple(name[:-1] for name in HARMLESS if name.endswith("*"))
