"""Temporal order (Hochreiter & Schmidhuber, 1997, experiment 6a).

Among symbols that mean nothing there is twice an X or a Y; after the last step the
network says which of XX, XY, YX, YY it was. Solved: at most one of 2,560 is wrong.
"""

import numpy as np

import tinygraph as tg

from .training import Feeds, Run

START, END, X, Y = 0, 1, 2, 3
NOISE = range(4, 8)


class TemporalOrder:
    """Sequences of T to T + T/10 steps; the marks at T/10 to T/5 and T/2 to 3T/5."""

    name, inputs, outputs, every_step = "temporal order", 8, 4, False
    horizon = 1.0

    def __init__(self, steps: int = 100, tests: int = 2560) -> None:
        self.steps, self.tests = steps, tests

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """One symbol per step, one-hot."""
        tenth, row = self.steps // 10, np.arange(rows)
        lengths = rng.integers(self.steps, self.steps + tenth + 1, rows)
        symbols = rng.choice(NOISE, (int(lengths.max()), rows))
        marks = rng.integers(0, 2, (2, rows))
        first = rng.integers(tenth, 2 * tenth + 1, rows)
        second = rng.integers(5 * tenth, 6 * tenth + 1, rows)
        symbols[first, row] = X + marks[0]
        symbols[second, row] = X + marks[1]
        symbols[0], symbols[lengths - 1, row] = START, END
        x = np.eye(8, dtype="float32")[symbols]
        return {"x": x, "lengths": lengths, "target": 2 * marks[0] + marks[1]}

    def target(self) -> tg.Node:
        """Return one class per row."""
        return tg.placeholder("target", ("batch",), "int64")

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return cross-entropies."""
        return tg.cross_entropy(answer, target)

    def error(self, run: Run, rng: np.random.Generator) -> float:
        """Return the share of wrong classes."""
        feeds = self.batch(rng, self.tests)
        return float(np.mean(run(feeds)["answer"].argmax(-1) != feeds["target"]))

    def solved(self, error: float) -> bool:
        """Say whether at most one sequence in 2,560 is wrong."""
        return error <= 1 / 2560

    def reach(self, run: Run) -> float:
        """Return the horizon: solved is all there is."""
        return self.horizon

    def note(self, best: float) -> str:
        """Return nothing more."""
        return ""
