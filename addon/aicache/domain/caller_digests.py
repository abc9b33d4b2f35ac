"""Digests of each credential and identity in a request, by which a caller's entries are found and erased. Pure.

A value has one digest wherever it stands: a key finds all that was asked with it, in any header or parameter. The
digests are keyed with the deployment's salt, so that nobody without it can check a guess against them.
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
from aicache.domain.known_request_headers import HARMLESS
from aicache.domain.request_headers import Field, FieldRules, RequestFields, looks_like_credential

MAX_DIGESTS = 64
"""Digests of one request; the most certain ones are kept."""
MIN_NAME_DIGITS = 12
"""Digits of a caller's name, as the dashboard shows it, that are needed to identify one."""
MAX_VALUE_CHARS = 16 * 1024
"""Characters of a value that are digested."""

_SCHEME = re.compile(r"[A-Za-z][\w-]*[ \t]+(?=\S)")
_SINGLE = re.compile(r"[^\s,;]+")
_TOKEN = re.compile(r"[\w.~+/=:@|-]{16,}")
"""Looks like a key, in a field whose name does not."""
_NAME = re.compile(rf"[0-9a-f]{{{MIN_NAME_DIGITS},40}}")
_END_USERS = ("user", "safety_identifier")


@dataclass(frozen=True, slots=True)
class CallerMatcher:
    """Matches one caller, by digests or prefixes of them."""

    prefixes: frozenset[str]

    def matches(self, caller_digest: str) -> bool:
        return any(map(caller_digest.startswith, self.prefixes))

    def matches_any(self, caller_digests: Iterable[str]) -> bool:
        return any(map(self.matches, caller_digests))


def caller_matcher(who: str, salt: bytes) -> CallerMatcher:
    """Return a matcher for a credential or identity, bare or as it is sent, or for a caller's name.

    It must be complete: a part of it may be part of another caller's as well.
    """
    who = who.strip()
    values = [who]
    if (scheme := _SCHEME.match(who)) is not None:
        bare = who[scheme.end() :].strip()
        values += [bare, *_basic(scheme[0], bare)[:1]]
    name = {who.lower()} if _NAME.fullmatch(who.lower()) else set()
    return CallerMatcher(frozenset({*(caller_digest(value[:MAX_VALUE_CHARS], salt) for value in values), *name}))


def caller_digest(value: str, salt: bytes) -> str:
    """Return the digest of a value: 40 hex digits."""
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
    """Return digests of all that identifies the caller: fields, parameters, *further* facts of the connection, body.

    The header that names the scope does, too, and so do fields that the settings ignore, if they look like identities.
    """
    fields_sent = [*fields.caller, *further, *_parameters(query), *fields.identity]
    if rules.scope_headers or rules.ignore:
        fields_sent += [(name, headers[name]) for name in sorted(rules.scope_headers) if name in headers]
        fields_sent += [(name, headers[name]) for name in sorted(rules.ignore & headers.keys()) if _is_identity(name)]
    fields_sent += [field for field in fields.selecting if _TOKEN.fullmatch(field[1].strip())]
    values = [value for name, sent in fields_sent for value in _values(name, sent)] + list(_end_users(params))
    if not values:
        values = [value for name, sent in fields.addresses for value in _values(name, sent)]
    return tuple(caller_digest(value, salt) for value in list(dict.fromkeys(values))[:MAX_DIGESTS])


def _values(name: str, sent: str) -> list[str]:
    """Return the forms in which a value may be given: bare, without its scheme, or one of its parts."""
    whole = sent.strip()[:MAX_VALUE_CHARS]
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
    """Return user and password of a Basic credential, joined and apart (RFC 7617)."""
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
    """Yield the names of end users in the body."""
    for name in _END_USERS:
        if isinstance(value := params.get(name), str) and value.strip():
            yield value.strip()[:MAX_VALUE_CHARS]
    metadata = params.get("metadata")
    for name, value in metadata.items() if isinstance(metadata, dict) else ():
        if isinstance(value, str) and value.strip() and looks_like_credential(str(name)):
            yield value.strip()[:MAX_VALUE_CHARS]
