import json
import re

import pytest
import yaml

from aicache.config import (
    Config,
    ConfigError,
    Credential,
    DashScopeEmbedder,
    DashVectorIndex,
    LocalEmbedder,
    OpenAIEmbedder,
    Redis,
    Templates,
    ZvecIndex,
    load,
    translate_higress,
)
from aicache.config.higress import is_higress
from aicache.config.syntax import compose
from aicache.domain.conversation import Context

DAY = 86400.0
SECRETS = {"REDIS_PASSWORD": "hunter2", "DASHSCOPE_API_KEY": "sk-scope", "DASHVECTOR_API_KEY": "sk-vector"}

CURRENT = """\
cacheKeyStrategy: allQuestions
enableSemanticCache: true
cacheKeyFrom: messages.@reverse.0.content
cacheValueFrom: choices.0.message.content
cacheStreamValueFrom: choices.0.delta.content
cache:
  type: redis
  serviceName: my_redis.dns
  serviceHost: redis.example.com
  servicePort: 6380
  username: cache
  password: hunter2
  timeout: 100
  cacheTTL: 3600
  cacheKeyPrefix: "ai:"
  database: 2
vector:
  type: dashvector
  serviceName: my_dashvector.dns
  serviceHost: vrs-cn-x.dashvector.cn-hangzhou.aliyuncs.com
  apiKey: sk-vector
  topK: 3
  timeout: 300
  collectionID: higress
  threshold: 0.1
  thresholdRelation: lt
embedding:
  type: dashscope
  serviceName: my_dashscope.dns
  apiKey: sk-scope
  model: text-embedding-v3
  timeout: 400
"""
OLDER = """\
redis:
  serviceName: redis.cache.svc.cluster.local
  timeout: 2000
cacheKeyFrom:
  requestBody: 'messages.@reverse.#(role=="user").content'
cacheValueFrom:
  responseBody: choices.0.message.content
cacheKeyPrefix: "older:"
cacheTTL: 86400
returnResponseTemplate: '{"choices":[{"message":{"content":"%s"}}]}'
"""
DEMO = """\
dashvector:
  DashScopeKey: "sk-scope" // the key of the text embedding
  DashScopeServiceName: "qwen" // important
  DashVectorCollection: "demo"
  DashVectorEnd: "vrs-cn-x.dashvector.cn-hangzhou.aliyuncs.com"
  DashVectorKey: "sk-vector" // the key of DashVector
  DashVectorServiceName: "DashVector"
  SessionID: "XXX"
redis: // important
  serviceName: "redis.static"
  serviceHost: "10.0.0.7"
  timeout: 2000
"""
LATER_DEMO = """\
Dash:
  dashScopeKey: "sk-scope" # the key of the text embedding
  dashScopeServiceName: "qwen"
  dashVectorCollection: "demo"
  dashVectorEnd: "vrs-cn-x.dashvector.cn-hangzhou.aliyuncs.com"
  dashVectorKey: "sk-vector"
  dashVectorServiceName: "DashVector.dns"
  sessionID: "XXX"
redis:
  serviceName: "redis.static"
  serviceHost: "10.0.0.7"
  timeout: 2000
"""
ENDPOINT = "vrs-cn-x.dashvector.cn-hangzhou.aliyuncs.com"
VECTOR = f"vector: {{type: dashvector, serviceHost: {ENDPOINT}, apiKey: k, collectionID: abc, %s}}\n"
EMBEDDING = "enableSemanticCache: true\nembedding: {serviceName: x.dns, %s}\n"
TEMPLATED = r"""
redis: {serviceHost: r, legacy_text: true}
responseTemplate: '{"id":"from-cache","choices":[{"index":0,"message":{"role":"assistant","content":"%s"},
  "finish_reason":"stop"}],"model":"from-cache","object":"chat.completion",
  "usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}'
streamResponseTemplate: "data:{\"id\":\"from-cache\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",
  \"content\":\"%s\"},\"finish_reason\":\"stop\"}],\"model\":\"from-cache\"}\n\ndata:[DONE]\n\n"
"""
WRAPPED = """\
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: ai-cache-1.0.0
  namespace: higress-system
spec:
  defaultConfig:
    cache: {type: redis, serviceHost: one}
    cacheKeyStrategy: allQuestions
  matchRules:
  - config:
      cache: {type: redis, serviceHost: two}
    ingress: [qwen]
  url: oci://higress-registry.cn-hangzhou.cr.aliyuncs.com/plugins/ai-cache:1.0.0
"""


