"""Known request header fields, each with its source: harmless ones, and those that identify the caller. Data only.

A field is listed because of its documentation; `request_headers` explains how the lists are used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _all(source: str, prefix: str, names: str) -> dict[str, str]:
    return {prefix + name: source for name in names.split()}


_STAINLESS = "Stainless, which generates the SDKs of OpenAI, Anthropic and others: platform, retries, helpers"
_FERN = "Fern, which generates the SDKs of Cohere and others: language and version"
_FC = "Alibaba Cloud Function Compute, common request headers"
FUNCTION_COMPUTE: Mapping[str, str] = {
    **_all(_FC, "x-fc-", "request-id access-key-id access-key-secret security-token account-id region"),
    **_all(_FC, "x-fc-", "function-name function-handler function-memory function-timeout function-initializer"),
    **_all(_FC, "x-fc-", "initialization-timeout instance-lifecycle-pre-stop-handler qualifier version-id"),
    **_all(_FC, "x-fc-", "instance-lifecycle-pre-freeze-handler service-name service-logproject service-logstore"),
    **_all(_FC, "x-fc-", "control-path"),
}
"""Fields that Function Compute adds to each request of a function, with the credentials of the function's own role
(https://www.alibabacloud.com/help/en/functioncompute/fc/context-and-log-format-1)."""
HARMLESS: Mapping[str, str] = {
    # consumed here
    "cache-control": "RFC 9111, 5.2: directives for this cache",
    "pragma": "RFC 9111, 5.4",
    "x-higress-skip-ai-cache": "Higress ai-cache: neither look up nor store",
    **_all("this cache's own", "x-ai-cache-", "ttl threshold feedback key dashboard"),
    "origin": "RFC 6454, 7: compared with the stored CORS fields instead, whenever an entry answers",
    # transport
    "host": "RFC 9110, 7.2: part of the upstream's name",
    "content-length": "RFC 9110, 8.6",
    "connection": "RFC 9110, 7.6.1; only with the values of `HARMLESS_VALUES`",
    "keep-alive": "RFC 2068, 19.7.1.1",
    "proxy-connection": "RFC 9112, C.2.2; only with the values of `HARMLESS_VALUES`",
    "te": "RFC 9110, 10.1.4; only with the values of `HARMLESS_VALUES`",
    "transfer-encoding": "RFC 9112, 6.1; only with the values of `HARMLESS_VALUES`",
    "expect": "RFC 9110, 10.1.1; only with the values of `HARMLESS_VALUES`",
    "accept-language": "RFC 9110, 12.5.4; only with the values of `HARMLESS_VALUES`: none is preferred",
    "accept-encoding": "RFC 9110, 12.5.3: replaced before a request that is cached goes upstream",
    "priority": "RFC 9218, 5",
    "date": "RFC 9110, 6.6.1",
    "upgrade-insecure-requests": "W3C Upgrade Insecure Requests, 3.2.1",
    # what is asked for, where it is said in the body or the path as well
    "content-type": "RFC 9110, 8.3; only with the values of `HARMLESS_VALUES`",
    "content-encoding": "RFC 9110, 8.4; only with the values of `HARMLESS_VALUES`, which are undone before parsing",
    "accept": "RFC 9110, 12.5.1; only with the values of `HARMLESS_VALUES`: streams are asked for in the body",
    # user agents
    "user-agent": "RFC 9110, 10.1.5",
    "sec-ch-ua": "W3C User-Agent Client Hints",
    **_all("W3C User-Agent Client Hints", "sec-ch-ua-", "mobile platform platform-version arch bitness model wow64"),
    **_all("W3C User-Agent Client Hints", "sec-ch-ua-", "full-version full-version-list form-factors"),
    **_all("W3C Fetch Metadata", "sec-fetch-", "site mode dest user"),
    "sec-gpc": "W3C Global Privacy Control",
    "dnt": "W3C Tracking Preference Expression",
    # SDK telemetry
    **_all(_STAINLESS, "x-stainless-", "lang package-version os arch runtime runtime-version async raw-response"),
    **_all(_STAINLESS, "x-stainless-", "retry-count timeout read-timeout helper helper-method stream-helper"),
    **_all(_STAINLESS, "x-stainless-", "poll-helper custom-poll-interval"),
    "x-goog-api-client": "google-api-core: versions of the client's libraries",
    "x-amz-user-agent": "AWS SDKs for browsers: the client's version",
    "x-server-timeout": "google-genai SDK: time limit",
    "x-dashscope-sse": "DashScope, streaming; only with the values of `HARMLESS_VALUES`",
    "x-dashscope-useragent": "dashscope SDK: its version and platform",
    **_all("dashscope SDK 2: its version, and a number of the process", "x-dashscope-sdk-", "client session-id"),
    "x-accel-buffering": "dashscope SDK: asks nginx not to hold a stream back",
    **_all(_FERN, "x-fern-", "language platform runtime runtime-version sdk-name sdk-version"),
    "anthropic-dangerous-direct-browser-access": "Anthropic SDK: allows CORS, changes no answer",
    "x-app": "Claude Code: names the program; only with the values of `HARMLESS_VALUES`",
    "http-referer": "OpenRouter, App Attribution: names the application in its rankings",
    "x-title": "OpenRouter, App Attribution",
    "x-openrouter-title": "OpenRouter, App Attribution",
    "originator": "Codex: names the program",
    "editor-version": "GitHub Copilot: version of the editor",
    "editor-plugin-version": "GitHub Copilot: version of the editor's plugin",
    # tracing
    "traceparent": "W3C Trace Context",
    "tracestate": "W3C Trace Context",
    "baggage": "W3C Baggage; only with the values of `HARMLESS_VALUES`: Sentry's own, others route by it",
    "b3": "B3 Propagation (Zipkin)",
    **_all("B3 Propagation (Zipkin)", "x-b3-", "traceid spanid parentspanid sampled flags"),
    "uber-trace-id": "Jaeger",
    "x-ot-span-context": "OpenTracing (Lightstep, Envoy)",
    **_all("OpenTracing (Lightstep)", "ot-tracer-", "traceid spanid sampled"),
    "sentry-trace": "Sentry",
    **_all("Datadog", "x-datadog-", "trace-id parent-id sampling-priority origin tags sampled"),
    "newrelic": "New Relic, Distributed Tracing",
    "elastic-apm-traceparent": "Elastic APM",
    **_all("Instana", "x-instana-", "t s l"),
    "sw8": "Apache SkyWalking, Cross Process Propagation",
    "eagleeye-traceid": "Alibaba Cloud ARMS",
    "x-dynatrace": "Dynatrace, Distributed Tracing",
    "x-honeycomb-trace": "Honeycomb",
    "langsmith-trace": "LangSmith, Distributed Tracing",
    "x-amzn-trace-id": "AWS X-Ray, Application Load Balancer",
    "x-cloud-trace-context": "Google Cloud Trace",
    "grpc-trace-bin": "OpenCensus",
    # ids of one request
    "x-request-id": "Heroku, Envoy and others: names one request",
    "request-id": "Azure Application Insights (legacy correlation)",
    "request-context": "Azure Application Insights (legacy correlation)",
    "x-correlation-id": "names one request",
    "correlation-id": "names one request",
    "x-trace-id": "names one request",
    "x-client-request-id": "OpenAI, Debugging requests; Azure SDK guidelines",
    "x-ms-client-request-id": "Azure SDK guidelines: names one request",
    "x-ms-return-client-request-id": "Azure SDK guidelines",
    "x-amzn-requestid": "Amazon API Gateway: names one request",
    "amz-sdk-invocation-id": "AWS SDKs: names one request",
    "amz-sdk-request": "AWS SDKs: number of the attempt",
    "idempotency-key": "IETF draft-ietf-httpapi-idempotency-key-header: names one request",
    "x-idempotency-key": "names one request",
    "x-replay-id": "tools that play recorded traffic again: numbers the recording",
    "x-request-start": "Heroku, New Relic: when a router took the request",
    "x-queue-start": "New Relic: when a router took the request",
    "x-kong-request-id": "Kong: names one request",
    "x-vcap-request-id": "Cloud Foundry: names one request",
    "x-litellm-call-id": "LiteLLM: names one request",
    "x-litellm-trace-id": "LiteLLM, Logging: groups requests",
    # CDNs and load balancers
    "via": "RFC 9110, 7.6.3",
    "cdn-loop": "RFC 8586",
    "x-forwarded-proto": "MDN: how the client reached a proxy in front",
    "x-forwarded-port": "AWS Elastic Load Balancing: how the client reached a proxy in front",
    "x-forwarded-scheme": "Traefik, ingress-nginx: how the client reached a proxy in front",
    "x-scheme": "ingress-nginx: how the client reached a proxy in front",
    "cf-ray": "Cloudflare: names one request",
    "cf-request-id": "Cloudflare: names one request",
    "cf-visitor": "Cloudflare: how the client reached it",
    "cf-ew-via": "Cloudflare Workers: loop detection",
    "x-amz-cf-id": "CloudFront: names one request",
    "x-azure-ref": "Azure Front Door: names one request",
    "x-appgw-trace-id": "Azure Application Gateway: names one request",
    "x-arr-log-id": "Azure App Service: names one request",
    "x-nf-request-id": "Netlify: names one request",
    "x-envoy-attempt-count": "Envoy: number of the attempt",
    "x-envoy-expected-rq-timeout-ms": "Envoy: time limit",
    "x-vercel-id": "Vercel: names one request",
    "fly-request-id": "Fly.io: names one request",
    "x-railway-request-id": "Railway: names one request",
    "x-fc-request-id": f"{_FC}: names one request",
    # sessions of known clients: they group requests for people and dashboards
    "x-claude-code-session-id": "Claude Code: names one session",
    "x-codex-window-id": "Codex: names one conversation",
    "x-codex-turn-metadata": "Codex: ids, times and settings of one turn, for its telemetry",
    "session-id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "session_id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "conversation_id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "thread-id": "Codex: names one conversation; only as `HARMLESS_BESIDE` says",
    "x-session-id": "opencode: names one session; only as `HARMLESS_BESIDE` says",
    "x-session-affinity": "opencode: names one session; only as `HARMLESS_BESIDE` says",
    "x-opencode-session": "opencode: names one session",
    "x-opencode-request": "opencode: names one request",
    "x-openwebui-chat-id": "Open WebUI, ENABLE_FORWARD_USER_INFO_HEADERS: names one chat",
    "x-openwebui-message-id": "Open WebUI, ENABLE_FORWARD_USER_INFO_HEADERS: names one message",
    **_all("Helicone, Sessions: groups requests in its dashboard", "helicone-session-", "id name path"),
    "helicone-request-id": "Helicone, Custom request ids",
    **_all("Portkey, Tracing", "x-portkey-", "trace-id span-id span-name parent-span-id"),
    "cf-aig-collect-log": "Cloudflare AI Gateway, Logging",
    "cf-aig-event-id": "Cloudflare AI Gateway: names one request",
}
"""Fields that never select an answer, by lower-case name, with the source. Names are listed whole: anybody may have
a field with the same prefix."""

ADDRESSES: Mapping[str, str] = {
    "forwarded": "RFC 7239",
    "x-forwarded-for": "MDN",
    "x-real-ip": "nginx",
    "x-client-ip": "Apache mod_remoteip and others",
    "x-cluster-client-ip": "Rackspace, Zeus",
    "x-original-forwarded-for": "ingress-nginx",
    "true-client-ip": "Akamai, Cloudflare",
    "cf-connecting-ip": "Cloudflare",
    "cf-connecting-ipv6": "Cloudflare",
    "cf-pseudo-ipv4": "Cloudflare",
    "fastly-client-ip": "Fastly",
    "fly-client-ip": "Fly.io",
    "x-envoy-external-address": "Envoy",
    "x-azure-clientip": "Azure Front Door",
    "x-azure-socketip": "Azure Front Door",
}
"""Fields in which proxies in front put the client's address: harmless next to a credential; without one, the only
distinction of callers."""

CREDENTIALS: Mapping[str, str] = {
    "authorization": "RFC 9110, 11.6.2",
    "proxy-authorization": "RFC 9110, 11.7.2",
    "cookie": "RFC 6265, without the cookies in `LOAD_BALANCERS`",
    "x-api-key": "Anthropic and many others",
    "api-key": "Azure OpenAI",
    "apikey": "Kong key-auth, Apache APISIX key-auth",
    "x-goog-api-key": "Gemini",
    "ocp-apim-subscription-key": "Azure API Management",
    "x-auth-token": "OpenStack and others",
    "openai-organization": "OpenAI, Authentication",
    "openai-project": "OpenAI, Authentication",
    "cf-aig-authorization": "Cloudflare AI Gateway, Authentication",
    "helicone-auth": "Helicone",
    "x-litellm-api-key": "LiteLLM proxy",
    "x-portkey-api-key": "Portkey",
}
"""Fields that identify the caller and do nothing else, in lower case, with the source."""

LOAD_BALANCERS = re.compile(
    r"(?:AWSALB|AWSALBCORS|AWSALBTG|AWSALBTGCORS|AWSELB|AWSELBCORS|GCLB|ARRAffinity|ARRAffinitySameSite"
    r"|ApplicationGatewayAffinity|ApplicationGatewayAffinityCORS|__cf_bm|_cfuvid|__cflb|__cfruid|acw_tc|aliyungf_tc"
    r"|INGRESSCOOKIE|X-Oracle-BMC-LBS-Route|ak_bmsc|incap_ses_\d+_\d+|visid_incap_\d+|nlbi_\d+(?:_\d+)?)=[!#-+\--:<-\[\]-~]*"
    r"|BIGipServer[\w.~-]+=\d+\.\d+\.\d+"
)
"""Cookies by which AWS, Google Cloud, Azure, Cloudflare, Imperva, F5, Akamai, Oracle, ingress-nginx and Alibaba Cloud
document that their load balancers and bot filters use for session affinity: clients send them back, and they change by
the hour. The values are cookie-octets (RFC 6265, 4.1.1), so no comma: some split a field there."""

_ADDRESS = r"(?:[0-9a-f.:]+(?:%\w+)?|\[[0-9a-f:]+\](?::\d+)?|unknown)"

HARMLESS_VALUES: Mapping[str, re.Pattern[str]] = {
    "connection": re.compile(r"keep-alive|close|te|keep-alive, ?te|te, ?keep-alive", re.I),
    "proxy-connection": re.compile(r"keep-alive|close", re.I),
    "te": re.compile(r"trailers", re.I),
    "transfer-encoding": re.compile(r"chunked", re.I),
    "expect": re.compile(r"100-continue", re.I),
    "x-dashscope-sse": re.compile(r"enable|disable", re.I),
    "content-type": re.compile(r'application/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?', re.I),
    "content-encoding": re.compile(r"identity|(?:x-)?gzip|deflate|br|zstd", re.I),
    "accept-language": re.compile(r"\*"),
    "x-app": re.compile(r"cli(?:-bg)?"),
    "baggage": re.compile(r"sentry-\w+=[^,;=]*(?:, ?sentry-\w+=[^,;=]*)*"),
    **dict.fromkeys(
        (name for name in ADDRESSES if name != "forwarded"),
        re.compile(rf"{_ADDRESS}(?:, ?{_ADDRESS})*", re.I),
    ),
    "forwarded": re.compile(r'(?:(?:for|by|proto)=(?:"[\w.:\[\]-]*"|[\w.:-]+)(?:[;,] ?|$))+', re.I),
    "accept": re.compile(
        r"(?:(?:\*/\*|application/json|text/event-stream|application/x-ndjson)"
        r"(?:[ \t]*;[ \t]*(?:q=[01](?:\.\d{1,3})?|charset=utf-8))?"
        r"(?:[ \t]*,[ \t]*|$))+",
        re.I,
    ),
}
"""Fields that are harmless with these values and select the answer with others: a charset, another media type, an
option named by ``Connection``."""

HARMLESS_BESIDE: Mapping[str, tuple[str, re.Pattern[str]]] = {
    **dict.fromkeys(
        ("session-id", "session_id", "thread-id", "conversation_id"), ("originator", re.compile(r"codex[\w-]*"))
    ),
    "x-session-id": ("x-session-affinity", re.compile(r"ses_\w{16,40}")),
    "x-session-affinity": ("x-session-id", re.compile(r"ses_\w{16,40}")),
}
"""Fields whose names anybody may use for a user's session: harmless only together with another field, which identifies
the one client that numbers its conversations so."""
