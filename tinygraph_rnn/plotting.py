"""The loss curve of a run as an SVG, where matplotlib is installed."""

import importlib.util
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["can_plot", "plot_losses"]


def can_plot() -> bool:
    """Return True where matplotlib (extra `plot`) is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_losses(
    rows: Sequence[Mapping[str, Any]], path: str | os.PathLike[str]
) -> None:
    """Draw training and held-out bits per character against updates.

    Args:
        rows: metrics; `"loss"` is in nats per character, `"held_out"` in bits.
        path: the SVG to write; the same rows give the same bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: Any = {"svg.hashsalt": "tinygraph", "svg.fonttype": "none"}
    with mpl.rc_context(style):
        figure = Figure(figsize=(7.0, 4.0), layout="constrained")
        axes = figure.subplots()
        for key, label, unit, color, marker in _CURVES:
            points = [(row["update"], row[key] * unit) for row in rows if key in row]
            if points:
                x, y = zip(*points, strict=True)
                axes.plot(x, y, label=label, color=color, marker=marker)
        axes.set_xlabel("updates")
        axes.set_ylabel("bits per character")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


_CURVES = (
    ("loss", "training", 1.0 / math.log(2.0), "#9DB4C0", ""),
    ("held_out", "held out", 1.0, "#B3261E", "o"),
)
