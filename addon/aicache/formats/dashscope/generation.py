"""DashScope's native API for text and multimodal models, a vendor's own grammar beside its OpenAI-compatible one. Pure.

Sources: https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope, https://help.aliyun.com/zh/model-studio/stream,
and for what its clients read https://github.com/dashscope/dashscope-sdk-python.
"""

from __future__ import annotations

from collections.abc import Mapping

from aicache.domain.model import Answer, Call, Mode
from aicache.formats import failure_marks, refusals, response_format, sse
from aicache.formats.dashscope import answer as dashscope_answer
from aicache.formats.dashscope import interchange, request, stream
from aicache.formats.format import NO_HEADERS, BaseFormat, Facts
from aicache.formats.json_body import JSONObject, count, dump, load_object
from aicache.formats.upstream_state import STRICT, Allow

_PATHS = tuple(f"/services/aigc/{task}/generation" for task in ("text-generation", "multimodal-generation"))


class DashScope(BaseFormat):
    """The format of ``POST .../services/aigc/{text,multimodal}-generation/generation``, on any host.

    Its documents are the API's own whole answers, as JSON objects.
    """

    api = "dashscope"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith(_PATHS)

    def parse_request(
        self,
        path: str,
        body: bytes,
        *,
        query: str = "",
        headers: Mapping[str, str] = NO_HEADERS,
        tools_semantic: bool = False,
        allow: Allow = STRICT,
    ) -> Call:
        return request.parse(self.api, path, body, headers, tools_semantic=tools_semantic, allow=allow)

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer of at least *n* choices; ValueError says what is amiss."""
        try:
            if sse.is_stream(body):
                return Mode.STREAM, dashscope_answer.read(stream.gather(body, variant), n=n)
            return Mode.WHOLE, dashscope_answer.read(load_object(body), n=n)
        except RecursionError:
            raise ValueError("JSON nested too deeply") from None

    def facts(self, document: JSONObject) -> Facts:
        usage = document.get("usage") or {}
        told = [usage.get(name) for name in ("input_tokens", "output_tokens")]
        asked, said = (0, 0) if None in told else map(count, told)  # a stream may tell one of the two alone
        refused = refusals.any_declines(dashscope_answer.texts(document))
        return Facts(asked, said, refused, expires_at=failure_marks.expiry(document))

    def check(self, document: JSONObject, call: Call) -> None:
        dashscope_answer.refuse_useless(document)
        if (form := response_format.of_dashscope(call.params)) is not None:
            response_format.refuse_broken(dashscope_answer.texts(document), form)

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Write an answer as the API itself would; every event and every whole answer tells the usage."""
        match mode:
            case Mode.WHOLE:
                return dump(document)
            case Mode.STREAM:
                return stream.scatter(document, variant)

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json" if mode is Mode.WHOLE else "text/event-stream;charset=UTF-8"

    def understand(self, document: JSONObject) -> Answer:
        return interchange.understand(document)

    def express(self, answer: Answer, call: Call) -> JSONObject:
        return interchange.express(answer)


DASHSCOPE = DashScope()
