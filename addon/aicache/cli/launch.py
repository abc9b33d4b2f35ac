"""Builds and checks the arguments that start mitmproxy with the cache. Standard library only."""

import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "ai_cache.py"
"""The script for mitmproxy's ``-s``. It lies beside the package, in a checkout and in an installation."""
CA_FILES = (  # usual paths of the system's certificate authorities, if OpenSSL's default is missing
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def terminate(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Terminate a process and wait for it; kill it after *timeout_s* seconds."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return our own arguments, and those after ``--``, which are for mitmproxy."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:end]), list(arguments[end + 1 :])


def check_readable(file: str, option: str = "--config") -> str:
    """Return the file's absolute path, since mitmproxy resolves relative ones against its own folder.

    Raises ValueError if it cannot be read.
    """
    try:
        with Path(file).open("rb"):
            return str(Path(file).absolute())
    except OSError as exc:
        raise ValueError(f"{option}: cannot read {file}: {exc.strerror}") from exc


def check_writable(folder: str, option: str = "--data") -> str:
    """Create the folder if it is missing, and return its absolute path. Raises ValueError if it is not writable."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(Path(folder).absolute())
    except OSError as exc:
        raise ValueError(f"{option}: cannot write to {folder}: {exc.strerror}") from exc


def check_web() -> None:
    """Raise ValueError on Python 3.11, whose mitmweb has no authentication."""
    if sys.version_info < (3, 12):
        raise ValueError(
            "--web: not on Python 3.11: its mitmproxy is 11, whose web interface has no authentication; install "
            "Python 3.13 or 3.12"
        )


def default_options(web: bool) -> dict[str, str]:
    """Return the mitmproxy options that we set unless the user sets them."""
    settings = {"connection_strategy": "lazy"}  # eager would connect upstream for every hit
    if not web:
        settings["flow_detail"] = "0"  # the cache prints a line for each request (log.console)
    # trust the authorities that this machine trusts, too
    for file in filter(None, (ssl.get_default_verify_paths().cafile, *CA_FILES)):
        if Path(file).is_file():
            return {**settings, "ssl_verify_upstream_trusted_ca": file}
    return settings


def set_options(settings: Mapping[str, str], further: Iterable[str]) -> list[str]:
    """Return ``--set`` arguments without the options in *further*: mitmproxy refuses two values for one option."""
    theirs = {argument.removeprefix("--set=").partition("=")[0] for argument in further}
    return [
        argument for name, value in settings.items() if name not in theirs for argument in ("--set", f"{name}={value}")
    ]
