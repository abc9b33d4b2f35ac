"""The configuration as typed values: every key, its default and its meaning stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from re import Pattern
from typing import Annotated, Literal, TypeAlias

from aicache.config.redis_url import redacted
from aicache.config.scalars import (
    CHAT_MODEL,
    COLLECTION,
    DEPLOYMENT,
    ENDPOINT,
    FILE,
    FLAG,
    HEADER_NAME,
    HTTP_URL,
    MODEL,
    PATTERN,
    PRICE,
    REDIS_URL,
    SECRET,
    STREAM_TEMPLATE,
    TEXT,
    TOKEN,
    WHOLE_TEMPLATE,
    Scalar,
    duration,
    number,
    one_of,
    parse_header_name,
    size,
    whole,
)
from aicache.domain.conversation import Context
from aicache.domain.policy import Policy, Refusals, Volatile
from aicache.domain.pricing import Price
from aicache.entries.response_templates import Template

KB, MB = 1024, 1024**2
DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Credential:
    """Each caller has answers of its own."""


@dataclass(frozen=True, slots=True)
class Shared:
    """All callers share their answers."""


@dataclass(frozen=True, slots=True)
class Header:
    """Callers that send the same value in header *name* (lower-case) share their answers."""

    name: str


class CacheControl(StrEnum):
    """What an upstream's word on caches is worth."""

    IGNORE = "ignore"
    OBEY = "obey"


