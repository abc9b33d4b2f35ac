"""Translates Higress's ``vector`` and ``embedding`` sections, and that of the demo. Pure."""

from __future__ import annotations

from aicache.config.higress.embeddings import EMBEDDINGS, NO_WAY, Service
from aicache.config.higress.file import CaselessMapping
from aicache.config.higress.value_translator import Carrier
from aicache.config.reader import show_text
from aicache.config.translation import Carried

VECTORS_LEFT = "vectors that are there already are not used, as they know neither model nor caller"
ENDPOINT = "DASHVECTOR_ENDPOINT"
COLLECTION = "DASHVECTOR_COLLECTION"
DEFAULT_THRESHOLD = 1000  # the plugin's default threshold, also for a threshold of 0


def carry_semantic(to: Carrier, root: CaselessMapping) -> None:
    """Carry semantic lookup: on if there is a vector section, unless the file says otherwise, and off if not."""
    vector, embedding = root.section("vector"), root.section("embedding")
    written = root.text("enableSemanticCache").lower()
    if written not in ("", "true", "false"):
        to.problem(root, "enableSemanticCache", f"{show_text(written)} is not true or false")
    if (demo := root.section("dashvector") or root.section("Dash")) is not None:
        _demo(to, demo)
    elif written == "false" or (vector is None and written != "true"):
        to.carry("semantic.enabled", "false", root, "enableSemanticCache")
        for section in filter(None, (vector, embedding)):
            section.done()
            to.note_at(section.line, f"{section.name}: left out, since nothing is to be answered by its meaning")
        if not written:
            to.notes.append(
                "no vector section: answers go by the exact request only; enableSemanticCache: true brings an "
                "embedder and an index that need no service"
            )
    else:
        to.carry("semantic.enabled", "true", root, "enableSemanticCache")
        if vector is None:
            to.note(root, "enableSemanticCache", "no vector section, so vectors are kept in the data folder")
        else:
            if not written:
                to.note_at(
                    vector.line,
                    f"{vector.name}: questions are answered by their meaning, too; Higress does so only with "
                    "enableSemanticCache: true (its issue 3880), so write false if that was meant",
                )
            _vector(to, vector)
        if embedding is None:
            to.notes.append("no embedding section: questions are embedded by the small model on this machine")
        else:
            _embedding(to, embedding)


def _demo(to: Carrier, demo: CaselessMapping) -> None:
    """Carry the demo's section: its model and threshold are in its code, and the hosts of its services are known."""
    for name in ("DashScopeServiceName", "DashVectorServiceName"):
        demo.text(name)
    to.carry("semantic.enabled", "true", demo, "DashVectorKey")
    to.carry("semantic.threshold", "0.9", demo, "DashVectorKey")
    to.carry("semantic.embedder.kind", "dashscope", demo, "DashScopeKey")
    to.carry("semantic.embedder.model", "text-embedding-v1", demo, "DashScopeKey")
    to.secret("semantic.embedder.api_key", demo, "DashScopeKey", "DASHSCOPE_API_KEY")
    to.carry("semantic.index.kind", "dashvector", demo, "DashVectorEnd")
    to.required("semantic.index.endpoint", demo, "DashVectorEnd", "the cluster's endpoint", ENDPOINT)
    to.secret("semantic.index.api_key", demo, "DashVectorKey", "DASHVECTOR_API_KEY")
    to.required("semantic.index.collection", demo, "DashVectorCollection", "the collection's name", COLLECTION)
    to.note_at(demo.line, f"{demo.name}: the demo's score below 0.1, a cosine distance, is a similarity of 0.9")
    to.note_at(demo.line, f"{demo.name}: {VECTORS_LEFT}")
    if demo.text("SessionID"):
        to.carry("session_id", demo.text("SessionID"), demo, "SessionID")


