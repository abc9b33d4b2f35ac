"""Manifests and chart name what there is: settings, probes, arguments, files, values."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from aicache import config
from aicache.config import Config
from aicache.dashboard.probes import LIVE, READY
from deploy.files import CHART, KUBERNETES, MONITORING, STORING_S, options, parse, text

SECRETS = dict.fromkeys(("DASHBOARD_TOKEN", "AI_CACHE_SECRET", "REDIS_PASSWORD"), "0" * 16)


def deployment() -> Any:
    return parse(KUBERNETES / "base" / "deployment.yaml")["spec"]["template"]["spec"]


@pytest.mark.parametrize("folder", ["base", "shared"])
def test_the_settings_of_kubernetes_can_be_used(folder: str) -> None:
    config.load(text(KUBERNETES / folder / "config.yaml"), "config.yaml", SECRETS)


def test_the_probes_are_those_of_the_proxy() -> None:
    [proxy] = deployment()["containers"]
    found = {name: probe["httpGet"]["path"] for name, probe in proxy.items() if name.endswith("Probe")}

    assert found == {"startupProbe": LIVE.decode(), "livenessProbe": LIVE.decode(), "readinessProbe": READY.decode()}
    assert set(re.findall(r"path: (/_ai_cache/\w+),", text(CHART / "templates" / "deployment.yaml"))) == set(
        found.values()
    )
    assert [port["containerPort"] for port in proxy["ports"]] == [options([]).port]


def test_kubernetes_waits_for_open_requests() -> None:
    [proxy], values = deployment()["containers"], parse(CHART / "values.yaml")
    slept = int(proxy["lifecycle"]["preStop"]["exec"]["command"][1])
    needed = Config().drain_timeout + STORING_S

    assert deployment()["terminationGracePeriodSeconds"] > slept + needed
    assert values["terminationGracePeriodSeconds"] > values["preStopSeconds"] + needed


def test_the_arguments_in_manifests_are_those_of_serve() -> None:
    [proxy], [doctor] = deployment()["containers"], deployment()["initContainers"]
    words = shlex.split(doctor["command"][-1])

    assert options(proxy["args"]).config == "/etc/ai-cache/config.yaml"
    assert words[words.index("ai-cache") :][:4] == ["ai-cache", "doctor", "--config", "/etc/ai-cache/config.yaml"]


@pytest.mark.parametrize("path", sorted(KUBERNETES.rglob("kustomization.yaml")), ids=lambda path: path.parent.name)
def test_every_file_of_a_kustomization_is_there(path: Path) -> None:
    found = parse(path)
    named = [*found.get("resources", ()), *found.get("components", ())]
    named += [file.rpartition("=")[2] for each in found.get("configMapGenerator", ()) for file in each["files"]]
    named += [each["path"] for each in found.get("patches", ()) if "path" in each]

    assert [name for name in named if not (path.parent / name).exists()] == []


def test_every_value_that_the_chart_uses_has_a_default() -> None:
    values = parse(CHART / "values.yaml")

    for template in (CHART / "templates").iterdir():
        for name in re.findall(r"\.Values\.([\w.]+)", text(template)):
            found: Any = values
            for word in name.split("."):
                assert word in found, f"{template.name}: {name}"
                found = found[word]


def test_the_chart_takes_alerts_and_dashboard_from_where_they_are() -> None:
    for name in ("prometheusrule.yaml", "dashboard.json"):
        assert (CHART / "files" / name).resolve() == (MONITORING / name).resolve()
        assert f"files/{name}" in text(CHART / "templates" / "monitoring.yaml")
