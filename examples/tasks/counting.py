"""Counting: the language aⁿbⁿ (Gers & Schmidhuber, 2001).

At each step the network names the symbols that may come next; a string is right where
all are, at every step. Trained on n up to N; training ends when all even n up to 10 N
are right. Solved: all odd n up to 10 N too. Then: up to which n is everything right?
"""

import numpy as np

import tinygraph as tg

from .task import Feeds, Run, Task, any_step

START, A, B, END = range(4)


def string(n: int) -> tuple[list[int], np.ndarray]:
    """Return the symbols S aⁿ bⁿ and, for each, which may come next: (2n + 1, 4)."""
    symbols = [START, *[A] * n, *[B] * n]
    legal = np.zeros((len(symbols), 4), "float32")
    legal[0, A] = 1.0
    legal[1 : n + 1, [A, B]] = 1.0
    legal[n + 1 : 2 * n, B] = 1.0
    legal[2 * n, END] = 1.0
    return symbols, legal


class Counting(Task):
    """Strings with n from 1 to `longest`; the reach is measured up to `horizon`."""

    name, inputs, outputs, every_step = "counting aⁿbⁿ", 4, 4, True
    solved_at = 0.0

    def __init__(self, longest: int = 10, horizon: int = 1000) -> None:
        self.longest, self.horizon = longest, horizon

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Random n, one string per row."""
        return self.strings(rng.integers(1, self.longest + 1, rows).tolist())

    def validation(self, rng: np.random.Generator) -> Feeds:
        """Each even n up to 10 N; nothing is random."""
        return self.strings(list(range(2, 10 * self.longest + 1, 2)))

    def test(self, rng: np.random.Generator) -> Feeds:
        """Each odd n up to 10 N; nothing is random."""
        return self.strings(list(range(1, 10 * self.longest + 1, 2)))

    def strings(self, counts: list[int]) -> Feeds:
        """Return strings of given n side by side."""
        lengths = np.array([2 * n + 1 for n in counts])
        shape = int(lengths.max()), len(counts), 4
        x, target = np.zeros(shape, "float32"), np.zeros(shape, "float32")
        for row, n in enumerate(counts):
            symbols, legal = string(n)
            x[: len(symbols), row] = np.eye(4)[symbols]
            target[: len(symbols), row] = legal
        return {"x": x, "lengths": lengths, "target": target}

    def target(self) -> tg.Node:
        """Return one flag per symbol and step."""
        return tg.sequence("target", ("batch", 4))

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return binary cross-entropies of all four symbols."""
        return tg.sum(tg.softplus(answer) - target * answer, axis=-1)

    def wrong(self, run: Run, feeds: Feeds) -> np.ndarray:
        """Return for each string whether any step is wrong."""
        said = run(feeds)["answer"] > 0.0
        differs = (said != (feeds["target"] > 0.5)).any(-1)
        return any_step(differs, feeds["lengths"])

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share of strings that go wrong."""
        return float(self.wrong(run, feeds).mean())

    def reach(self, run: Run) -> int:
        """Return the largest n such that everything up to it is right."""
        for start in range(1, self.horizon + 1, 20):
            counts = list(range(start, min(start + 20, self.horizon + 1)))
            wrong = self.wrong(run, self.strings(counts))
            if wrong.any():
                return counts[int(wrong.argmax())] - 1
        return self.horizon

    def note(self, run: Run, feeds: Feeds) -> str:
        """Return how far it generalises."""
        return f"right up to n = {self.reach(run)}"