class Answers(StrEnum):
    """Whom an answer may be given to, by the API they speak."""

    PER_API = "per-api"
    ANY_API = "any-api"


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
    """A Redis or Valkey of the user's. *url* may hold a password, so repr() leaves it out; *address* may be shown."""

    url: Annotated[
        str,
        REDIS_URL,
        "where it is: redis://host:6379/0, unix:///run/redis.sock, redis+sentinel://host:26379,host:26379/SERVICE/0 "
        "(the master of that name, followed when it moves) or redis+cluster://host:6379,host:6379; rediss:// and "
        "rediss+… speak TLS, with certificates as parameters: ?ssl_ca_certs=/etc/ca.pem&ssl_certfile=…&ssl_keyfile=…, "
        "ssl_cert_reqs=none to trust any; user and password stand before the host, the password from the environment: "
        "redis://user:${REDIS_PASSWORD}@host:6379/0",
    ] = field(repr=False)
    prefix: Annotated[str, TEXT, "what every key in Redis begins with"] = "aicache:"
    timeout: Annotated[float, _WAIT, "how long one command may take"] = 0.25
    max_connections: Annotated[int, whole(1, 10_000), "how many connections to one server may be open at once"] = 32
    legacy_text: Annotated[
        bool,
        FLAG,
        "whether the answers that Higress's ai-cache left under this prefix are served, to callers of a reverse proxy "
        "whose API key the upstream has accepted within the last hour",
    ] = False

    @property
    def address(self) -> str:
        """The URL without user-info and query."""
        return redacted(self.url)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The Valkey that comes with the cache."""

    max_memory: Annotated[int, size(least=MB), "when it is full, the answers used least recently go"] = 512 * MB


@dataclass(frozen=True, slots=True)
class Exact:
    """Answers to the very same request."""

    ttl: Annotated[float, duration(most=3650 * DAY), "how long an answer is kept"] = 7 * DAY
    redis: Annotated[Redis | None, "a Redis or Valkey of your own; without it, the embedded Valkey"] = None
    secret: Annotated[
        str | None,
        DEPLOYMENT,
        "what entries, and what is known of credentials, are signed with, and keys salted: what is put into Redis past "
        "the cache is not believed. The same at all proxies that share a Redis: ${AI_CACHE_SECRET}. null: with the "
        "embedded Valkey one that is made and kept in the data folder; with a Redis of your own nothing is signed, and "
        "the salt is kept there",
    ] = field(default=None, repr=False)
    near_cache: Annotated[
        int,
        size(least=0),
        "how much of Redis the proxy holds in its own memory too, ten seconds at most and while it is unchanged, with "
        "what other questions it answered by meaning (unless hits are checked); 0: nothing",
    ] = 32 * MB
    embedded: Annotated[Embedded, "the embedded Valkey"] = Embedded()


@dataclass(frozen=True, slots=True)
class LocalEmbedder:
    """A small model on this machine, in a process of its own."""

    kind: Annotated[Literal["local"], "a small model on this machine, in a process of its own"] = "local"
    timeout: Annotated[float, _WAIT, "how long embedding a question may take"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DashScopeEmbedder:
    """Alibaba Cloud's text embedding, over its SDK."""

    kind: Annotated[Literal["dashscope"], "Alibaba Cloud's text embedding"] = "dashscope"
    api_key: Annotated[str, SECRET, "the key of Alibaba Cloud Model Studio: ${DASHSCOPE_API_KEY}"] = field(repr=False)
    model: Annotated[
        str,
        one_of("text-embedding-v1", "text-embedding-v2", "text-embedding-v3", "text-embedding-v4"),
        "which model",
    ] = "text-embedding-v4"
    dimensions: Annotated[int | None, whole(1, 65536), "of the vectors; null: the model's default"] = None
    base_url: Annotated[str, HTTP_URL, "where the service is; each region has its own"] = (
        "https://dashscope.aliyuncs.com/api/v1"
    )
    stored_as: Annotated[
        Literal["query", "document"],
        "what a question is embedded as when it is stored; document: once more, for the service's asymmetric search",
    ] = "query"
    timeout: Annotated[float, _WAIT, "how long embedding a question may take"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIEmbedder:
    """Any service with OpenAI's ``/embeddings``: OpenAI, Azure, Ollama, vLLM, TEI, Xinference, DashScope."""

    kind: Annotated[Literal["openai"], "any service with OpenAI's /embeddings"] = "openai"
    model: Annotated[str, MODEL, "which model, by the service's own name"]
    base_url: Annotated[str, HTTP_URL, "where the service is, up to /embeddings"] = "https://api.openai.com/v1"
    api_key: Annotated[str | None, SECRET, "its key, where it wants one: ${OPENAI_API_KEY}"] = field(
        default=None, repr=False
    )
    dimensions: Annotated[int | None, whole(1, 65536), "of the vectors; null: what the model gives"] = None
    timeout: Annotated[float, _WAIT, "how long embedding a question may take"] = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class DashVectorIndex:
    """Alibaba Cloud's vector database, over its SDK."""

    kind: Annotated[Literal["dashvector"], "Alibaba Cloud's vector database"] = "dashvector"
    endpoint: Annotated[str, ENDPOINT, "the cluster's endpoint"]
    api_key: Annotated[str, SECRET, "the cluster's key: ${DASHVECTOR_API_KEY}"] = field(repr=False)
    collection: Annotated[
        str | None, COLLECTION, "made if it is missing; null: a name of its own for each model and dimension"
    ] = None
    partition: Annotated[str | None, COLLECTION, "of the collection, made if it is missing; null: the default one"] = (
        None
    )
    queries_per_second: Annotated[
        int, whole(1, 100_000), "how many calls the cluster takes; a trial cluster takes 100"
    ] = 90
    timeout: Annotated[float, _WAIT, "how long a search may take"] = 0.4


@dataclass(frozen=True, slots=True)
class ZvecIndex:
    """An index in the data folder."""

    kind: Annotated[Literal["zvec"], "an index in the data folder"] = "zvec"
    timeout: Annotated[float, _WAIT, "how long a search may take"] = 0.4


Embedder: TypeAlias = LocalEmbedder | DashScopeEmbedder | OpenAIEmbedder
Index: TypeAlias = ZvecIndex | DashVectorIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeModel:
    """A chat model behind any OpenAI-compatible endpoint."""

    model: Annotated[str, CHAT_MODEL, "which model, by the service's own name"]
    base_url: Annotated[str, HTTP_URL, "where the service is, up to /chat/completions"] = "https://api.openai.com/v1"
    api_key: Annotated[str | None, SECRET, "its key, where it wants one: ${OPENAI_API_KEY}"] = field(
        default=None, repr=False
    )
    timeout: Annotated[float, _WAIT, "how long one comparison may take; no request waits for it"] = 20.0


@dataclass(frozen=True, slots=True)
class Semantic:
    """Answers to a question of the same meaning."""

    enabled: Annotated[bool, FLAG, "whether questions are answered by meaning at all"] = True
    threshold: Annotated[
        float | None,
        number(0, 1),
        "the cosine similarity that a hit needs; null: what suits the embedder's model and the policy",
    ] = None
    policy: Annotated[
        Policy,
        one_of(*Policy),
        "what a near question must pass: the threshold alone, or also guards that compare numbers, negations, names, "
        "roles and the like, or (verified) what was seen of such neighbours' answers before, within max_error",
    ] = Policy.GUARDED
    max_error: Annotated[
        float,
        number(0.001, 0.5),
        "the share of all requests that may be answered wrong: what verified serves by, and what switches hits by "
        "meaning off, with any policy, where hits are audited",
    ] = 0.01
    audit: Annotated[
        float | None,
        number(0, 1),
        "the share of hits by meaning that the upstream is asked for again, in the background and with the caller's "
        "own key, to see whether they were right; null: 0.05 with verified, 0 otherwise",
    ] = None
    shadow: Annotated[
        bool,
        FLAG,
        "answer nothing by meaning, but compare what would have been served with the upstream's fresh answer",
    ] = False
    volatile: Annotated[
        Volatile,
        one_of(*Volatile),
        "questions whose answer depends on the moment or on the person who asks (today, latest price, my order) are "
        "answered by the exact request only, or by similar ones, too, no longer than volatile_ttl in both cases; or "
        "treated like all others",
    ] = Volatile.EXACT
    volatile_ttl: Annotated[
        float,
        duration(most=3650 * DAY),
        "how long answers to such questions are kept at most, with volatile: exact or short",
    ] = 600.0
    top_k: Annotated[int, whole(1, 100), "how many neighbours are looked at"] = 5
    tools: Annotated[bool, FLAG, "whether requests that carry tools may be answered by meaning"] = False
    max_question: Annotated[
        int, whole(1, 1_000_000), "in characters; longer questions are answered by the exact request only"
    ] = 400
    embedder: Annotated[Embedder, "what turns a question into a vector"] = LocalEmbedder()
    index: Annotated[Index, "where the vectors are"] = ZvecIndex()
    judge: Annotated[
        JudgeModel | None,
        "a model that compares two answers where neither words nor similarity decide; it is sent the question and both "
        "answers",
    ] = None


@dataclass(frozen=True, slots=True)
class Store:
    """Which answers are kept."""

    max_temperature: Annotated[
        float | None,
        number(0),
        "answers sampled hotter are not kept, nor are those to requests without a temperature; null keeps all",
    ] = None
    max_bytes: Annotated[int, size(least=KB), "larger answers are not kept"] = 4 * MB
    refusals: Annotated[
        Refusals,
        one_of(*Refusals),
        "whether answers in which the model declines are kept: never, for the exact request, or for similar ones, too",
    ] = Refusals.EXACT
    cache_control: Annotated[
        CacheControl,
        one_of(*CacheControl),
        "whether an upstream's own cache-control is obeyed: no-store keeps nothing, private nothing that callers would "
        "share. Servers send them unasked, so that by default they are not",
    ] = CacheControl.IGNORE
    private_tools: Annotated[
        bool,
        FLAG,
        "whether calls are looked up by which the upstream reads private data or acts (MCP servers and connectors, "
        "file search, Azure's data_sources, presets): a hit repeats the answer, and nothing is read or done again",
    ] = False
    erased_within: Annotated[
        float,
        duration(most=DAY),
        "how long what has expired, was replaced or purged may still be read in the files of the data folder, at most; "
        "what is purged goes within seconds",
    ] = 600.0


@dataclass(frozen=True, slots=True)
class Templates:
    """Documents of the user's own around a hit's text."""

    whole: Annotated[
        Template | None,
        WHOLE_TEMPLATE,
        "the JSON document of a hit, with %s for the answer's text, which is escaped, and %% for a percent sign",
    ] = None
    stream: Annotated[
        Template | None, STREAM_TEMPLATE, "the same for callers of a stream: all of its events, data:[DONE] included"
    ] = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The cache's own pages, on the proxy itself."""

    enabled: Annotated[
        bool, FLAG, "whether /_ai_cache/ shows what the cache does, and /_ai_cache/metrics is there for Prometheus"
    ] = True
    token: Annotated[
        str | None,
        TOKEN,
        "what whoever looks must know: as Authorization: Bearer …, or once in a browser as /_ai_cache/?token=…; null: "
        "one that is made once, kept in the data folder (dashboard-token), and logged at the start with the URL",
    ] = field(default=None, repr=False)
    open_metrics: Annotated[
        bool,
        FLAG,
        "whether /_ai_cache/metrics, names of models and counts, is for whoever can reach the proxy, without a token",
    ] = False


@dataclass(frozen=True, slots=True)
class Log:
    """What was decided, line by line."""

    file: Annotated[
        str | None,
        FILE,
        "where every decision is written, as a line of JSON without questions and answers; null: nowhere",
    ] = None
    text: Annotated[
        bool, FLAG, "whether the questions are shown: in the log, in traces and among the dashboard's top questions"
    ] = False
    max_bytes: Annotated[int, size(least=64 * KB), "a file that would become larger is moved aside, as FILE.1"] = (
        64 * MB
    )
    keep: Annotated[int, whole(1, 1000), "how many of those are kept"] = 5
    max_age: Annotated[
        float, duration(most=3650 * DAY), "older lines are deleted, within a tenth of that time, an hour at most"
    ] = 7 * DAY


@dataclass(frozen=True, slots=True)
class Otel:
    """Traces for OpenTelemetry."""

    endpoint: Annotated[
        str | None,
        HTTP_URL,
        "a collector that takes OTLP over HTTP, up to /v1/traces; null: what OTEL_EXPORTER_OTLP_ENDPOINT says, and "
        "without that no traces. Needs the extra otel: pip install '.[otel]' in a checkout",
    ] = None


@dataclass(frozen=True, slots=True)
class Speed:
    """What makes mitmproxy itself faster."""

    dispatch: Annotated[
        bool,
        FLAG,
        "whether mitmproxy's events go only to those of its addons that have a hook for them; it asks all of them "
        "otherwise, which is half of its work. Versions of mitmproxy that this was not written for keep their own way",
    ] = True
    fast_lane: Annotated[
        bool,
        FLAG,
        "whether requests whose answers `exact.near_cache` holds are answered past mitmproxy's flows, at a tenth of "
        "the cost or less. Where anything wants flows they take the ordinary way: in mitmweb and the console, for the "
        "line that mitmdump prints of each (not with `-q`), for `-w`, filters and other addons. Versions of mitmproxy "
        "that this was not written for have none of it",
    ] = True


@dataclass(frozen=True, slots=True)
class Config:
    """All settings: times in seconds, sizes in bytes. Sections are equal when all their keys are, and can be hashed."""

    enabled: Annotated[
        bool, FLAG, "whether the cache does anything at all; false: every request passes untouched, and no part runs"
    ] = True
    session_id: Annotated[str, TEXT, "part of every key: a new one is an empty cache"] = ""
    scope: Annotated[
        Scope, _SCOPE, "who shares answers: callers with the same API key, all, or those with one value in a header"
    ] = Credential()
    context: Annotated[
        Context, one_of(*Context), "how much of the conversation before the question takes part in the key"
    ] = Context.FULL
    answers: Annotated[
        Answers,
        one_of(*Answers),
        "whether a question asked through one API is answered with what was said through another one of the same "
        "upstream; plain text and function calls only",
    ] = Answers.PER_API
    lookup_timeout: Annotated[
        float, _WAIT, "how long a whole lookup may take, from reading the request on; past it the call goes upstream"
    ] = 0.5
    ignore: Annotated[
        tuple[str, ...],
        TEXT,
        "fields of the request's body that cannot change the answer; those that name an end user do count where the "
        "question is about the person or the moment",
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
        tuple[Pattern[str], ...],
        PATTERN,
        "what is blanked out of system prompts for the key, such as today's date; a request with which the patterns "
        "take longer than 30 ms goes upstream",
    ] = ()
    ignore_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that say nothing here; every header that is not known to say nothing is part of the key, and "
        "the log names those by which requests miss",
    ] = ()
    credential_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that say who asks and nothing else, beside those of known APIs and gateways",
    ] = ()
    key_headers: Annotated[
        tuple[str, ...],
        HEADER_NAME,
        "request headers that change the answer here, though they are known to say nothing elsewhere",
    ] = ()
    exact: Annotated[Exact, "answers to the very same request"] = Exact()
    semantic: Annotated[Semantic, "answers to a question of the same meaning"] = Semantic()
    store: Annotated[Store, "which answers are kept"] = Store()
    embeddings: Annotated[
        bool,
        FLAG,
        "whether embeddings endpoints are cached as well, each text for itself: of a batch, only what is new goes "
        "upstream",
    ] = True
    templates: Annotated[
        Templates,
        "how hits on chat completions are written, where their text alone will do; null: as the API itself does",
    ] = Templates()
    max_request: Annotated[
        int,
        size(least=KB),
        "larger requests, and those larger than store.max_bytes, are forwarded without a look, as their bytes come",
    ] = 4 * MB
    dashboard: Annotated[Dashboard, "the cache's own pages, at /_ai_cache/ of the proxy"] = Dashboard()
    log: Annotated[Log, "what was decided, line by line"] = Log()
    otel: Annotated[Otel, "traces for OpenTelemetry, one span a look-up"] = Otel()
    prices: Annotated[
        tuple[Price, ...],
        PRICE,
        "what models' tokens cost, in US dollars for a million, to show what was saved; gpt-4o is gpt-4o-2024-08-06, "
        "too. These come before the built-in list prices",
    ] = ()
    speed: Annotated[Speed, "what makes mitmproxy itself faster"] = Speed()
