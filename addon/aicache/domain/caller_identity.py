"""Identifies a request's caller by its credentials and identities; and the target without them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from aicache.domain.digests import digest
from aicache.domain.request_headers import Field, RequestFields, looks_like_credential

API_KEY_FIELDS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "?key"})
"""Header fields and the query parameter in which APIs expect the API key: the same key is the same caller."""

CREDENTIAL_PARAMETERS = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token", "subscription-key"})
"""Query parameters that carry a credential, in lower case."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request, as far as the request identifies it."""

    digest: str
    """Digest of everything that distinguishes callers."""
    proof: str | None
    """Digest of the credential that the upstream has to accept before its holder gets answers that others paid for;
    None without anything like a credential: then the caller cannot be verified."""
    known: str
    """Digest of the fields that certainly identify the caller, without those that only look like credentials."""


def identify_caller(
    fields: RequestFields, query: str, further: Sequence[Field] = (), *, any_api: bool = False, salt: bytes = b""
) -> Caller:
    """Identify the caller by header fields, query parameters and *further* fields of the connection.

    Without anything like a credential, callers are distinguished only by the addresses that proxies in front added.
    With *any_api* the same API key is the same caller, in whichever field or parameter it was sent.
    """
    known = [*fields.caller, *further]
    likely = list(fields.identity)
    for name, sent in _parameters(query):
        if name.lower() in CREDENTIAL_PARAMETERS:
            known.append((f"?{name}", unquote_plus(sent.partition("=")[2]) if any_api else sent.partition("=")[2]))
        elif looks_like_credential(name):
            likely.append((f"?{name}", sent))
    if any_api and len(keys := {_without_bearer(value) for name, value in known if name in API_KEY_FIELDS}) == 1:
        known = sorted({*((name, value) for name, value in known if name not in API_KEY_FIELDS), ("key", keys.pop())})
    if not any(value.strip() for _, value in (*known, *likely)):
        return Caller(_digest_fields("nobody", (*known, *likely, *fields.addresses), salt), None, "")
    certain = _digest_fields("credential", known, salt)
    # The likely ones are part of the key: a caller with different ones gets different answers.
    proof = certain if known else _digest_fields("credential", likely, salt)
    return Caller(_digest_fields("caller", (*known, *likely), salt), proof, certain)


def digest_selecting_fields(fields: RequestFields, salt: bytes = b"") -> str:
    """Return the digest of the header fields that select an answer."""
    return _digest_fields("selecting", fields.selecting, salt) if fields.selecting else ""


def target_without_credentials(path: str, query: str) -> str:
    """Return path and query for the key: without credentials, which are part of the scope."""
    kept = [sent for name, sent in _parameters(query) if name.lower() not in CREDENTIAL_PARAMETERS]
    return f"{path}?{'&'.join(kept)}" if kept else path


def _without_bearer(value: str) -> str:
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else value


def _parameters(query: str) -> list[tuple[str, str]]:
    """Split a query into the names of its parameters, decoded, and each parameter as it was sent.

    Only the upstream knows the meaning of an escape (RFC 3986, 2.5) or a plus, so parameters that differ only in these
    are not equal here.
    """
    return [(unquote_plus(sent.partition("=")[0]), sent) for sent in query.split("&")] if query else []


def _digest_fields(purpose: str, fields: Iterable[Field], salt: bytes) -> str:
    return digest(purpose, *(each for field in fields for each in field), salt=salt)
