"""YAML is read to typed values, and every problem in it is named with its line and the way out."""

import pickle
import re
import time
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aicache.config import (
    Config,
    ConfigError,
    Credential,
    Header,
    Redis,
    Shared,
    docs,
    read_file,
)
from aicache.config.mask_values import MaskEntry
from aicache.config.reader import MAX_PROBLEMS, build
from aicache.config.redis_url import redacted
from aicache.config.scalars import TEXT, duration, show_duration, show_size, size, whole
from aicache.config.schema import ListOf, walk
from aicache.config.syntax import compose
from aicache.domain.built_in_masks import CHOICES
from aicache.domain.conversation import Context
from aicache.domain.masks import Place
from config.yaml_texts import PASSWORD, loaded, nested, problems

# values


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "{}", "null", "\ufeff", "exact:\nsemantic:\n  index:\n"])
def test_what_says_nothing_is_the_default_configuration(text):
    assert loaded(text) == Config()


def test_every_key_reaches_its_value():
    config = loaded("""
        enabled: no
        session_id: "7"
        scope: header:X-User
        context: all_questions
        lookup_timeout: 1.5
        ignore: [stream, seed]
        mask:
          - '\\d{4}-\\d{2}-\\d{2}'
        key_headers: [X-Portkey-Provider]
        exact:
          ttl: 12h
          redis:
            {url: "rediss://u:p@cache:6380/3?db=4", prefix: "p:", timeout: 500ms, max_connections: 8, legacy_text: on}
          embedded: {max_memory: 1gb}
        semantic:
          enabled: off
          threshold: 0.9
          top_k: 10
          tools: yes
          max_question: 1_000
          embedder: {kind: local, timeout: 1s}
          index: {kind: zvec, timeout: 2}
        store: {max_temperature: 0, max_bytes: 64kb}
        templates:
          whole: '{"text": "%s"}'
          stream: "data: {\\"text\\": \\"%s\\"}\\n\\ndata: [DONE]\\n\\n"
        max_request: 1048576
        """)

    assert not config.enabled
    assert (config.session_id, config.scope, config.context) == ("7", Header("x-user"), Context.ALL_QUESTIONS)
    assert config.lookup_timeout == 1.5
    assert (config.ignore, config.mask) == (("stream", "seed"), (MaskEntry(re.compile(r"\d{4}-\d{2}-\d{2}")),))
    assert config.key_headers == ("x-portkey-provider",)
    assert config.exact.ttl == 43200.0
    assert config.exact.redis == Redis("rediss://u:p@cache:6380/3?db=4", "p:", 0.5, 8, legacy_text=True)
    assert config.exact.embedded.max_memory == 1024**3
    assert (config.semantic.enabled, config.semantic.tools) == (False, True)
    assert (config.semantic.threshold, config.semantic.top_k, config.semantic.max_question) == (0.9, 10, 1000)
    assert (config.semantic.embedder.timeout, config.semantic.index.timeout) == (1.0, 2.0)
    assert (config.store.max_temperature, config.store.max_bytes, config.max_request) == (0.0, 65536, 1048576)
    assert config.templates.whole is not None and config.templates.stream is not None
    assert config.templates.whole.fill("hi") == b'{"text": "hi"}'
    assert config.templates.stream.fill("hi") == b'data: {"text": "hi"}\n\ndata: [DONE]\n\n'


@pytest.mark.parametrize(
    ("text", "scope"), [("credential", Credential()), ("shared", Shared()), ("header:Tenant-Id", Header("tenant-id"))]
)
def test_scope_is_a_closed_set(text, scope):
    assert loaded(f"scope: {text}").scope == scope


def test_sections_compare_and_hash_by_value_so_that_a_reload_can_keep_what_is_unchanged():
    text = "mask: ['x+']\nexact: {redis: {url: 'redis://:p@a'}}\n"

    assert loaded(text) == loaded(text)
    assert hash(loaded(text)) == hash(loaded(text))
    assert loaded(text).exact != loaded(text.replace(":p@", ":q@")).exact
    assert loaded(text).semantic == Config().semantic


def test_a_section_anchored_once_can_be_used_twice():
    config = loaded("semantic: {embedder: &wait {timeout: 1s}, index: *wait}")

    assert config.semantic.embedder.timeout == config.semantic.index.timeout == 1.0


