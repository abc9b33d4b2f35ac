"""Errors in the shape of DashScope's native API. Pure.

Source: https://help.aliyun.com/zh/model-studio/error-code.
"""

from __future__ import annotations

from aicache.formats.api_errors import APIError
from aicache.formats.json_body import render_json


def render_error(error: APIError) -> bytes:
    """Render an error. It has no request ID of the upstream's, which clients expect nevertheless."""
    code = "".join(word.capitalize() for word in error.code.split("_"))
    return render_json({"code": code, "message": error.message, "request_id": ""})
