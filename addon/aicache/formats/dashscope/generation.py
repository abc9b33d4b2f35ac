"""DashScope's native API for text and multimodal models, beside its OpenAI-compatible one. Pure.

Sources: https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope, https://help.aliyun.com/zh/model-studio/stream,
and for its clients' needs https://github.com/dashscope/dashscope-sdk-python.
"""

from __future__ import annotations

from functools import partial

from aicache.domain.model import Answer, Call, Mode
from aicache.formats import failure_marks, hit_edits, refusals, response_format
from aicache.formats.answer_body import parse_answer_body
from aicache.formats.api_errors import APIError
from aicache.formats.dashscope import answer as dashscope_answer
from aicache.formats.dashscope import error as dashscope_error
from aicache.formats.dashscope import interchange, request, stream, stream_rendering
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, render_json, token_count

_PATHS = tuple(f"/services/aigc/{task}/generation" for task in ("text-generation", "multimodal-generation"))


class DashScope(BaseFormat):
    """The format of ``POST .../services/aigc/{text,multimodal}-generation/generation``, on any host.

    Its documents are whole (unstreamed) answers of the API, as JSON objects.
    """

    api = "dashscope"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith(_PATHS)

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        return request.parse_request(self.api, path, body, context)

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer of at least *n* choices. Raises ValueError with the fault."""
        join_stream = partial(stream.join_stream, variant=variant)
        return parse_answer_body(body, join_stream, partial(dashscope_answer.check_answer, n=n))

    def summarize(self, document: JSONObject) -> AnswerSummary:
        usage = document.get("usage") or {}
        # A stream may have only one of the two counts.
        counted = [usage.get(name) for name in ("input_tokens", "output_tokens")]
        prompt, completion = (0, 0) if None in counted else map(token_count, counted)
        refused = refusals.any_refusal(dashscope_answer.texts(document))
        cached = hit_edits.cached_tokens(usage, "prompt_tokens_details", "input_tokens_details") if prompt else 0
        return AnswerSummary(prompt, completion, refused, failure_marks.earliest_expiry(document), cached)

    def check_useful(self, document: JSONObject, call: Call) -> None:
        dashscope_answer.reject_useless(document)
        response_format.reject_mismatch(dashscope_answer.texts(document), response_format.of_dashscope(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would; every event and every whole answer includes the usage."""
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return stream_rendering.render_stream(document, variant)

    def render_error(self, error: APIError) -> bytes:
        return dashscope_error.render_error(error)

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json" if mode is Mode.WHOLE else "text/event-stream;charset=UTF-8"

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        edit.id(answer, "request_id")
        edit.usage(answer, "usage", _read_as_cached)

    def to_answer(self, document: JSONObject) -> Answer:
        return interchange.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return interchange.from_answer(answer)


DASHSCOPE = DashScope()


def _read_as_cached(usage: JSONObject) -> None:
    """Tell that all input was read from the context cache: https://help.aliyun.com/zh/model-studio/context-cache."""
    hit_edits.read_as_cached(usage, "input_tokens", "prompt_tokens_details")
