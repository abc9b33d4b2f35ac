"""The kernel's rules, through iptables' own commands, for both families."""

import shutil
import subprocess

from redirection import plan as plans
from redirection.plan import Family, Plan

NAMES: dict[Family, str] = {4: "iptables", 6: "ip6tables"}
PATIENCE = "5"  # seconds that another change of the rules may take


class Failed(Exception):
    """A command of iptables' has failed; says which, and what it said."""


def commands_missing(families: tuple[Family, ...]) -> list[str]:
    """Those of iptables' commands that are not there."""
    wanted = [NAMES[family] + ending for family in families for ending in ("-save", "-restore")]
    return [name for name in wanted if shutil.which(name) is None]


def saved(family: Family, *options: str) -> str:
    return _run([f"{NAMES[family]}-save", *options])


def is_open(families: tuple[Family, ...]) -> bool:
    """Tell whether there are rules of ours, of whichever run."""
    return any(plans.is_open(saved(family)) for family in families)


def open_(plan: Plan) -> None:
    """Put the rules in force, or none of them."""
    try:
        for family in plan.families:
            _restore(family, plans.opening(plan, family))
    except Failed:
        close(plan.families)
        raise


def refresh(plan: Plan) -> None:
    for family in plan.families:
        _restore(family, plans.refreshing(plan, family))


def close(families: tuple[Family, ...]) -> bool:
    """Remove our rules and no other one; says whether there were any.

    A table that iptables had to make for them stays, empty: it has no command to remove one.
    """
    texts = {family: plans.closing(saved(family)) for family in families}
    for family, text in texts.items():
        if text:
            _restore(family, text)
    return any(texts.values())


def _restore(family: Family, text: str) -> None:
    _run([f"{NAMES[family]}-restore", "--noflush", "--wait", PATIENCE], text)


def _run(command: list[str], given: str | None = None) -> str:
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True)
    except OSError as exc:
        raise Failed(f"{command[0]}: {exc.strerror}") from exc
    if done.returncode:
        raise Failed(f"{' '.join(command)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout
