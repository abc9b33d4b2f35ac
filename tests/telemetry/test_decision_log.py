"""The decision log: whole lines of JSON, files that are moved aside, no texts unless wanted, and nobody waits."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.digests import digest
from aicache.domain.events import Erased
from aicache.domain.trace import Step, Trace
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.decision_log import MAX_QUEUED_LINES, DecisionLog
from aicache.telemetry.log_lines import decided_line, finished_line
from aicache.telemetry.rotated_file import RotatedFile
from telemetry.reports import KIND, NOW, a_hit, a_near_hit, a_report, an_entry, checked, finished


def questions(path: Path) -> list[Any]:
    return [line.get("question") for line in lines(path)]


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


SECRETS = ("a question of the caller", "a neighbor's question", "what is your refund policy", "Thirty days.")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., DecisionLog]]:
    started = []

    def start(**how: Any) -> DecisionLog:
        log = DecisionLog(**{"path": tmp_path / "log.jsonl", "text": False, "max_bytes": 1 << 20, "keep": 3} | how)
        started.append(log)
        return log

    yield start
    for log in started:
        log.close()
        log.wait()


def ended(log: DecisionLog) -> None:
    log.close()
    log.wait()


def test_each_decision_end_and_judgment_is_a_line(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    log = start()

    log.decided(
        a_near_hit(0.95, trace=Trace([Step("embedding", 0.5)], [Neighbor("k", 0.95, "q")], 0.92, None, 0.1, 0.2))
    )
    log.finished(finished(status=503, why_not="status 503"))
    log.checked(checked("wrong", error_bound=0.04, serving_level="frozen", namespace="n"))
    ended(log)

    hit, end, verdict = lines(tmp_path / "log.jsonl")
    assert (hit["event"], hit["outcome"], hit["tier"], hit["similarity"]) == ("decided", "hit", "semantic", 0.95)
    assert (hit["threshold"], hit["risk"], hit["error_bound"]) == (0.92, 0.1, 0.2)
    assert hit["steps"] == [["embedding", 0.5]]
    assert hit["neighbors"] == [{"key": "k", "similarity": 0.95, "refused": None}]
    assert hit["entry"]["key"] == an_entry().key
    assert (end["event"], end["status"], end["stored"], end["why_not"]) == ("finished", 503, False, "status 503")
    assert end["time"] == NOW + 1.5
    assert (verdict["event"], verdict["verdict"], verdict["error_bound"]) == ("judged", "wrong", 0.04)
    assert (verdict["kind"], verdict["standing"], verdict["namespace"]) == (KIND, "frozen", "n")


def test_a_line_says_what_a_judge_model_said(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    log = start()

    log.decided(a_near_hit(0.8, judged=True, trace=Trace([], [Neighbor("k", 0.8, "q", judged="yes")])))
    ended(log)

    [hit] = lines(tmp_path / "log.jsonl")
    assert hit["judged"] is True
    assert hit["neighbors"] == [{"key": "k", "similarity": 0.8, "refused": None, "judged": "yes"}]


@pytest.mark.parametrize("noted", [msgspec.json.encode(Erased(frozenset({an_entry().key}))) + b"\n", b'{"keys": ["cu'])
def test_what_a_process_before_was_about_to_erase_is_erased_at_the_start(
    start: Callable[..., DecisionLog], tmp_path: Path, noted: bytes
) -> None:
    log = start(text=True)
    log.decided(a_hit())
    ended(log)
    assert "question" in (tmp_path / "log.jsonl").read_text()
    (tmp_path / ".log.jsonl.erasing").write_bytes(noted)

    ended(start(text=True))

    assert '"question"' not in (tmp_path / "log.jsonl").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_no_text_is_in_it_unless_that_is_wanted(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    reports = [a_near_hit(), a_report(), a_hit()]
    silent, told = start(), start(path=tmp_path / "texts.jsonl", text=True)
    for log in (silent, told):
        for report in reports:
            log.decided(report)
            log.finished(finished(report, entry=an_entry()))
        log.checked(checked())
        ended(log)

    without, with_texts = (tmp_path / "log.jsonl").read_text(), (tmp_path / "texts.jsonl").read_text()

    assert not any(secret in without for secret in SECRETS)
    assert "question" not in without
    assert "a question of the caller" in with_texts
    assert "a neighbor's question" in with_texts
    assert "Thirty days." not in with_texts  # answers never are


def test_every_value_says_what_it_is_for_whatever_a_caller_sent(
    start: Callable[..., DecisionLog], tmp_path: Path
) -> None:
    log = start(text=True)
    log.decided(a_report(question='a lone \ud800 surrogate, a "quote"\nand a line', model="m" * 5000))
    ended(log)

    [line] = lines(tmp_path / "log.jsonl")
    assert line["question"] == 'a lone ? surrogate, a "quote"\nand a line'
    assert len(line["model"]) < 100


def test_a_full_file_is_moved_aside_and_only_so_many_are_kept(tmp_path: Path) -> None:
    file = RotatedFile(tmp_path / "log.jsonl", max_bytes=100, keep=2)
    for i in range(10):
        file.write(f"{i:039}\n".encode())
    file.close()

    kept = {path.name: path.read_text().split() for path in tmp_path.iterdir()}
    assert {name: [int(line) for line in found] for name, found in kept.items()} == {
        "log.jsonl": [8, 9],
        "log.jsonl.1": [6, 7],
        "log.jsonl.2": [4, 5],
    }


def test_it_goes_on_where_an_earlier_process_ended(tmp_path: Path) -> None:
    for text in (b"a" * 60, b"b" * 60, b"c" * 60):
        file = RotatedFile(tmp_path / "log.jsonl", max_bytes=150, keep=2)
        file.write(text)
        file.write(text[:10])
        file.close()

    assert (tmp_path / "log.jsonl.1").read_bytes() == b"a" * 70 + b"b" * 70
    assert (tmp_path / "log.jsonl").read_bytes() == b"c" * 70


def test_its_owner_alone_may_read_it(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    log = start(path=tmp_path / "new folder" / "log.jsonl")
    log.decided(a_report())
    ended(log)

    assert stat.S_IMODE((tmp_path / "new folder" / "log.jsonl").stat().st_mode) == 0o600


def test_what_cannot_be_written_is_counted_and_warned_of_once(
    start: Callable[..., DecisionLog], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    log = start(path=tmp_path / "file" / "log.jsonl")
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            log.decided(a_report())
            time.sleep(0.02)
        ended(log)

    assert log.dropped == 5
    assert len([record for record in caplog.records if "log.file" in record.getMessage()]) == 1


def test_nobody_waits_for_a_disk_that_hangs(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    """A pipe that nobody reads holds the writer up: lines are dropped, and counted, at once."""
    os.mkfifo(tmp_path / "pipe")
    log = start(path=tmp_path / "pipe", max_bytes=1 << 30)

    began = time.monotonic()
    for _ in range(MAX_QUEUED_LINES + 2000):
        log.decided(a_report())
    log.close()
    took = time.monotonic() - began

    assert log.dropped >= 1500
    assert took < 5
    assert len((tmp_path / "pipe").read_bytes().splitlines()) == MAX_QUEUED_LINES + 2000 - log.dropped


def test_all_that_was_taken_is_written_at_the_end(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    log = start(max_bytes=1 << 26)
    for i in range(5000):
        log.decided(a_report(key=digest("key", str(i))))
    ended(log)

    keys = [line["key"] for line in lines(tmp_path / "log.jsonl")]
    assert keys == [digest("key", str(i)) for i in range(5000)]
    assert log.dropped == 0


def test_a_line_of_a_request_that_was_not_read_is_one_too() -> None:
    line = decided_line(a_report("bypass", reason="skip", model="", key="", namespace="", segment=""), text=False)

    assert (line["outcome"], line["reason"], "entry" in line) == ("bypass", "skip", False)
    assert finished_line(finished(status=0, seconds=0.0))["stored"] is False


def report_of(question: str, key: str, owner: str = "o1") -> Any:
    return replace(a_report(), question=question, key=key, owners=(owner,))


def test_questions_about_purged_entries_are_taken_out_also_of_files_that_were_moved_aside(
    start: Callable[..., DecisionLog], tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    log = start(text=True, max_bytes=4000, keep=20)
    for number in range(40):
        log.decided(report_of(f"question {number}", f"key {number}"))
        time.sleep(0.002)
    until(lambda: (tmp_path / "log.jsonl.2").exists() and "question 39" in path.read_text())

    log.erased(Erased(frozenset({"key 0", "key 38"})))
    log.decided(report_of("question 40", "key 40"))
    until(lambda: "question 40" in path.read_text())
    files = [path, *tmp_path.glob("log.jsonl.*")]

    found = [each["question"] for file in files for each in lines(file) if "question" in each]
    assert set(found) == {f"question {n}" for n in range(41)} - {"question 0", "question 38"}
    assert sum(len(lines(file)) for file in files) == 41
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_questions_of_a_caller_and_neighbors_that_were_purged_are_taken_out(
    start: Callable[..., DecisionLog], tmp_path: Path
) -> None:
    path = tmp_path / "log.jsonl"
    log = start(text=True)
    log.decided(report_of("of one", "k1", "a" * 40))
    log.decided(report_of("of another", "k2", "b" * 40))
    near = Trace(neighbors=[Neighbor("k1", 0.9, "a neighbor's"), Neighbor("k3", 0.8, "a third's")])
    log.decided(replace(report_of("near", "k4"), trace=near))
    until(lambda: path.exists() and len(lines(path)) == 3)

    log.erased(Erased(frozenset({"k1"}), CallerMatcher(frozenset({"a" * 12}))))
    until(lambda: "neighbor's" not in path.read_text())

    assert questions(path) == [None, "of another", "near"]
    assert [each.get("question") for each in lines(path)[2]["neighbors"]] == [None, "a third's"]
    log.erased(Erased(everything=True))
    until(lambda: questions(path) == [None] * 3)
    assert "third" not in path.read_text()


def test_lines_that_are_too_old_are_deleted(start: Callable[..., DecisionLog], tmp_path: Path) -> None:
    path, old = tmp_path / "log.jsonl", tmp_path / "log.jsonl.1"
    old.write_text('{"time": 1.0, "question": "very old"}\n')
    path.write_text(f'{{"time": 2.0, "question": "old"}}\n{{"time": {time.time()}, "question": "new"}}\n')

    start(text=True, max_age=60.0).decided(replace(report_of("newest", "k"), at=time.time()))
    until(lambda: not old.exists() and '"old"' not in path.read_text())

    assert questions(path) == ["new", "newest"]


def test_several_may_write_move_and_erase_in_the_same_files_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    files = [RotatedFile(path, max_bytes=4000, keep=1000) for _ in range(3)]

    def write(number: int) -> None:
        for each in range(300):
            files[number].write(f"{number}-{each}\n".encode() * 3)
            if each % 100 == 99:
                files[number].rewrite(lambda line: None if line == b"0-7\n" else line)
        files[number].close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = Counter(line for file in tmp_path.iterdir() for line in file.read_text().splitlines())
    expected = {f"{number}-{each}": 3 for number in range(3) for each in range(300)}
    del expected["0-7"]
    assert found == expected
