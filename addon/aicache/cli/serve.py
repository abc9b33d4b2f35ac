"""Run the AI cache in front of an LLM API: a proxy on 127.0.0.1 that your client's base_url points at."""

# Standard library only: a checkout runs this before the environment is there, to refuse wrong arguments at once.

import argparse
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from aicache.cli.launch import SCRIPT, check_web, defaults, readable, set_options, split, writable

DEFAULT_UPSTREAM = "https://api.openai.com/v1"
WEB_PORT = 8081  # mitmweb's own default
REACH_TIMEOUT = 2.0  # seconds
EXAMPLES = """
examples:
  {prog}                                             in front of api.openai.com
  {prog} --upstream https://dashscope.aliyuncs.com/compatible-mode/v1
  {prog} --port 9000 --data ./cache --config ai-cache.yaml
  {prog} --web                                       with mitmproxy's web interface
  {prog} -- --set flow_detail=1                      one line per request
{demo}
What follows `--` goes to mitmproxy as it is, and wins over what this command sets. One line and exit code 1: the port
is taken, the URL is none, the data folder cannot be written, the configuration is missing or wrong. An upstream that
cannot be reached is a warning only.
"""


@dataclass(frozen=True)
class Installation:
    """What this command is part of: its name there, and how it finds programs."""

    prog: str
    executable: Callable[[str], Path]
    """Returns the path of a program by its name; a checkout makes its environment first, if it is missing."""
    demo: Callable[[str], NoReturn] | None = None
    """Shows the demo of a chain, "embedded" or "cloud"; None where there is none."""
    demo_examples: str = ""


def main(arguments: Sequence[str], installation: Installation) -> NoReturn:
    try:
        become(command(arguments, installation))
    except ValueError as exc:
        sys.exit(f"serve: {exc}")


def command(arguments: Sequence[str], installation: Installation) -> list[str]:
    """Return the command that starts the proxy. Raises ValueError, in one line, where it could not work."""
    own, further = split(arguments)
    options = parser(installation).parse_args(own)
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
        settings["ai_cache_config"] = readable(options.config)
    if options.data:
        settings["ai_cache_data"] = writable(options.data)
    if options.web:
        check_web()
    port = free_port(options.port, "--port N")
    if options.web and not any("web_port" in argument.replace("-", "_") for argument in further):
        free_port(WEB_PORT, "-- --set web_port=N")
    program = installation.executable("mitmweb" if options.web else "mitmdump")

    origin, local = f"{upstream.scheme}://{upstream.netloc}", f"http://127.0.0.1:{port}"
    if not reachable(upstream):
        print(f"serve: warning: {origin} cannot be reached now; starting all the same", file=sys.stderr)
    path = upstream.path.rstrip("/")
    print(
        f"AI cache in front of {origin}. In your client, base_url is {local}{path}, in place of {origin}{path}",
        flush=True,
    )
    listen = ["--mode", f"reverse:{origin}", "--listen-host", "127.0.0.1", "--listen-port", str(port)]
    ours = set_options(defaults(options.web) | settings, further)
    return [str(program), *listen, "-s", str(SCRIPT), *ours, *further]


def parser(installation: Installation) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=installation.prog,
        usage="%(prog)s [--upstream URL] [--port N] [--config FILE] [--data DIR] [--web] [-- mitmproxy arguments]\n"
        "       %(prog)s --demo [cloud]",
        description=__doc__,
        epilog=EXAMPLES.format(prog=installation.prog, demo=installation.demo_examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--upstream", metavar="URL", help=f"the LLM API; else $AI_CACHE_UPSTREAM, else {DEFAULT_UPSTREAM}"
    )
    parser.add_argument("--port", metavar="N", type=int, default=8080, help="default 8080; 0 takes any free one")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; `config --example` prints every key")
    parser.add_argument("--data", metavar="DIR", help="where the cache is kept; default: the user's data folder")
    parser.add_argument("--web", action="store_true", help=f"mitmweb: see each request, at http://127.0.0.1:{WEB_PORT}")
    parser.add_argument(
        "--demo",
        nargs="?",
        const="embedded",
        choices=("embedded", "cloud"),
        help="a few questions against a stand-in API, and what they gave; cloud: with stand-ins for DashScope and "
        "DashVector behind their own SDKs",
    )
    return parser


def parse_upstream(url: str) -> SplitResult:
    """The upstream's origin and path. A path is welcome, so that a client's base_url can be given as it is."""
    way_out = f"{url!r} is not the URL of an API, like {DEFAULT_UPSTREAM}"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as exc:
        raise ValueError(f"{way_out} ({exc})") from exc
    if not valid or any(character.isspace() for character in url):
        raise ValueError(way_out)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{way_out}: no user, no query and no fragment, please")
    return parts


def free_port(port: int, option: str) -> int:
    """*port* if it can be had on 127.0.0.1, and any free one for 0; another process may still be quicker."""
    with socket.socket() as probe:
        if os.name != "nt":  # there it would share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            raise ValueError(f"port {port} cannot be had ({reason}): choose another one with `{option}`") from exc
        return int(probe.getsockname()[1])


def reachable(upstream: SplitResult) -> bool:
    reached = threading.Event()

    def connect() -> None:
        address = (upstream.hostname or "", upstream.port or {"http": 80, "https": 443}[upstream.scheme])
        try:
            with socket.create_connection(address, timeout=REACH_TIMEOUT):
                reached.set()
        except (OSError, UnicodeError):
            pass

    # name resolution knows no timeout, so it is left behind in a thread
    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(REACH_TIMEOUT)
    return reached.is_set()


def become(command: list[str]) -> NoReturn:
    """Go on as *command*, which then gets every signal itself."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")  # warnings show at once, also in a pipe
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as process:  # exec on Windows would return to the shell at once
        while True:
            try:
                sys.exit(process.wait())
            except KeyboardInterrupt:  # the child has got it as well, and ends in its own time
                continue
