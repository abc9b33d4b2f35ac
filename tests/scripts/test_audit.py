"""What is made of an audit's report, and of none. A small program stands in for pip-audit."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a program that is a shell script")


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("audit", str(environment.ROOT / "scripts" / "audit"))
    spec = importlib.util.spec_from_loader("audit", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def answering(folder: Path, pypi: Any, osv: Any = None) -> Path:
    """A program that writes to --output what the service is to say; None: it fails."""
    for service, said in {"pypi": pypi, "osv": osv}.items():
        if said is not None:
            (folder / service).write_text(json.dumps({"dependencies": said, "fixes": []}))
    program = folder / "python"
    program.write_text(
        '#!/bin/sh\nservice=$4; cp "$6" "' + str(folder) + '/asked"\n'
        'while [ "$1" != --output ]; do shift; done\n'
        f'cp "{folder}/$service" "$2" || {{ echo "ConnectionError: nobody there" >&2; exit 1; }}\n'
    )
    program.chmod(0o755)
    return program


def one(name: str, *vulns: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": list(vulns)}


def test_what_a_newer_version_mends_counts(audit: ModuleType, tmp_path: Path) -> None:
    vulnerable = one("h2", {"id": "PYSEC-1", "fix_versions": ["4.3"]}, {"id": "PYSEC-2", "fix_versions": []})
    python = answering(tmp_path, [one("h11"), vulnerable])

    found = audit.audit_python(python, "3.12")

    assert [str(each) for each in found] == [
        "h2: PYSEC-1 (fixed in 4.3)",
        "h2: PYSEC-2 (not fixed yet)",
    ]
    assert [audit.must_fix(each) for each in found] == [True, False]


def test_every_pin_is_asked_about_whatever_system_it_is_for(audit: ModuleType, tmp_path: Path) -> None:
    audit.audit_python(answering(tmp_path, [one("h11")]), "3.12")

    asked = [line.partition("==")[0] for line in (tmp_path / "asked").read_text().splitlines()]
    assert {"mitmproxy", "mitmproxy-linux", "mitmproxy-macos", "mitmproxy-windows", "zvec", "pytest"} <= set(asked)


def test_an_index_that_knows_none_of_them_has_not_answered(audit: ModuleType, tmp_path: Path) -> None:
    unknown = {"name": "h2", "skip_reason": "Dependency not found on PyPI and could not be audited: h2 (4.1)"}
    python = answering(tmp_path, [unknown], [one("h2", {"id": "GHSA-1", "fix_versions": ["4.3"]})])

    assert [each.id for each in audit.audit_python(python, "3.12")] == ["GHSA-1"]


def test_nobody_to_be_asked_is_told(audit: ModuleType, tmp_path: Path) -> None:
    python = answering(tmp_path, [{"name": "h2", "skip_reason": "not found"}])

    with pytest.raises(audit.Unreachable, match="pypi: it knows none of the packages; osv: ConnectionError"):
        audit.audit_python(python, "3.12")
