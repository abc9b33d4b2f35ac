"""Whose a request is, as digests of each credential and identity in it: what its answer is found by to be erased. Pure.

One value has one digest, wherever it stands: a key given as it is finds what was asked with it in any header or
parameter. The digests are keyed with the deployment's salt, so that nobody without that can tell a guess by them.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote_plus

from aicache.domain.caller_identity import CREDENTIAL_PARAMETERS
from aicache.domain.known_request_fields import HARMLESS
from aicache.domain.request_fields import Field, FieldRules, RequestFields, looks_like_credential

MOST = 64
"""Digests of one request, the most certain first."""
MIN_NAME_DIGITS = 12
"""Digits of a caller's name, as the dashboard shows it: no fewer name one."""
LONGEST = 16 * 1024
"""Characters of a value."""

_SCHEME = re.compile(r"[A-Za-z][\w-]*[ \t]+(?=\S)")
_SINGLE = re.compile(r"[^\s,;]+")
_TOKEN = re.compile(r"[\w.~+/=:@|-]{16,}")
"""What a key looks like in a field whose name says nothing of it."""
_NAME = re.compile(rf"[0-9a-f]{{{MIN_NAME_DIGITS},40}}")
_END_USERS = ("user", "safety_identifier")


@dataclass(frozen=True, slots=True)
class CallerMatcher:
    """A caller who is looked for, by digests or their beginnings."""

    beginnings: frozenset[str]

    def matches(self, caller_digest: str) -> bool:
        return any(map(caller_digest.startswith, self.beginnings))

    def matches_any(self, caller_digests: Iterable[str]) -> bool:
        return any(map(self.matches, caller_digests))


def caller_matcher(who: str, salt: bytes) -> CallerMatcher:
    """Return who is meant by a credential or another identity, as it is or as it is sent, or by a caller's name.

    Nothing less than all of it: a part of it may be another's as well.
    """
    who = who.strip()
    values = [who]
    if (scheme := _SCHEME.match(who)) is not None:
        bare = who[scheme.end() :].strip()
        values += [bare, *_basic(scheme[0], bare)[:1]]
    name = {who.lower()} if _NAME.fullmatch(who.lower()) else set()
    return CallerMatcher(frozenset({*(caller_digest(value[:LONGEST], salt) for value in values), *name}))


def caller_digest(value: str, salt: bytes) -> str:
    """Return a value's digest: 40 hex digits."""
    return blake2b(
        value.encode("utf-8", "surrogateescape"), digest_size=20, key=salt, person=b"ai-cache owner"
    ).hexdigest()


def caller_digests(
    fields: RequestFields,
    headers: Mapping[str, str],
    query: str,
    further: Sequence[Field],
    params: Mapping[str, Any],
    rules: FieldRules,
    salt: bytes,
) -> tuple[str, ...]:
    """Digest all that says who asks: fields, parameters, what is known *further* of the connection, and in the body.

    The header that names the scope says so as well, and so do fields that the settings ignore, where they look like it.
    """
    said = [*fields.caller, *further, *_parameters(query), *fields.identity]
    if rules.scope_headers or rules.ignore:
        said += [(name, headers[name]) for name in sorted(rules.scope_headers) if name in headers]
        said += [(name, headers[name]) for name in sorted(rules.ignore & headers.keys()) if _is_identity(name)]
    said += [field for field in fields.selecting if _TOKEN.fullmatch(field[1].strip())]
    values = [value for name, sent in said for value in _values(name, sent)] + list(_end_users(params))
    if not values:
        values = [value for name, sent in fields.addresses for value in _values(name, sent)]
    return tuple(caller_digest(value, salt) for value in list(dict.fromkeys(values))[:MOST])


def _values(name: str, sent: str) -> list[str]:
    """Return what one value may be given as: bare, without its scheme, or one of the several things in it."""
    whole = sent.strip()[:LONGEST]
    if _SINGLE.fullmatch(whole) and not (name == "cookie" and "=" in whole):
        return [whole]
    found = [whole]
    if (scheme := _SCHEME.match(whole)) is not None:
        bare = whole[scheme.end() :].strip()
        found = [bare, *_basic(scheme[0], bare)]
        if _SINGLE.fullmatch(bare):
            return found
    for part in re.split("[;,]" if name == "cookie" else ",", whole):
        key, is_pair, value = part.strip().partition("=")
        found.append(part.strip())
        if is_pair and key and name == "cookie":
            bare = value.strip().strip('"')
            found += [value.strip(), bare, unquote_plus(bare)]
    return [value for value in dict.fromkeys(found) if value]


def _basic(scheme: str, bare: str) -> list[str]:
    """Return user and password of a Basic value, together and each (RFC 7617)."""
    if scheme.strip().lower() != "basic":
        return []
    try:
        both = base64.b64decode(bare, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return []
    return [both, *both.split(":", 1)]


def _parameters(query: str) -> list[Field]:
    found = []
    for sent in query.split("&") if query else ():
        name, _, value = sent.partition("=")
        name = unquote_plus(name)
        if name.lower() in CREDENTIAL_PARAMETERS or looks_like_credential(name):
            found += [(f"?{name}", unquote_plus(value)), (f"?{name}", value)]
    return found


def _is_identity(name: str) -> bool:
    return name not in HARMLESS and looks_like_credential(name)


def _end_users(params: Mapping[str, Any]) -> Iterable[str]:
    """Return how the body names an end user."""
    for name in _END_USERS:
        if isinstance(value := params.get(name), str) and value.strip():
            yield value.strip()[:LONGEST]
    metadata = params.get("metadata")
    for name, value in metadata.items() if isinstance(metadata, dict) else ():
        if isinstance(value, str) and value.strip() and looks_like_credential(str(name)):
            yield value.strip()[:LONGEST]
