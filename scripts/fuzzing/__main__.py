"""The command behind `scripts/fuzz`: a format must raise ValueError, or parse again what it renders."""

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
        description="Fuzz the parsers of requests and answers of every format. A failure ends the run and saves the "
        "input to a file; give that file to reproduce it.",
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long (default %(default)s)")
    parser.add_argument("--api", choices=[format.api for format in FORMATS], help="fuzz this API only")
    parser.add_argument("files", nargs="*", type=Path, help="inputs to run instead of new ones")
    options = parser.parse_args()
    formats = [format for format in FORMATS if options.api in (None, format.api)]
    with tempfile.TemporaryDirectory(prefix="ai-cache-fuzz-") as name:
        corpus = [str(file) for file in options.files] or [name, f"-max_total_time={options.seconds}"]
        _write_corpus(Path(name), formats)
        atheris.Setup([sys.argv[0], *corpus, "-max_len=8192"], lambda data: _try(data, formats))
        atheris.Fuzz()


def _write_corpus(folder: Path, formats: list[Format]) -> None:
    """Write the seed corpus. The first byte of a file selects the format and its parser (request or answer)."""
    for index, format in enumerate(formats):
        seeds = [samples.request(format.api, samples.WORDS)]
        seeds += [samples.answer(format, samples.WORDS, mode) for mode in Mode]
        for kind, seed in enumerate(seeds):
            which = bytes([index * 2 + min(kind, 1)])
            (folder / f"{format.api}-{kind}").write_bytes(which + seed)


def _try(data: bytes, formats: list[Format]) -> None:
    if not data:
        return
    index, answers = divmod(data[0], 2)
    format, body = formats[index % len(formats)], data[1:]
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
        assert again == (mode, document), f"{format.api}: {mode} differs after a round trip"
    with contextlib.suppress(ValueError):
        format.from_answer(format.to_answer(document), samples.call(format))


if __name__ == "__main__":
    main()
