"""How mitmproxy is started with the cache: its arguments, and the files they name. Standard library only."""

import ssl
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import environment
import interpreter

SCRIPT = environment.ROOT / "addon" / "ai_cache.py"
ROOTS = (  # where systems keep their certificate authorities, if OpenSSL's own default says nothing
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def end(process: subprocess.Popen[bytes], within: float) -> None:
    """End a process and wait for it; one that has not ended *within* so many seconds is killed."""
    process.terminate()
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our arguments, and those behind ``--`` for mitmproxy."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:end]), list(arguments[end + 1 :])


def readable(file: str) -> str:
    """The file's absolute path: mitmproxy would take a relative one from wherever it runs."""
    try:
        with Path(file).open("rb"):
            return str(Path(file).absolute())
    except OSError as exc:
        environment.fail(f"--config: cannot read {file}: {exc.strerror}")


def writable(folder: str) -> str:
    """The folder's absolute path; it is made if it is missing."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(Path(folder).absolute())
    except OSError as exc:
        environment.fail(f"--data: cannot write to {folder}: {exc.strerror}")


def check_web() -> None:
    """Refuse mitmweb where there is only the one whose API asks nobody for a token."""
    if interpreter.version() == interpreter.FALLBACK:
        environment.fail(
            f"--web: not on Python {interpreter.FALLBACK}: its mitmproxy is 11, whose web interface asks nobody who "
            f"they are; install Python {' or '.join(interpreter.PREFERRED[:2])}, which this command finds by itself"
        )


def defaults(web: bool) -> dict[str, str]:
    """What this command sets in mitmproxy, for the further arguments to change."""
    settings = {"connection_strategy": "lazy"}  # eager would connect upstream for every hit
    if not web:
        settings["flow_detail"] = "0"  # steps and warnings are shown, requests are not
    # those that this machine is told to trust, too
    roots = (ssl.get_default_verify_paths().cafile, *ROOTS)
    for file in filter(None, roots):
        if Path(file).is_file():
            return {**settings, "ssl_verify_upstream_trusted_ca": file}
    return settings


def set_options(settings: Mapping[str, str], further: Iterable[str]) -> list[str]:
    """``--set`` arguments, but for what the user's own set: mitmproxy refuses two values for one option."""
    theirs = {argument.removeprefix("--set=").partition("=")[0] for argument in further}
    return [word for name, value in settings.items() if name not in theirs for word in ("--set", f"{name}={value}")]