def load_with_notes(text: str, **env: str) -> tuple[Config, list[str]]:
    """The configuration, and the notes."""
    notes: list[str] = []
    return load(text, "higress.yaml", env, notes.append), notes


def loaded(text: str, **env: str) -> Config:
    return load_with_notes(text, **env)[0]


def noted(text: str, words: str) -> str:
    """The one note that holds the words."""
    (note,) = [note for note in load_with_notes(text)[1] if words in note]
    return note


def problems(text: str, **env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(text, **env)
    return list(caught.value.problems)


# recognized


@pytest.mark.parametrize(
    "text",
    [
        CURRENT,
        OLDER,
        LATER_DEMO,
        WRAPPED,
        "cacheKeyStrategy: lastQuestion",
        "redis: {serviceName: redis.static}",
        "cache: {type: redis}",
    ],
)
def test_higress_is_known_by_its_keys(text):
    assert is_higress(compose(text, ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[cache]",
        "cache",
        "scope: shared",
        "redis: {url: redis://a}",
        "cache: {ttl: 7d}",
        "vector:",
        "spec: {}",
        "spec: {defaultConfig: {a: 1}, matchRules: [1, {config: 2}]}",
        "context: full\ncacheKeyStrategy: lastQuestion",
        "? {a: b}\n: c",
    ],
)
def test_what_is_ours_or_anyones_is_not_taken_for_it(text):
    assert not is_higress(compose(text, ""))


def test_a_mixture_is_read_as_our_own():
    assert problems("context: full\ncacheTTL: 5")[0].startswith("cacheTTL: unknown key")


# each generation


def test_current_names():
    config = loaded(CURRENT)

    assert config.context is Context.ALL_QUESTIONS
    assert config.exact.redis == Redis("redis://cache:hunter2@redis.example.com:6380/2", "ai:", 0.1)
    assert config.exact.ttl == 3600.0
    assert config.semantic.enabled
    assert (config.semantic.threshold, config.semantic.top_k) == (0.9, 3)
    assert config.semantic.embedder == DashScopeEmbedder(api_key="sk-scope", model="text-embedding-v3", timeout=0.4)
    assert config.semantic.index == DashVectorIndex(
        endpoint=ENDPOINT, api_key="sk-vector", collection="higress", timeout=0.3
    )
    assert config.scope == Credential()


def test_older_names():
    config = loaded(OLDER)

    assert config.exact.redis == Redis("redis://redis.cache.svc.cluster.local:6379/0", "older:", 2.0)
    assert config.exact.ttl == DAY
    assert config.context is Context.LAST_QUESTION
    assert not config.semantic.enabled


@pytest.mark.parametrize("text", [DEMO, LATER_DEMO], ids=["as published", "later"])
def test_the_demo(text):
    config = loaded(text)

    assert config.session_id == "XXX"
    assert config.exact.redis == Redis("redis://10.0.0.7:6379/0", "higress-ai-cache:", 2.0)
    assert config.semantic.embedder == DashScopeEmbedder(api_key="sk-scope", model="text-embedding-v1")
    assert config.semantic.index == DashVectorIndex(endpoint=ENDPOINT, api_key="sk-vector", collection="demo")
    assert (config.semantic.enabled, config.semantic.threshold) == (True, 0.9)


def test_the_demo_as_it_stands_lacks_only_hosts():
    text = DEMO.replace('  serviceHost: "10.0.0.7"\n', "").replace(ENDPOINT, "YOUR_VECTOR_ENDPOINT")

    assert problems(text) == [
        "dashvector.DashVectorEnd: YOUR_VECTOR_ENDPOINT is not a host name (higress.yaml line 5)",
        "redis.serviceName: redis.static is known in Higress's registry only, it is no host: write "
        "redis.serviceHost: 127.0.0.1, or wherever it is (higress.yaml line 10)",
    ]


def test_a_resource_gives_its_default_configuration_and_names_the_rest():
    config, notes = load_with_notes(WRAPPED)

    assert config.exact.redis == Redis("redis://one:6379/0", "higress-ai-cache:")
    assert config.context is Context.ALL_QUESTIONS
    assert notes[0] == (
        "spec.matchRules[0].config: one configuration is taken, and this is another: it wants a proxy of its own "
        "(higress.yaml line 11)"
    )


def test_a_resource_without_a_default_gives_its_first_rule():
    text = re.sub(r"  defaultConfig:\n(    .*\n)+", "  defaultConfig: {}\n", WRAPPED)

    assert loaded(text).exact.redis == Redis("redis://two:6379/0", "higress-ai-cache:")


def test_problems_in_a_resource_have_their_whole_name():
    assert problems(WRAPPED.replace("type: redis, serviceHost: one", "type: mem, serviceHost: one")) == [
        "spec.defaultConfig.cache.type: mem: write redis, which is the only one there is (higress.yaml line 8)"
    ]


# defaults are Higress's


def test_what_is_left_out_is_as_in_higress():
    config, notes = load_with_notes("cache: {type: redis, serviceHost: r}")

    assert config.context is Context.LAST_QUESTION
    assert config.exact.redis == Redis("redis://r:6379/0", "higress-ai-cache:")
    assert config.exact.ttl == 3650 * DAY
    assert not config.semantic.enabled
    assert any("3650d" in note for note in notes)
    assert any("scope: shared" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("cacheKeyStrategy: lastQuestion", Context.LAST_QUESTION),
        ("cacheKeyStrategy: allQuestions", Context.ALL_QUESTIONS),
        ("cacheKeyFrom: messages.@reverse.0.content", Context.LAST_QUESTION),
        ("""cacheKeyFrom: 'messages.@reverse.#(role=="user")#.content'""", Context.ALL_QUESTIONS),
    ],
)
def test_the_strategy_is_a_context(text, context):
    assert loaded(text).context is context


