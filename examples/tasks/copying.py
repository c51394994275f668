"""Copy memory (Arjovsky et al., 2016, after Hochreiter & Schmidhuber, 1997).

Ten symbols of eight, T blanks, a sign to go, and then all ten again. A network with
no memory reaches 10 log 8 / (T + 20) nats per step. Solved: 99 % of the symbols.
"""

import numpy as np

import tinygraph as tg

from .training import Feeds, Run

SYMBOLS, LENGTH, BLANK, GO = 8, 10, 8, 9


class Copying:
    """Sequences of T + 20 steps."""

    name, inputs, outputs, every_step = "copy memory", 10, 9, True
    horizon = 1.0

    def __init__(
        self, blanks: int = 30, tests: int = 256, length: int = LENGTH
    ) -> None:
        self.blanks, self.tests, self.length = blanks, tests, length

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """One symbol per step, one-hot; the target is blank until the end."""
        symbols = rng.integers(0, SYMBOLS, (self.length, rows))
        steps = self.blanks + 2 * self.length
        read = np.full((steps, rows), BLANK)
        read[: self.length] = symbols
        read[steps - self.length - 1] = GO
        target = np.full((steps, rows), BLANK)
        target[-self.length :] = symbols
        x = np.eye(self.inputs, dtype="float32")[read]
        return {"x": x, "lengths": np.full(rows, steps), "target": target}

    def target(self) -> tg.Node:
        """Return one symbol per step."""
        return tg.sequence("target", ("batch",), "int64")

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return cross-entropies."""
        return tg.cross_entropy(answer, target)

    def error(self, run: Run, rng: np.random.Generator) -> float:
        """Return the share of wrong symbols among those to be copied."""
        feeds = self.batch(rng, self.tests)
        said = run(feeds)["answer"].argmax(-1)[-self.length :]
        return float(np.mean(said != feeds["target"][-self.length :]))

    def solved(self, error: float) -> bool:
        """Say whether 99 % of the symbols are right."""
        return error <= 0.01

    def reach(self, run: Run) -> float:
        """Return the horizon: solved is all there is."""
        return self.horizon

    def note(self, best: float) -> str:
        """Return nothing more."""
        return ""
