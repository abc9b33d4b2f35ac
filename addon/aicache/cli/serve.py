"""Run the AI cache in front of an LLM API: a proxy on 127.0.0.1 that your client's base_url points at."""

# Standard library only: a checkout runs this before it makes the environment, to refuse wrong arguments at once.

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from aicache.cli.launch import (
    SCRIPT,
    check_readable,
    check_web,
    check_writable,
    default_options,
    set_options,
    split_arguments,
)
from aicache.cli.listening import LOCAL, free_port, name_in_url
from aicache.cli.upstream_check import find_problem
from aicache.cli.workers.cores import check_platform, parse_workers

DEFAULT_UPSTREAM = "https://api.openai.com/v1"
WEB_PORT = 8081  # mitmweb's own default
FLOW_FILES = ("-w", "-r", "--save-stream-file", "--rfile", "save_stream_file=", "rfile=")
"""Arguments of mitmdump that name a file which one process writes or reads."""
WORKERS = Path(__file__).with_name("workers") / "__main__.py"
EXAMPLES = """
examples:
  {prog}                                             in front of api.openai.com
  {prog} --upstream https://dashscope.aliyuncs.com/compatible-mode/v1
  {prog} --port 9000 --data ./cache --config ai-cache.yaml
  {prog} --record run.yaml                           record what passes on a cassette
  {prog} --replay run.yaml                           answer from the cassette alone: no key, no network
  {prog} --workers auto                              one process per core, on one port
  {prog} --web                                       with mitmproxy's web interface
  {prog} -- --set flow_detail=1                      mitmproxy's lines for each request, in place of the cache's
  {prog} -- -q                                       no lines at all
{demo}
Arguments after `--` are passed to mitmproxy, and override what this command sets. The exit code is 1, with one line of
explanation, if the port is taken, the URL is invalid, the data folder is not writable, or the configuration is missing
or wrong. An upstream that cannot be reached, or does not speak TLS as its URL says, is only a warning.
"""


@dataclass(frozen=True)
class Installation:
    """The installation of a command: its name, the way it finds programs, and its demo."""

    prog: str
    executable: Callable[[str], Path]
    """Returns the path of a program; in a checkout it makes the environment first if that is missing."""
    demo: Callable[[str], NoReturn] | None = None
    """Runs the demo of a chain, "embedded" or "cloud"; None if there is no demo."""
    demo_examples: str = ""


def main(arguments: Sequence[str], installation: Installation) -> NoReturn:
    try:
        exec_command(build_command(arguments, installation))
    except ValueError as exc:
        sys.exit(f"serve: {exc}")


def build_command(arguments: Sequence[str], installation: Installation) -> list[str]:
    """Return the command that starts the proxy. Raises ValueError, with one line, if it could not work."""
    own, further = split_arguments(arguments)
    options = build_parser(installation).parse_args(own)
    if options.demo:
        if set(own + further) - {"--demo", f"--demo={options.demo}", options.demo}:
            raise ValueError("--demo takes no other arguments")
        if installation.demo is None:
            raise ValueError("--demo is in a checkout of the project only: scripts/serve --demo")
        installation.demo(options.demo)
    try:
        upstream = parse_upstream(options.upstream or os.environ.get("AI_CACHE_UPSTREAM") or DEFAULT_UPSTREAM)
    except ValueError as exc:
        raise ValueError(f"--upstream: {exc}") from exc
    settings = {}
    if options.config:
        settings["ai_cache_config"] = check_readable(options.config)
    if options.data:
        settings["ai_cache_data"] = check_writable(options.data)
    if options.web:
        check_web()
    settings |= cassette_options(options)
    workers = count_workers(options, further)
    port = free_port(options.port, "--port N", options.host)
    if options.web and not any("web_port" in argument.replace("-", "_") for argument in further):
        free_port(WEB_PORT, "-- --set web_port=N")
    program = installation.executable("mitmweb" if options.web else "mitmdump")

    origin, local = f"{upstream.scheme}://{upstream.netloc}", f"http://{name_in_url(options.host)}:{port}"
    if options.replay is None and (problem := find_problem(upstream)) is not None:
        print(f"serve: warning: {origin} {problem}; starting anyway", file=sys.stderr)
    path = upstream.path.rstrip("/")
    what = f"AI cache in front of {origin}"
    if options.replay is not None:
        what = f"Replay of {options.replay}; nothing is sent to {origin}"
    print(f"{what}. In your client, base_url is {local}{path}, in place of {origin}{path}", flush=True)
    listen = ["--mode", f"reverse:{origin}", "--listen-host", options.host, "--listen-port", str(port)]
    ours = set_options(default_options(options.web) | settings, further)
    arguments = [*listen, "-s", str(SCRIPT), *ours, *further]
    if workers > 1:
        return [str(find_python(program)), "-P", str(WORKERS), str(workers), *arguments]
    return [str(program), *arguments]


