"""How mitmproxy is started with the cache: its arguments, and the files they name. Standard library only."""

import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "ai_cache.py"
"""The script for mitmproxy's ``-s``: beside the package, in a checkout and in an installation."""
CA_FILES = (  # where systems keep their certificate authorities, if OpenSSL's own default says nothing
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
    """Return our arguments, and those behind ``--`` for mitmproxy."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:end]), list(arguments[end + 1 :])


def readable(file: str) -> str:
    """Return the file's absolute path, since mitmproxy resolves relative ones against its own folder.

    Raises ValueError if it cannot be read.
    """
    try:
        with Path(file).open("rb"):
            return str(Path(file).absolute())
    except OSError as exc:
        raise ValueError(f"--config: cannot read {file}: {exc.strerror}") from exc


def writable(folder: str) -> str:
    """Return the folder's absolute path, made if it is missing. Raises ValueError if nothing can be written there."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(Path(folder).absolute())
    except OSError as exc:
        raise ValueError(f"--data: cannot write to {folder}: {exc.strerror}") from exc


def check_web() -> None:
    """Raise ValueError where the only mitmweb is one whose API asks nobody for a token."""
    if sys.version_info < (3, 12):
        raise ValueError(
            "--web: not on Python 3.11: its mitmproxy is 11, whose web interface asks nobody who they are; install "
            "Python 3.13 or 3.12"
        )


def defaults(web: bool) -> dict[str, str]:
    """Return the mitmproxy options that we set, unless the user's own arguments do."""
    settings = {"connection_strategy": "lazy"}  # eager would connect upstream for every hit
    if not web:
        settings["flow_detail"] = "0"  # steps and warnings are shown, requests are not
    # the authorities that this machine is configured to trust, too
    for file in filter(None, (ssl.get_default_verify_paths().cafile, *CA_FILES)):
        if Path(file).is_file():
            return {**settings, "ssl_verify_upstream_trusted_ca": file}
    return settings


def set_options(settings: Mapping[str, str], further: Iterable[str]) -> list[str]:
    """Return ``--set`` arguments, less those that the user sets: mitmproxy refuses two values for one option."""
    theirs = {argument.removeprefix("--set=").partition("=")[0] for argument in further}
    return [word for name, value in settings.items() if name not in theirs for word in ("--set", f"{name}={value}")]