@given(st.floats(min_value=1e-6, max_value=1e6) | st.integers(1, 10**6).map(float))
def test_durations_survive_being_shown(seconds):
    assert duration(most=1e6).parse(show_duration(seconds)) == seconds


@given(st.integers(1, 2**50) | st.integers(1, 2**20).map(lambda n: n * 1024))
def test_sizes_survive_being_shown(count):
    assert size(least=1).parse(show_size(count)) == count


@pytest.mark.parametrize(
    ("text", "count"), [("1.8mb", 1887436), ("1.5 GB", 3 << 29), (".5kb", 512), ("2.0mb", 2 << 20)]
)
def test_a_size_may_have_a_decimal_point(text, count):
    assert size(least=1).parse(text) == count


# problems


A_SIZE = "a size: write a number with kb, mb or gb, such as 64kb, 1.5mb or 1gb, or bytes"


BAD = {
    "session_id: 12": "session_id: 12 is a number to YAML, not text: put it in quotes",
    "session_id: on": "session_id: on is true or false to YAML, not text: put it in quotes",
    "session_id: 1:30": "session_id: 1:30 is a number to YAML, not text: put it in quotes",
    "session_id: 2026-01-01": "session_id: 2026-01-01 is a date to YAML, not text: put it in quotes",
    "session_id:": "session_id: has no value: write text",
    "session_id: null": "session_id: has no value: write text",
    "session_id: !run x": "session_id: x begins with !, which makes it a tag in YAML: put it in quotes",
    "session_id: !!binary eA==": "session_id: eA== begins with !, which makes it a tag in YAML: put it in quotes",
    'session_id: "\\uD800"': 'session_id: "\\ud800" holds characters that are not Unicode',
    "session_id: [a]": "session_id: a list is not text",
    "scope: everyone": "scope: everyone is not credential, shared or header:NAME",
    "scope: {header: x}": "scope: a mapping is not credential, shared or header:NAME",
    "scope: 'header:'": 'scope: "header:" is not the name of a header',
    "context: last": "context: last is not one of: full, last_question, all_questions",
    "context: off": "context: off is not one of: full, last_question, all_questions",
    "lookup_timeout: 0": "lookup_timeout: 0 is not above 0 and at most 30s",
    "lookup_timeout: -5s": "lookup_timeout: -5s is not above 0 and at most 30s",
    "lookup_timeout: 31s": "lookup_timeout: 31s is not above 0 and at most 30s",
    "lookup_timeout: .inf": ("lookup_timeout: .inf is not a duration: write 90s, 30m, 12h, 7d, 500ms or plain seconds"),
    "lookup_timeout: true": ("lookup_timeout: true is not a duration: write 90s, 30m, 12h, 7d, 500ms or plain seconds"),
    "exact: {ttl: 1:30}": (
        "exact.ttl: 1:30 is not a duration, and to YAML it is a number to the base 60: "
        "write 90s, 30m, 12h, 7d, 500ms or plain seconds"
    ),
    "exact: {ttl: 3651d}": "exact.ttl: 3651d is not above 0 and at most 3650d",
    "exact: {ttl: 1e300d}": "exact.ttl: 1e300d is not above 0 and at most 3650d",
    "exact: 7d": (
        "exact: 7d is not a section: write key: value below it, indented (ttl, stale_if_error, "
        "stale_while_revalidate, redis, secret, near_cache, embedded)"
    ),
    "exact: null": (
        "exact: null is not a section: write key: value below it, indented (ttl, stale_if_error, "
        "stale_while_revalidate, redis, secret, near_cache, embedded)"
    ),
    "exact: !x {ttl: 7d}": (
        "exact: a mapping is not a section: write key: value below it, indented (ttl, stale_if_error, "
        "stale_while_revalidate, redis, secret, near_cache, embedded)"
    ),
    "exact: {redis: {}}": "exact.redis.url: missing: write a URL such as redis://127.0.0.1:6379/0",
    "exact: {redis: {url: }}": "exact.redis.url: has no value: write a URL such as redis://127.0.0.1:6379/0",
    "exact: {embedded: {max_memory: 1kb}}": "exact.embedded.max_memory: 1kb is not at least 2mb",
    "max_request: 1.5": f"max_request: 1.5 is not {A_SIZE}",
    "max_request: 8 apples": f"max_request: 8 apples is not {A_SIZE}",
    "max_request: 1.8mib": f"max_request: 1.8mib is not {A_SIZE}",
    "max_request: 1e999": f"max_request: 1e999 is not {A_SIZE}",
    "max_request: 0400": (
        "max_request: 0400 starts with a zero, which makes it a number to the base 8 in YAML: leave the zero out"
    ),
    "semantic: {threshold: 1.4}": "semantic.threshold: 1.4 is not between 0 and 1",
    "semantic: {threshold: .nan}": "semantic.threshold: .nan is not a number between 0 and 1",
    "semantic: {threshold: '0.9'}": 'semantic.threshold: "0.9" is text because of its quotes: leave them out',
    "semantic: {top_k: 0}": "semantic.top_k: 0 is not between 1 and 100",
    "semantic: {top_k: 2.0}": "semantic.top_k: 2.0 is not a whole number between 1 and 100",
    "semantic: {top_k: 0x10}": "semantic.top_k: 0x10 is not a whole number between 1 and 100",
    "semantic: {top_k: '5'}": 'semantic.top_k: "5" is text because of its quotes: leave them out',
    "semantic: {enabled: 'true'}": 'semantic.enabled: "true" is text because of its quotes: leave them out',
    "semantic: {enabled: 1}": "semantic.enabled: 1 is not true or false",
    "semantic: {embedder: local}": (
        "semantic.embedder: local is not a section: write key: value below it, indented (kind, timeout)"
    ),
    "semantic: {embedder: {kind: dashscop, model: x}}": (
        "semantic.embedder.kind: dashscop is not one of: local, dashscope, openai"
    ),
    "store: {max_temperature: -1}": "store.max_temperature: -1 is not at least 0",
    "store: {max_temperature: hot}": "store.max_temperature: hot is not a number of at least 0",
    "mask: x": "mask: x is not a list: write [a, b], or one `- a` a line",
    "mask:": "mask: has no value: write [] for an empty list",
    "mask: ['a', '[a-z']": (
        'mask[1]: "[a-z" is not a regular expression (error at position 0): unterminated character set'
    ),
    "mask: ['a{99999999999999999999}']": (
        'mask[0]: "a{99999999999999999999}" is not a regular expression that Python can compile: '
        "the repetition number is too large"
    ),
    "ignore: [null]": (
        "ignore[0]: has no value: write the name of a field, or the path of a nested one such as input[].id"
    ),
    "ignore: [[a]]": "ignore[0]: a list is not the name of a field, or the path of a nested one such as input[].id",
    "ignore: ['input[0].id']": (
        'ignore[0]: "input[0].id" is not a path of names joined by dots, with [] after a list: write input[].id'
    ),
    "ignore: [metadata..user]": (
        "ignore[0]: metadata..user is not a path of names joined by dots, with [] after a list: write input[].id"
    ),
    "ignore: ['tools[]']": (
        'ignore[0]: "tools[]" names whole items of a list: add the name of a field in them, as in input[].id'
    ),
    "ignore: ['messages[].content']": (
        'ignore[0]: "messages[].content" is what the conversation consists of: to leave out parts of its texts, use '
        "mask"
    ),
    "mask: [{pattern: x, in: [sytem]}]": "mask[0].in[0]: sytem is not one of: system, user, tool",
    "mask: [{in: [user]}]": "mask[0].pattern: missing: write a regular expression",
    "mask: [{pattern: '[a', in: user}]": (
        'mask[0].pattern: "[a" is not a regular expression (error at position 0): unterminated character set'
    ),
    "mask: [{pattern: x, on: [user]}]": "mask[0].on: unknown key; known here: pattern, in",
    "mask: [[x]]": "mask[0]: a list is not a regular expression, or {pattern: …, in: [system, user, tool]}",
    "built_in_masks: all": f"built_in_masks: all is not one of: {', '.join(CHOICES)}",
    "built_in_masks: [safe, codex]": f"built_in_masks[1]: codex is not one of: {', '.join(CHOICES)}",
    "built_in_masks: {safe: true}": ("built_in_masks: a mapping is not a list: write [a, b], or one `- a` a line"),
    "key_headers: ['x y']": 'key_headers[0]: "x y" is not the name of a header',
    "ttl: 7d": "ttl: unknown key; did you mean exact.ttl?",
    "exact: {tll: 7d}": "exact.tll: unknown key; did you mean exact.ttl?",
    "topK: 7": "topK: unknown key; did you mean semantic.top_k?",
    "exact.ttl: 7d": "exact.ttl: keys are not dotted: write ttl below exact, indented",
    "semantic: {embedder: {api_key: k}}": "semantic.embedder.api_key: a key of another kind; known here: kind, timeout",
    "timeout: 1": (
        "timeout: unknown key; did you mean exact.redis.timeout or semantic.embedder.timeout or semantic.index.timeout?"
    ),
    "exact: {on: 1, ttl: 7d}": (
        "exact.on: unknown key; known here: ttl, stale_if_error, stale_while_revalidate, redis, secret, "
        "near_cache, embedded"
    ),
    "exact: {'': 1}": (
        'exact."": unknown key; known here: ttl, stale_if_error, stale_while_revalidate, redis, secret, '
        "near_cache, embedded"
    ),
    "exact: {[a]: 1}": "exact: a list is not a key",
    "exact: &a {<<: *a}": "exact.<<: merge keys are not supported: write the keys out",
    "enabled: 'false'": 'enabled: "false" is text because of its quotes: leave them out',
    "templates: {whole: '{}'}": (
        'templates.whole: "{}" has no %s, so all hits would say the same: write "%s" where a text belongs'
    ),
    "templates: {stream: {a: '%s'}}": "templates.stream: a mapping is not text of events, with %s in it",
    "exact: {redis: {url: 'redis://r', legacy_text: text}}": "exact.redis.legacy_text: text is not true or false",
    "[]": (
        "the file: a list is not a section: write key: value below it, indented (enabled, mode, cassette, session_id, "
        "scope, context, answers, lookup_timeout, ignore, mask, built_in_masks, ignore_headers, credential_headers, "
        "key_headers, exact, semantic, store, in_flight, stream_pace, usage, fresh_ids, embeddings, websockets, "
        "templates, max_request, drain_timeout, dashboard, log, otel, prices, speed)"
    ),
}


