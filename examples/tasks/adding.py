"""The adding problem (Hochreiter & Schmidhuber, 1997, experiment 4).

Each step has a number in [-1, 1] and a mark; two numbers are marked. After the last
step the network says 0.5 + (their sum) / 4. Wrong: off by 0.04 or more.
"""

import numpy as np

import tinygraph as tg

from .task import Feeds, Run, Task


class Adding(Task):
    """Sequences of T to T + T/10 steps."""

    name, inputs, outputs = "adding problem", 2, 1

    def __init__(self, steps: int = 100) -> None:
        self.steps = steps

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Marks are 1, at the ends -1, elsewhere 0, as in the paper."""
        lengths = rng.integers(self.steps, self.steps + self.steps // 10 + 1, rows)
        x = np.zeros((int(lengths.max()), rows, 2), "float32")
        x[..., 0] = rng.uniform(-1.0, 1.0, x.shape[:2])
        row = np.arange(rows)
        first = rng.integers(0, 10, rows)
        second = rng.integers(0, self.steps // 2 - 1, rows)
        second = np.where(second == first, self.steps // 2 - 1, second)
        x[0, :, 1] = x[lengths - 1, row, 1] = -1.0
        x[0, first == 0, 0] = 0.0
        x[first, row, 1] = x[second, row, 1] = 1.0
        target = 0.5 + (x[first, row, 0] + x[second, row, 0]) / 4.0
        return {"x": x, "lengths": lengths, "target": target[:, np.newaxis]}

    def target(self) -> tg.Node:
        """Return one number per row."""
        return tg.placeholder("target", ("batch", 1))

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return squared errors."""
        return tg.sum(tg.square(answer - target), axis=-1)

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share that is off by 0.04 or more."""
        near = np.abs(run(feeds)["answer"] - feeds["target"]) < 0.04
        return float(np.mean(~near))
