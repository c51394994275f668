"""Curves of a run as SVG, where matplotlib is installed."""

import importlib.util
import io
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph_rnn.files import write_atomically

FilePath = str | os.PathLike[str]

__all__ = ["can_plot", "plot_gradient_norms", "plot_losses"]


def can_plot() -> bool:
    """Return True where matplotlib (extra `plot`) is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def plot_losses(
    rows: Sequence[Mapping[str, Any]], path: FilePath, unit: str = "character"
) -> None:
    """Draw training and held-out bits per token against updates.

    Args:
        rows: metrics; `"loss"` is in nats per token, `"held_out"` in bits.
        path: the SVG to write; the same rows give the same bytes.
        unit: what a token is.
    """
    _plot(rows, path, _LOSSES, f"bits per {unit}")


def plot_gradient_norms(rows: Sequence[Mapping[str, Any]], path: FilePath) -> None:
    """Draw the global gradient norm before clipping, on a logarithmic axis.

    On a linear one where all are zero.
    """
    _plot(rows, path, _NORMS, "gradient norm", scale="log")


def _plot(
    rows: Sequence[Mapping[str, Any]],
    path: FilePath,
    curves: Sequence[tuple[str, str, float, str, str]],
    label: str,
    scale: str = "linear",
) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style: Any = {"svg.hashsalt": "tinygraph", "svg.fonttype": "none"}
    with mpl.rc_context(style):
        figure = Figure(figsize=(7.0, 4.0), layout="constrained")
        axes = figure.subplots()
        for key, name, unit, color, marker in curves:
            points = [(row["update"], row[key] * unit) for row in rows if key in row]
            if points:
                x, y = zip(*points, strict=True)
                axes.plot(x, y, label=name, color=color, marker=marker)
        axes.set_xlabel("updates")
        axes.set_ylabel(label)
        heights = (row[key] for row in rows for key, *_ in curves if key in row)
        axes.set_yscale(scale if any(y > 0.0 for y in heights) else "linear")
        axes.grid(alpha=0.3)
        if len(axes.lines) > 1:
            axes.legend(frameon=False)
        content = io.BytesIO()
        figure.savefig(content, format="svg", metadata={"Date": None})
    write_atomically(path, content.getvalue())


_LOSSES = (
    ("loss", "training", 1.0 / math.log(2.0), "#9DB4C0", ""),
    ("held_out", "held out", 1.0, "#B3261E", "o"),
)
_NORMS = (("gradient_norm", "gradient norm", 1.0, "#9DB4C0", ""),)
"""Key of a row, label, factor, color and marker of each curve."""
