"""What a task is: a source of sequences, held-out sets, and a judge of answers."""

from collections.abc import Callable

import numpy as np

import tinygraph as tg

Feeds = dict[str, np.ndarray]
Run = Callable[[Feeds], dict[str, np.ndarray]]


class Task:
    """By default the answer is a class, and held-out sets are new sequences.

    Attributes:
        name, inputs, outputs: features of x and of the answer.
        every_step: whether there is an answer at each step, or after the last only.
        validations, tests: how many sequences are held out.
        stop_at, checks: training ends when at most this share of the validation set
            is wrong at so many checks in a row.
        solved_at: solved means that training ended so, or was to run its whole
            length (`stop_at` None), and at most this share of the test set is wrong.
    """

    name: str
    inputs: int
    outputs: int
    every_step = False
    validations, tests = 2000, 2560
    stop_at: float | None = 0.0
    checks = 1
    solved_at = 0.002

    def prepare(self, rng: np.random.Generator) -> None:
        """Draw what batches are taken from, where that is a set of its own."""

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Return "x" (T, rows, inputs), "lengths" (rows) and "target" to learn from."""
        raise NotImplementedError

    def validation(self, rng: np.random.Generator) -> Feeds:
        """Return the set that says when training ends."""
        return self.batch(rng, self.validations)

    def test(self, rng: np.random.Generator) -> Feeds:
        """Return the set that the trained network is judged on, once."""
        return self.batch(rng, self.tests)

    def target(self) -> tg.Node:
        """Return the leaf "target", per step where answers are."""
        if self.every_step:
            return tg.sequence("target", ("batch",), "int64")
        return tg.placeholder("target", ("batch",), "int64")

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return one loss per row (per step where answers are): cross-entropies."""
        return tg.cross_entropy(answer, target)

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share of held-out sequences that are wrong."""
        return float(np.mean(run(feeds)["answer"].argmax(-1) != feeds["target"]))

    def note(self, run: Run, feeds: Feeds) -> str:
        """Return what else the test set shows."""
        return ""


def any_step(wrong: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return which rows are wrong at any step, padding apart; `wrong` is (T, rows)."""
    counted = np.arange(len(wrong))[:, np.newaxis] < lengths
    return (wrong & counted).any(0)
