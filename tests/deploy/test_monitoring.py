"""Alerts, dashboard and autoscaling ask for metrics that there are; the alerts fire when they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aicache.domain.policy import Rules
from aicache.domain.resource_usage import DiskUsage, ResourceUsage, StoreUsage
from aicache.engine import Engine
from aicache.telemetry.counters import Counters
from aicache.telemetry.health import collect_health
from aicache.telemetry.labels import reason_label
from aicache.telemetry.prometheus import Metrics
from deploy.files import CHART, COMPOSE, KUBERNETES, MONITORING, PAGE, parse, text
from deploy.operator_objects import PROMETHEUS_RULE, SERVICE_MONITOR, mistakes

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)

_METRIC = re.compile(r"\b(aicache_[a-z_]+)(?:\{([^}]*)\})?")


def metrics() -> dict[str, set[str]]:
    """Return the names of all time series, and their labels."""
    usage = ResourceUsage(StoreUsage(1, 2, 3), DiskUsage(1, 2, 3))
    health = collect_health(Engine(RULES, 1.0))
    collector = Metrics(Counters(lambda *_, cached=0: None), lambda: health, lambda: 0, usage)
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + suffix: {*family._labelnames, *(["le"] if suffix == "_bucket" else [])}  # type: ignore[attr-defined]
        for family in collector.collect()
        for suffix in suffixes[family.type]
    }


def strings(value: Any) -> Iterator[str]:
    """Yield every text in parsed YAML or JSON, the names of series in tests of alerts included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (found for each in value.values() for found in strings(each))
    elif isinstance(value, list):
        yield from (found for each in value for found in strings(each))


@pytest.mark.parametrize(
    "path",
    [
        MONITORING / "prometheusrule.yaml",
        MONITORING / "alerts.test.yaml",
        MONITORING / "dashboard.json",
        KUBERNETES / "components" / "autoscaling" / "adapter-rules.yaml",
        KUBERNETES / "components" / "autoscaling" / "hpa.yaml",
        CHART / "templates" / "scaling.yaml",
    ],
    ids=lambda path: path.name,
)
def test_every_metric_named_is_there_with_its_labels(path: Path) -> None:
    known = {**metrics(), "aicache_requests_per_second": set()}  # what the adapter's rule makes
    found = 0

    for each in [text(path)] if path.parent.name == "templates" else strings(parse(path)):
        for name, selectors in _METRIC.findall(each):
            assert name in known, each
            used = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)\s*\"", selectors))
            assert used <= known[name] | {"job", "namespace", "pod"}, each
            found += 1
    assert found


def rendered_chart() -> list[Any]:
    """Return the chart's objects, with stand-ins for what Helm fills in."""
    template = re.sub(r"(?m)^\{\{-.*\}\}\n", "", text(CHART / "templates" / "monitoring.yaml"))
    template = re.sub(r"\{\{-? \(\.Files[^}]*\}\}", "{groups: [{name: a, rules: [{alert: A, expr: up}]}]}", template)
    template = re.sub(r"(?m)^( +)\{\{-[^}]*nindent[^}]*\}\}$", r"\1app: ai-cache", template)
    template = re.sub(r"\{\{[^}]*nindent[^}]*\}\}", "{app: ai-cache}", template)
    return [*yaml.safe_load_all(re.sub(r"\{\{[^}]*\}\}", "ai-cache", template))]