@pytest.mark.parametrize(("text", "problem"), BAD.items(), ids=BAD)
def test_a_problem_names_key_value_remedy_and_line(text, problem):
    assert problems(f"# one\n# two\n{text}\n") == [f"{problem} (config.yaml line 3)"]


SYNTAX = {
    "exact:\n\tttl: 7d": "a tab: YAML indents and separates with spaces only (config.yaml line 2, column 1)",
    "exact:\n  ttl: 7d\n\tredis: null": (
        "a tab: YAML indents and separates with spaces only (config.yaml line 3, column 1)"
    ),
    "exact:\n  ttl: 7d\n redis: null": (
        "not in line with what stands above: check the indentation, or put the value in quotes "
        "(config.yaml line 3, column 2)"
    ),
    "scope: header: x": (
        "a colon too many: put the value in quotes, or check the indentation (config.yaml line 1, column 14)"
    ),
    "mask: [1\nscope: shared\n": (
        "a comma or a closing bracket is missing, or a value needs quotes (config.yaml line 2, column 6)"
    ),
    "mask: ['1, 2": "a quote or bracket that is never closed (config.yaml line 1, column 8)",
    "mask: [1, 2": "a quote or bracket that is never closed (config.yaml line 1, column 7)",
    'mask: ["\\d"]': (
        "a backslash means something else in double quotes: use single quotes (config.yaml line 1, column 10)"
    ),
    "session_id: @x": "a value cannot begin with @: put it in quotes (config.yaml line 1, column 13)",
    "session_id: *x": "a value that begins with * or & must be in quotes (config.yaml line 1, column 13)",
    "session_id: !a!b x": "a value or line that begins with ! or % must be in quotes (config.yaml line 1, column 13)",
    "exact: {redis: {url: ${URL}}}": (
        "${NAME} must be in quotes between brackets and braces (config.yaml line 1, column 23)"
    ),
    "scope: shared\n---\nscope: shared": (
        "a second document begins here: only one is allowed (config.yaml line 2, column 1)"
    ),
    "scope: shared\ncontext\nmask: []": "a key without a colon: write key: value (config.yaml line 3, column 1)",
    "scope: shared\nsession_id: \x07": "a control character (config.yaml line 2)",
    'session_id: "\\Uffffffff"': "an escape or a number that means nothing (config.yaml line 1, column 1)",
    "[" * 1_000: "nested too deeply (config.yaml line 1, column 1)",
}