def test_a_vector_section_is_enough_for_semantic_look_up():
    """Fault 1: in Higress it is off unless enableSemanticCache is written out."""
    text = VECTOR % "topK: 2" + "cache: {type: redis, serviceHost: r}"

    assert loaded(text).semantic.enabled
    assert "write false if that was meant (higress.yaml line 1)" in noted(text, "issue 3880")


def test_semantic_look_up_that_is_switched_off_needs_no_service():
    config = loaded("enableSemanticCache: false\nvector: {type: milvus}\nembedding: {type: xfyun}")

    assert not config.semantic.enabled


def test_semantic_look_up_without_services_is_embedded():
    semantic = loaded("enableSemanticCache: true").semantic

    assert (semantic.enabled, semantic.embedder, semantic.index) == (True, LocalEmbedder(), ZvecIndex())


@pytest.mark.parametrize(
    ("written", "threshold"),
    [
        ("threshold: 0.1", 0.9),
        ("threshold: 0.1, thresholdRelation: lte", 0.9),
        ("threshold: 0.93, thresholdRelation: gt", 0.93),
        ("threshold: 1, thresholdRelation: gte", 1.0),
        ("topK: 1", None),
        ("threshold: 1000", None),
        ("threshold: 0", None),
        ("threshold: -1, thresholdRelation: gt", None),
    ],
)
def test_threshold_and_relation_are_a_similarity(written, threshold):
    assert loaded(VECTOR % written).semantic.threshold == threshold


def test_a_threshold_that_any_neighbor_passes_is_not_taken():
    """Fault 3."""
    assert noted(VECTOR % "threshold: 1000", "lets any neighbor answer").startswith("vector.threshold: lt 1000")


