"""What is computed: the sizes, the weights and the data that all peers share.

A problem is small to pickle: every process makes the same arrays from its seed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]

TRAINING_SIZES = (
    (1, 64, 64, 65),
    (16, 128, 64, 65),
    (32, 256, 64, 65),
    (64, 512, 35, 128),
)
"""(batch, hidden, steps, vocabulary) of the language model, smallest first."""

CELLS = ("peephole", "gru", "two-step")
"""The cells of one's own; see `benchmarks.peers.tinygraph_cells`."""


@dataclass(frozen=True)
class LanguageModelProblem:
    """Loss and all gradients of a 1-layer LSTM language model; embedding size H.

    Loss: mean cross-entropy over steps and batch. Initial states are 0. Gates are
    packed i, f, g, o.
    """

    batch: int
    hidden: int
    steps: int
    vocabulary: int
    seed: int = 0

    @property
    def label(self) -> str:
        """The sizes, as tables show them."""
        return f"({self.batch}, {self.hidden}, {self.steps}, {self.vocabulary})"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.batch * self.hidden * self.steps

    def weights(self, dtype: str = "float32") -> Arrays:
        """Return E (V, H), W and U (H, 4H), b (4H), Wo (H, V), bo (V)."""
        rng = np.random.default_rng(self.seed)
        H, V = self.hidden, self.vocabulary
        return {
            "E": _normal(rng, 1.0, (V, H), dtype),
            "W": _normal(rng, H**-0.5, (H, 4 * H), dtype),
            "U": _normal(rng, H**-0.5, (H, 4 * H), dtype),
            "b": _normal(rng, 0.1, (4 * H,), dtype),
            "Wo": _normal(rng, H**-0.5, (H, V), dtype),
            "bo": _normal(rng, 0.1, (V,), dtype),
        }

    def tokens(self) -> tuple[Array, Array]:
        """Return tokens and targets, each int32 (T, B)."""
        rng = np.random.default_rng(self.seed + 1)
        text = rng.integers(0, self.vocabulary, (self.steps + 1, self.batch), "int32")
        return np.ascontiguousarray(text[:-1]), np.ascontiguousarray(text[1:])


@dataclass(frozen=True)
class CellProblem:
    """Loss and all gradients, that of x too, of one recurrent layer.

    x is (T, B, H), the loss the mean of h² over steps, batch and units. Initial
    states are 0.
    """

    cell: str
    batch: int
    hidden: int
    steps: int
    seed: int = 0

    @property
    def label(self) -> str:
        """The cell and the sizes, as tables show them."""
        return f"{self.cell} ({self.batch}, {self.hidden}, {self.steps})"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.batch * self.hidden * self.steps

    def weights(self, dtype: str = "float32") -> Arrays:
        """Return the weights of the cell; x is read through W, h through U.

        peephole: W and U (H, 4H), b (4H), gates i, f, g, o; pi, pf, po (H).
        gru: W (H, 3H), b (3H) for r, u, n; U (H, 2H) for r, u; Un (H, H).
        two-step: W, U, V (H, H), b (H).
        """
        rng = np.random.default_rng(self.seed)
        H = self.hidden
        return {
            name: _normal(rng, H**-0.5 if len(shape) == 2 else 0.1, shape, dtype)
            for name, shape in _shapes(self.cell, H).items()
        }

    def x(self, dtype: str = "float32") -> Array:
        """Return the input sequence."""
        rng = np.random.default_rng(self.seed + 1)
        shape = (self.steps, self.batch, self.hidden)
        return _normal(rng, 1.0, shape, dtype)


@dataclass(frozen=True)
class ScalarProblem:
    """A scalar expression and its gradient, in float64.

    The sum of chains y ← tanh(aⱼ y + bⱼ), from y = bⱼ, all of one length. The leaves
    are a and b (chains).
    """

    chains: int
    length: int
    seed: int = 0

    @property
    def label(self) -> str:
        """The number of nodes, as tables show it."""
        return f"{self.nodes:,} nodes"

    @property
    def nodes(self) -> int:
        """Applications of an operation, leaves not counted."""
        return self.chains * (3 * self.length + 1) - 1

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.nodes

    def weights(self) -> Arrays:
        """Return a and b (chains)."""
        rng = np.random.default_rng(self.seed)
        a, b = rng.uniform(-0.9, 0.9, (2, self.chains))
        return {"a": a, "b": b}

    def expression(self, a: Any, b: Any, tanh: Callable[[Any], Any]) -> Any:
        """Return the sum over leaves of any kind that knows + and *."""
        total = None
        for a_j, b_j in zip(a, b, strict=True):
            y = b_j
            for _ in range(self.length):
                y = tanh(a_j * y + b_j)
            total = y if total is None else total + y
        return total