@pytest.mark.parametrize(("text", "problem"), SYNTAX.items(), ids=range(len(SYNTAX)))
def test_what_is_not_yaml_is_said_in_words_that_help(text, problem):
    assert problems(text) == [f"not YAML: {problem}"]


def test_all_problems_come_at_once_in_the_order_of_their_lines():
    found = problems("""\
ttl: 7d
exact:
  ttl: soon
  redis:
    url: redis://:hunter2@cache:port/0
semantic: {threshold: 1.4}
session_id: on
exact: {}
""")

    assert found == [
        "ttl: unknown key; did you mean exact.ttl? (config.yaml line 1)",
        "exact.ttl: soon is not a duration: write 90s, 30m, 12h, 7d, 500ms or plain seconds (config.yaml line 3)",
        "exact.redis.url: redis://*** has a port that is not a number from 1 to 65535 "
        "(in a password, write / ? # @ as %2F %3F %23 %40) (config.yaml line 5)",
        "semantic.threshold: 1.4 is not between 0 and 1 (config.yaml line 6)",
        "session_id: on is true or false to YAML, not text: put it in quotes (config.yaml line 7)",
        "exact: written twice, first in line 2 (config.yaml line 8)",
    ]


def test_the_error_shows_one_problem_a_line_and_can_be_pickled():
    error = ConfigError(["one", "two"])

    assert str(error) == "one\ntwo"
    assert pickle.loads(pickle.dumps(error)).problems == ("one", "two")


