"""How far lines run one upon the other, measured apart from what places them."""

import math
from typing import NamedTuple

import numpy as np

from tests.drawing.curves import along

NEAR = 1.2
"""Lines whose middles are nearer than this are seen as one, in points."""
SLANT = math.sin(math.radians(15))
"""Lines at a smaller angle run along each other."""
WIDE = 1 << 24
"""More than there are cells in a column of the page."""


class Pieces(NamedTuple):
    """Short pieces of lines: middles, directions, lengths, numbers of their lines."""

    middle: np.ndarray
    direction: np.ndarray
    length: np.ndarray
    line: np.ndarray


def pieces(lines):
    """The pieces of all lines, each line's from its beginning to its end."""
    ways = [along(line, apart=1) for line in lines]
    before, after = (np.concatenate([w[s] for w in ways]) for s in (_FIRST, _LAST))
    line = np.repeat(np.arange(len(ways)), [len(way) - 1 for way in ways])
    length = np.hypot(*(after - before).T)
    seen = length > 1e-6
    before, after, length = before[seen], after[seen], length[seen]
    direction = (after - before) / length[:, None]
    return Pieces((before + after) / 2, direction, length, line[seen])


_FIRST, _LAST = slice(None, -1), slice(1, None)


def shared_stretches(page):
    """{(line, line): points}: how far lines with no end in common run together."""
    lines = [line for line in page.lines if line.role != "highlight"]
    if len(lines) < 2:
        return {}
    all_pieces = pieces(lines)
    apart = _without_common_end(lines)
    found = {}
    for (a, b), run in _runs(all_pieces, *_together(all_pieces, apart)).items():
        pair = tuple(sorted((lines[a].key, lines[b].key)))
        found[pair] = max(found.get(pair, 0), run)
    return found


def _without_common_end(lines):
    """A matrix: True for two lines with no end in common."""
    numbers = {}
    ends = np.array(
        [[numbers.setdefault(e, len(numbers)) for e in (k.tail, k.head)] for k in lines]
    )
    common = [ends[:, None, i] == ends[None, :, j] for i in (0, 1) for j in (0, 1)]
    return ~np.logical_or.reduce(common)


def _together(found, apart):
    """(piece, line) for each line with no end in common that runs along a piece."""
    columns, rows = np.floor(found.middle / NEAR).astype(np.int64).T
    cells = columns * WIDE + rows
    order = np.argsort(cells, kind="stable")
    placed = cells[order]
    which, other = [], []
    for beside in (-1, 0, 1):
        middle = cells + beside * WIDE
        low = np.searchsorted(placed, middle - 1, "left")
        count = np.searchsorted(placed, middle + 1, "right") - low
        one = np.repeat(np.arange(len(cells)), count)
        start = np.repeat(np.cumsum(count) - count - low, count)
        two = order[np.arange(len(one)) - start]
        keep = apart[found.line[one], found.line[two]]
        which.append(one[keep])
        other.append(two[keep])
    one, two = np.concatenate(which), np.concatenate(other)
    near = np.hypot(*(found.middle[one] - found.middle[two]).T) < NEAR
    (u, v), (x, y) = found.direction[one].T, found.direction[two].T
    near &= np.abs(u * y - v * x) < SLANT
    met = np.unique(found.line[two[near]] * len(found.line) + one[near])
    return met % len(found.line), met // len(found.line)


def _runs(found, which, other):
    """{(line, line): points} of the longest way along which both run without a gap."""
    longest = {}
    run, before = 0.0, (-1, -1)
    for piece, line in zip(which.tolist(), other.tolist(), strict=True):
        own = int(found.line[piece])
        again = before == (piece - 1, line) and found.line[piece - 1] == own
        run = found.length[piece] + (run if again else 0.0)
        longest[own, line] = max(longest.get((own, line), 0), float(run))
        before = piece, line
    return longest