@pytest.mark.parametrize(
    ("written", "embedder"),
    [
        ("type: dashscope, apiKey: k", DashScopeEmbedder(api_key="k", model="text-embedding-v2")),
        (
            "type: dashscope, apiKey: k, serviceHost: dashscope-intl.aliyuncs.com",
            DashScopeEmbedder(
                api_key="k", model="text-embedding-v2", base_url="https://dashscope-intl.aliyuncs.com/api/v1"
            ),
        ),
        ("type: openai, apiKey: k", OpenAIEmbedder(model="text-embedding-3-small", api_key="k")),
        (
            "type: openai, apiKey: k, serviceHost: vllm, servicePort: 8000, model: bge-m3, timeout: 60000",
            OpenAIEmbedder(model="bge-m3", api_key="k", base_url="http://vllm:8000/v1", timeout=30.0),
        ),
        (
            "type: ollama, serviceHost: 10.0.0.9",
            OpenAIEmbedder(model="llama3.2", base_url="http://10.0.0.9:11434/v1"),
        ),
        (
            "type: azure, apiKey: k, serviceHost: r.openai.azure.com, apiVersion: 2024-10-21",
            OpenAIEmbedder(
                model="text-embedding-ada-002",
                api_key="k",
                base_url="https://r.openai.azure.com/openai/deployments/text-embedding-ada-002?api-version=2024-10-21",
            ),
        ),
    ],
)
def test_embedding_services(written, embedder):
    assert loaded(EMBEDDING % written).semantic.embedder == embedder


def test_a_strategy_of_none_at_all_switches_the_cache_off():
    config = loaded("cacheKeyStrategy: disabled\ncache: {type: redis, serviceHost: r}")

    assert not config.enabled
    assert config.exact.redis is not None
    assert loaded("cacheKeyStrategy: lastQuestion").enabled


@pytest.mark.parametrize(
    ("text", "whole", "stream"),
    [
        ('responseTemplate: \'{"a":"%s"}\'', '{"a":"hi"}', None),
        ('returnResponseTemplate: \'{"a":"%s"}\'', '{"a":"hi"}', None),
        ('responseTemplate: \'["%s"]\'\nreturnResponseTemplate: \'{"a":"%s"}\'', '{"a":"hi"}', None),
        ('streamResponseTemplate: "data:[\\"%s\\"]\\n\\ndata:[DONE]\\n\\n"', None, 'data:["hi"]\n\ndata:[DONE]\n\n'),
        ('returnStreamResponseTemplate: |\n  data:["%s"]\n\n  data:[DONE]', None, 'data:["hi"]\n\ndata:[DONE]\n\n'),
        ("responseTemplate: ''\nstreamResponseTemplate:", None, None),
    ],
    ids=["whole", "whole, older", "both", "stream", "stream, older", "none"],
)
def test_templates_carry_over(text, whole, stream):
    templates = loaded(f"cacheTTL: 5\n{text}").templates

    assert (templates.whole and templates.whole.fill("hi").decode()) == whole
    assert (templates.stream and templates.stream.fill("hi").decode()) == stream


def test_higress_own_templates_are_a_wish_like_any_other():
    templates = loaded(TEMPLATED).templates

    assert templates != Templates()
    assert templates.whole is not None and json.loads(templates.whole.fill('"'))["id"] == "from-cache"


def test_of_two_names_for_one_template_the_older_is_taken_and_the_other_named():
    text = 'responseTemplate: \'["%s"]\'\nreturnResponseTemplate: \'{"a":"%s"}\''

    assert noted(text, "left out") == (
        "responseTemplate: left out, since Higress goes by returnResponseTemplate where both stand "
        "(higress.yaml line 1)"
    )


# answers that Higress left


