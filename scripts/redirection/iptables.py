"""Adds, updates and removes rules with iptables-save and iptables-restore, for IPv4 and IPv6."""

import shutil
import subprocess

from redirection import rules
from redirection.rules import Family, Plan

NAMES: dict[Family, str] = {4: "iptables", 6: "ip6tables"}
LOCK_WAIT_S = "5"  # for another change of the rules


class CommandFailed(Exception):
    """A command of iptables failed; the message has the command and its output."""


def commands_missing(families: tuple[Family, ...]) -> list[str]:
    """Return the commands of iptables that are not on the PATH."""
    names = [NAMES[family] + ending for family in families for ending in ("-save", "-restore")]
    return [name for name in names if shutil.which(name) is None]


def dump_rules(family: Family, *options: str) -> str:
    return _run([f"{NAMES[family]}-save", *options])


def has_rules(families: tuple[Family, ...]) -> bool:
    """Return whether rules of ours exist, of any run."""
    return any(rules.has_rules(dump_rules(family)) for family in families)


def install_rules(plan: Plan) -> None:
    """Add all rules, or none if one fails."""
    try:
        for family in plan.families:
            _restore(family, rules.install_script(plan, family))
    except CommandFailed:
        remove_rules(plan.families)
        raise


def update_addresses(plan: Plan) -> None:
    for family in plan.families:
        _restore(family, rules.update_script(plan, family))


def remove_rules(families: tuple[Family, ...]) -> bool:
    """Remove our rules only; return whether there were any.

    A table that iptables created for them stays, empty: iptables has no command to remove one.
    """
    texts = {family: rules.removal_script(dump_rules(family)) for family in families}
    for family, text in texts.items():
        if text:
            _restore(family, text)
    return any(texts.values())


def _restore(family: Family, text: str) -> None:
    _run([f"{NAMES[family]}-restore", "--noflush", "--wait", LOCK_WAIT_S], text)


def _run(command: list[str], stdin: str | None = None) -> str:
    try:
        completed = subprocess.run(command, input=stdin, capture_output=True, text=True)
    except OSError as exc:
        raise CommandFailed(f"{command[0]}: {exc.strerror}") from exc
    if completed.returncode:
        raise CommandFailed(f"{' '.join(command)}: {completed.stderr.strip() or f'exit code {completed.returncode}'}")
    return completed.stdout
