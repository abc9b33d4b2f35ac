"""Removes from requests what the platform that runs this proxy adds for the proxy itself: nobody else is to see it.

Alibaba Cloud's Function Compute adds ids, which differ from request to request, and the temporary credentials of the
function's role. Elsewhere these fields may be the client's own, and stay.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from mitmproxy.http import HTTPFlow

from aicache.domain.known_request_headers import FUNCTION_COMPUTE

FUNCTION_COMPUTE_VARIABLES = ("FC_FUNCTION_NAME", "FC_ACCOUNT_ID")
"""Set by Function Compute, which reserves names that begin with ``FC_``
(https://www.alibabacloud.com/help/en/functioncompute/fc/environment-variables)."""


def platform_fields(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the request header fields, in lower case, that the platform of this process adds."""
    in_function_compute = any(environment.get(name) for name in FUNCTION_COMPUTE_VARIABLES)
    return frozenset(FUNCTION_COMPUTE) if in_function_compute else frozenset()


class PlatformHeaders:
    """Removes the fields of the platform that this process runs on, if it adds any."""

    def __init__(self) -> None:
        self._fields = platform_fields()

    def requestheaders(self, flow: HTTPFlow) -> None:
        for name in self._fields:
            flow.request.headers.pop(name, None)
