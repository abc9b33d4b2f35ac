"""Takes what looks like a credential out of a request and its response. Pure.

What is redacted: the credentials that the request itself was sent with, wherever they recur; values of the shapes that
issuers give their keys and tokens; values of JSON fields that are named like a credential; and matches of the user's
patterns. A secret of no known shape, in a field of no known name, is not recognized.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import regex

from aicache.cassette.body_document import parse_json, render_json
from aicache.cassette.interaction import Interaction, RecordedRequest, RecordedResponse
from aicache.domain.masks import compile_limited

REDACTED = "[redacted]"
TIME_LIMIT_S = 5.0
"""Seconds that one of the user's patterns may take for one text."""
MIN_CREDENTIAL_CHARS = 8
"""Shorter credentials are dummies, and would be found in words."""

_TOKEN = r"[A-Za-z0-9_-]"
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    # prefixes of issuers, with at least one digit behind: sk-ant-…, github_pat_…
    r"|(?<![A-Za-z0-9])(?:sk|pk|rk|ak|sess|gsk|xai|pplx|tvly|nvapi|r8|hf|fw|csk|dapi|npm|pypi|glpat|github_pat|gh[opsur]"
    rf"|shpat|lsv2|rpa|dop_v1|xox[abeoprs]|xapp|sbp|whsec|phc)[-_](?=[A-Za-z_-]*[0-9]){_TOKEN}{{16,}}"
    rf"|(?<![A-Za-z0-9])AIza{_TOKEN}{{30,}}|(?<![A-Za-z0-9])ya29\.{_TOKEN}{{20,}}"
    r"|(?<![A-Za-z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z0-9])eyJ{_TOKEN}{{8,}}\.{_TOKEN}{{8,}}\.{_TOKEN}*"  # JSON Web Token, RFC 7519
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/=-]{16,}|(?<=[Bb]asic )[A-Za-z0-9+/]{12,}={0,2}"
    r"|(?<=://)[^\s/:@\"'\[\]]+:[^\s/@\"'\[\]]+(?=@)",
    re.DOTALL,
)
_NAME = (
    r"(?:[a-z0-9]+[-_.])*(?:api[-_]?key|secret|(?:client|app|api|signing|webhook)[-_]?secret|secret[-_]?(?:access[-_]?)?key"
    r"|passw(?:or)?d|passphrase|passcode|pwd|authorization|proxy-authorization"
    r"|(?:access|refresh|id|auth|session|bearer|security)[-_]?token|private[-_]?key|credentials?|cookie|set-cookie)"
)
_TOKEN_NAME = re.compile(r"[\w.-]+token", re.IGNORECASE)
_NO_CREDENTIAL = re.compile(
    r"(?:page|next|prev|continu|sync|cursor|resum|stop|start|begin|end|eos|bos|pad|unk|cls|sep|mask|special|image|audio"
    r"|text|speech|first|last|top)\w*token",
    re.IGNORECASE,
)
"""Matches the names of tokens that are a place in a list, or a piece of text. Any other ``…_token`` is a credential."""
_FIELD_NAME = re.compile(_NAME, re.IGNORECASE)
_FIELD_IN_TEXT = re.compile(rf'(\\*"{_NAME}\\*"\s*:\s*(\\*)")((?:(?!\2")[^"])+)(?=\2")', re.IGNORECASE)
"""A field of JSON within a text, such as the arguments of a tool call, however often it is escaped."""


