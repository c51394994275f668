"""Temporal order (Hochreiter & Schmidhuber, 1997, experiment 6a).

Among symbols that mean nothing there is twice an X or a Y; after the last step the
network says which of XX, XY, YX, YY it was.
"""

import numpy as np

from .task import Feeds, Task

START, END, X, Y = 0, 1, 2, 3
NOISE = range(4, 8)


class TemporalOrder(Task):
    """Sequences of T to T + T/10 steps; the marks at T/10 to T/5 and T/2 to 3T/5."""

    name, inputs, outputs = "temporal order", 8, 4

    def __init__(self, steps: int = 100) -> None:
        self.steps = steps

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
