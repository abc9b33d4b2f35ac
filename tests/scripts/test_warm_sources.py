"""Warm-up: every kind of file is read as the flows it stands for, and a bad record loses no other."""

from __future__ import annotations

import base64
import gzip
import json
import os
import pickle
import sqlite3
import time
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import yaml
from mitmproxy.io import FlowWriter

from aicache.cli.warm import bounded_reader, questions, sources
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import SourceError, parse_time
from aicache.cli.warm.sources import expand_folders
from aicache.formats import FORMATS
from scripts.warming import (
    DEFAULTS,
    NOW,
    chat,
    har_entry,
    interaction,
    kept,
    question_and_answer,
    read,
    written,
)

# ---------------------------------------------------------------------- questions and answers


@pytest.mark.parametrize("api", [format.api for format in FORMATS])
def test_a_question_is_asked_as_the_clients_of_every_api_do(tmp_path: Path, api: str) -> None:
    params = {"max_tokens": 100} if api == "messages" else {}
    file = written(tmp_path / "f", {"question": "Why?", "answer": "So.", "params": params, "api": api})

    [found], complaints = read(file, replace(DEFAULTS, upstream="https://api.test"))

    assert complaints == []
    assert question_and_answer(found) == (None if api == "completions" else "Why?", "So.")


def test_lines_may_say_all_that_the_command_line_says(tmp_path: Path) -> None:
    line = {
        "question": "Why?",
        "answer": "So.",
        "model": "other",
        "system": "Be brief.",
        "params": {"temperature": 0},
        "upstream": "http://127.0.0.1:1",
        "at": "2026-11-28T12:00:00Z",
        "usage": {"input": 7, "output": 9},
    }
    [found], _ = read(written(tmp_path / "f", line))

    entry, request = kept(found.flow), json.loads(found.flow.request.content or b"")
    assert found.flow.request.url == "http://127.0.0.1:1/v1/chat/completions"
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request["model"], request["temperature"]) == ("other", 0)
    assert (entry.prompt_tokens, entry.completion_tokens, entry.stored_at) == (7, 9, 1795867200.0)
    assert found.dated


def test_a_conversation_may_end_in_its_answer(tmp_path: Path) -> None:
    turns = [{"role": role, "content": role} for role in ("system", "user", "assistant", "user", "assistant")]
    file = written(tmp_path / "f", {"messages": turns}, {"messages": turns[:-1], "answer": "assistant"})

    (one, other), complaints = read(file)

    assert complaints == []
    assert one.flow.request.content == other.flow.request.content
    assert question_and_answer(one) == ("user", "assistant")


def test_a_whole_exchange_keeps_its_bytes(tmp_path: Path) -> None:
    stream = 'data: {"choices":[{"index":0,"delta":{"content":"Ho"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    request = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    file = written(
        tmp_path / "f", {"url": "https://a.test/v1/chat/completions", "request": request, "response": stream}
    )

    [found], _ = read(file)

    entry = kept(found.flow)
    assert (entry.mode, entry.body) == ("stream", stream.encode())
    assert not found.dated


def test_a_bad_line_is_named_with_what_is_wrong_and_loses_no_other(tmp_path: Path) -> None:
    good = {"question": "Why?", "answer": "So."}
    file = written(
        tmp_path / "f.jsonl",
        *(good, "", "{not json", [1], {"question": "secret"}, {**good, "anwser": 1}, {**good, "api": "soap"}),
        *(
            {**good, "at": "yesterday"},
            {**good, "answer": " "},
            {**good, "params": 3},
            {**good, "usage": {"input": -1}},
        ),
        *(
            {**good, "api": "messages"},
            {"url": "x", "request": {}, "response": {}},
            {"messages": [1], "answer": "x"},
            good,
        ),
    )

    found, complaints = read(file)

    assert len(found) == 2
    assert [complaint.partition(":")[0] for complaint in complaints] == [f" line {i}" for i in range(3, 15)]
    wanted = (
        "is not JSON",
        "not a JSON object",
        'no "answer"',
        "did you mean answer?",
        "not one of chat",
        "not a date such as",
    )
    wanted += (
        "answer is empty",
        "params is not a JSON object",
        "its usage",
        "max_tokens",
        "no scheme and host",
        "JSON objects",
    )
    for complaint, words in zip(complaints, wanted, strict=True):
        assert words in complaint
    assert not any("secret" in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("defaults", "option"), [(replace(DEFAULTS, model=None), "--model"), (RequestDefaults("m"), "--upstream")]
)
def test_what_a_question_needs_to_be_asked_is_said(tmp_path: Path, defaults: RequestDefaults, option: str) -> None:
    _, [complaint] = read(written(tmp_path / "f", {"question": "Why?", "answer": "So."}), defaults)

    assert option in complaint


