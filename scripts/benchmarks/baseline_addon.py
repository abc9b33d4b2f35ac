"""The baseline: a mitmproxy addon that answers every chat completion with a constant."""

from mitmproxy.http import HTTPFlow, Response

ANSWER = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-test","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"'
    + b"An answer of a usual length, which says what there is to say. "
    * 12
    + b'"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":160,'
    b'"total_tokens":180}}'
)


def request(flow: HTTPFlow) -> None:
    if flow.request.path.endswith("/chat/completions"):
        flow.response = Response.make(200, ANSWER, {"content-type": "application/json"})
