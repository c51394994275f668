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


Legal = tuple[str, list[str]]
"""A string and, for each symbol but the last, the legal nexts."""


def string(rng: np.random.Generator) -> Legal:
    """Draw an embedded string; each arc that leaves a state is equally likely."""
    mark = "TP"[rng.integers(2)]
    inner, legal, state = "B", ["TP", "B"], 0
    while state != 6:
        arcs = ARCS[state]
        legal.append("".join(symbol for symbol, _ in arcs))
        symbol, state = arcs[rng.integers(len(arcs))]
        inner += symbol
    return f"B{mark}{inner}{mark}E", [*legal, mark, "E"]


class Reber(Task):
    """Three times 256 strings drawn at random, as in the paper.

    So short strings stand in several sets, and more than once in each.
    """

    name, inputs, outputs, every_step = "embedded Reber", 7, 7, True
    checks, solved_at = 20, 0.0

    def __init__(self, strings: int = 256) -> None:
        self.strings = self.validations = self.tests = strings
        self.known: list[Legal] = []

    def prepare(self, rng: np.random.Generator) -> None:
        """Draw the strings to learn from."""
        self.known = _drawn(rng, self.strings)

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Random strings of those to learn from."""
        return _feeds([self.known[i] for i in rng.integers(0, len(self.known), rows)])

    def validation(self, rng: np.random.Generator) -> Feeds:
        """Draw the strings that say when training ends."""
        return _held_out(_drawn(rng, self.validations))

    def test(self, rng: np.random.Generator) -> Feeds:
        """Draw the strings that the trained network is judged on."""
        return _held_out(_drawn(rng, self.tests))

    def error(self, run: Run, feeds: Feeds) -> float:
        """Return the share of strings with a wrong step."""
        said, legal = run(feeds)["answer"], feeds["legal"]
        least = np.where(legal, said, np.inf).min(-1)
        right = least > np.where(legal, -np.inf, said).max(-1)
        return float(any_step(~right, feeds["lengths"]).mean())

    def note(self, run: Run, feeds: Feeds) -> str:
        """Return the share of the test strings that were also learnt from."""
        known = {text[:-1] for text, _ in self.known}
        read = feeds["x"].argmax(-1).T
        texts = [
            "".join(SYMBOLS[symbol] for symbol in row[:length])
            for row, length in zip(read, feeds["lengths"], strict=True)
        ]
        return f"{np.mean([text in known for text in texts]):.2%} also learnt from"


def _drawn(rng: np.random.Generator, count: int) -> list[Legal]:
    return [string(rng) for _ in range(count)]


def _feeds(strings: list[Legal]) -> Feeds:
    lengths = np.array([len(text) - 1 for text, _ in strings])
    steps = int(lengths.max())
    x = np.zeros((steps, len(strings), 7), "float32")
    target = np.zeros((steps, len(strings)), "int64")
    for row, (text, _) in enumerate(strings):
        numbers = [SYMBOLS.index(symbol) for symbol in text]
        x[: len(numbers) - 1, row] = np.eye(7)[numbers[:-1]]
        target[: len(numbers) - 1, row] = numbers[1:]
    return {"x": x, "lengths": lengths, "target": target}


def _held_out(strings: list[Legal]) -> Feeds:
    """Also say which symbols are "legal" at each step: (T, strings, 7)."""
    feeds = _feeds(strings)
    allowed = np.zeros(feeds["x"].shape, "bool")
    for row, (_, legal) in enumerate(strings):
        allowed[: len(legal), row] = [[s in each for s in SYMBOLS] for each in legal]
    return {**feeds, "legal": allowed}
