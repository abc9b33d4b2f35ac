"""The cache filled from recorded flows: a real mitmdump records, another one reads, and a third one answers hits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mitmproxy.io import FlowWriter

import environment
from aicache.cli.warm import command as warm_command
from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from demo.answers import Reply, Request, error
from e2e.preloaded import PRELOADED
from e2e.proxy import EXACT_ONLY, READY_EXACT, Proxy
from servers import Process, running_redis

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # several processes each, one after the other
Start = Callable[..., Proxy]
MANY = 400
"""Many times what is stored at a time."""
COUNTED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
RECORDERS = Path(__file__).with_name("recorders")
COLUMNS = ("read", "stored", "by meaning", "not newer", "expired", "not kept", "broken", "failed")


def read(proxy: Proxy, file: Path, *options: str, how: str = "-nr") -> str:
    """Run ``mitmdump -nr FILE`` with the cache, on the proxy's data folder, and return its log."""
    done = PRELOADED.run([*proxy.command(), how, str(file), *options], os.environ, 110)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def summary(log: str) -> str:
    [line] = [line for line in log.splitlines() if " stored (" in line]
    return line


@pytest.fixture(scope="module")
def recorded(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save an answer, a stream, a hit, an error, and three answers whose callers want nothing kept."""
    folder = tmp_path_factory.mktemp("recorded")
    file, har = folder / "flows.mitm", folder / "flows.har"

    def script(request: Request) -> Reply:
        if request.headers.get("authorization") == "Bearer sk-refused":
            return error(429, "slow down")
        return Reply(("It is as it is.",))

    module_upstream.script = script
    with Proxy(module_upstream.url, folder, EXACT_ONLY, options=("-w", str(file), "--set", f"hardump={har}")) as proxy:
        proxy.ask("What is the capital of France?")
        proxy.ask_until("exact", "What is the capital of France?")
        proxy.ask("How do I reset my password?", **COUNTED)
        proxy.ask("And I?", key="sk-refused")
        proxy.ask("Keep this to yourself.", headers={"x-higress-skip-ai-cache": "on"})
        proxy.ask("Forget this.", headers={"cache-control": "no-store"})
        proxy.ask("Forget this soon.", headers={"x-ai-cache-ttl": "0"})
    assert file.stat().st_size
    return file


def test_flows_that_are_read_fill_the_cache_which_answers_in_either_mode_and_by_meaning(
    upstream: Upstream, recorded: Path, tmp_path: Path
) -> None:
    proxy = Proxy(upstream.url, tmp_path)
    calls = upstream.calls

    log = read(proxy, recorded)

    assert "2 stored (2 to be found by meaning, too)" in summary(log)
    for reason in ("answered from the cache", "1 status 429", "1 skip", "2 not to be kept"):
        assert reason in summary(log)
    assert upstream.calls == calls
    with proxy:
        since_recorded = int(time.time() - recorded.stat().st_mtime)
        again = proxy.ask("What is the capital of France?")
        assert (again.cache, again.text) == ("exact", "It is as it is.")
        assert int(again.headers["age"]) >= since_recorded
        assert proxy.ask("How do I reset my password?", stream=True).cache == "exact"
        assert proxy.ask("How do I reset my password?").text == "It is as it is."
        assert proxy.ask("How can I reset my password?").cache == "semantic"
        assert proxy.ask("Keep this to yourself.").cache == "miss"
        assert proxy.ask("What is the capital of France?", key="sk-other").cache == "miss"
    assert upstream.calls == calls + 2


def test_what_is_read_again_is_there_already_and_what_is_newer_stays(
    start: Start, upstream: Upstream, recorded: Path
) -> None:
    upstream.script = lambda _: Reply(("It is new.",))
    with start() as proxy:
        proxy.ask("What is the capital of France?")
        proxy.ask_until("exact", "What is the capital of France?")

    first, second = (summary(read(proxy, recorded)) for _ in range(2))

    assert "1 stored (1 to be found by meaning, too); 1 not newer than what is there" in first
    assert "0 stored (0 to be found by meaning, too); 2 not newer than what is there" in second
    with proxy.start(wait_for=READY_EXACT):
        assert proxy.ask("What is the capital of France?").text == "It is new."


def test_flows_that_are_only_looked_at_fill_nothing(upstream: Upstream, recorded: Path, tmp_path: Path) -> None:
    proxy = Proxy(upstream.url, tmp_path, EXACT_ONLY)

    unwanted = read(proxy, recorded, "--set", "ai_cache_warm=false")
    served = read(proxy, recorded, how="-r")

    assert " stored (" not in unwanted
    assert " stored (" not in served
    with proxy:
        assert proxy.ask("What is the capital of France?").cache == "miss"


def test_hundreds_are_stored_before_it_ends(upstream: Upstream, tmp_path: Path) -> None:
    file, defaults = tmp_path / "many.mitm", RequestDefaults("gpt-test", upstream=upstream.url)
    with file.open("wb") as opened:
        writer = FlowWriter(opened)  # type: ignore[no-untyped-call]
        for i in range(MANY):
            turns = [{"role": "user", "content": f"What does number {i} of the list of things stand for?"}]
            headers = {"authorization": "Bearer sk-test"}
            writer.add(build_question_flow(turns, f"It is {i}.", defaults, time.time() - i, headers=headers))
    proxy = Proxy(upstream.url, tmp_path)

    log = read(proxy, file)

    assert f"{MANY} stored ({MANY} to be found by meaning, too)" in summary(log)
    with proxy:
        last = proxy.ask(f"What does number {MANY - 1} of the list of things stand for?")
        assert (last.cache, last.text) == ("exact", f"It is {MANY - 1}.")


# ---------------------------------------------------------------------- scripts/warm


def command(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "aicache", name, *map(str, arguments)]


def warm(*arguments: object, code: int = 0, **more: str) -> tuple[dict[str, int], str]:
    """Run ``scripts/warm``; return the numbers of the last row, and all it says."""
    done = PRELOADED.run(command("warm", *arguments), {**os.environ, **more}, 110)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said
    rows = [line.split() for line in done.stdout.splitlines()[1:] if line.rpartition(" ")[2].replace(",", "").isdigit()]
    numbers = [int(word.replace(",", "")) for word in rows[-1][-len(COLUMNS) :]] if rows else []
    return dict(zip(COLUMNS, numbers, strict=bool(rows))), said


def lines(file: Path, *documents: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(each) + "\n" for each in documents), "utf-8")
    return file


def test_a_har_file_that_mitmproxy_wrote_is_as_good_as_its_flows(
    upstream: Upstream, recorded: Path, tmp_path: Path
) -> None:
    proxy, har = Proxy(upstream.url, tmp_path, EXACT_ONLY), recorded.with_suffix(".har")

    row, _ = warm(har, "--data", proxy.data)
    flows, _ = warm(recorded, "--data", proxy.data)
    log = summary(read(proxy, har))

    assert (row["stored"], row["by meaning"], row["broken"]) == (4, 4, 0)  # it does not say what callers wanted
    assert (flows["stored"], flows["not newer"]) == (0, 2)
    assert "0 stored" in log
    with proxy:
        assert proxy.ask("What is the capital of France?").cache == "exact"
        assert proxy.ask("How do I reset my password?", stream=True).cache == "exact"


def test_questions_and_answers_serve_the_callers_named_whole_streamed_and_by_meaning(
    upstream: Upstream, tmp_path: Path
) -> None:
    file = lines(tmp_path / "faq.jsonl", {"question": "How do I reset my password?", "answer": "Click on forgot."})
    proxy = Proxy(upstream.url, tmp_path)
    calls = upstream.calls

    options = ("--data", proxy.data, "--model", "gpt-test", "--upstream", upstream.url, "--api-key", "${WARM_KEY}")
    row, said = warm(file, *options, WARM_KEY="sk-test")

    assert (row["stored"], row["by meaning"]) == (1, 1)
    assert "sk-test" not in said
    with proxy:
        assert proxy.ask("How do I reset my password?").text == "Click on forgot."
        assert b"Click on forgot." in proxy.ask("How do I reset my password?", stream=True).body
        near = proxy.ask("How can I reset my password?")
        assert (near.cache, near.text) == ("semantic", "Click on forgot.")
        assert upstream.calls == calls
        assert proxy.ask("How do I reset my password?", key="sk-other").cache == "miss"


def test_what_vcrpy_recorded_without_the_key_is_for_the_key_given(upstream: Upstream, tmp_path: Path) -> None:
    python = environment.packages("recorder-vcr", ("vcrpy>=8,<10",))
    cassette, proxy = tmp_path / "tape.yaml", Proxy(upstream.url, tmp_path, EXACT_ONLY)
    subprocess.run([python, RECORDERS / "record_vcr.py", upstream.url, cassette], check=True, timeout=60)

    none, _ = warm(cassette, "--data", proxy.data, "--exact-only")
    row, _ = warm(cassette, "--data", proxy.data, "--exact-only", "--api-key", "sk-test")

    assert (none["stored"], none["not kept"]) == (0, 2)
    assert (row["stored"], row["not kept"]) == (2, 0)
    with proxy:
        assert proxy.ask("What did the tape say?").cache == "exact"
        assert proxy.ask("What did the tape stream?", stream=True).cache == "exact"


def test_cassettes_go_from_vcrpy_to_ours_and_back(upstream: Upstream, tmp_path: Path) -> None:
    """Recorded by vcrpy, converted, replayed by mitmdump; converted back, replayed by vcrpy."""
    python = environment.packages("recorder-vcr", ("vcrpy>=8,<10",))
    theirs, ours, back = tmp_path / "theirs.yaml", tmp_path / "ours.yaml", tmp_path / "back.yaml"
    subprocess.run([python, RECORDERS / "record_vcr.py", upstream.url, theirs], check=True, timeout=60)
    calls = upstream.calls

    for source, target in ((theirs, ours), (ours, back)):
        converted = PRELOADED.run(command("cassette", "convert", source, target), os.environ, 60)
        assert converted.returncode == 0, converted.stderr
    replay = [python, RECORDERS / "replay_vcr.py", upstream.url, back]
    replayed = subprocess.run(replay, check=True, timeout=60, capture_output=True, text=True).stdout.splitlines()
    options = ("--set", "ai_cache_mode=replay", "--set", f"ai_cache_cassette={ours}")
    with Proxy("http://127.0.0.1:9", tmp_path, options=options).start(wait_for="cassette ours.yaml") as proxy:
        said, streamed = proxy.ask("What did the tape say?"), proxy.ask("What did the tape stream?", stream=True)

    assert "You asked: What did the tape say?" in json.loads(replayed[0])
    assert json.loads(replayed[1]).endswith("data: [DONE]\n\n")
    assert said.text == "You asked: What did the tape say?"
    assert b"[DONE]" in streamed.body
    assert upstream.calls == calls


def test_what_gptcache_stored_is_answered_here(upstream: Upstream, tmp_path: Path) -> None:
    python = environment.packages("recorder-gptcache", ("gptcache==0.1.44", "sqlalchemy>=2,<3", "numpy<3"))
    database, proxy = tmp_path / "sqlite.db", Proxy(upstream.url, tmp_path, EXACT_ONLY)
    pairs = [("What was deleted?", "This."), ("What did GPTCache say?", "That."), ("Who is there?", "GPTCache.")]
    subprocess.run(
        [python, RECORDERS / "fill_gptcache.py", database], input=json.dumps(pairs).encode(), check=True, timeout=60
    )

    options = ("--data", proxy.data, "--model", "gpt-test", "--upstream", upstream.url, "--api-key", "sk-test")
    row, _ = warm(database, *options, "--exact-only")

    assert (row["read"], row["stored"]) == (2, 2)
    with proxy:
        assert proxy.ask("What did GPTCache say?").text == "That."
        assert proxy.ask("What was deleted?").cache == "miss"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Process]:
    with running_redis(tmp_path / "redis") as server:
        yield server


def test_what_higress_left_is_found_by_meaning_too_and_lives_no_longer(
    upstream: Upstream, redis: Process, tmp_path: Path
) -> None:
    async def leave() -> None:
        await redis.ask("SET", "higress-ai-cache:How do I reset my password?", 'Click on "forgot".')
        await redis.ask("SET", "higress-ai-cache:What is left?", "A minute.", "EX", "60")
        await redis.ask("SET", "higress-ai-cache:broken", b"\xff")
        await redis.ask("SET", "another", "thing")
        await redis.ask("RPUSH", "higress-ai-cache:list", "1")

    asyncio.run(leave())
    proxy = Proxy(upstream.url, tmp_path)
    options = ("--data", proxy.data, "--model", "gpt-test", "--upstream", upstream.url, "--api-key", "sk-test")

    row, said = warm(f"redis://:@127.0.0.1:{redis.port}/0", *options, code=1)
    again, _ = warm(f"redis://127.0.0.1:{redis.port}/0", *options, code=1)

    assert (row["stored"], row["broken"], again["stored"], again["not newer"]) == (2, 2, 0, 2)
    assert "broken:" not in said and "password" not in said
    with proxy:
        assert proxy.ask("How can I reset my password?").text == 'Click on "forgot".'
        left = proxy.ask("What is left?")
        assert 0 < int(left.headers["cache-status"].rpartition("ttl=")[2]) <= 60


def entries(redis: Process) -> int:
    return len(asyncio.run(redis.ask("KEYS", "aicache:e:*")))


def test_interrupted_it_goes_on_where_it_was(redis: Process, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "faq.jsonl", *({"question": f"What is {i} in words?", "answer": f"{i}"} for i in range(MANY))
    )
    config = tmp_path / "config.yaml"
    config.write_text(f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}}}\n")
    options = (
        file,
        "--config",
        config,
        "--data",
        tmp_path / "data",
        "--model",
        "m",
        "--upstream",
        "http://a",
        "--no-key",
    )
    process = subprocess.Popen(command("warm", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while entries(redis) < 50:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        table, said = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    stored = entries(redis)
    rest, _ = warm(*options)

    assert process.returncode == 130
    assert "start it again to continue" in said
    assert 50 <= stored < MANY
    assert f" {stored:,} " in table
    assert (rest["stored"], rest["by meaning"], rest["not newer"]) == (MANY - stored, MANY - stored, stored)


def test_a_folder_that_a_proxy_has_is_filled_for_the_very_same_requests_only(start: Start, tmp_path: Path) -> None:
    proxy = start()
    file = lines(tmp_path / "faq.jsonl", {"question": "Who has the folder?", "answer": "A proxy."})
    options = ("--data", proxy.data, "--model", "gpt-test", "--upstream", proxy.upstream, "--api-key", "sk-test")

    _, refused = warm(file, *options, code=1)
    row, _ = warm(file, *options, "--exact-only")

    assert "can be opened only once: stop the" in refused
    assert (row["stored"], row["by meaning"]) == (1, 0)
    assert proxy.ask("Who has the folder?").text == "A proxy."


def test_a_bad_source_is_named_and_the_others_are_taken(tmp_path: Path) -> None:
    good = lines(tmp_path / "a.jsonl", {"question": "Who?", "answer": "I."}, {"question": "Which secret?"})
    bad = tmp_path / "b.yaml"
    bad.write_text("a: [")
    options = ("--data", tmp_path / "data", "--model", "m", "--upstream", "http://a", "--no-key", "--exact-only")

    row, said = warm(good, bad, tmp_path / "none", *options, code=1)

    assert (row["read"], row["stored"], row["broken"]) == (2, 1, 1)
    assert f'{good} line 2: has no "answer"' in said
    assert f"{bad} line 2: is not YAML" in said
    assert "none: No such file or directory" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--api-key", "${NOT_SET_ANYWHERE}"), "needs NOT_SET_ANYWHERE from the environment"),
        (("--upstream", "api.openai.com"), "is not the URL of an API"),
        (("--params", "[1]"), "is not a JSON object"),
        (("--header", "x"), "is not NAME:TEXT"),
    ],
)
def test_an_option_that_cannot_be_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        warm_command.main([str(tmp_path / "f"), *options])

    assert refused.value.code == 2
    assert says in capsys.readouterr().err


# ---------------------------------------------------------------------- scripts/replay


def test_a_replay_finds_what_the_proxy_did(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "flows.mitm"
    proxy = start(options=("-w", str(file)))
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("How do I reset my password?", {}),
        ("How do I reset my password?", {"stream": True}),
        ("How can I reset my password?", {}),
        ("How do I convert 5 miles to kilometres?", COUNTED),
        ("How do I convert 50 miles to kilometres?", {}),
        ("How do I convert 5 miles to kilometres?", {}),
        ("How do I reset my password?", {"key": "sk-other"}),
        ("How do I reset my password?", {"headers": {"x-higress-skip-ai-cache": "on"}}),
        ("How do I reset my password?", {"headers": {"cache-control": "no-cache"}}),
    )
    live: Counter[str] = Counter()
    known: set[str] = set()
    for question, how in asked:
        live[proxy.ask(question, **how).cache] += 1
        if question not in known:
            known.add(question)
            time.sleep(1)  # stores happen in the background, and asking for them would be replayed, too
    proxy.stop()

    done = PRELOADED.run(command("replay", file, "--json"), os.environ, 110)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert live == {"exact": 2, "semantic": 1, "miss": 5, "bypass": 1}
    assert {**found["hits_by_tier"], "miss": found["misses"], "bypass": found["bypasses"]} == live
    assert found["guards"] == {"numbers": 1}