def _vector(to: Carrier, vector: CaselessMapping) -> None:
    if (kind := vector.text("type")) != "dashvector":
        to.problem(
            vector,
            "type",
            f"{show_text(kind) if kind else 'missing'}: the one vector database here is dashvector; or leave vector "
            "out and write enableSemanticCache: true, which keeps vectors in the data folder",
        )
        vector.done()
        return
    vector.text("serviceName")
    port = to.whole(vector, "servicePort", 0, 65535) or 443
    to.carry("semantic.index.kind", kind, vector, "type")
    suffix = "" if port == 443 else f":{port}"
    to.required("semantic.index.endpoint", vector, "serviceHost", "the cluster's endpoint", ENDPOINT, suffix)
    to.secret("semantic.index.api_key", vector, "apiKey", "DASHVECTOR_API_KEY")
    to.required("semantic.index.collection", vector, "collectionID", "the collection's name", COLLECTION)
    to.note_at(vector.line, f"{vector.name}: {VECTORS_LEFT}")
    to.timeout("semantic.index.timeout", vector)
    if top_k := to.whole(vector, "topK", 0, 100):
        to.carry("semantic.top_k", str(top_k), vector, "topK")
    _threshold(to, vector)


def _threshold(to: Carrier, vector: CaselessMapping) -> None:
    """Carry the threshold; one that every neighbor passes (the default, a distance below 1000) is replaced by ours.

    ``lt`` means that DashVector's scores for cosine are used as distances, ``gt`` that they are used as similarities.
    """
    relation = vector.text("thresholdRelation") or "lt"
    if (bar := to.number(vector, "threshold")) is None:
        return
    bar = bar or DEFAULT_THRESHOLD
    match relation:
        case "lt" | "lte":
            similarity = round(1 - bar, 9)
        case "gt" | "gte":
            similarity = bar
        case _:
            to.problem(vector, "thresholdRelation", f"{show_text(relation)} is not lt, lte, gt or gte")
            return
    written = f"{relation} {bar:g}"
    if similarity < 0:
        to.note(
            vector, "threshold", f"{written} lets any neighbor answer; the default for the embedder's model is taken"
        )
    elif similarity > 1:
        to.problem(vector, "threshold", f"{written} lets no neighbor answer: write a number above 0 and at most 1")
    else:
        to.carry("semantic.threshold", repr(float(similarity)), vector, "threshold")
        if relation in ("lt", "lte"):
            to.note(vector, "threshold", f"{written}, a cosine distance, is a similarity of {similarity:g}")


def _embedding(to: Carrier, embedding: CaselessMapping) -> None:
    kind = embedding.text("type")
    if (service := EMBEDDINGS.get(kind)) is None:
        way_out = NO_WAY.get(kind, f"write one of: {', '.join(EMBEDDINGS)}")
        to.problem(embedding, "type", f"{show_text(kind) if kind else 'missing'}: {way_out}")
        embedding.done()
        return
    to.carry("semantic.embedder.kind", service.kind, embedding, "type")
    to.carry("semantic.embedder.model", embedding.text("model") or service.model, embedding, "model")
    if service.variable:
        to.secret("semantic.embedder.api_key", embedding, "apiKey", service.variable)
    _base_url(to, embedding, service)
    to.timeout("semantic.embedder.timeout", embedding)
    if service.note:
        to.note(embedding, "type", service.note)


def _base_url(to: Carrier, embedding: CaselessMapping, service: Service) -> None:
    """Carry the base URL. The file does not tell whether a port uses TLS: those that end in 443 are assumed to."""
    if service.public and not embedding.text("serviceHost"):
        embedding.text("serviceName")
        host: str | None = service.host
    else:
        host = to.host(embedding, service.host)
    port = to.whole(embedding, "servicePort", 0, 65535) or service.port
    scheme = "https" if str(port).endswith("443") else "http"
    version = embedding.text("apiVersion")
    if "{version}" in service.path and not version:
        to.problem(embedding, "apiVersion", "missing: write the api-version of the deployment's URL, like 2024-10-21")
    path = service.path.format(model=embedding.text("model") or service.model, version=version)
    if port not in (80, 443, service.port):
        to.note(
            embedding, "servicePort", f"{port} is taken for a port {'with' if scheme == 'https' else 'without'} TLS"
        )
    behind, missing = f"{'' if port in (80, 443) else f':{port}'}{path}", "" if host else "EMBEDDING_HOST"
    to.carried.append(
        Carried(
            "semantic.embedder.base_url",
            f"{scheme}://{host or 'unknown'}{behind}",
            embedding.key("serviceHost"),
            embedding.line_of("serviceHost"),
            f"{scheme}://${{{missing}}}{behind}" if missing else None,
            missing=missing,
        )
    )
