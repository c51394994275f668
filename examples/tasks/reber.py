"""The embedded Reber grammar (Hochreiter & Schmidhuber, 1997, experiment 1).

Strings B T (Reber string) T E or B P (Reber string) P E. At each step the network
predicts the next symbol; solved: on 256 new strings the legal ones get more than all
others, at every step. What comes before the end depends on the second symbol.
"""

import numpy as np

import tinygraph as tg

from .training import Feeds, Run

SYMBOLS = "BTPSXVE"
ARCS = {
    0: [("T", 1), ("P", 2)],
    1: [("S", 1), ("X", 3)],
    2: [("T", 2), ("V", 4)],
    3: [("X", 2), ("S", 5)],
    4: [("P", 3), ("V", 5)],
    5: [("E", 6)],
}


def string(rng: np.random.Generator) -> tuple[str, list[str]]:
    """Return an embedded string and, for each symbol but the last, the legal nexts."""
    mark = "TP"[rng.integers(2)]
    inner, legal, state = "B", ["TP", "B"], 0
    while state != 6:
        arcs = ARCS[state]
        legal.append("".join(symbol for symbol, _ in arcs))
        symbol, state = arcs[rng.integers(len(arcs))]
        inner += symbol
    return f"B{mark}{inner}{mark}E", [*legal, mark, "E"]


class Reber:
    """256 strings to learn from, 256 others to be judged on."""

    name, inputs, outputs, every_step = "embedded Reber", 7, 7, True
    horizon = 1.0

    def __init__(self, strings: int = 256) -> None:
        rng, found = np.random.default_rng(0), dict[str, list[str]]()
        while len(found) < 2 * strings:
            text, legal = string(rng)
            found[text] = legal
        texts = list(found.items())
        self._known, self._new = texts[:strings], texts[strings:]

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Random strings of those to learn from."""
        return self._feeds(
            [self._known[i] for i in rng.integers(0, len(self._known), rows)]
        )

    def _feeds(self, strings: list[tuple[str, list[str]]]) -> Feeds:
        lengths = np.array([len(text) - 1 for text, _ in strings])
        steps = int(lengths.max())
        x = np.zeros((steps, len(strings), 7), "float32")
        target = np.zeros((steps, len(strings)), "int64")
        for row, (text, _) in enumerate(strings):
            numbers = [SYMBOLS.index(symbol) for symbol in text]
            x[: len(numbers) - 1, row] = np.eye(7)[numbers[:-1]]
            target[: len(numbers) - 1, row] = numbers[1:]
        return {"x": x, "lengths": lengths, "target": target}

    def target(self) -> tg.Node:
        """Return the next symbol."""
        return tg.sequence("target", ("batch",), "int64")

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return cross-entropies."""
        return tg.cross_entropy(answer, target)

    def error(self, run: Run, rng: np.random.Generator) -> float:
        """Return the share of new strings with a wrong step."""
        answers = run(self._feeds(self._new))["answer"]
        wrong = 0
        for row, (_, legal) in enumerate(self._new):
            allowed = np.array([[s in each for s in SYMBOLS] for each in legal])
            said = answers[: len(legal), row]
            least = np.where(allowed, said, np.inf).min(-1)
            wrong += bool((least <= np.where(allowed, -np.inf, said).max(-1)).any())
        return wrong / len(self._new)

    def solved(self, error: float) -> bool:
        """Say whether all are right."""
        return error == 0.0

    def reach(self, run: Run) -> float:
        """Return the horizon: solved is all there is."""
        return self.horizon

    def note(self, best: float) -> str:
        """Return nothing more."""
        return ""
