"""The part of one process in a batch that many share."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph_rnn.data.streams import Streams
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.carried import State
from tinygraph_rnn.training.distributed.reduction import (
    Reduce,
    Totals,
    added_up,
    gathered,
)
from tinygraph_rnn.training.distributed.rows import ROWS, by_global_row

__all__ = ["Share"]


@final
class Share:
    """The rows of this process, and what it adds up with the others.

    Without `reduce` there are no others, and nothing is changed.

    Attributes:
        rows, count: the rows of this process, and how many all have together.
        asks_to_stop: whether this process wishes to stop; told to all by `totals`.

    Raises:
        ConfigError: there is no row for this process.
    """

    def __init__(self, streams: Streams, reduce: Reduce | None) -> None:
        if not streams.rows:
            raise ConfigError(
                f"a batch of {streams.batch_size} rows leaves a process without any: "
                "give a greater batch_size, or fewer processes"
            )
        self.rows, self.count = streams.rows, streams.batch_size
        self.asks_to_stop = False
        self._reduce = reduce
        self._feeds: dict[str, Any] = {}

    def graph(self, whole: tg.Graph) -> tg.Graph:
        """Return the graph of this process: its masks are those of its rows."""
        if self._reduce is None:
            return whole
        own = by_global_row(whole, self.count)
        if any(leaf.label == ROWS for leaf in own.placeholders):
            self._feeds[ROWS] = np.array(self.rows, "int64")
        return own

    @property
    def feeds(self) -> Mapping[str, Any]:
        """What `graph` is fed beside a chunk."""
        return self._feeds

    def totals(self, outputs: Mapping[str, Any]) -> Totals:
        """Return the loss and the gradients of the rows of all processes."""
        loss, gradients = float(outputs["loss"]), tg.gradients_in(outputs)
        if self._reduce is None:
            return Totals(loss, gradients, int(self.asks_to_stop))
        rows = len(self.rows), self.count
        return added_up(self._reduce, loss, gradients, *rows, stop=self.asks_to_stop)

    def whole(self, state: State, compiled: tg.Graph) -> State:
        """Return the state of all rows, for a checkpoint; all processes call this.

        They gather by name, as names read from a file come in any order.

        Args:
            state: of the rows of this process.
            compiled: the graph that it is fed to.
        """
        if self._reduce is None:
            return state
        axes = _batch_axes(compiled)
        return {
            name: gathered(self._reduce, array, self.rows, self.count, axes[name])
            if name in axes
            else array
            for name, array in sorted(state.items())
        }

    def own(self, state: Mapping[str, NDArray[Any]], compiled: tg.Graph) -> State:
        """Return the state of this process, of that of all rows; see `whole`."""
        axes = _batch_axes(compiled)
        return {
            name: array.take(self.rows, axes[name]) if name in axes else array
            for name, array in state.items()
        }

    def shapes(
        self, state: State, compiled: tg.Graph
    ) -> dict[str, tuple[tuple[int, ...], Any]]:
        """Return name → (shape, dtype) of the state of all rows, from that of some."""
        axes = _batch_axes(compiled)
        return {
            name: (_with_rows(array.shape, axes.get(name), self.count), array.dtype)
            for name, array in state.items()
        }


def _batch_axes(graph: tg.Graph) -> dict[str, int]:
    """State → the axis of the batch, for those that have one."""
    return {
        leaf.label: leaf.shape.index("batch")
        for leaf in graph.placeholders
        if "batch" in leaf.shape
    }


def _with_rows(shape: tuple[int, ...], axis: int | None, count: int) -> tuple[int, ...]:
    if axis is None:
        return shape
    return (*shape[:axis], count, *shape[axis + 1 :])
