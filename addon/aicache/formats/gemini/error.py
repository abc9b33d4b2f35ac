"""Errors in the shape of Google's APIs. Pure.

Sources: https://cloud.google.com/apis/design/errors and, for the reason among the details,
https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto (``ErrorInfo``).
"""

from __future__ import annotations

from aicache.formats.api_errors import APIError
from aicache.formats.json_body import render_json

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    504: "DEADLINE_EXCEEDED",
}
_OTHER_CLIENT_ERROR, _OTHER_SERVER_ERROR = "FAILED_PRECONDITION", "UNAVAILABLE"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_DOMAIN = "ai-cache"


def render_error(error: APIError) -> bytes:
    other = _OTHER_CLIENT_ERROR if error.status < 500 else _OTHER_SERVER_ERROR
    info = {"@type": _ERROR_INFO, "reason": error.code.upper(), "domain": _DOMAIN}
    fields = {"code": error.status, "message": error.message, "status": _STATUSES.get(error.status, other)}
    return render_json({"error": {**fields, "details": [info]}})
