"""`scripts/migrate` as a user types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import environment
from e2e.preloaded import PRELOADED

in_own_environment = pytest.mark.skipif(
    not Path(sys.executable).is_relative_to(environment.ROOT / ".venv"), reason="wants scripts/test's own environment"
)
HIGRESS = "cache: {type: redis, serviceHost: redis.example.com, password: '%s', cacheTTL: 3600}\n"


def migrate(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run what the script goes on as."""
    command = [sys.executable, "-m", "aicache", "migrate", *map(str, arguments)]
    return PRELOADED.run(command, os.environ, 60)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "higress.yaml"


def test_command_can_be_executed() -> None:
    assert os.access(environment.ROOT / "scripts" / "migrate", os.X_OK)


@in_own_environment
def test_help_says_what_it_is_for() -> None:
    command = [sys.executable, environment.ROOT / "scripts" / "migrate", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert told.returncode == 0
    assert told.stdout.startswith("usage: scripts/migrate ")
    assert "Higress" in told.stdout


@in_own_environment
def test_our_own_names_go_to_stdout(file: Path) -> None:
    file.write_text(HIGRESS % "${NOT_SET_HERE}")

    done = migrate(file)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\nexact:\n  ttl: 1h\n  redis:\n" in done.stdout
    assert "    url: redis://:${NOT_SET_HERE}@redis.example.com:6379/0\n" in done.stdout


@in_own_environment
def test_templates_and_what_higress_left_have_their_keys(file: Path) -> None:
    file.write_text(
        HIGRESS % "${NOT_SET_HERE}" + "legacy_text: true\ncacheKeyStrategy: disabled\n"
        'responseTemplate: \'{"text": "%s"}\'\n'
        'streamResponseTemplate: "data:[\\"%s\\"]\\n\\ndata:[DONE]\\n\\n"\n'
    )

    done = migrate(file)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\nenabled: false\n" in done.stdout
    assert "\n    legacy_text: true\n" in done.stdout
    assert 'templates:\n  whole: "{\\"text\\": \\"%s\\"}"\n' in done.stdout
    assert '  stream: "data:[\\"%s\\"]\\n\\ndata:[DONE]\\n\\n"\n' in done.stdout


@in_own_environment
def test_secrets_stay_where_they_are(file: Path) -> None:
    file.write_text(HIGRESS % "hunter2")

    done = migrate(file)

    assert "hunter2" not in done.stdout
    assert "redis://:${REDIS_PASSWORD}@redis.example.com" in done.stdout


@in_own_environment
def test_problems_go_to_stderr_and_the_rest_to_stdout(file: Path) -> None:
    file.write_text("cache: {type: redis, serviceName: redis.static}\nvector: {type: milvus}\n")

    done = migrate(file)

    assert done.returncode == 1
    assert "\n    url: redis://${REDIS_HOST}:6379/0\n" in done.stdout
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["cache.serviceName", "vector.type"]


@in_own_environment
def test_missing_file_is_one_line(file: Path) -> None:
    done = migrate(file)

    assert done.returncode == 1
    assert done.stderr == f"{file}: there is no such file\n"