def test_the_operator_takes_every_field() -> None:
    shapes = {"ServiceMonitor": SERVICE_MONITOR, "PrometheusRule": PROMETHEUS_RULE}
    objects = [parse(MONITORING / "servicemonitor.yaml"), parse(MONITORING / "prometheusrule.yaml"), *rendered_chart()]
    checked = [each for each in objects if each["kind"] in shapes]

    assert [each["kind"] for each in checked] == ["ServiceMonitor", "PrometheusRule"] * 2
    assert [found for each in checked for found in mistakes(each, shapes[each["kind"]])] == []
    for group in parse(MONITORING / "prometheusrule.yaml")["spec"]["groups"]:
        assert all(("alert" in rule) != ("record" in rule) and "expr" in rule for rule in group["rules"])


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        ({"endpoints": [{"intervall": "30s"}]}, ".spec.endpoints[0].intervall: unknown"),
        ({"endpoints": [{"interval": "30"}]}, ".spec.endpoints[0].interval: '30'"),
        ({"endpoints": []}, ".spec.endpoints: not a list with anything in it"),
        ({"selector": {"app": "ai-cache"}}, ".spec.selector.app: unknown"),
        ({"selector": ["ai-cache"]}, ".spec.selector: not an object"),
        ({"endpoints": [{"port": 8080}]}, ".spec.endpoints[0].port: 8080"),
    ],
)
def test_what_it_would_not_take_is_a_mistake(changed: dict[str, Any], mistake: str) -> None:
    monitor = parse(MONITORING / "servicemonitor.yaml")

    assert [*mistakes(monitor | {"spec": monitor["spec"] | changed}, SERVICE_MONITOR)] == [mistake]


def test_the_monitor_finds_the_service_and_the_token() -> None:
    [endpoint] = parse(MONITORING / "servicemonitor.yaml")["spec"]["endpoints"]
    service = parse(KUBERNETES / "base" / "service.yaml")
    credentials = endpoint["authorization"]["credentials"]

    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    [proxy] = parse(KUBERNETES / "base" / "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": credentials["name"]}} in proxy["envFrom"]
    assert f"--from-literal={credentials['key']}=" in text(PAGE)


def test_the_adapters_rule_makes_the_metric_that_scales() -> None:
    [rule] = parse(KUBERNETES / "components" / "autoscaling" / "adapter-rules.yaml")["rules"]

    assert rule["name"]["as"] in text(KUBERNETES / "components" / "autoscaling" / "hpa.yaml")
    assert rule["name"]["as"] in text(CHART / "templates" / "scaling.yaml")


def test_the_alerts_ask_for_the_words_of_the_code() -> None:
    expressions = " ".join(strings(parse(MONITORING / "prometheusrule.yaml")))
    parts = {part.name for part in collect_health(Engine(RULES, 1.0)).parts}

    assert set(re.findall(r'part="([^"]+)"', expressions)) == {"exact store"} <= parts
    assert set(re.findall(r'reason="([^"]+)"', expressions)) == {reason_label("store-error: exact store: refused")}
    assert set(re.findall(r'outcome="([^"]+)"', expressions)) <= set(Counters(lambda *_, cached=0: None).lookups)


def test_the_page_has_all_alerts_and_compose_files() -> None:
    rules = [rule for group in parse(MONITORING / "prometheusrule.yaml")["spec"]["groups"] for rule in group["rules"]]
    tested = {
        test["alertname"]
        for each in parse(MONITORING / "alerts.test.yaml")["tests"]
        for test in each["alert_rule_test"]
    }
    alerts = [rule["alert"] for rule in rules if "alert" in rule]

    assert re.findall(r"^\| `(AICache\w+)` \|", text(PAGE), re.MULTILINE) == alerts
    assert tested == set(alerts)
    assert set(re.findall(r"`\.github/deploy/(compose[\w.]*)`", text(PAGE))) == {path.name for path in COMPOSE}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool (Debian's package prometheus)")
def test_the_alerts_fire_when_they_should(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text(yaml.safe_dump(parse(MONITORING / "prometheusrule.yaml")["spec"]))
    shutil.copy(MONITORING / "alerts.test.yaml", tmp_path)

    ran = subprocess.run(
        ["promtool", "test", "rules", "alerts.test.yaml"], cwd=tmp_path, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_dashboard_has_no_panel_twice() -> None:
    panels = json.loads(text(MONITORING / "dashboard.json"))["panels"]

    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