_Pieces: TypeAlias = dict[tuple[Any, ...], list[tuple[Any, Any]]]
"""The texts in some events by their place in them, each as what holds it and its name or position there."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class RedactionTooSlow(ValueError):
    """A pattern of ``cassette.redact`` took too long. The message names the pattern."""


class Redaction:
    """*patterns* are the user's."""

    def __init__(self, patterns: Sequence[re.Pattern[str]] = ()) -> None:
        self._patterns = tuple(map(compile_limited, patterns))

    def request(self, request: RecordedRequest, credentials: Iterable[str] = ()) -> RecordedRequest:
        """Return the request without secrets; *credentials* are those it was sent with. Raises RedactionTooSlow."""
        own = _known(credentials)
        return replace(
            request,
            url=self._text(request.url, own),
            headers=tuple((name, self._text(value, own)) for name, value in request.headers),
            body=self._body(request.body, own),
        )

    def response(self, response: RecordedResponse, credentials: Iterable[str] = ()) -> RecordedResponse:
        """Return the response without secrets, as `request` does."""
        own = _known(credentials)
        headers = tuple((name, self._text(value, own)) for name, value in response.headers)
        return replace(response, headers=headers, body=self._body(response.body, own))

    def interaction(self, interaction: Interaction) -> Interaction:
        """Return both without secrets."""
        return Interaction(self.request(interaction.request), self.response(interaction.response))

    def _body(self, body: bytes, own: Sequence[str]) -> bytes:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return body
        if (value := parse_json(text)) is not None:
            redacted = self._value(value, own)
            return body if redacted == value else render_json(redacted)
        lines = _LINE.findall(text)
        documents = [_document_in(line) for line in lines]
        if not any(document is not None for document in documents):
            return self._text(text, own).encode()
        redacted = self._value(documents, own)
        _redact_joined(documents, redacted, lambda text: self._text(text, own))
        return "".join(
            line
            if new == old and old is not None
            else self._text(line, own)
            if new is None
            else _with_document(line, new)
            for line, old, new in zip(lines, documents, redacted, strict=True)
        ).encode()

    def _value(self, value: Any, own: Sequence[str]) -> Any:
        match value:
            case str():
                inner = parse_json(value) if value[:1] in ("{", "[") else None
                if inner is None or (redacted := self._value(inner, own)) == inner:
                    return self._text(value, own)
                return json.dumps(redacted, ensure_ascii=False)
            case list():
                return [self._value(item, own) for item in value]
            case dict():
                return {name: self._field(name, item, own) for name, item in value.items()}
        return value

    def _field(self, name: str, value: Any, own: Sequence[str]) -> Any:
        if isinstance(value, str) and value and _names_credential(name):
            return REDACTED
        return self._value(value, own)

    def _text(self, text: str, own: Sequence[str]) -> str:
        for credential in own:
            text = text.replace(credential, REDACTED)
        text = _SHAPES.sub(REDACTED, text)
        if '"' in text:
            text = _FIELD_IN_TEXT.sub(rf"\1{REDACTED}", text)
        for pattern in self._patterns:
            try:
                text = pattern.sub(REDACTED, text, timeout=TIME_LIMIT_S, concurrent=True)
            except (TimeoutError, MemoryError, regex.error):
                raise RedactionTooSlow(
                    f"cassette.redact: {pattern.pattern} took longer than {TIME_LIMIT_S:g} s"
                ) from None
        return text


def _names_credential(name: str) -> bool:
    if _FIELD_NAME.fullmatch(name):
        return True
    return _TOKEN_NAME.fullmatch(name) is not None and _NO_CREDENTIAL.search(name) is None


def _document_in(line: str) -> Any:
    """Return the JSON object in a line of a stream; None for any other line."""
    start = line.find("{")
    return parse_json(line[start:].strip()) if start >= 0 and line[:start].strip() in ("", "data:") else None


def _with_document(line: str, document: Any) -> str:
    return line[: line.find("{")] + json.dumps(document, ensure_ascii=False) + line[len(line.rstrip("\r\n")) :]


def _redact_joined(documents: list[Any], redacted: list[Any], redact: Callable[[str], str]) -> None:
    """Redact, in place, what is a secret only once the pieces of a streamed text are joined.

    The whole text is then in the first event. Pieces are joined if they stand at the same place of their events, below
    the same ``index``. *redacted* are the *documents* with each text redacted by itself.
    """
    pieces: _Pieces = {}
    holders: _Pieces = {}
    for document, copy in zip(documents, redacted, strict=True):
        _collect_texts(document, (), pieces)
        _collect_texts(copy, (), holders)
    for place, found in pieces.items():
        texts = [holder[name] for holder, name in found]
        if len(texts) < 2 or all(later.startswith(text) for text, later in itertools.pairwise(texts)):
            continue  # the same each time, or the whole text so far each time
        whole, copies = redact("".join(texts)), holders[place]
        if whole != "".join(holder[name] for holder, name in copies):
            for position, (holder, name) in enumerate(copies):
                holder[name] = "" if position else whole


def _collect_texts(value: Any, path: tuple[Any, ...], found: _Pieces) -> None:
    if isinstance(value, dict):
        path = (*path, value.get("index") if isinstance(value.get("index"), int) else None)
        items: Iterable[tuple[Any, Any]] = value.items()
    else:
        items = enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        if isinstance(item, str):
            found.setdefault((*path, name), []).append((value, name))
        else:
            _collect_texts(item, (*path, name), found)


def _known(credentials: Iterable[str]) -> list[str]:
    """Return what to look for, the longest first: a value, and the credential behind its scheme."""
    found = set()
    for value in credentials:
        found |= {value.strip(), value.rpartition(" ")[2].strip()}
    return sorted(
        (each for each in found if len(each) >= MIN_CREDENTIAL_CHARS and each != REDACTED), key=len, reverse=True
    )