def test_long_values_are_cut():
    assert problems(f"scope: {'x' * 1000}") == [
        f"scope: {'x' * 59}… is not credential, shared or header:NAME (config.yaml line 1)"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x, x, x]\n"
        + "".join(f"l{i}: &l{i} [{', '.join(['*a' if not i else f'*l{i - 1}'] * 9)}]\n" for i in range(20))
        + "ignore: *l19\nexact: *l19\nsession_id: *l19\n",
        "".join(f"x{i}: 1\n" for i in range(5000)),
        "ignore: [" + "1, " * 10_000 + "]",
        "exact: &a {embedded: *a, redis: *a}",
        "mask: ['" + "(" * 10_000 + "']",
    ],
    ids=["alias bomb", "many unknown keys", "long list", "section in itself", "deep expression"],
)
def test_hostile_files_are_refused_in_no_time(text):
    began = time.perf_counter()

    found = problems(text)

    assert time.perf_counter() - began < 5
    assert len(found) <= MAX_PROBLEMS + 1


# the environment and secrets


def test_the_environment_fills_in_values():
    config = loaded(
        "session_id: a-${RUN}-$${RUN}-${NONE:-none}-${EMPTY:-empty}${EMPTY}\n"
        "lookup_timeout: ${WAIT}\n"
        "semantic: {enabled: '${ON}', top_k: '${TOP:-7}'}\n"
        "exact:\n  redis:\n    url: redis://:${PASSWORD}@cache:6379/0\n",
        RUN="7",
        EMPTY="",
        WAIT="250ms",
        ON="no",
        PASSWORD=PASSWORD,
    )

    assert config.session_id == "a-7-${RUN}-none-empty"
    assert config.lookup_timeout == 0.25
    assert (config.semantic.enabled, config.semantic.top_k) == (False, 7)
    assert config.exact.redis == Redis("redis://:hunter2@cache:6379/0")


def test_what_the_environment_holds_is_text_where_text_is_wanted():
    assert loaded("session_id: ${X}", X="on").session_id == "on"


def test_what_the_environment_holds_is_not_expanded_again():
    assert loaded("session_id: ${X}", X="${Y}").session_id == "${Y}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "exact:\n  redis:\n    url: redis://:${A}@${B}:6379\n",
            "exact.redis.url: redis://${B}:6379 needs A, B from the environment: "
            "set it there, or write ${NAME:-default} (config.yaml line 3)",
        ),
        (
            "\nsession_id: ${A}\n",
            "session_id: ${A} needs A from the environment: "
            "set it there, or write ${NAME:-default} (config.yaml line 2)",
        ),
        (
            "session_id: ${a-b}",
            "session_id: ${a-b} holds ${ without a name: write ${NAME}, ${NAME:-default}, or $${ for the characters ${ "
            "(config.yaml line 1)",
        ),
    ],
)
def test_what_the_environment_lacks_is_named(text, problem):
    assert problems(text) == [problem]