def count_workers(options: argparse.Namespace, further: Sequence[str]) -> int:
    """Return the number of processes that are to serve. Raises ValueError if they could not."""
    if (workers := parse_workers(options.workers)) == 1:
        return 1
    check_platform()
    if options.web:
        raise ValueError("--workers: not with --web: one process has its list of requests")
    if options.record or options.replay or options.replay_or_record:
        raise ValueError("--workers: not with a cassette, which is one process's")
    for argument in further:
        if argument.startswith(FLOW_FILES):
            raise ValueError(f"--workers: not with {argument.partition('=')[0]}: one process has its file of requests")
    return workers


def find_python(program: Path) -> Path:
    """Return the interpreter of a program of mitmproxy, which lies beside it. Raises ValueError."""
    if not (python := program.with_name("python3")).exists():
        raise ValueError(f"--workers: no python3 beside {program}: install mitmproxy in an environment of its own")
    return python


def build_parser(installation: Installation) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=installation.prog,
        usage="%(prog)s [--upstream URL] [--host ADDRESS] [--port N] [--config FILE] [--data DIR] [--workers N|auto]\n"
        "          [--web] [-- mitmproxy arguments]\n"
        "       %(prog)s --record|--replay|--replay-or-record FILE [--strict] [...]\n"
        "       %(prog)s --demo [cloud]",
        description=__doc__,
        epilog=EXAMPLES.format(prog=installation.prog, demo=installation.demo_examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--upstream", metavar="URL", help=f"the LLM API; else $AI_CACHE_UPSTREAM, else {DEFAULT_UPSTREAM}"
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default=LOCAL,
        help=f"the IP address to listen on; default {LOCAL}: this machine only; 0.0.0.0: all, as in a container",
    )
    parser.add_argument("--port", metavar="N", type=int, default=8080, help="default 8080; 0 for any free port")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; `config --example` prints every key")
    parser.add_argument("--data", metavar="DIR", help="the data folder; default: the user's data folder")
    parser.add_argument(
        "--workers",
        metavar="N|auto",
        default="1",
        help="so many processes on the port, auto: one per core; default 1",
    )
    cassette = parser.add_mutually_exclusive_group()
    cassette.add_argument(
        "--record", metavar="FILE", help="send every request upstream, and record it on this cassette, written anew"
    )
    cassette.add_argument(
        "--replay",
        metavar="FILE",
        help="answer from this cassette, refuse what is not on it, and send nothing upstream",
    )
    cassette.add_argument(
        "--replay-or-record", metavar="FILE", help="answer from this cassette; send and record what is not on it"
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 if a request was missing on the cassette, or could not be recorded",
    )
    parser.add_argument(
        "--web", action="store_true", help=f"run mitmweb, which shows each request, at http://127.0.0.1:{WEB_PORT}"
    )
    parser.add_argument(
        "--demo",
        nargs="?",
        const="embedded",
        choices=("embedded", "cloud"),
        help="a few questions to a stand-in API, and their results; cloud: with stand-ins for DashScope and "
        "DashVector behind their own SDKs",
    )
    return parser


def cassette_options(options: argparse.Namespace) -> dict[str, str]:
    """Return the mitmproxy options for a cassette. Raises ValueError if it could not be used."""
    modes = {"record": options.record, "replay": options.replay, "hybrid": options.replay_or_record}
    for mode, file in modes.items():
        if file is None:
            continue
        if mode == "replay":
            check_readable(file, "--replay")
        else:
            check_writable(str(Path(file).absolute().parent), f"--{mode.replace('hybrid', 'replay-or-record')}")
        strict = {"ai_cache_strict": "true"} if options.strict else {}
        return {"ai_cache_mode": mode, "ai_cache_cassette": str(Path(file).absolute()), **strict}
    if options.strict:
        raise ValueError("--strict is about a cassette: name one with --replay, --record or --replay-or-record")
    return {}


def parse_upstream(url: str) -> SplitResult:
    """Parse the upstream's URL. It may have a path, so that a client's base_url can be given unchanged."""
    error = f"{url!r} is not the URL of an API, like {DEFAULT_UPSTREAM}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as exc:
        raise ValueError(f"{error} ({exc})") from exc
    if not valid or any(character.isspace() for character in url):
        raise ValueError(error)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{error}: it may have no user, query or fragment")
    return parts


def exec_command(command: list[str]) -> NoReturn:
    """Replace this process by *command*, which then gets every signal itself."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")  # show warnings at once, also in a pipe
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as process:  # exec on Windows would return to the shell at once
        while True:
            try:
                sys.exit(process.wait())
            except KeyboardInterrupt:  # the child got it as well, and shuts down
                continue
