"""The configuration as typed values: the one place of every key, its default and its documentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from re import Pattern
from typing import Annotated, Literal, TypeAlias

from aicache.config.mask_values import MASK, MaskEntry
from aicache.config.scalars import (
    CHAT_MODEL,
    COLLECTION,
    DEPLOYMENT,
    ENDPOINT,
    FILE,
    FLAG,
    HEADER_NAME,
    HTTP_URL,
    IGNORED,
    MODEL,
    PATTERN,
    POSTGRES_URL,
    PRICE,
    REDIS_URL,
    SECRET,
    STREAM_TEMPLATE,
    TABLE,
    TEXT,
    TOKEN,
    WHOLE_TEMPLATE,
    Scalar,
    duration,
    number,
    one_of,
    parse_header_name,
    size,
    some_of,
    whole,
)
from aicache.domain import built_in_masks
from aicache.domain.conversation import Context
from aicache.domain.policy import Policy, Refusals, Volatile
from aicache.domain.pricing import Price
from aicache.entries.response_templates import Template
from aicache.formats.hit_edits import HitUsage

KB, MB = 1024, 1024**2
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Credential:
    """Each caller has answers of its own: the scope ``credential``."""


@dataclass(frozen=True, slots=True)
class Shared:
    """All callers share their answers: the scope ``shared``."""


@dataclass(frozen=True, slots=True)
class Header:
    """Callers that send the same value in header *name* (lower-case) share their answers."""

    name: str


class CacheControl(StrEnum):
    """How to treat an upstream's ``cache-control``."""

    IGNORE = "ignore"
    OBEY = "obey"


class JudgeWhen(StrEnum):
    """When the judge model is asked: after a request, to learn from its answer, or before a hit as well."""

    AFTER = "after"
    BEFORE = "before"


class RunMode(StrEnum):
    """Whether requests are answered from the cache, or from a cassette."""

    LIVE = "live"
    RECORD = "record"
    REPLAY = "replay"
    HYBRID = "hybrid"


class AnswerReuse(StrEnum):
    """Whether callers of another API may get an answer."""

    PER_API = "per-api"
    ANY_API = "any-api"


class WebSockets(StrEnum):
    """What becomes of a request to speak an LLM API over a WebSocket."""

    DECLINE = "decline"
    PASS = "pass"


Scope: TypeAlias = Credential | Shared | Header


def _parse_scope(text: str) -> Scope:
    match text.partition(":"):
        case ("credential", "", _):
            return Credential()
        case ("shared", "", _):
            return Shared()
        case ("header", ":", name):
            return Header(parse_header_name(name.strip()))
        case _:
            raise ValueError("is not credential, shared or header:NAME")


def _show_scope(scope: Scope) -> str:
    match scope:
        case Credential():
            return "credential"
        case Shared():
            return "shared"
        case Header(name):
            return f"header:{name}"


