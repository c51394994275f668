"""How far lines run one upon the other, measured apart from what places them."""

import math
from collections import Counter, defaultdict

NEAR = 1.2
"""Lines whose middles are nearer than this are seen as one, in points."""
SLANT = math.sin(math.radians(15))
"""Lines at a smaller angle run along each other."""


def curve(line, apart=3):
    """Points along a line."""
    for i in range(0, len(line.points) - 1, 3):
        a, b, c, d = line.points[i : i + 4]
        pieces = 2 + int((math.dist(a, b) + math.dist(b, c) + math.dist(c, d)) / apart)
        for k in range(pieces + 1):
            t = k / pieces
            w = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield tuple(
                sum(p * q for p, q in zip(w, (a[j], b[j], c[j], d[j]), strict=True))
                for j in (0, 1)
            )


def pieces(line):
    """(x, y, direction, length) of short pieces of a line."""
    before = None
    for point in curve(line, apart=1):
        if before is not None and (length := math.dist(before, point)) > 1e-6:
            (x, y), (u, v) = before, point
            yield (x + u) / 2, (y + v) / 2, (u - x) / length, (v - y) / length, length
        before = point


def shared_stretches(page):
    """{(line, line): points}: how far lines with no end in common run together."""
    lines = [line for line in page.lines if line.role != "highlight"]
    cells = defaultdict(list)
    for number, line in enumerate(lines):
        for x, y, u, v, length in pieces(line):
            cells[int(x // NEAR), int(y // NEAR)].append((x, y, u, v, length, number))
    found = {}
    for number, line in enumerate(lines):
        runs = Counter()
        for x, y, u, v, length in pieces(line):
            met = set(_along(cells, x, y, u, v)) - {number}
            runs = Counter({i: runs[i] + length for i in met})
            for i, run in runs.items():
                if not {line.tail, line.head} & {lines[i].tail, lines[i].head}:
                    pair = tuple(sorted((line.key, lines[i].key)))
                    found[pair] = max(found.get(pair, 0), run)
    return found


def _along(cells, x, y, u, v):
    """The lines that run along a piece at (x, y) in the direction (u, v)."""
    i, j = int(x // NEAR), int(y // NEAR)
    for a in (i - 1, i, i + 1):
        for b in (j - 1, j, j + 1):
            for px, py, pu, pv, _, number in cells.get((a, b), ()):
                if math.dist((px, py), (x, y)) < NEAR and abs(u * pv - v * pu) < SLANT:
                    yield number