def test_a_file_may_be_gzipped_and_a_cut_off_one_is_named(tmp_path: Path) -> None:
    lines = b"".join(
        json.dumps({"question": f"{i}?", "answer": os.urandom(200).hex()}).encode() + b"\n" for i in range(99)
    )
    packed = gzip.compress(lines)
    (tmp_path / "whole").write_bytes(packed)
    (tmp_path / "cut").write_bytes(packed[:-100])

    assert len(read(tmp_path / "whole")[0]) == 99
    with pytest.raises(SourceError, match="cut"):
        read(tmp_path / "cut")


def test_what_is_compressed_becomes_only_so_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both bounds are made small here: what is read is counted, not how much memory that takes."""
    monkeypatch.setattr(bounded_reader, "MAX_READ_BYTES", 100_000)
    monkeypatch.setattr(bounded_reader, "MAX_LINE_BYTES", 10_000)
    good = json.dumps({"question": "Hi?", "answer": "Hello."}).encode() + b"\n"
    long = json.dumps({"question": "Long?", "answer": "a" * 50_000}).encode() + b"\n"
    (tmp_path / "lines").write_bytes(gzip.compress(good + long + good))
    (tmp_path / "document").write_bytes(gzip.compress(b'{"log": "' + b"a" * 200_000 + b'"}'))
    (tmp_path / "cassette").write_bytes(gzip.compress(b"interactions:\n" + b"- a\n" * 50_000))
    (tmp_path / "flows").write_bytes(gzip.compress(b"900000:" + b"a" * 900_000))

    found, complaints = read(tmp_path / "lines")
    assert len(found) == 2
    assert complaints == [" line 2: is not JSON"]
    for name in ("document", "cassette", "flows"):
        with pytest.raises(SourceError, match=r"have to be read at once|is not JSON"):
            read(tmp_path / name)


def test_a_document_that_holds_very_much_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_JSON_NODES", 1000)
    monkeypatch.setattr(questions, "MAX_JSON_NODES", 1000)
    (tmp_path / "har").write_text('{"log": {"entries": [' + "[]," * 2000 + "0]}}")
    (tmp_path / "deep").write_text('{"log": ' + "[" * 5000 + "]" * 5000 + "}")
    good = '{"question": "Hi?", "answer": "Hello."}\n'
    (tmp_path / "lines").write_text(good + '{"question": [' + "[]," * 2000 + "0]}\n" + good)

    for name in ("har", "deep"):
        with pytest.raises(SourceError, match=r"JSON of more|nested too deeply"):
            read(tmp_path / name)
    found, complaints = read(tmp_path / "lines")
    assert (len(found), len(complaints)) == (2, 1)


# ---------------------------------------------------------------------- mitmproxy's flows, HAR


def test_saved_flows_are_read_to_the_damage_and_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "f"
    with file.open("wb") as opened:
        writer = FlowWriter(opened)  # type: ignore[no-untyped-call]
        for i in range(3):
            writer.add(chat(f"{i}?"))
    whole = read(file)
    file.write_bytes(file.read_bytes()[:-200])

    found, [complaint] = read(file)

    assert (len(whole[0]), whole[1]) == (3, [])
    assert [question_and_answer(each)[0] for each in found] == ["0?", "1?"]
    assert complaint.startswith(": flow 3: cannot be read")
    assert all(each.headers_as_sent for each in found)


def test_the_entries_of_a_har_file_are_good_or_bad_for_themselves(tmp_path: Path) -> None:
    packed = base64.b64encode(har_entry("x")["response"]["content"]["text"].encode()).decode()
    file = tmp_path / "browser.har"
    bad = har_entry("bad")
    del bad["request"]["url"]
    entries = [har_entry("One?"), bad, {}, har_entry("Two?", text=packed, encoding="base64")]
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}, indent=2), "utf-8")

    found, complaints = read(file)

    assert [question_and_answer(each) for each in found] == [("One?", "So."), ("Two?", "So.")]
    assert [complaint.partition(" ")[2][:20] for complaint in complaints] == [
        "entry 2: has no url,",
        "entry 3: has no star",
    ]
    assert kept(found[0].flow).stored_at == 1795867201.5
    assert ":authority" not in found[0].flow.request.headers


async def test_a_header_that_would_be_two_is_none_wherever_it_was_recorded(tmp_path: Path) -> None:
    entry = har_entry("Why?")
    entry["response"]["headers"] = [
        {"name": "content-type", "value": "application/json\r\nset-cookie: pwn=1"},
        {"name": "access-control-allow-origin", "value": "*"},
        {"name": "access-control-allow-headers", "value": "a\r\nset-cookie: pwn=1"},
        {"name": "access-control-x\r\nset-cookie", "value": "pwn=1"},
    ]
    file = tmp_path / "evil.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}), "utf-8")

    [found], _ = read(file)
    taken = kept(found.flow)

    assert taken.content_type == "application/json"
    assert taken.cors == (("access-control-allow-origin", "*"),)


# ---------------------------------------------------------------------- cassettes


def test_interactions_are_read_in_every_way_that_recorders_write_them(tmp_path: Path) -> None:
    text = interaction()["response"]["body"]["string"]
    encoded = {"Content-Encoding": ["gzip"], "Date": [formatdate(NOW - 30, usegmt=True)]}
    httpx = interaction()
    httpx["response"] = {"status_code": 200, "headers": encoded, "content": text}
    ways = [
        interaction(),
        interaction(body={"string": gzip.compress(text.encode())}, headers=encoded),
        interaction(body={"string": text}, headers=encoded),  # inflated, and its header left
        interaction(body={"base64_string": base64.b64encode(text.encode()).decode()}),
        httpx,
    ]
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({"interactions": ways, "version": 1}), "utf-8")

    found, complaints = read(file)

    assert complaints == []
    assert [question_and_answer(each) for each in found] == [("Why?", "So.")] * 5
    assert {kept(each.flow).key for each in found} == {kept(found[0].flow).key}
    assert all(each.dated and kept(each.flow).stored_at == NOW - 30 for each in found)


def test_json_cassettes_and_rubys_are_read_too(tmp_path: Path) -> None:
    one, other = tmp_path / "c.json", tmp_path / "ruby.yml"
    one.write_text(json.dumps({"version": 1, "interactions": [interaction()]}), "utf-8")
    packed = base64.b64encode(interaction()["response"]["body"]["string"].encode()).decode()
    request = json.dumps(interaction()["request"]["body"])
    other.write_text(
        f"""---
