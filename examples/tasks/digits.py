"""Digits row by row: scikit-learn's 1,797 images of 8 x 8, one row per step.

The last 360 images are never trained on. Solved, by our own measure: nine
out of ten right.
"""

import numpy as np

import tinygraph as tg

from .training import Feeds, Run

TESTS = 360


class Digits:
    """Eight steps of eight grey values; ten classes after the last row."""

    name, inputs, outputs, every_step = "digits by rows", 8, 10, False
    horizon = 1.0

    def __init__(self) -> None:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        self._images = (bunch.images / 16.0).astype("float32")
        self._labels = bunch.target.astype("int64")

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Random images of those to learn from."""
        return self._feeds(rng.integers(0, len(self._labels) - TESTS, rows))

    def _feeds(self, which: np.ndarray) -> Feeds:
        x = np.ascontiguousarray(self._images[which].swapaxes(0, 1))
        return {
            "x": x,
            "lengths": np.full(len(which), 8),
            "target": self._labels[which],
        }

    def target(self) -> tg.Node:
        """Return one class per row."""
        return tg.placeholder("target", ("batch",), "int64")

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return cross-entropies."""
        return tg.cross_entropy(answer, target)

    def error(self, run: Run, rng: np.random.Generator) -> float:
        """Return the share of held-out images with a wrong class."""
        feeds = self._feeds(np.arange(len(self._labels) - TESTS, len(self._labels)))
        return float(np.mean(run(feeds)["answer"].argmax(-1) != feeds["target"]))

    def solved(self, error: float) -> bool:
        """Say whether nine out of ten are right."""
        return error <= 0.1

    def reach(self, run: Run) -> float:
        """Return the horizon: solved is all there is."""
        return self.horizon

    def note(self, best: float) -> str:
        """Return nothing more."""
        return ""