_SCOPE = Scalar("credential, shared or header:NAME", _parse_scope, _show_scope)
_WAIT = duration(most=30)


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis or Valkey of the user's. *url* may contain a password, so repr() omits it; *address* may be shown."""

    url: Annotated[
        str,
        REDIS_URL,
        "the address: redis://host:6379/0, unix:///run/redis.sock, "
        "redis+sentinel://host:26379,host:26379/SERVICE/0 (the master of that name, followed when it moves) or "
        "redis+cluster://host:6379,host:6379. rediss:// and rediss+… use TLS, with certificates as parameters: "
        "?ssl_ca_certs=/etc/ca.pem&ssl_certfile=…&ssl_keyfile=…, and ssl_cert_reqs=none to trust any server. User "
        "and password stand before the host, the password from the environment: "
        "redis://user:${REDIS_PASSWORD}@host:6379/0",
    ] = field(repr=False)
    prefix: Annotated[str, TEXT, "the prefix of every key in Redis"] = "aicache:"
    timeout: Annotated[float, _WAIT, "the time limit of one command"] = 0.25
    max_connections: Annotated[int, whole(1, 10_000), "the largest number of open connections to one server"] = 32
    legacy_text: Annotated[
        bool,
        FLAG,
        "whether to serve answers that Higress's ai-cache left under this prefix, to callers of a reverse proxy "
        "whose API key the upstream has accepted within the last hour",
    ] = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embedded Valkey."""

    max_memory: Annotated[
        int,
        size(least=2 * MB),
        "the memory limit of the embedded Valkey, of which it takes one megabyte for itself; when it is reached, the "
        "least recently used answers are evicted. One that would take more than a quarter of it is not stored",
    ] = 512 * MB


@dataclass(frozen=True, slots=True)
class Exact:
    """Answers to exactly repeated requests."""

    ttl: Annotated[float, duration(most=3650 * DAY), "how long an answer is kept"] = 7 * DAY
    stale_if_error: Annotated[
        float | None,
        duration(most=3650 * DAY),
        "how long after its end an answer is still given to the very same request where the upstream fails: it answers "
        "429 or 5xx, or cannot be reached; null: not at all",
    ] = None
    stale_while_revalidate: Annotated[
        float | None,
        duration(most=3650 * DAY),
        "how long after its end an answer is still given at once to the very same request, while the upstream is asked "
        "for another in the background; null: not at all",
    ] = None
    redis: Annotated[Redis | None, "a Redis or Valkey of your own; null: the embedded Valkey"] = None
    secret: Annotated[
        str | None,
        DEPLOYMENT,
        "signs entries and the status of credentials, so that data which others write to Redis is not trusted, and "
        "salts the keys. It must be the same at all proxies that share a Redis: ${AI_CACHE_SECRET}. null: with "
        "the embedded Valkey a secret is generated and kept in the data folder; with a Redis of your own nothing "
        "is signed, and the salt is kept in that Redis",
    ] = field(default=None, repr=False)
    near_cache: Annotated[
        int,
        size(least=0),
        "the memory for a copy of recently used entries in the proxy itself, each for ten seconds at most and "
        "while it is unchanged in Redis, together with the questions it answered by meaning (unless hits are "
        "checked); 0 turns it off",
    ] = 32 * MB
    embedded: Annotated[Embedded, "the embedded Valkey"] = Embedded()


@dataclass(frozen=True, slots=True)
class LocalEmbedder:
    """A small model on this machine, in a process of its own."""

    kind: Annotated[Literal["local"], "a small model on this machine, in a process of its own"] = "local"
    timeout: Annotated[float, _WAIT, "the time limit for embedding a question"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DashScopeEmbedder:
    """Alibaba Cloud's text embedding, over its SDK."""

    kind: Annotated[Literal["dashscope"], "Alibaba Cloud's text embedding"] = "dashscope"
    api_key: Annotated[str, SECRET, "the API key of Alibaba Cloud Model Studio: ${DASHSCOPE_API_KEY}"] = field(
        repr=False
    )
    model: Annotated[
        str,
        one_of("text-embedding-v1", "text-embedding-v2", "text-embedding-v3", "text-embedding-v4"),
        "the model",
    ] = "text-embedding-v4"
    dimensions: Annotated[int | None, whole(1, 65536), "the dimensions of the vectors; null: the model's default"] = (
        None
    )
    base_url: Annotated[str, HTTP_URL, "the URL of the service; each region has its own"] = (
        "https://dashscope.aliyuncs.com/api/v1"
    )
    stored_as: Annotated[
        Literal["query", "document"],
        "the text type under which a stored question is embedded; document embeds it a second time, for the "
        "service's asymmetric search",
    ] = "query"
    timeout: Annotated[float, _WAIT, "the time limit for embedding a question"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIEmbedder:
    """Any service with OpenAI's ``/embeddings``: OpenAI, Azure, Ollama, vLLM, TEI, Xinference, DashScope."""

    kind: Annotated[Literal["openai"], "any service with OpenAI's /embeddings"] = "openai"
    model: Annotated[str, MODEL, "the model, by the service's own name"]
    base_url: Annotated[str, HTTP_URL, "the URL of the service, up to /embeddings"] = "https://api.openai.com/v1"
    api_key: Annotated[str | None, SECRET, "the API key, if the service requires one: ${OPENAI_API_KEY}"] = field(
        default=None, repr=False
    )
    dimensions: Annotated[int | None, whole(1, 65536), "the dimensions of the vectors; null: the model's default"] = (
        None
    )
    timeout: Annotated[float, _WAIT, "the time limit for embedding a question"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DashVectorIndex:
    """Alibaba Cloud's vector database, over its SDK."""

    kind: Annotated[Literal["dashvector"], "Alibaba Cloud's vector database"] = "dashvector"
    endpoint: Annotated[str, ENDPOINT, "the cluster's endpoint"]
    api_key: Annotated[str, SECRET, "the cluster's API key: ${DASHVECTOR_API_KEY}"] = field(repr=False)
    collection: Annotated[
        str | None,
        COLLECTION,
        "the collection, created if it is missing; null: one named after the model and the dimensions",
    ] = None
    partition: Annotated[
        str | None, COLLECTION, "the partition of the collection, created if it is missing; null: the default one"
    ] = None
    queries_per_second: Annotated[
        int, whole(1, 100_000), "the most calls per second that the cluster accepts; a trial cluster accepts 100"
    ] = 90
    timeout: Annotated[float, _WAIT, "the time limit of a search"] = 0.4


@dataclass(frozen=True, slots=True)
class RedisIndex:
    """A Redis or Valkey that can search vectors, which several proxies may share."""

    kind: Annotated[Literal["redis"], "a Redis 8 or one with a search module, which proxies may share"] = "redis"
    url: Annotated[
        str | None,
        REDIS_URL,
        "the address, written like exact.redis.url; null: the same server as exact.redis",
    ] = field(default=None, repr=False)
    prefix: Annotated[
        str | None, TEXT, "the prefix of every key in it; null: that of exact.redis, or aicache: without one"
    ] = None
    timeout: Annotated[float, _WAIT, "the time limit of a search"] = 0.4
    max_connections: Annotated[int, whole(1, 10_000), "the largest number of open connections to one server"] = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PgVectorIndex:
    """A table of PostgreSQL with the extension pgvector, which several proxies may share."""

    kind: Annotated[Literal["pgvector"], "a table of PostgreSQL with pgvector, which proxies may share"] = "pgvector"
    url: Annotated[
        str,
        POSTGRES_URL,
        "the address: postgresql://user:${PGPASSWORD}@host:5432/database?sslmode=verify-full&sslrootcert=/etc/ca.pem; "
        "sslmode is libpq's, by default prefer. Needs the extra pgvector: pip install '.[pgvector]' in a checkout",
    ] = field(repr=False)
    table: Annotated[
        str | None,
        TABLE,
        "the table, created if it is missing; null: one named after the model and the dimensions",
    ] = None
    timeout: Annotated[float, _WAIT, "the time limit of a search"] = 0.4
    max_connections: Annotated[int, whole(2, 1000), "the largest number of open connections"] = 8


@dataclass(frozen=True, slots=True)
class ZvecIndex:
    """An index in the data folder."""

    kind: Annotated[Literal["zvec"], "an index in the data folder"] = "zvec"
    timeout: Annotated[float, _WAIT, "the time limit of a search"] = 0.4


Embedder: TypeAlias = LocalEmbedder | DashScopeEmbedder | OpenAIEmbedder
Index: TypeAlias = ZvecIndex | DashVectorIndex | RedisIndex | PgVectorIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeModel:
    """A chat model behind any OpenAI-compatible endpoint."""

    model: Annotated[str, CHAT_MODEL, "the model, by the service's own name"]
    base_url: Annotated[
        str,
        HTTP_URL,
        "the URL of the service, up to /chat/completions; DashScope's is "
        "https://dashscope.aliyuncs.com/compatible-mode/v1",
    ] = "https://api.openai.com/v1"
    api_key: Annotated[
        str | None,
        SECRET,
        "the API key, if the service requires one: ${OPENAI_API_KEY}; a caller's key is never sent there",
    ] = field(default=None, repr=False)
    when: Annotated[
        JudgeWhen,
        one_of(*JudgeWhen),
        "after: the model only compares answers, in the background. before: it is also asked, while the request "
        "waits, whether a neighbor may answer that is too far or that the guards cannot explain",
    ] = JudgeWhen.AFTER
    timeout: Annotated[
        float,
        _WAIT,
        "how long a request waits for the model, in addition to lookup_timeout; after it the request goes upstream",
    ] = 0.8
    compare_timeout: Annotated[float, _WAIT, "the time limit of comparing two answers; no request waits for it"] = 20.0
    neighbors: Annotated[int, whole(1, 10), "how many neighbors the model is asked about at most, at once"] = 3
    min_chance: Annotated[
        float,
        number(0, 1),
        "the share of yes, among the last answers about neighbors of like similarity, below which only a sample is "
        "asked about",
    ] = 0.1
    max_per_minute: Annotated[int, whole(1, 1_000_000), "how many neighbors a minute the model is asked about"] = 600
    personal: Annotated[
        bool,
        FLAG,
        "whether the model may see personal questions (my account, I have lost), too; those about the moment it "
        "never sees",
    ] = False


@dataclass(frozen=True, slots=True)
class Semantic:
    """Answers to questions of the same meaning."""

    enabled: Annotated[
        bool, FLAG, "whether questions are answered by meaning; false: only exactly repeated requests are answered"
    ] = True
    threshold: Annotated[
        float | None,
        number(0, 1),
        "the cosine similarity that a hit needs; null: a threshold that suits the embedder's model and the policy",
    ] = None
    policy: Annotated[
        Policy,
        one_of(*Policy),
        "which stored questions may answer a similar one. static: all above the threshold. guarded: those that "
        "also pass guards, which compare numbers, negations, names, roles and the like. verified: those whose "
        "answers are likely to be right, learned from comparing earlier ones with fresh answers, within max_error",
    ] = Policy.GUARDED
    max_error: Annotated[
        float,
        number(0.001, 0.5),
        "the share of all requests that may be answered wrong: verified serves within it, and with any policy hits "
        "by meaning are switched off above it, if hits are audited",
    ] = 0.01
    audit: Annotated[
        float | None,
        number(0, 1),
        "the share of hits by meaning that are also sent to the upstream, in the background and with the caller's "
        "own API key, to check whether they were right; null: 0.05 with verified, 0 otherwise",
    ] = None
    shadow: Annotated[
        bool,
        FLAG,
        "serve nothing by meaning, but compare what would have been served with the upstream's fresh answer",
    ] = False
    volatile: Annotated[
        Volatile,
        one_of(*Volatile),
        "how to treat questions whose answer depends on the moment or on the caller (today, latest price, my "
        "order). exact: only the exact request gets the stored answer. short: similar questions get it, too. Both "
        "keep it no longer than volatile_ttl. like-others: no difference",
    ] = Volatile.EXACT
    volatile_ttl: Annotated[
        float,
        duration(most=3650 * DAY),
        "how long answers to such questions are kept at most, with volatile: exact or short",
    ] = 600.0
    top_k: Annotated[int, whole(1, 100), "how many neighbors of a question are considered"] = 5
    tools: Annotated[bool, FLAG, "whether requests with tools may be answered by meaning"] = False
    max_question: Annotated[
        int,
        whole(1, 1_000_000),
        "the longest question, in characters, that may be answered by meaning; longer ones are answered by the "
        "exact request only",
    ] = 400
    embedder: Annotated[Embedder, "the model that turns a question into a vector"] = LocalEmbedder()
    index: Annotated[Index, "where the vectors are kept"] = ZvecIndex()
    refill: Annotated[
        bool,
        FLAG,
        "whether the questions of stored answers are embedded again, in the background, where the index lacks their "
        "vectors: after the embedder's model, or the index, has changed",
    ] = True
    judge: Annotated[
        JudgeModel | None,
        "a model that compares two answers where neither words nor similarity decide, and with when: before decides "
        "which neighbors may answer; it is sent questions and answers, nothing else",
    ] = None


@dataclass(frozen=True, slots=True)
class Store:
    """Which answers are kept."""

    max_temperature: Annotated[
        float | None,
        number(0),
        "the highest temperature of answers that are kept; requests without a temperature count as higher. null "
        "keeps all",
    ] = None
    max_bytes: Annotated[int, size(least=KB), "the size of the largest answer that is kept"] = 4 * MB
    compress: Annotated[
        bool,
        FLAG,
        "whether entries are stored compressed where that saves memory (zstd). Earlier versions take such entries as "
        "absent: false while they share the Redis",
    ] = True
    refusals: Annotated[
        Refusals,
        one_of(*Refusals),
        "whether answers in which the model declines are kept. never: not at all. exact: for the exact request. "
        "always: for similar requests, too",
    ] = Refusals.EXACT
    cache_control: Annotated[
        CacheControl,
        one_of(*CacheControl),
        "whether to obey an upstream's cache-control: no-store keeps nothing, private nothing that callers would "
        "share. Ignored by default, since many servers send it by default",
    ] = CacheControl.IGNORE
    private_tools: Annotated[
        bool,
        FLAG,
        "whether to answer calls that make the upstream read private data or act (MCP servers and connectors, file "
        "search, Azure's data_sources, presets): a hit repeats the answer, and nothing is read or done again",
    ] = False
    erased_within: Annotated[
        float,
        duration(most=DAY),
        "how long expired or replaced data may remain readable in the files of the data folder, at most; purged "
        "data is erased within seconds",
    ] = 600.0


@dataclass(frozen=True, slots=True)
class InFlight:
    """Equal requests in flight at the same time."""

    collapse: Annotated[
        bool,
        FLAG,
        "whether a request waits for the answer to an equal one that is in flight, instead of going upstream as well",
    ] = True
    wait: Annotated[
        float,
        duration(most=3600),
        "how long such a request waits for that answer before it goes upstream itself",
    ] = 60.0
    by_meaning: Annotated[
        bool,
        FLAG,
        "whether a request also waits for the answer to one in other words, if a hit by meaning may answer it",
    ] = False
    across_proxies: Annotated[
        bool,
        FLAG,
        "whether this holds for equal requests at several proxies that share a Redis, too. There a streamed one "
        "follows the answer as it comes, and others wait until it is stored",
    ] = True
    finish: Annotated[
        float | None,
        duration(most=3600),
        "how long an answer is read on after its client has left, to be stored and given to equal requests; null: it "
        "ends, and so does the request to the upstream",
    ] = 120.0


@dataclass(frozen=True, slots=True)
class StreamPace:
    """The pace at which stored streams are sent."""

    scale: Annotated[
        float | None,
        number(0.01, 100),
        "the factor for the recorded time between two events: 1 sends a stream as it came, 0.5 twice as fast; null: "
        "all come in steps of every",
    ] = 1.0
    max_gap: Annotated[float, duration(most=60), "the longest time between two events that come as recorded"] = 0.2
    every: Annotated[
        float,
        duration(most=60),
        "the time between two events of other streams: recorded before this was set, or rendered for another mode or "
        "API",
    ] = 0.02


@dataclass(frozen=True, slots=True)
class Templates:
    """The user's own documents, into which the text of a hit is written."""

    whole: Annotated[
        Template | None,
        WHOLE_TEMPLATE,
        "the JSON document of a hit: %s is replaced by the answer's text, escaped, and %% by a percent sign",
    ] = None
    stream: Annotated[
        Template | None, STREAM_TEMPLATE, "the same for callers of a stream: all of its events, data:[DONE] included"
    ] = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The dashboard, served by the proxy itself."""

    enabled: Annotated[
        bool,
        FLAG,
        "whether the dashboard is served at /_ai_cache/ and the metrics for Prometheus at /_ai_cache/metrics",
    ] = True
    token: Annotated[
        str | None,
        TOKEN,
        "the token that opens the dashboard: as Authorization: Bearer …, or once in a browser as "
        "/_ai_cache/?token=…; null: one is generated, kept in the data folder (dashboard-token) and logged with "
        "the URL at the start",
    ] = field(default=None, repr=False)
    open_metrics: Annotated[
        bool,
        FLAG,
        "whether /_ai_cache/metrics (model names and counts) is readable without a token by everybody who can "
        "reach the proxy",
    ] = False


@dataclass(frozen=True, slots=True)
class Log:
    """The decision log, and the console's lines."""

    console: Annotated[
        bool,
        FLAG,
        "whether mitmdump prints a line for each request, with what became of it and why, without texts. It does where "
        "it prints no flows itself (flow_detail=0, as scripts/serve sets it; not with -q), and then no lines about "
        "connections; of more than 20 requests a second the others are counted",
    ] = True
    file: Annotated[
        str | None,
        FILE,
        "the decision log: one line of JSON for every decision, without questions and answers; null: none is written",
    ] = None
    text: Annotated[
        bool, FLAG, "whether questions are shown: in the log, in traces and among the dashboard's top questions"
    ] = False
    max_bytes: Annotated[int, size(least=64 * KB), "the size above which the log is rotated to FILE.1"] = 64 * MB
    keep: Annotated[int, whole(1, 1000), "how many rotated logs are kept"] = 5
    max_age: Annotated[
        float,
        duration(most=3650 * DAY),
        "the age at which lines are deleted, checked every tenth of that time and at least every hour",
    ] = 7 * DAY


@dataclass(frozen=True, slots=True)
class Otel:
    """Traces for OpenTelemetry."""

    endpoint: Annotated[
        str | None,
        HTTP_URL,
        "a collector of OTLP over HTTP, with the path /v1/traces; null: the one in OTEL_EXPORTER_OTLP_ENDPOINT, "
        "and without that no traces. Needs the extra otel: pip install '.[otel]' in a checkout",
    ] = None


@dataclass(frozen=True, slots=True)
class Speed:
    """Patches that make mitmproxy itself faster."""

    dispatch: Annotated[
        bool,
        FLAG,
        "whether mitmproxy's events are sent only to those of its addons that have a hook for them, which saves "
        "half of its work. Has no effect with versions of mitmproxy that it was not written for",
    ] = True
    fast_lane: Annotated[
        bool,
        FLAG,
        "whether hits in `exact.near_cache` are answered without creating a flow in mitmproxy, at a tenth of the "
        "cost or less. Not while anything needs flows: mitmweb and the console, the line that mitmdump prints for "
        "each (unless `-q`), `-w`, filters and other addons. Has no effect with versions of mitmproxy that it was "
        "not written for",
    ] = True
    preconnect: Annotated[
        bool,
        FLAG,
        "whether the connection to the upstream is opened while a request is looked up by meaning, so that a miss need "
        "not wait for the handshake after that. Nothing is sent on it before the decision. Has no effect with versions "
        "of mitmproxy that it was not written for",
    ] = True


@dataclass(frozen=True, slots=True)
class Cassette:
    """Recorded requests and responses in one file, which is replayed without the upstream."""

    file: Annotated[
        str | None, FILE, "the cassette, a YAML file; record writes it anew, replay only reads it, hybrid adds to it"
    ] = None
    repeat_last: Annotated[
        bool,
        FLAG,
        "whether the last of several recordings of the same request is replayed again once all have been; false: the "
        "request is refused then",
    ] = True
    redact: Annotated[
        tuple[Pattern[str], ...],
        PATTERN,
        "patterns whose matches in URLs and bodies are replaced by [redacted] before anything is compared or written, "
        "in addition to what looks like a credential",
    ] = ()
    strict: Annotated[
        bool, FLAG, "whether the exit code is 1 if a request was missing on the cassette, or could not be recorded"
    ] = False


@dataclass(frozen=True, slots=True)
class Config:
    """All settings: times in seconds, sizes in bytes. Sections compare by value and are hashable."""

    enabled: Annotated[
        bool,
        FLAG,
        "whether the cache does anything; false: every request passes untouched, and no component is started",
    ] = True
    mode: Annotated[
        RunMode,
        one_of(*RunMode),
        "what answers requests: the cache (live), or a cassette, which needs no data folder, key or network: record "
        "sends every request upstream and records it, replay sends none and refuses what is not recorded, hybrid sends "
        "and records only what is not. Read at the start",
    ] = RunMode.LIVE
    cassette: Annotated[Cassette, "the cassette, unless mode is live"] = Cassette()
    session_id: Annotated[str, TEXT, "a part of every key: a new value starts with an empty cache"] = ""
    scope: Annotated[
        Scope,
        _SCOPE,
        "which callers share answers: those with the same API key (credential), all (shared), or those with the "
        "same value in a header (header:NAME)",
    ] = Credential()
    context: Annotated[
        Context, one_of(*Context), "how much of the conversation before the question is part of the key"
    ] = Context.FULL
    answers: Annotated[
        AnswerReuse,
        one_of(*AnswerReuse),
        "whether answers are reused across the APIs of one upstream (any-api), for plain text and function calls, "
        "or not (per-api)",
    ] = AnswerReuse.PER_API
    lookup_timeout: Annotated[
        float,
        _WAIT,
        "the time limit of a whole lookup, from reading the request on; after it the request goes upstream",
    ] = 0.5
    ignore: Annotated[
        tuple[str, ...],
        IGNORED,
        "fields of the request's body that are not part of the key, since they cannot change the answer; those "
        "that name an end user still are where a question is about the person or the moment. A path such as "
        "input[].id or metadata.user_id names a field within another, [] each item of a list. The log names those "
        "that no request of an hour had",
    ] = (
        "stream",
        "stream_options",
        "user",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
        "service_tier",
        "store",
    )
    mask: Annotated[
        tuple[MaskEntry, ...],
        MASK,
        "patterns whose matches are left out of the key, such as today's date: in system prompts, or in the texts "
        "that in: lists (system, user, tool: system prompts, messages of users, results of tools); a request on "
        "which they take longer than 30 ms goes upstream",
    ] = ()
    built_in_masks: Annotated[
        tuple[str, ...],
        some_of(*built_in_masks.CHOICES),
        "what coding agents put into their requests that is not part of the key. safe: ids, times taken and "
        "versions of the client, which cannot change an answer. agents: also dates, directories, git's status and "
        "the like, so that the same task hits in another checkout, on another day. none, or the names of single masks",
    ] = (built_in_masks.SAFE,)
    ignore_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that are not part of the key; all others are, unless they are known not to change the "
        "answer. The log names the headers because of which requests miss",
    ] = ()
    credential_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that identify the caller and do nothing else, in addition to those of known APIs and gateways",
    ] = ()
    key_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that change the answer here, though they are known not to elsewhere",
    ] = ()
    exact: Annotated[Exact, "answers to exactly repeated requests"] = Exact()
    semantic: Annotated[Semantic, "answers to questions of the same meaning"] = Semantic()
    store: Annotated[Store, "which answers are kept"] = Store()
    in_flight: Annotated[InFlight, "equal requests in flight at the same time"] = InFlight()
    stream_pace: Annotated[
        StreamPace | None,
        "the pace at which stored streams are sent, event by event, for clients that display them badly when all "
        "comes at once; null: at once. Has no effect with versions of mitmproxy that it was not written for",
    ] = None
    usage: Annotated[
        HitUsage,
        one_of(*HitUsage),
        "the token counts that hits tell: those of the recorded answer (recorded), zeros (zero), or the recorded ones "
        "with the whole prompt as read from a prompt cache, in the API's own words (cached; Ollama and embeddings have "
        "none, and tell the recorded ones)",
    ] = HitUsage.RECORDED
    fresh_ids: Annotated[
        bool,
        FLAG,
        "whether each hit gets an id and a time of creation of its own, instead of those of the recorded answer, for "
        "clients that take an id they know for a repetition. Such hits do not take the fast path. Ids of tool calls "
        "stay, and the API does not know the fresh ids",
    ] = False
    embeddings: Annotated[
        bool,
        FLAG,
        "whether embeddings endpoints are cached, too, text by text: of a batch, only new texts go upstream",
    ] = True
    websockets: Annotated[
        WebSockets,
        one_of(*WebSockets),
        "whether LLM APIs may be spoken over WebSockets, which are not cached (pass), or not (decline): then clients "
        "that also speak HTTP at the same path, such as Codex, use that, and other paths are passed on as ever",
    ] = WebSockets.DECLINE
    templates: Annotated[
        Templates,
        "documents that hits on chat completions are written into, if their text alone is enough; null: the API's "
        "own format",
    ] = Templates()
    max_request: Annotated[
        int,
        size(least=KB),
        "the size of the largest request that is looked up; larger ones, and those larger than store.max_bytes, "
        "are forwarded unread, as they arrive",
    ] = 4 * MB
    drain_timeout: Annotated[
        float,
        duration(most=DAY),
        "how long open requests may take to end after SIGTERM, while no new connections are accepted; then, or with a "
        "second SIGTERM, they are cut off",
    ] = 20.0
    dashboard: Annotated[Dashboard, "the dashboard, at /_ai_cache/ of the proxy"] = Dashboard()
    log: Annotated[Log, "the decision log, and the console's lines"] = Log()
    otel: Annotated[Otel, "traces for OpenTelemetry, one span per lookup"] = Otel()
    prices: Annotated[
        tuple[Price, ...],
        PRICE,
        "prices of models in US dollars per million tokens, to show what was saved; gpt-4o also covers "
        "gpt-4o-2024-08-06. They take precedence over the built-in list prices. CACHED is the price of a prompt's "
        "tokens that the provider reads from its own cache, by default a tenth of the others'",
    ] = ()
    speed: Annotated[Speed, "patches that make mitmproxy itself faster"] = Speed()
