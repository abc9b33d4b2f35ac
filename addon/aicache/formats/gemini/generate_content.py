"""Google's generateContent, in the Gemini API and in Vertex AI. Pure.

Sources: https://ai.google.dev/api/generate-content and
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

from aicache.domain.model import Answer, Call, Mode
from aicache.formats import refusals, response_format, sse
from aicache.formats.api_errors import APIError
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.gemini import answer as gemini_answer
from aicache.formats.gemini import error as gemini_error
from aicache.formats.gemini import interchange, stream
from aicache.formats.gemini import request as gemini_request
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, parse_array, parse_object, render_json

ARRAY = "array"
"""The variant of streams that are a JSON array. Callers with ``alt=sse`` get events instead."""

_METHOD = re.compile(r"(?::|%3[Aa])(generate|streamGenerate)Content(/?)\Z")
_MODEL = re.compile(r".*/(models|tunedModels|endpoints)/(.+)", re.DOTALL)
_ALT_PARAMETERS = frozenset({"alt", "$alt"})  # selects the answer's encoding in every Google API, by two names
_NUMBERED_ENUMS = "json;enum-encoding=int"
"""JSON with numeric enumerations (1 for ``STOP``), which Google's own REST clients request. Such answers differ from
others, so their target differs, too."""


class Gemini(BaseFormat):
    """The format of ``POST .../models/M:generateContent`` and ``:streamGenerateContent``, on any host."""

    api = "gemini"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and _parse_path(path) is not None

    def normalize_target(self, path: str, query: str) -> tuple[str, str]:
        """Return path and query as in a request for a whole answer."""
        pairs = [(pair, *map(unquote, pair.partition("=")[::2])) for pair in query.split("&")]
        kept = [pair for pair, name, value in pairs if name not in _ALT_PARAMETERS or value == _NUMBERED_ENUMS]
        return _METHOD.sub(r":generateContent\2", path), "&".join(kept)

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
        if (parts := _parse_path(path)) is None:
            raise ValueError("the path does not name a model")
        kind, name, mode = parts
        model = name if kind == "models" else f"{kind}/{name}"
        request = context.parse_body(body)
        parsed = gemini_request.parse_request(request, allow=context.allow)
        return Call(
            api=self.api,
            model=model,
            mode=mode,
            wants_usage=False,
            params=gemini_request.params_of(request),
            turns=parsed.turns,
            question=gemini_request.question_of(parsed, tools_semantic=context.tools_semantic),
            n=gemini_request.choice_count(parsed),
            temperature=parsed.generation.get("temperature"),
            variant=_variant(mode, context.query),
            common=interchange.to_common(parsed, model)
            if kind == "models" and _alt_values(context.query) != [_NUMBERED_ENUMS]
            else None,
        )

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer of at least *n* candidates. Raises ValueError with the fault.

        The body determines the mode, since gateways may ignore ``alt``: an object is whole, an array is a stream.
        """
        try:
            if sse.is_stream(body):
                mode, document = Mode.STREAM, stream.join_chunks(stream.parse_events(body))
            elif body.lstrip().startswith(b"["):
                mode, document = Mode.STREAM, stream.join_chunks(parse_array(body))
            else:
                mode, document = Mode.WHOLE, stream.join_chunks([parse_object(body)])
            gemini_answer.check_answer(document, n=n)
        except RecursionError:
            raise ValueError("JSON nested too deeply") from None
        return mode, document

    def summarize(self, document: JSONObject) -> AnswerSummary:
        """Return the summary of an answer. Refusals are recognized by their words, since the API does not mark them."""
        used = interchange.parse_usage(document)
        is_counted = used.input > 0 and used.output > 0  # a stream may have only one of the two
        tokens = (used.input, used.output) if is_counted else (0, 0)
        refused = refusals.any_refusal(gemini_answer.texts(document))
        return AnswerSummary(*tokens, refused, gemini_answer.expiry(document), used.cached if is_counted else 0)

    def check_useful(self, document: JSONObject, call: Call) -> None:
        gemini_answer.reject_useless(document)
        response_format.reject_mismatch(gemini_answer.texts(document), response_format.of_gemini(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would, always with the usage."""
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return stream.render_stream(document, variant)

    def render_error(self, error: APIError) -> bytes:
        return gemini_error.render_error(error)

    def content_type(self, mode: Mode, variant: str = "") -> str:
        is_json = mode is Mode.WHOLE or variant == ARRAY
        return "application/json; charset=UTF-8" if is_json else "text/event-stream"

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        edit.id(answer, "responseId", "response_id")
        edit.time(answer, "createTime", "create_time")
        edit.usage(answer, "usageMetadata", interchange.read_as_cached)
        edit.usage(answer, "usage_metadata", interchange.read_as_cached)

    def to_answer(self, document: JSONObject) -> Answer:
        return interchange.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return interchange.from_answer(answer, call)


GEMINI = Gemini()


def _parse_path(path: str) -> tuple[str, str, Mode] | None:
    """Return the kind of model, its name and the mode that a path selects; None for a path of another API."""
    method = _METHOD.search(path)
    model = _MODEL.match(path, 0, method.start()) if method else None
    if method is None or model is None:
        return None
    return model[1], unquote(model[2]), Mode.WHOLE if method[1] == "generate" else Mode.STREAM


def _variant(mode: Mode, query: str) -> str:
    """Return the requested encoding of a stream. Raises ValueError for one that the API does not have for the mode."""
    match _alt_values(query):
        case ["sse"] if mode is Mode.STREAM:
            return ""
        case [] | ["json" | "json;enum-encoding=int"]:
            return ARRAY if mode is Mode.STREAM else ""
        case _:
            raise ValueError("alt: an unknown encoding")


def _alt_values(query: str) -> list[str]:
    return [value for name, value in parse_qsl(query, keep_blank_values=True) if name in _ALT_PARAMETERS]