http_interactions:
- request:
    method: post
    uri: https://api.test/v1/chat/completions
    body: {{encoding: UTF-8, string: {request}}}
    headers: {{Authorization: [Bearer sk-test]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{Content-Type: [application/json]}}
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        {packed}
  recorded_at: {formatdate(NOW - 7, usegmt=True)}
recorded_with: VCR 6.3.1
""",
        "utf-8",
    )

    ([first], _), ([second], complaints) = read(one), read(other)

    assert complaints == []
    assert question_and_answer(first) == question_and_answer(second) == ("Why?", "So.")
    assert kept(second.flow).stored_at == NOW - 7


def test_a_bad_interaction_is_named_with_its_line_and_loses_no_other(tmp_path: Path) -> None:
    good = yaml.safe_dump([interaction()])
    file = tmp_path / "c.yaml"
    file.write_text(
        "interactions:\n- request: {method: GET}\n  response: {}\n- !python/object:x.Y {a: 1}\n" + good + "version: 1\n"
    )

    found, complaints = read(file)

    assert len(found) == 1
    assert [complaint.partition(":")[0] for complaint in complaints] == [" line 2", " line 4"]


# ---------------------------------------------------------------------- GPTCache


def test_the_tables_of_gptcache_are_read_but_for_what_is_deleted_or_no_text(tmp_path: Path) -> None:
    """Its own schema, of version 0.1.44; an end-to-end test has GPTCache write it."""
    file = tmp_path / "sqlite.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE faq_question (id INTEGER, question TEXT, create_on DATETIME, deleted INTEGER)")
        db.execute("CREATE TABLE faq_answer (id INTEGER, question_id INTEGER, answer TEXT, answer_type INTEGER)")
        db.execute("CREATE TABLE faq_question_dep (question_id INTEGER)")
        created = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(NOW - 60))
        rows = [
            (1, "One?", created, 0),
            (2, "Gone?", created, -1),
            (3, "Picture?", created, 0),
            (4, "Seen?", created, 0),
        ]
        db.executemany("INSERT INTO faq_question VALUES (?, ?, ?, ?)", rows)
        db.executemany(
            "INSERT INTO faq_answer VALUES (?, ?, ?, ?)", [(1, 1, "So.", 0), (2, 3, "…", 1), (3, 4, "A.", 0)]
        )
        db.execute("INSERT INTO faq_question_dep VALUES (4)")

    [found], complaints = read(file)

    assert question_and_answer(found) == ("One?", "So.")
    assert kept(found.flow).stored_at == NOW - 60
    assert [complaint[15:] for complaint in complaints] == [
        "3: has no answer in text",
        "4: depends on more than its question (an image, a sound)",
    ]


def test_what_gptcache_imports_is_read_from_json(tmp_path: Path) -> None:
    lists = {"questions": ["One?", "Two?", 3], "answers": ["1", "2", "3"]}
    found, complaints = read(written(tmp_path / "f.json", json.dumps(lists, indent=1)))

    assert [question_and_answer(each) for each in found] == [("One?", "1"), ("Two?", "2")]
    assert len(complaints) == 1
    assert not found[0].dated


# ---------------------------------------------------------------------- what cannot be read at all


def test_what_a_file_is_that_cannot_be_read_is_said_with_the_way_out(tmp_path: Path) -> None:
    bad = {
        "pickle": (pickle.dumps([1]), "is a pickle"),
        "empty": (b"", "is empty"),
        "other.json": (b'{\n"a": 1\n}', "unknown format"),
        "broken.json": (b'{\n"log": {,}\n}', "line 2: is not JSON"),
        "broken.yaml": (b"a: [1\nb: }", "line 2: is not YAML"),
        "text": (b"just some words", "is not a cassette"),
        "bytes": (b"\x7fELF\0\0", "unknown format"),
        "other.db": (b"SQLite format 3\0" + b"x" * 100, "SQLite database of GPTCache"),
        "lists.json": (b'{"questions": [1],\n "answers": []}', "two lists of the same length"),
    }
    for name, (content, words) in bad.items():
        (tmp_path / name).write_bytes(content)

        with pytest.raises(SourceError, match=words):
            read(tmp_path / name)
    with pytest.raises(SourceError, match="No such file"):
        read(tmp_path / "none")
    with pytest.raises(SourceError, match="no file in this folder"):
        expand_folders([str(tmp_path.parent / "nothing")] if (tmp_path.parent / "nothing").mkdir() is None else [])


def test_a_redis_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"redis://127\.0\.0\.1:1/0") as raised:
        read("redis://:hush-hush@127.0.0.1:1/0")

    assert "hush-hush" not in str(raised.value)


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.har", "notes.txt"):
        (tmp_path / name).touch()

    assert expand_folders([str(tmp_path), "x"]) == [str(tmp_path / "a.har"), str(tmp_path / "b.yaml"), "x"]


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, None), (1795867200, 1795867200.0), ("2026-11-28T12:00:00Z", 1795867200.0)]
)
def test_times_are_seconds_or_dates(value: Any, wanted: float | None) -> None:
    assert parse_time(value) == wanted


@pytest.mark.parametrize("value", [True, [], "soon", -1, 1.8e12, "99999-01-01"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="its time"):
        parse_time(value)
