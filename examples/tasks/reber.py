"""The embedded Reber grammar (Hochreiter & Schmidhuber, 1997, experiment 1).

Strings B T (Reber string) T E or B P (Reber string) P E. At each step the network
predicts the next symbol; a string is right where the legal ones get more than all
others, at every step. What comes before the end depends on the second symbol.
"""

import numpy as np

from .task import Feeds, Run, Task, any_step

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


class Reber(Task):
    """256 strings to learn from, 256 others to validate, and 256 others to test."""

    name, inputs, outputs, every_step = "embedded Reber", 7, 7, True
    checks, solved_at = 5, 0.0

    def __init__(self, strings: int = 256) -> None:
        rng, found = np.random.default_rng(1), dict[str, list[str]]()
        while len(found) < 3 * strings:
            text, legal = string(rng)
            found[text] = legal
        texts = list(found.items())
        shuffled = [texts[place] for place in rng.permutation(len(texts))]
        self.known, self.validated, self.tested = (
            shuffled[start : start + strings]
            for start in range(0, 3 * strings, strings)
        )

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Random strings of those to learn from."""
        return _feeds([self.known[i] for i in rng.integers(0, len(self.known), rows)])

    def validation(self, rng: np.random.Generator) -> Feeds:
        """Return the second part of the strings; nothing is random."""
        return _held_out(self.validated)

    def test(self, rng: np.random.Generator) -> Feeds:
        """Return the third part of the strings; nothing is random."""
        return _held_out(self.tested)

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share of strings with a wrong step."""
        said, legal = run(feeds)["answer"], feeds["legal"]
        least = np.where(legal, said, np.inf).min(-1)
        right = least > np.where(legal, -np.inf, said).max(-1)
        return float(any_step(~right, feeds["lengths"]).mean())


def _feeds(strings: list[tuple[str, list[str]]]) -> Feeds:
    lengths = np.array([len(text) - 1 for text, _ in strings])
    steps = int(lengths.max())
    x = np.zeros((steps, len(strings), 7), "float32")
    target = np.zeros((steps, len(strings)), "int64")
    for row, (text, _) in enumerate(strings):
        numbers = [SYMBOLS.index(symbol) for symbol in text]
        x[: len(numbers) - 1, row] = np.eye(7)[numbers[:-1]]
        target[: len(numbers) - 1, row] = numbers[1:]
    return {"x": x, "lengths": lengths, "target": target}


def _held_out(strings: list[tuple[str, list[str]]]) -> Feeds:
    """Also say which symbols are "legal" at each step: (T, strings, 7)."""
    feeds = _feeds(strings)
    allowed = np.zeros(feeds["x"].shape, "bool")
    for row, (_, legal) in enumerate(strings):
        allowed[: len(legal), row] = [[s in each for s in SYMBOLS] for each in legal]
    return {**feeds, "legal": allowed}