@pytest.mark.parametrize(
    "text",
    [
        "legacy_text: true\ncache: {type: redis, serviceHost: r}",
        "cache: {type: redis, serviceHost: r, legacy_text: true}",
        "redis: {serviceHost: r, legacy_text: true}",
    ],
)
def test_answers_that_higress_left_are_served_when_the_file_says_so(text):
    config, notes = load_with_notes(text)

    assert config.exact.redis == Redis("redis://r:6379/0", "higress-ai-cache:", legacy_text=True)
    assert not any("left in Redis are not served" in note for note in notes)
    assert "every caller whose API key the upstream has accepted" in noted(text, "what Higress left")


def test_without_a_word_they_are_not_and_it_is_said_how():
    text = "cache: {type: redis, serviceHost: r}"

    assert loaded(text).exact.redis == Redis("redis://r:6379/0", "higress-ai-cache:")
    assert "with legacy_text: true they are" in noted(text, "answers that Higress left")


def test_answers_left_under_lists_of_questions_are_said_not_to_be_found():
    text = """cacheKeyFrom: 'messages.@reverse.#(role=="user")#.content'\nredis: {serviceHost: r, legacy_text: true}"""

    assert noted(text, "not found by legacy_text").endswith("(higress.yaml line 1)")


@pytest.mark.parametrize("text", [VECTOR % "topK: 1", DEMO])
def test_vectors_that_higress_left_are_said_not_to_be_used(text):
    assert "vectors that are there already are not used" in noted(text, "vectors that are there")


def test_a_key_that_nobody_knows_is_named_and_left_out():
    assert noted("cacheTTL: 5\ncacheTll: 6", "cacheTll") == (
        "cacheTll: nothing is known by this name, so it is left out (higress.yaml line 2)"
    )


# problems


BAD = {
    "legacy_text: true\ncacheTTL: 5": "legacy_text: no cache section says in which Redis the answers are: write one",
    "redis: {serviceHost: r, legacy_text: some}": "redis.legacy_text: some is not true or false",
    "responseTemplate: '{}'": 'responseTemplate: {} has no %s, so all hits would say the same: write "%s" where',
    "returnResponseTemplate: '{\"a\":%s}'": 'returnResponseTemplate: {"a":%s} is not JSON once a text stands for %s',
    'streamResponseTemplate: \'{"a":"%s"}\'': 'streamResponseTemplate: {"a":"%s"} is no stream of events',
    "cacheKeyStrategy: last": "cacheKeyStrategy: last is not lastQuestion, allQuestions or disabled",
    "cacheKeyStrategy: [a]": "cacheKeyStrategy: a mapping or a list, where text or a number is right",
    "cacheKeyFrom: input.prompt": "cacheKeyFrom: input.prompt is not followed here: leave it out; the API's own format",
    "cacheValueFrom: {responseBody: output.text}": "cacheValueFrom.responseBody: output.text is not followed here",
    "enableSemanticCache: maybe": "enableSemanticCache: maybe is not true or false",
    "cacheTTL: 5\ncacheTTL: 6": "cacheTTL: written twice, first in line 1",
    "cache: {serviceHost: r}": "cache.type: missing: write redis",
    "cache: {type: redis}": "cache.serviceHost: missing: write cache.serviceHost: 127.0.0.1, or wherever it is",
    "cache: {type: redis, serviceName: my_redis.dns}": "cache.serviceName: my_redis.dns is known in Higress's registry",
    "cache: {type: redis, serviceHost: 'redis://r'}": "cache.serviceHost: is not a host name",
    "cache: {type: redis, serviceHost: r, servicePort: 70000}": "cache.servicePort: 70000 is not a whole number from 1",
    "cache: {type: redis, serviceHost: r, timeout: soon}": "cache.timeout: soon is not a number",
    "cache: {type: redis, serviceHost: r, cacheTTL: -1}": "cache.cacheTTL: -1 is not a whole number of at least 0",
    "cache: {type: redis, serviceHost: r, database: '${DB}'}": "cache.database: a number must be written out",
    "cache: {type: redis, serviceHost: r, password: '${GONE}'}": "cache.password: needs GONE from the environment",
    "vector: {type: milvus}": "vector.type: milvus: the one vector database here is dashvector",
    "vector: {type: dashvector, apiKey: k, collectionID: abc}": "vector.serviceHost: missing: write the cluster's",
    f"vector: {{type: dashvector, serviceHost: {ENDPOINT}, collectionID: abc}}": "vector.apiKey: missing: write ${DASH",
    VECTOR % "thresholdRelation: near": "vector.thresholdRelation: near is not lt, lte, gt or gte",
    VECTOR % "threshold: 1.5, thresholdRelation: gt": "vector.threshold: gt 1.5 lets no neighbor answer",
    VECTOR.replace("abc", "a.b") % "topK: 1": "vector.collectionID: a.b is not a name of 3 to 32 letters",
    VECTOR % "topK: 101": "vector.topK: 101 is not a whole number from 0 to 100",
    EMBEDDING % "type: xfyun": "embedding.type: xfyun: its API is not the one of OpenAI: serve the model with",
    EMBEDDING % "type: new": "embedding.type: new: write one of: dashscope, openai, azure, ollama, cohere",
    EMBEDDING % "type: openai": "embedding.apiKey: missing: write ${OPENAI_API_KEY}, and set that in the environment",
    EMBEDDING
    % "type: ollama": "embedding.serviceName: x.dns is known in Higress's registry only, it is no host: write",
    EMBEDDING % "type: dashscope, apiKey: k, model: v5": "embedding.model: v5 is not one of: text-embedding-v1",
}