@dataclass(frozen=True)
class SamplingProblem:
    """One character after another from the LSTM language model, batch 1.

    Results are compared by `GREEDY` likeliest tokens after token 0; what is timed
    draws at temperature 1.
    """

    hidden: int
    vocabulary: int = 65

    @property
    def label(self) -> str:
        """The sizes, as tables show them."""
        return f"H = {self.hidden}, V = {self.vocabulary}"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.hidden

    @property
    def model(self) -> LanguageModelProblem:
        """The language model."""
        return LanguageModelProblem(1, self.hidden, 1, self.vocabulary)


GREEDY = 24
BLOCK = 256
"""Tokens of one timed step."""


@dataclass(frozen=True)
class FormProblem:
    """Loss and all gradients of a model; see `benchmarks.peers.tinygraph_forms`."""

    model: str
    batch: int
    hidden: int
    steps: int
    vocabulary: int

    @property
    def label(self) -> str:
        """The model and the sizes, as tables show them."""
        sizes = self.batch, self.hidden, self.steps, self.vocabulary
        return f"{self.model} {sizes}"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.batch * self.hidden * self.steps


@dataclass(frozen=True)
class MaskedProblem:
    """Loss and all gradients of an LSTM language model with random masks.

    Attributes:
        masks: settings of `tinygraph_rnn.LanguageModel`: name → rate.
        layers: LSTMs on top of one another.
    """

    masks: tuple[tuple[str, float], ...]
    layers: int
    batch: int
    hidden: int
    steps: int
    vocabulary: int

    @property
    def label(self) -> str:
        """The masks, the layers and the sizes, as tables show them."""
        sizes = self.batch, self.hidden, self.steps, self.vocabulary
        names = [f"{name.replace('_', ' ')} {rate}" for name, rate in self.masks]
        return f"{self.layers} × LSTM, {', '.join(names) or 'no masks'} {sizes}"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.layers * self.batch * self.hidden * self.steps

    @property
    def model(self) -> LanguageModelProblem:
        """The sizes, and the text."""
        sizes = self.batch, self.hidden, self.steps, self.vocabulary
        return LanguageModelProblem(*sizes)


@dataclass(frozen=True)
class LayerProblem:
    """Layers as users call them, input and hidden size H, beside torch.nn's.

    Training: the mean of h² over steps, batch and units, and the gradients of x and of
    all weights. Inference: h alone.

    Attributes:
        cell: "LSTM", "GRU" or "RNN".
        both_ways: read in both directions.
        lengths: rows of different lengths, the longest first.
        training: gradients too.
    """

    cell: str
    batch: int
    hidden: int
    steps: int
    layers: int = 1
    both_ways: bool = False
    lengths: bool = False
    training: bool = True
    dtype: str = "float32"
    seed: int = 0

    @property
    def label(self) -> str:
        """What differs from one layer's training in float32, as tables show it."""
        words = [
            f"{self.layers} layers" if self.layers > 1 else "",
            "both ways" if self.both_ways else "",
            "lengths" if self.lengths else "",
            "" if self.training else "inference",
            "" if self.dtype == "float32" else self.dtype,
        ]
        said = ", ".join([self.cell, *filter(None, words)])
        return f"{said} ({self.batch}, {self.hidden}, {self.steps})"

    @property
    def work(self) -> int:
        """How much there is to do, for peers that are too slow for more."""
        return self.layers * self.batch * self.hidden * self.steps

    def x(self, dtype: str | None = None) -> Array:
        """Return the input sequence."""
        rng = np.random.default_rng(self.seed + 1)
        shape = (self.steps, self.batch, self.hidden)
        return _normal(rng, 1.0, shape, dtype or self.dtype)

    def row_lengths(self) -> Array:
        """Return how many steps of each row count, int32 (B): T and less, sorted."""
        rng = np.random.default_rng(self.seed + 2)
        found = rng.integers(max(self.steps // 2, 1), self.steps + 1, self.batch)
        found[0] = self.steps
        return np.sort(found)[::-1].astype("int32")


Problem = (
    LanguageModelProblem
    | CellProblem
    | ScalarProblem
    | SamplingProblem
    | FormProblem
    | MaskedProblem
    | LayerProblem
)


def _normal(
    rng: np.random.Generator, deviation: float, shape: tuple[int, ...], dtype: str
) -> Array:
    """Draw in float32 whatever the dtype, so that float64 holds the same numbers."""
    values = deviation * rng.standard_normal(shape, dtype="float32")
    return values.astype("float32").astype(dtype)


def _shapes(cell: str, H: int) -> dict[str, tuple[int, ...]]:
    if cell == "peephole":
        peepholes = dict.fromkeys(("pi", "pf", "po"), (H,))
        return {"W": (H, 4 * H), "U": (H, 4 * H), "b": (4 * H,), **peepholes}
    if cell == "gru":
        return {"W": (H, 3 * H), "U": (H, 2 * H), "Un": (H, H), "b": (3 * H,)}
    if cell == "two-step":
        return {"W": (H, H), "U": (H, H), "V": (H, H), "b": (H,)}
    raise ValueError(f"no cell {cell!r}; there are {', '.join(CELLS)}")
