"""Charts: SVG by matplotlib, the same bytes for the same figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.judging import figure as text

STYLE = {
    "svg.hashsalt": "tinygraph",
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
OURS, OTHERS, LIMIT = "#B3261E", "#607D8B", "#C5CFD4"


class Chart(Protocol):
    """Something to draw."""

    name: str

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
        figure, axes = _figure(6.4, 4.2)
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
    """Horizontal bars, one group a size, shortest is fastest; whiskers: quartiles.

    Attributes:
        groups: size → peer → (lower quartile, median, upper quartile), ms.
    """

    name: str
    title: str
    groups: Mapping[str, Mapping[str, tuple[float, float, float]]]

    def save(self, path: Path) -> None:
        """Draw into a file."""
        from matplotlib.figure import Figure

        longest = max(len(group) for group in self.groups.values())
        count = len(self.groups)
        figure = Figure(figsize=(8.0, count * (0.5 + 0.27 * longest)))
        with _styled():
            for axes, (size, group) in zip(
                figure.subplots(count, 1, squeeze=False)[:, 0],
                self.groups.items(),
                strict=True,
            ):
                _draw_group(axes, size, group)
        figure.suptitle(self.title, x=0.01, ha="left")
        _write(figure, path)


def _draw_group(
    axes: Any, size: str, group: Mapping[str, tuple[float, float, float]]
) -> None:
    names = list(group)[::-1]
    middle = [group[name][1] for name in names]
    around = [
        [group[name][1] - group[name][0] for name in names],
        [group[name][2] - group[name][1] for name in names],
    ]
    axes.barh(names, middle, xerr=around, color=[_colour(name) for name in names])
    for name, value in zip(names, middle, strict=True):
        axes.annotate(f" {text(value)}", (value, name), va="bottom", fontsize=7)
    axes.set(xscale="log", xlabel="ms")
    axes.set_title(size, loc="left", fontsize=9)


def _colour(name: str) -> str:
    if name.startswith("tinygraph"):
        return OURS
    return LIMIT if "limit" in name else OTHERS


def _styled() -> Any:
    import matplotlib

    return matplotlib.rc_context(STYLE)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    with _styled():
        figure = Figure(figsize=(width, height))
        return figure, figure.subplots()


def _write(figure: Any, path: Path) -> None:
    with _styled():
        figure.set_layout_engine("tight")
        figure.savefig(path, format="svg", metadata={"Date": None})
