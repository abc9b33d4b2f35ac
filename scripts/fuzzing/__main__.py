"""The command behind `scripts/fuzz`: a format raises ValueError, or reads what it can write."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["aicache"]):
    from aicache.domain.model import Mode
    from aicache.formats import FORMATS, Format
    from aicache.formats.errors import ReplayOnly
    from aicache.formats.ollama.embed import OLLAMA_EMBED
    from aicache.formats.openai.embeddings import OPENAI_EMBEDDINGS

import samples


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz",
        description="Fuzz every format's reading of requests and answers. A finding ends the run, with the input in a "
        "file; start again with that file to see it once more.",
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long (default %(default)s)")
    parser.add_argument("--api", choices=[format.api for format in FORMATS], help="one of them only")
    parser.add_argument("files", nargs="*", type=Path, help="inputs to try instead of new ones")
    options = parser.parse_args()
    formats = [format for format in FORMATS if options.api in (None, format.api)]
    with tempfile.TemporaryDirectory(prefix="ai-cache-fuzz-") as name:
        corpus = [str(file) for file in options.files] or [name, f"-max_total_time={options.seconds}"]
        _plant(Path(name), formats)
        atheris.Setup([sys.argv[0], *corpus, "-max_len=8192"], lambda data: _try(data, formats))
        atheris.Fuzz()


def _plant(folder: Path, formats: list[Format]) -> None:
    """Write what the fuzzer starts from: the first byte says which format, and what of it, reads the rest."""
    for place, format in enumerate(formats):
        seeds = [samples.request(format.api, samples.WORDS)]
        seeds += [samples.answer(format, samples.WORDS, mode) for mode in Mode]
        for kind, seed in enumerate(seeds):
            which = bytes([place * 2 + min(kind, 1)])
            (folder / f"{format.api}-{kind}").write_bytes(which + seed)


def _try(data: bytes, formats: list[Format]) -> None:
    if not data:
        return
    place, answers = divmod(data[0], 2)
    format, body = formats[place % len(formats)], data[1:]
    try:
        if not answers:
            format.parse_request(samples.PATHS[format.api], body)
            for embeddings in (OPENAI_EMBEDDINGS, OLLAMA_EMBED):
                embeddings.parse_request("/v1/embeddings", body)
            return
        _, document = format.parse_answer(body)
    except ValueError:
        return
    format.summarize(document)
    for mode in Mode:
        try:
            rendered = format.render(document, mode)
        except ReplayOnly:
            continue
        again = format.parse_answer(rendered)
        assert again == (mode, document), f"{format.api}: {mode} does not say the same"
    with contextlib.suppress(ValueError):
        format.from_answer(format.to_answer(document), samples.call(format))


if __name__ == "__main__":
    main()