def test_no_value_of_the_environment_shows_in_a_problem():
    refused = 0
    for key, setting in walk(Config):
        value = "['${S}']" if isinstance(setting.shape, ListOf) else "'${S}'"
        for secret in (
            PASSWORD,
            f"(?P<{PASSWORD}'>",
            f"[{PASSWORD}",
            f"redis://:{PASSWORD}@h:x",
            f"redis://:{PASSWORD}",
        ):
            try:
                loaded(nested(key, value), S=secret)
            except ConfigError as exc:
                refused += 1
                assert PASSWORD not in str(exc) + repr(exc.__context__) + repr(exc.__cause__)

    assert refused > 100


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:{PASSWORD}@cache:port/0",
        f"redis://user:{PASSWORD}@cache:6379/zero",
        f"redis://user:{PASSWORD}/x@cache:6379/0",
        f"redis://user:1?{PASSWORD}@cache:6379/0",
        f"redis://user:1/{PASSWORD}@cache:6379/0",
        f"redis://:{PASSWORD}",
        f"redis://cache/?db=x&password={PASSWORD}",
        f"redis://:{PASSWORD}@[cache/0",
        f"redis://:{PASSWORD} @cache/0",
        f"unix://:{PASSWORD}@",
        f"http://:{PASSWORD}@cache",
        f":{PASSWORD}@cache:6379",
        f"user:{PASSWORD}@redis://cache:6379",
        f"redis+cluster://user:{PASSWORD}@one:port,two",
        f"redis+cluster://user:1,{PASSWORD}/x@one,two",
        f"redis+cluster://user:{PASSWORD}@one,two/3",
        f"redis+sentinel://user:{PASSWORD}@one,two",
        f"redis+sentinel://user:{PASSWORD},x@,two/mymaster",
        PASSWORD,
    ],
)
def test_no_password_shows_in_a_problem(url):
    for text in (f"exact: {{redis: {{url: '{url}'}}}}", f"exact: {{redis: '{url}'}}", f"exact: {{'{url}': 1}}"):
        if "url:" in text or "://" in url:
            assert PASSWORD not in str(problems(text))


def test_the_configuration_does_not_show_its_password():
    config = loaded("exact: {redis: {url: 'redis://user:hunter2@cache:6379/0?password=hunter2'}}")

    assert PASSWORD not in repr(config) + str(config) + f"{config.exact}"
    assert config.exact.redis is not None
    assert config.exact.redis.url == "redis://user:hunter2@cache:6379/0?password=hunter2"
    assert redacted(config.exact.redis.url) == "redis://cache:6379/0"


# files


def test_a_file_is_named_by_its_last_part(tmp_path):
    path = tmp_path / "cache.yaml"
    path.write_text("\nscope: x\n")

    with pytest.raises(ConfigError, match=r"^scope: x is not .* \(cache\.yaml line 2\)$"):
        read_file(path, {})


def test_a_file_is_read_as_utf_8(tmp_path):
    path = tmp_path / "cache.yaml"
    path.write_bytes("\ufeffsession_id: 会话\r\n".encode())

    assert read_file(path, {}) == replace(Config(), session_id="会话")


def test_files_that_cannot_be_read_are_named_in_one_line(tmp_path):
    (tmp_path / "latin").write_bytes(b"# one\nsession_id: \xe9\n")
    (tmp_path / "large").write_bytes(b"#" * 100_000)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    found = {}
    for name in ("latin", "large", "loop", "missing", ".", "latin/x", "a\0b", "x" * 300):
        with pytest.raises(ConfigError) as caught:
            read_file(tmp_path / name, {})
        [found[name]] = [problem.removeprefix(f"{tmp_path}") for problem in caught.value.problems]

    assert found == {
        "latin": "/latin: not UTF-8: byte 0xe9 in line 2",
        "large": "/large: larger than 64kb, so it is no configuration",
        "loop": "/loop: cannot be read: Too many levels of symbolic links",
        "missing": "/missing: there is no such file",
        ".": ": a folder, not a file",
        "latin/x": "/latin/x: cannot be read: Not a directory",
        "a\0b": "/a\0b: cannot be read: embedded null byte",
        "x" * 300: f"/{'x' * 300}: cannot be read: File name too long",
    }


# masks


def test_a_mask_is_a_pattern_or_a_pattern_with_places():
    config = loaded("mask: ['a', {pattern: b}, {pattern: c, in: [user, tool]}, {pattern: d, in: tool}]")

    assert [(entry.pattern.pattern, entry.in_) for entry in config.mask] == [
        ("a", (Place.SYSTEM,)),
        ("b", (Place.SYSTEM,)),
        ("c", (Place.USER, Place.TOOL)),
        ("d", (Place.TOOL,)),
    ]


