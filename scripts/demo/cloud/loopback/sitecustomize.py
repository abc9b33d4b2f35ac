"""Lets the DashVector SDK of one Python process talk to an emulator on loopback; for the demo and the tests only.

Python imports a module of this name when it starts. So a process that is given this folder as PYTHONPATH, and
DASHVECTOR_INSECURE_MODE=true, accepts endpoints like 127.0.0.1:1234 and speaks to them without TLS; nothing of the
addon knows. `demo.cloud.dashvector.loopback_environment()` gives both. The SDK is not imported before the process does.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from types import ModuleType

CHECKED_IN = "dashvector.common.handler"


class AnyEndpoint(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports `CHECKED_IN` normally, then replaces its check of endpoints."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != CHECKED_IN:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            self._real, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        module.verify_endpoint = lambda endpoint: True  # type: ignore[attr-defined]


if os.environ.get("DASHVECTOR_INSECURE_MODE") == "true":
    sys.meta_path.insert(0, AnyEndpoint())