@pytest.mark.parametrize(("text", "problem"), BAD.items())
def test_what_cannot_carry_over_is_named_as_the_file_does(text, problem):
    (said,) = problems(text)

    assert said.startswith(problem)
    assert re.search(r" \(higress\.yaml line [12]\)$", said)


def test_all_problems_come_at_once_in_the_order_of_the_lines():
    text = CURRENT.replace("redis.example.com", "a/b").replace("higress\n", "a.b\n").replace("lt\n", "near\n")

    found = [line.split(":")[0] for line in problems(text)]

    assert found == ["cache.serviceHost", "vector.collectionID", "vector.thresholdRelation"]


def test_yaml_that_is_none_is_said_to_be_none():
    assert problems("cacheTTL: 5\nredis: {")[0].startswith("not YAML: ")


def test_no_message_and_no_note_holds_a_secret():
    text = CURRENT.replace("password: hunter2", "password: 'hunter2 /'").replace("threshold: 0.1", "threshold: x")
    text = text.replace("apiKey: sk-vector", "apiKey: [sk-vector]").replace("6380", "63800000")

    said = "\n".join([*problems(text), *load_with_notes(CURRENT)[1]])

    assert not any(secret in said for secret in SECRETS.values())


# secrets and the environment


def test_the_environment_fills_in_text():
    text = CURRENT.replace("password: hunter2", "password: ${PW}").replace("apiKey: sk-scope", "apiKey: '${KEY:-none}'")

    config = loaded(text, PW="p@ss/word", KEY="from-env")

    assert config.exact.redis is not None
    assert config.exact.redis.url == "redis://cache:p%40ss%2Fword@redis.example.com:6380/2"
    assert config.semantic.embedder == DashScopeEmbedder(api_key="from-env", model="text-embedding-v3", timeout=0.4)


# migrated


@pytest.mark.parametrize(
    "text",
    [
        CURRENT,
        OLDER,
        DEMO,
        LATER_DEMO,
        WRAPPED,
        "enableSemanticCache: true",
        CURRENT.replace('"ai:"', "'a: #b'"),
        CURRENT.replace("password: hunter2", "password: ${REDIS_PASSWORD:-hunter2}"),
        VECTOR % "threshold: 0.123456, servicePort: 8443" + EMBEDDING % "type: ollama, serviceHost: '${HOST:-o}'",
        DEMO.replace('"XXX"', "'12'"),
        TEMPLATED,
        "cacheKeyStrategy: disabled\nredis: {serviceHost: r, legacy_text: on}",
        'responseTemplate: "[\\"\\U0001F600 \\u2028 %s\\"]"',
    ],
)
def test_what_is_migrated_means_the_same(text):
    ours = translate_higress(text, "higress.yaml", {}).yaml

    assert not is_higress(compose(ours, ""))
    assert load(
        ours, "ours.yaml", {**SECRETS, "DASHVECTOR_API_KEY": "k" if "apiKey: k" in text else "sk-vector"}
    ) == loaded(text)


