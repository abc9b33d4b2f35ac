"""Finds the dashboard's token and cookie in flows, and removes them: mitmproxy prints, shows and saves flows."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from mitmproxy.http import HTTPFlow

from aicache.dashboard.access import Secrets, Visitor
from aicache.dashboard.pages import is_page
from aicache.dashboard.path_aliases import ROOT, is_canonical
from aicache.proxy.http_messages import collect_headers

MAX_FORM_BYTES = 64 * 1024
CREDENTIAL_HEADERS = (b"authorization", b"cookie")


def read_visitor(flow: HTTPFlow) -> tuple[str, Visitor]:
    """Return the path without its query, and who sends the request; a token may be in the query or in the form."""
    request = flow.request
    parts = urlsplit(request.path)
    offered = parse_qs(parts.query).get("token", [""])[0]
    if request.method == "POST" and is_page(parts.path):
        form = (request.raw_content or b"")[:MAX_FORM_BYTES].decode("ascii", "replace")
        offered = parse_qs(form).get("token", [""])[0]
    return parts.path, Visitor(collect_headers(request.headers), offered)


def carries_secret(flow: HTTPFlow, secrets: Secrets) -> bool:
    """Tell whether one is in the head of a request."""
    data = flow.request.data
    fields = data.headers.fields
    parts = [data.method, data.authority, *(part for field in fields for part in field)]
    if secrets.are_in(b"\n".join(parts)) or secrets.are_in_target(data.path):
        return True
    return any(name.lower().endswith(b"authorization") and secrets.are_in_credentials(value) for name, value in fields)


def remove_secrets(flow: HTTPFlow, secrets: Secrets) -> None:
    """Remove credentials from the headers, and secrets from wherever else they are."""
    request = flow.request
    request.headers.fields = tuple(
        (name, value)
        for name, value in request.headers.fields
        if name.lower() not in CREDENTIAL_HEADERS and not secrets.are_in(name + b"\n" + value)
    )
    if is_canonical(request.data.path) and "token" in request.query:
        request.query = [(name, value) for name, value in request.query.items(True) if name != "token"]
    if secrets.are_in_target(request.data.path):
        request.path = f"{ROOT}/"
    if is_page(request.path.partition("?")[0]) or secrets.are_in(request.raw_content or b""):
        request.raw_content = b""