@pytest.mark.parametrize("text", ["agents", "[agents]", "[agents, safe]", "[aider-date, safe]"])
def test_built_in_masks_are_a_group_or_a_list(text):
    assert loaded(f"built_in_masks: {text}").built_in_masks == tuple(re.findall("[a-z-]+", text))


# another kind


@dataclass(frozen=True, slots=True)
class Near:
    kind: Annotated[Literal["near"], "close by"] = "near"
    wait: Annotated[float, duration(most=30), "how long to wait"] = 1.0


@dataclass(frozen=True, slots=True)
class Far:
    model: Annotated[str, TEXT, "which one"]
    kind: Annotated[Literal["far"], "far away"] = "far"
    wait: Annotated[float, duration(most=30), "how long to wait"] = 9.0


@dataclass(frozen=True, slots=True)
class Root:
    part: Annotated[Near | Far, "the part"] = Near(wait=2.0)
    count: Annotated[int, whole(0, 9), "how many"] = 3


def test_a_section_is_of_the_kind_that_it_names():
    def part(text: str) -> Near | Far:
        return build(Root, compose(text, "x"), "x", {}).part

    assert part("count: 1") == Near(wait=2.0)
    assert part("part: {wait: 3}") == Near(wait=3.0)
    assert part("part: {kind: near}") == Near()
    assert part("part: {kind: far, model: m}") == Far(model="m")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("part: {kind: fat}", "part.kind: fat is not one of: near, far (x line 1)"),
        ("part: {kind: far}", "part.model: missing: write text (x line 1)"),
        ("part: {model: m}", "part.model: a key of another kind; known here: kind, wait (x line 1)"),
    ],
)
def test_a_kind_has_its_own_keys(text, problem):
    with pytest.raises(ConfigError) as caught:
        build(Root, compose(text, "x"), "x", {})

    assert caught.value.problems == (problem,)


def test_the_example_shows_the_other_kinds_commented_out():
    example = docs.example(Root)

    assert build(Root, compose(example, "x"), "x", {}) == Root()
    assert example.endswith("""\
# the part
part:
  # near: close by; far: far away (one of: near, far)
  kind: near
  # how long to wait (a duration above 0 and at most 30s)
  wait: 2s
# or
#part:
#  # which one (text)
#  model: ""
#  # near: close by; far: far away (one of: near, far)
#  kind: far
#  # how long to wait (a duration above 0 and at most 30s)
#  wait: 9s

# how many (a whole number between 0 and 9)
count: 3
""")
    assert [row.key for row in docs.rows(Root)] == [
        "part.kind",
        "part.wait",
        "part.model (far)",
        "part.wait (far)",
        "count",
    ]


# anything at all

WORDS = st.sampled_from(
    [name for dotted, _ in walk(Config) for name in dotted.split(".")]
    + ["7d", "on", "${A}", "${B", "$${", "'", '"', ": ", "- ", "\n", "\n  ", "\t", "{", "}", "[", "]", ",", "&a ", "*a"]
    + ["!", "!!str ", "<<: ", "|\n", "? ", "#", "---\n", "%YAML 1.1\n", "\\x", "1:30", "~", "null", "redis://:p@h:1/0"]
)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.dates() | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text() | WORDS | st.integers(), inner, max_size=5),
    max_leaves=10,
)


def accepts_or_refuses(text: str) -> None:
    try:
        config = loaded(text, A="1")
    except ConfigError as exc:
        assert exc.problems and all(problem.isprintable() for problem in exc.problems)
    else:
        hash(config)


@given(st.text() | st.lists(WORDS).map("".join))
def test_any_text_is_a_configuration_or_a_config_error(text):
    accepts_or_refuses(text)


@given(st.dictionaries(st.sampled_from([name for name, _ in walk(Config) if "." not in name]), VALUES))
def test_any_yaml_is_a_configuration_or_a_config_error(document):
    accepts_or_refuses(yaml.safe_dump(document))


@given(st.sampled_from([name for name, _ in walk(Config)]), VALUES)
def test_any_value_of_a_key_is_taken_or_refused(name, value):
    for part in reversed(name.split(".")):
        value = {part: value}

    accepts_or_refuses(yaml.safe_dump(value))
