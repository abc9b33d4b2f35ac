"""Plots rows as PNG, one file per scenario. Measures nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib

from benchmarks.measurements import Row

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes: one line per system; *value* returns None for systems without a value."""

    label: str
    value: Callable[[Row], float | None]
    logarithmic: bool = True


def _figure(label: str, name: str, *, logarithmic: bool = True) -> Panel:
    return Panel(label, lambda row: row.figures.get(name), logarithmic)


def _beyond(label: str, name: str, other: str) -> Panel:
    return Panel(label, lambda row: row.beyond.get(other, {}).get(name), logarithmic=False)


LOAD = (
    _figure("requests a second", "rps"),
    _figure("latency, p50, ms", "p50_ms"),
    _figure("latency, p99, ms", "p99_ms"),
)
PANELS: dict[str, Sequence[Panel]] = {
    "exact": LOAD,
    "semantic": LOAD,
    "misses": LOAD,
    "dashboard": LOAD,
    "in-flight": LOAD,
    "followers": (
        _figure("first token, p50, ms", "first_ms"),
        _figure("end behind the first client's, p50, ms", "behind_ms", logarithmic=False),
    ),
    "sizes": (*LOAD[1:], _figure("CPU of a request, ms", "cpu_ms")),
    "streams": (
        _beyond("first token beyond the upstream's, p50, ms", "first_ms", "upstream"),
        _beyond("end beyond the upstream's, p50, ms", "end_ms", "upstream"),
    ),
}


def draw(folder: Path, title: str, rows: Sequence[Row]) -> Path:
    """Write ``SCENARIO.png``; return its path."""
    scenario = rows[0].case.scenario
    by_size = scenario == "sizes"
    panels = PANELS[scenario]
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4.6 * len(panels), 4), squeeze=False)
    for panel, axis in zip(panels, axes[0], strict=True):
        _lines(axis, panel, rows, by_size)
        axis.set_xlabel("bytes of a request" if by_size else "connections")
        axis.set_title(panel.label, fontsize=10)
        axis.grid(alpha=0.3, which="both")
    axes[0][0].legend(fontsize=8)
    figure.suptitle(title, fontsize=11)
    figure.tight_layout()
    path = folder / f"{scenario}.png"
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path


def draw_curves(
    path: Path, places: Sequence[int], curves: Mapping[str, Sequence[float]], labels: tuple[str, str]
) -> None:
    """Write a plot of some curves over the same places, which grow by factors. *labels* are those of the axes."""
    figure, axis = pyplot.subplots(figsize=(5.5, 4))
    for name, values in curves.items():
        axis.plot(places, values, marker="o", label=name)
    axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _lines(axis: Axes, panel: Panel, rows: Sequence[Row], by_size: bool) -> None:
    axis.set_xscale("log", base=2)
    if panel.logarithmic:
        axis.set_yscale("log")
    places = sorted({_place(row, by_size) for row in rows})
    number = 0
    for system in dict.fromkeys(row.system for row in rows):
        points = [(_place(r, by_size), y) for r in rows if r.system == system and (y := panel.value(r)) is not None]
        if points:
            axis.plot([x for x, _ in points], [y for _, y in points], marker="o", color=f"C{number}", label=system)
            number += 1
    axis.set_xticks(places)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda place, _: _short(place)))
    axis.minorticks_off()
    if panel.logarithmic:
        axis.yaxis.minorticks_on()
        axis.yaxis.set_major_formatter(FuncFormatter(_plain))
        axis.yaxis.set_minor_formatter(FuncFormatter(_plain if _narrow(axis) else _nothing))
    else:
        axis.set_ylim(bottom=min(0.0, axis.get_ylim()[0]))


def _place(row: Row, by_size: bool) -> int:
    return row.case.request_bytes if by_size else row.case.connections


def _narrow(axis: Axes) -> bool:
    """Return whether the axis has too small a range for labels at powers of ten only."""
    low, high = axis.get_ylim()
    return bool(high < 30 * low)


def _plain(value: float, _: object) -> str:
    return f"{value:g}"


def _nothing(value: float, _: object) -> str:
    return ""


def _short(number: float) -> str:
    for unit, size in (("M", 1024**2), ("K", 1024)):
        if number >= size:
            return f"{number / size:.0f}{unit}"
    return f"{number:.0f}"
