"""OpenAI's Responses, spoken by xAI, Azure, DeepSeek, OpenRouter and others. Pure.

Source: https://platform.openai.com/docs/api-reference/responses/create, and its description in OpenAPI
(https://github.com/openai/openai-openapi).
"""

from __future__ import annotations

from aicache.domain.model import Answer, Call, Mode
from aicache.formats import (
    documented_fields,
    hit_edits,
    hosted_tools,
    refusals,
    response_format,
    stateful_messages,
)
from aicache.formats.answer_body import parse_answer_body
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, render_json, token_count
from aicache.formats.openai import responses_answer, responses_interchange, responses_request, responses_stream
from aicache.formats.stateful_requests import reject_stateful_request


class Responses(BaseFormat):
    """The format of ``POST .../responses``, on any host. A document is the whole ``response`` object."""

    api = "responses"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/responses")

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
        request = context.parse_body(body)
        responses_request.reject_stored_prompt(request)
        reject_stateful_request(path, request, documented_fields.RESPONSES, allow=context.allow)
        responses_request.check_types(request)
        tools = responses_request.tools_of(request)
        responses_request.reject_stateful_environments(tools)
        hosted_tools.reject_tools(tools, allow=context.allow)
        stateful_messages.reject_references(request.get("input"), allow=context.allow)
        turns = responses_request.turns_of(request)
        return Call(
            api=self.api,
            model=request.get("model", ""),
            mode=Mode.STREAM if request.get("stream") else Mode.WHOLE,
            wants_usage=False,
            params=responses_request.params_of(request),
            turns=turns,
            question=responses_request.question_of(request, turns[-1], tools, tools_semantic=context.tools_semantic),
            n=1,
            temperature=request.get("temperature"),
            variant=responses_request.echoed_fields(request),
            common=responses_interchange.to_common(request, turns),
        )

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer. Raises ValueError with the fault."""
        if n > 1:
            raise ValueError("more choices than this API has")
        return parse_answer_body(body, responses_stream.join_stream, responses_answer.check_answer)

    def summarize(self, document: JSONObject) -> AnswerSummary:
        usage = document.get("usage") or {}
        refused = responses_answer.is_refused(document) or refusals.any_refusal(responses_answer.texts(document))
        expires_at = responses_answer.expiry(document)
        return AnswerSummary(
            token_count(usage.get("input_tokens")),
            token_count(usage.get("output_tokens")),
            refused,
            expires_at,
            hit_edits.cached_tokens(usage, "input_tokens_details"),
        )

    def check_useful(self, document: JSONObject, call: Call) -> None:
        responses_answer.reject_useless(document)
        response_format.reject_mismatch(responses_answer.texts(document), response_format.of_responses(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would, echoing the caller's own fields. Both modes include the usage."""
        document = responses_request.with_echoes(document, variant)
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return responses_stream.render_stream(document)

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        """Edit the ``response`` object, which is the answer or in an event; ids of items and of tool calls stay.

        Source: https://platform.openai.com/docs/api-reference/responses/object.
        """
        response = answer.get("response", answer)
        if isinstance(response, dict) and (response is not answer or "output" in answer):
            edit.id(response, "id")
            edit.time(response, "created_at", "completed_at")
            edit.usage(response, "usage", _read_as_cached)

    def to_answer(self, document: JSONObject) -> Answer:
        return responses_interchange.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return responses_interchange.from_answer(answer, call)


RESPONSES = Responses()


def _read_as_cached(usage: JSONObject) -> None:
    hit_edits.read_as_cached(usage, "input_tokens", "input_tokens_details")