def test_secrets_are_not_copied():
    ours = translate_higress(CURRENT.replace("hunter2", "${PW:-hunter2}"), "higress.yaml", {}).yaml

    assert not any(secret in ours for secret in SECRETS.values())
    assert "url: redis://cache:${PW}@redis.example.com:6380/2" in ours
    assert "# - PW: set it in the environment to what cache.password holds; in a URL, " in ours
    assert "# - DASHVECTOR_API_KEY: set it in the environment to what vector.apiKey holds" in ours


def test_migrated_notes_are_comments_and_keys_have_our_order():
    ours = translate_higress(OLDER, "higress.yaml", {}).yaml

    assert "# - returnResponseTemplate: hits with more than a text (tool calls, several choices) are written as" in ours
    assert " without a template all hits are, with the upstream's id and usage (higress.yaml line 10)\n" in ours
    assert list(yaml.safe_load(ours)) == ["context", "exact", "semantic", "templates"]


def test_the_demo_is_migrated_without_the_host_that_it_does_not_have():
    migration = translate_higress(DEMO.replace('  serviceHost: "10.0.0.7"\n', ""), "higress.yaml", {})

    (problem,) = migration.problems
    assert problem.startswith("redis.serviceName: redis.static is known in Higress's registry only")
    assert migration.yaml.startswith("# NOT COMPLETE. What could not be carried over:\n# - redis.serviceName: ")
    marked = "    # missing: write it in place of ${REDIS_HOST}, or set that in the environment\n    url: redis://${REDIS_HOST}:"
    assert marked in migration.yaml
    with pytest.raises(ConfigError, match="needs REDIS_HOST from the environment"):
        load(migration.yaml, "ours.yaml", SECRETS)
    assert load(migration.yaml, "ours.yaml", {**SECRETS, "REDIS_HOST": "10.0.0.7"}) == loaded(DEMO)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("cache: {type: redis, password: p}", "REDIS_HOST"),
        ("vector: {type: dashvector, apiKey: k, collectionID: abc}", "DASHVECTOR_ENDPOINT"),
        (f"vector: {{type: dashvector, serviceHost: {ENDPOINT}, apiKey: k}}", "DASHVECTOR_COLLECTION"),
        (f"vector: {{type: dashvector, serviceHost: {ENDPOINT}, collectionID: abc}}", "DASHVECTOR_API_KEY"),
        (EMBEDDING % "type: ollama", "EMBEDDING_HOST"),
        (EMBEDDING % "type: openai", "OPENAI_API_KEY"),
    ],
)
def test_a_variable_stands_for_what_the_file_lacks(text, variable):
    migration = translate_higress(text, "higress.yaml", {})

    assert len(migration.problems) == 1
    assert f"# missing: write it in place of ${{{variable}}}" in migration.yaml
    with pytest.raises(ConfigError, match=variable):
        load(migration.yaml, "ours.yaml", SECRETS if "API_KEY" not in variable else {"REDIS_PASSWORD": "p"})


def test_what_is_wrong_cannot_add_keys_to_the_migrated_file():
    migration = translate_higress(
        'cache: {type: redis, serviceHost: r, legacy_text: "no\\nscope: shared"}', "h.yaml", {}
    )

    assert len(migration.problems) == 1
    assert "scope" not in yaml.safe_load(migration.yaml)


def test_our_own_configuration_is_not_migrated():
    with pytest.raises(ConfigError, match="nothing to migrate"):
        translate_higress("scope: shared", "ours.yaml", {})
