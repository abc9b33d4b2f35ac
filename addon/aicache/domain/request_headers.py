"""Classifies request header fields: those that identify the caller, that select the answer, or do neither. Pure.

Fail closed: a field that is not known to be harmless selects the answer (RFC 9111, 4.1: a selecting header field), so
two requests that differ in it never share one. There are three lists (`known_request_headers`), of documented fields:

- `HARMLESS`: fields that the cache or the transport consumes, or that only describe the sender or one request for
  tracing. Their values change from request to request and never change the answer.
- `CREDENTIALS`: fields in which APIs and gateways document a credential. They identify the caller and do nothing else:
  callers who share their answers by the settings may differ in them.
- `_IDENTITY`: patterns in the names of credentials and identities. Such a field identifies the caller *and* selects the
  answer: that its name looks like one does not prove that it changes nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Protocol

from aicache.domain.known_request_headers import (
    ADDRESSES,
    CREDENTIALS,
    HARMLESS,
    HARMLESS_BESIDE,
    HARMLESS_VALUES,
    LOAD_BALANCERS,
)

Field = tuple[str, str]
"""Name in lower case and value; repeated fields joined (RFC 9110, 5.3)."""


class Headers(Protocol):
    """HTTP headers: a value by case-insensitive name, repeated ones joined."""

    def get(self, name: str, /) -> str | None: ...


_IDENTITY = re.compile(
    r"key|token|auth|secret|credential|passw|passphrase|session|cookie|user|tenant|account|acct|org|project|workspace"
    r"|consumer|client|cert|signature|principal|identity|assertion|jwt|saml|oidc|oauth|bearer|login|email|subject|subscri"
    r"|owner|member|customer|employee|person|team|group|role|license|licence|device|apikey|caller|profile|actor"
    r"|(?<![a-z])(?:vk|sid|uid|pat|sub|from|dn|id|ids|pwd|app|mail|iap|upn)(?![a-z])"
)
"""Matches the name of a field that may identify the caller. It is a guess, and may match too much: a field that it
misses selects the answer all the same."""
_SECRET_VALUE = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*|(?:bearer|basic|token|apikey|negotiate|aws4-hmac-sha256)\s+\S", re.I
)
"""A JSON Web Token (RFC 7519), or a value with the name of an authentication scheme before it."""


CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Control characters except the tab: invalid in fields (RFC 9110, 5.5), and parsers differ in how they treat them."""
CONTROL_BYTES = re.compile(CONTROL.pattern.encode())
"""The same for fields as bytes."""


class FieldRole(Enum):
    """The effect of a request header field."""

    NOTHING = auto()
    ANSWER = auto()
    """It selects the answer: it is part of the key."""
    CALLER = auto()
    """It identifies the caller and does nothing else: it is part of the scope."""
    BOTH = auto()
    ADDRESS = auto()
    """It identifies the caller if nothing else does."""


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The fields that the settings add to the lists, in lower case. *key* takes precedence over *credential*, and that
    over *ignore*."""

    ignore: frozenset[str] = frozenset()
    """Fields that are harmless in this deployment."""
    credential: frozenset[str] = frozenset()
    """Fields that identify the caller and do nothing else."""
    key: frozenset[str] = frozenset()
    """Fields that select the answer, though they are known to be harmless elsewhere."""
    scope_headers: frozenset[str] = frozenset()
    """The header that names the scope: it is part of the key in that way already."""


NO_FIELD_RULES = FieldRules()


@dataclass(frozen=True, slots=True)
class RequestFields:
    """The header fields of a request by their roles, each sorted by name."""

    caller: tuple[Field, ...]
    """They identify the caller and do nothing else."""
    identity: tuple[Field, ...]
    """They look as if they identified the caller."""
    selecting: tuple[Field, ...]
    """They select the answer; the *identity* fields are among them."""
    addresses: tuple[Field, ...]
    """Addresses of the client, added by proxies in front."""


def classify_fields(headers: Mapping[str, str], rules: FieldRules, read: frozenset[str] = frozenset()) -> RequestFields:
    """Classify fields, by lower-case name; those in *read* are in the key already, as parameters of the API."""
    caller, identity, selecting, addresses = [], [], [], []
    if "content-type" not in headers and "content-type" not in rules.ignore:
        selecting.append(("content-type", "(none)"))  # then the upstream decides how to parse the body
    odd = CONTROL.search("".join(headers.values())) is not None
    for name in sorted(headers):
        if name in read:
            continue
        value = headers[name]
        part = field_role(name, value, rules)
        if part is FieldRole.NOTHING and name in HARMLESS_BESIDE and name not in rules.ignore:
            part = FieldRole.NOTHING if _is_of_known_client(name, headers) else FieldRole.BOTH
        if odd and (part is FieldRole.NOTHING or part is FieldRole.ADDRESS) and CONTROL.search(value):
            part = FieldRole.ANSWER  # to a lenient parser it may be another field
        match part:
            case FieldRole.NOTHING:
                continue
            case FieldRole.ANSWER:
                selecting.append((name, value))
            case FieldRole.CALLER if name == "cookie":
                if kept := caller_cookies(value):
                    caller.append((name, kept))
            case FieldRole.CALLER if value.strip():
                caller.append((name, value))
            case FieldRole.CALLER:  # empty, it identifies nobody
                selecting.append((name, value))
            case FieldRole.BOTH:
                identity.append((name, value))
                selecting.append((name, value))
            case FieldRole.ADDRESS:
                addresses.append((name, value))
    return RequestFields(tuple(caller), tuple(identity), tuple(selecting), tuple(addresses))


def field_role(name: str, value: str, rules: FieldRules) -> FieldRole:
    """Return the role of a field."""
    part = _role_of_name(name, rules)
    if part is FieldRole.NOTHING or part is FieldRole.ADDRESS:
        known = HARMLESS_VALUES.get(name)
        if known is None or name in rules.ignore or known.fullmatch(value.strip(" \t")):
            return part
        part = FieldRole.ANSWER
    if part is FieldRole.ANSWER and name not in rules.key and _SECRET_VALUE.search(value):
        return FieldRole.BOTH
    return part


def _is_of_known_client(name: str, headers: Mapping[str, str]) -> bool:
    other, pattern = HARMLESS_BESIDE[name]
    return pattern.fullmatch(headers.get(other, "")) is not None


def looks_like_credential(name: str) -> bool:
    """Return whether the name of a field or query parameter looks as if it identified the caller."""
    return _IDENTITY.search(name.lower()) is not None


def caller_cookies(value: str) -> str:
    """Return the cookies that may identify the caller, in order: all except those of load balancers."""
    pairs = [pair.strip(" \t") for pair in value.split(";")]
    return "; ".join(pair for pair in pairs if pair and not LOAD_BALANCERS.fullmatch(pair))


@lru_cache(4096)
def _role_of_name(name: str, rules: FieldRules) -> FieldRole:
    if name in rules.scope_headers:
        return FieldRole.NOTHING
    if name in rules.key:
        return FieldRole.ANSWER
    if name in rules.credential:
        return FieldRole.CALLER
    if name in rules.ignore or name in HARMLESS:
        return FieldRole.NOTHING
    if name in ADDRESSES:
        return FieldRole.ADDRESS
    if name in CREDENTIALS:
        return FieldRole.CALLER
    return FieldRole.BOTH if looks_like_credential(name) else FieldRole.ANSWER
