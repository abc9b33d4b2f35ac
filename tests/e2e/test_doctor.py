"""The doctor: every step is seen to work, and each thing that can be wrong has a line of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.answers import Reply
from demo.cloud.dashscope import Fault
from demo.cloud.dashvector import loopback_environment
from e2e.conftest import Upstream
from e2e.preloaded import PRELOADED
from e2e.proxy import Proxy, free_port
from e2e.test_cloud import Cloud
from servers import Process, free_ports, plain


@pytest.fixture(scope="module")
def services() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.close()


def examine(folder: Path, config: str) -> tuple[int, str]:
    """Return the doctor's exit code, and all it says."""
    file = folder / "config.yaml"
    file.write_text(config, "utf-8")
    command = [sys.executable, "-m", "aicache.runtime.doctor", "--config", str(file), "--data", str(folder / "data")]
    done = PRELOADED.run(command, {**os.environ, **(loopback_environment() if "dashvector" in config else {})}, 60)
    return done.returncode, done.stdout + done.stderr


def test_the_embedded_default_works(tmp_path: Path) -> None:
    code, said = examine(tmp_path, "")

    assert code == 0, said
    assert "a hit by meaning" in said
    assert "everything works" in said


def test_the_dashboards_token_is_read_and_not_said(tmp_path: Path) -> None:
    file = tmp_path / "data" / "dashboard-token"
    file.parent.mkdir()
    file.write_text("t" * 43)
    code, said = examine(tmp_path, "semantic: {enabled: false}\n")
    file.write_text("short")

    bad_code, bad_said = examine(tmp_path, "semantic: {enabled: false}\n")

    assert code == 0, said
    assert str(file) in said
    assert "t" * 43 not in said
    assert bad_code == 1
    assert "remove the file for a new one" in bad_said


def test_the_cloud_chain_works_and_nothing_is_left_behind(tmp_path: Path, services: Cloud) -> None:
    services.index.visible_after = 0.3
    code, said = examine(tmp_path, services.config())
    services.index.visible_after = 0.0
    time.sleep(0.4)  # a deletion, too, is seen only then

    assert code == 0, said
    assert "until it is found" in said
    assert all(not services.index.documents(name) for name in services.index.collections)


def tilted(rows: list[dict[str, Any]]) -> None:
    rows[0]["embedding"][200] = 1.0


def test_questions_stored_as_documents_show_how_like_themselves_they_are(tmp_path: Path, services: Cloud) -> None:
    config = services.config(more=", dimensions: 256, stored_as: document")
    code, said = examine(tmp_path, config)
    services.embedder.inject(Fault(), Fault(), Fault(forge=tilted))  # it loads, looks up, stores

    tilted_code, tilted_said = examine(tmp_path, config)

    assert code == 0, said
    assert "embed it for the store" in said
    assert tilted_code == 1
    assert "0.7071, but semantic.threshold is 0.9; lower it, or stored_as: query" in tilted_said


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": "sk-wrong"}, ["dashscope: 401 InvalidApiKey", "check semantic.embedder.api_key"]),
        ({"index_key": "wrong"}, ["dashvector", "refuses the key", "check semantic.index.api_key"]),
        ({"endpoint": "127.0.0.1:9"}, ["dashvector", "127.0.0.1:9 cannot be reached", "check semantic.index.endpoint"]),
        (
            {"base_url": "http://127.0.0.1:9/api/v1"},
            ["dashscope", "127.0.0.1:9 cannot be reached", "check semantic.embedder.base_url"],
        ),
    ],
    ids=["embedder's key", "index's key", "index's endpoint", "embedder's endpoint"],
)
def test_what_is_wrong_is_named(tmp_path: Path, services: Cloud, changes: dict[str, str], named: list[str]) -> None:
    code, said = examine(tmp_path, services.config(**changes))

    assert code == 1
    assert said.count("FAILED") == 1
    assert all(word.lower() in said.lower() for word in named), said
    assert "sk-wrong" not in said
    assert "Traceback" not in said


def test_a_collection_of_other_dimensions_is_named(tmp_path: Path, services: Cloud) -> None:
    config = services.config().replace('api_key: "demo"', 'api_key: "demo", collection: taken')
    examine(tmp_path, config)

    code, said = examine(tmp_path, config.replace("dimensions: 256", "dimensions: 512"))

    assert code == 1
    assert "collection taken has dimension 256, not 512; name another in semantic.index.collection" in said


def test_an_unreachable_redis_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()
    code, said = examine(tmp_path, f"exact: {{redis: {{url: 'redis://:hush-hush@127.0.0.1:{port}'}}}}\n")

    assert code == 1
    assert f"redis://127.0.0.1:{port}/0: ConnectionRefused" in said
    assert "check exact.redis.url" in said
    assert "hush-hush" not in said


@pytest.mark.parametrize("password", ["hush-hush", ""], ids=["wrong", "none"])
def test_a_password_that_redis_refuses_is_named_as_the_fault_and_not_shown(tmp_path: Path, password: str) -> None:
    [port] = free_ports(1)
    redis = Process(port, tmp_path / "redis", plain(port, "--requirepass", "right"), {"password": "right"})
    redis.start()
    try:
        asyncio.run(redis.up())
        code, said = examine(tmp_path, f"exact: {{redis: {{url: 'redis://:{password}@127.0.0.1:{port}'}}}}\n")
    finally:
        redis.kill()

    assert code == 1
    assert said.count("FAILED") == 1
    assert "the user or password is refused; check exact.redis.url" in said
    assert "hush-hush" not in said
    assert "Traceback" not in said


def test_a_running_proxys_folder_is_shared(tmp_path: Path) -> None:
    with Proxy("http://127.0.0.1:1", tmp_path):
        code, said = examine(tmp_path, "")

    assert code == 0, said
    assert "not tried: a proxy that runs has this data folder" in said


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (lambda texts: "yes" if "reset" in texts["stored"] else "no", "judge model: refuse another question"),
        (lambda texts: "yes", "it says yes, which is wrong"),
        (lambda texts: "Well, that depends.", "neither yes nor no"),
    ],
)
def test_a_judge_model_is_tried(tmp_path: Path, upstream: Upstream, says: Any, expected: str) -> None:
    upstream.script = lambda request: Reply((says(json.loads(request.question)),))
    judge = f"{{model: judge-1, base_url: '{upstream.url}/v1', api_key: sk-judge, when: before, timeout: 10s}}"

    code, said = examine(tmp_path, f"semantic: {{judge: {judge}}}\n")

    assert expected in said
    assert code == ("FAILED" in said) == (expected != "judge model: refuse another question")
    assert "sk-judge" not in said
