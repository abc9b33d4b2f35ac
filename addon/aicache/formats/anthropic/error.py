"""Errors in the shape of Anthropic's API. Pure.

Source: https://docs.anthropic.com/en/api/errors.
"""

from __future__ import annotations

from aicache.formats.api_errors import APIError
from aicache.formats.json_body import render_json

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_OTHER_CLIENT_ERROR, _OTHER_SERVER_ERROR = "invalid_request_error", "api_error"


def render_error(error: APIError) -> bytes:
    other = _OTHER_CLIENT_ERROR if error.status < 500 else _OTHER_SERVER_ERROR
    fields = {"type": _TYPES.get(error.status, other), "message": error.message}
    return render_json({"type": "error", "error": fields})
