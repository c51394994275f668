"""Charts: SVG by matplotlib, the same bytes for the same figures."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import tinygraph as tg
from benchmarks.judging import figure as text

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tinygraph",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
OURS, OTHERS, LIMIT = "#B3261E", "#607D8B", "#C5CFD4"


class Chart(Protocol):
    """Something to draw."""

    @property
    def name(self) -> str:
        """Part of the file's name."""

    def save(self, path: Path) -> None:
        """Draw into a file."""


@dataclass(frozen=True)
class Lines:
    """Log-log lines; each label says its fitted slope.

    Attributes:
        name: part of the file's name.
        title, x, y: texts.
        series: label → points (x, y).
    """

    name: str
    title: str
    x: str
    y: str
    series: Mapping[str, Sequence[tuple[float, float]]]

    def save(self, path: Path) -> None:
        """Draw into a file."""
        figure, (axes,) = _figure(6.4, 4.2)
        for label, points in self.series.items():
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, marker="o", markersize=4, label=label)
        axes.set(xscale="log", yscale="log", xlabel=self.x, ylabel=self.y)
        axes.set_title(self.title, loc="left")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=8)
        _write(figure, path)


@dataclass(frozen=True)
class Rows:
    """A row for each peer, one group a size; leftmost is fastest; whiskers: quartiles.

    Attributes:
        groups: size → peer → (lower quartile, median, upper quartile), ms.
    """

    name: str
    title: str
    groups: Mapping[str, Mapping[str, tuple[float, float, float]]]

    def svg(self) -> str:
        """Return the drawing, without a ground, for a page."""
        drawn = io.StringIO()
        with _styled():
            figure = self._figure()
            figure.savefig(
                drawn, format="svg", metadata={"Date": None}, transparent=True
            )
        whole = drawn.getvalue()
        return whole[whole.index("<svg") :]

    def save(self, path: Path) -> None:
        """Draw into a file."""
        _write(self._figure(), path)

    def _figure(self) -> Any:
        longest = max(len(group) for group in self.groups.values())
        count = len(self.groups)
        figure, rows = _figure(8.0, 0.5 + count * (0.9 + 0.27 * longest), count)
        with _styled():
            for axes, (size, group) in zip(rows, self.groups.items(), strict=True):
                _draw_group(axes, size, group)
        figure.suptitle(self.title, x=0.01, ha="left")
        return figure


def _draw_group(
    axes: Any, size: str, group: Mapping[str, tuple[float, float, float]]
) -> None:
    for name, (low, middle, high) in reversed(list(group.items())):
        around = [[middle - low], [high - middle]]
        axes.errorbar([middle], [name], xerr=around, fmt="o", color=_colour(name))
        axes.annotate(
            text(middle), (middle, name), (0, 5), textcoords="offset points", fontsize=7
        )
    axes.set(xscale="log", xlabel="ms")
    axes.margins(y=0.15)
    axes.grid(alpha=0.3)
    axes.set_title(size, loc="left", fontsize=9)


def _colour(name: str) -> str:
    if name.startswith("tinygraph"):
        return OURS
    return LIMIT if "limit" in name else OTHERS


def _styled() -> Any:
    import matplotlib

    return matplotlib.rc_context(STYLE)


def _figure(width: float, height: float, rows: int = 1) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    with _styled():
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(rows, 1, squeeze=False)[:, 0]


def _write(figure: Any, path: Path) -> None:
    with _styled(), tg.atomic_file(path) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
