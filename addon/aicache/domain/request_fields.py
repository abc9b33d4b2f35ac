"""Which request header fields say who asks, which select the answer, and which say nothing. Pure, and it keeps nothing.

Fail closed: a field that is not known to say nothing selects the answer (RFC 9111, 4.1: a selecting header field), so
two requests that differ in it never share one. There are three lists (`field_lists`), which grow by what has a source:

- `HARMLESS`: fields that the cache or the transport consumes, or that only describe the sender or one request to those
  who trace it. Their values change from request to request and never the answer.
- `CREDENTIALS`: fields in which APIs and gateways document a credential. They say who asks, and nothing else: callers
  who share their answers by the settings may differ in them.
- `_IDENTITY`: what names of credentials and identities have in common. Such a field says who asks *and* selects: that
  its name looks like one does not prove that it changes nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Protocol

from aicache.domain.known_request_fields import (
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
"""What the name of a field that says who asks has in it. It is one of many guesses, and may guess too much: what it
does not find selects the answer all the same."""
_SECRET_VALUE = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*|(?:bearer|basic|token|apikey|negotiate|aws4-hmac-sha256)\s+\S", re.I
)
"""A JSON Web Token (RFC 7519), or a value with the name of an authentication scheme before it."""


CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""Control characters but the tab: no field has them (RFC 9110, 5.5), and readers differ in what they make of them."""
CONTROL_BYTES = re.compile(CONTROL.pattern.encode())
"""The same in fields as they are on the wire."""


class FieldRole(Enum):
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
    scope_headers: frozenset[str] = frozenset()
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


def classify_fields(headers: Mapping[str, str], rules: FieldRules, read: frozenset[str] = frozenset()) -> RequestFields:
    """Sort a request's fields, given by lower-case name; those of *read* are in the key as the API's own parameters."""
    caller, identity, selecting, addresses = [], [], [], []
    if "content-type" not in headers and "content-type" not in rules.ignore:
        selecting.append(("content-type", "(none)"))  # what it is read as then is up to the upstream
    odd = CONTROL.search("".join(headers.values())) is not None
    for name in sorted(headers):
        if name in read:
            continue
        value = headers[name]
        part = field_role(name, value, rules)
        if part is FieldRole.NOTHING and name in HARMLESS_BESIDE and name not in rules.ignore:
            part = FieldRole.NOTHING if _is_of_its_client(name, headers) else FieldRole.BOTH
        if odd and (part is FieldRole.NOTHING or part is FieldRole.ADDRESS) and CONTROL.search(value):
            part = FieldRole.ANSWER  # to a lenient reader it may be another field
        match part:
            case FieldRole.NOTHING:
                continue
            case FieldRole.ANSWER:
                selecting.append((name, value))
            case FieldRole.CALLER if name == "cookie":
                if kept := own_cookies(value):
                    caller.append((name, kept))
            case FieldRole.CALLER if value.strip():
                caller.append((name, value))
            case FieldRole.CALLER:  # empty, it names nobody
                selecting.append((name, value))
            case FieldRole.BOTH:
                identity.append((name, value))
                selecting.append((name, value))
            case FieldRole.ADDRESS:
                addresses.append((name, value))
    return RequestFields(tuple(caller), tuple(identity), tuple(selecting), tuple(addresses))


def field_role(name: str, value: str, rules: FieldRules) -> FieldRole:
    """Say what a field takes part in."""
    part = _role_of_name(name, rules)
    if part is FieldRole.NOTHING or part is FieldRole.ADDRESS:
        known = HARMLESS_VALUES.get(name)
        if known is None or name in rules.ignore or known.fullmatch(value.strip(" \t")):
            return part
        part = FieldRole.ANSWER
    if part is FieldRole.ANSWER and name not in rules.key and _SECRET_VALUE.search(value):
        return FieldRole.BOTH
    return part


def _is_of_its_client(name: str, headers: Mapping[str, str]) -> bool:
    other, pattern = HARMLESS_BESIDE[name]
    return pattern.fullmatch(headers.get(other, "")) is not None


def looks_like_credential(name: str) -> bool:
    """Tell whether a name, of a field or of a query parameter, looks as if it said who asks."""
    return _IDENTITY.search(name.lower()) is not None


def own_cookies(value: str) -> str:
    """Return the cookies that may say who asks, in their order: all but those of load balancers."""
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
