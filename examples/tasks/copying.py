"""Copy memory (Arjovsky et al., 2016, after Hochreiter & Schmidhuber, 1997).

Ten symbols of eight, T blanks, a sign to go, and then all ten again. A network with
no memory reaches 10 log 8 / (T + 20) nats per step. Training ends when at most 0.5 %
of the symbols to be copied are wrong. Solved: at most 1 %.
"""

import math

import numpy as np

from .task import Feeds, Run, Task

SYMBOLS, LENGTH, BLANK, GO = 8, 10, 8, 9


class Copying(Task):
    """Sequences of T + 20 steps; all of them have the same length."""

    name, inputs, outputs, every_step = "copy memory", 10, 9, True
    validations = tests = 256
    stop_at, solved_at = 0.005, 0.01

    def __init__(self, blanks: int = 10, length: int = LENGTH) -> None:
        self.blanks, self.length = blanks, length

    @property
    def baseline(self) -> float:
        """Nats per step where blanks are certain and the symbols a guess."""
        return self.length * math.log(SYMBOLS) / (self.blanks + 2 * self.length)

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

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share of wrong symbols among those to be copied."""
        said = run(feeds)["answer"].argmax(-1)[-self.length :]
        return float(np.mean(said != feeds["target"][-self.length :]))

    def nats(self, run: Run, feeds: Feeds) -> float:
        """Return the mean cross-entropy of all steps."""
        answer = run(feeds)["answer"].astype("float64")
        answer -= answer.max(-1, keepdims=True)
        said = np.take_along_axis(answer, feeds["target"][..., np.newaxis], -1)[..., 0]
        return float(np.mean(np.log(np.exp(answer).sum(-1)) - said))

    def note(self, run: Run, feeds: Feeds) -> str:
        """Return nats per step, and those without memory."""
        return f"{self.nats(run, feeds):.4f} nats (baseline {self.baseline:.4f})"
