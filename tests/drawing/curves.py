"""Lines of a page as points along them, many at a time."""

import numpy as np


def along(line, apart=3):
    """Points along a line, as rows of an array; each piece has two at least."""
    corners = np.asarray(line.points, float)
    a, b, c, d = (corners[i : len(corners) - 3 + i : 3] for i in range(4))
    far = sum(np.hypot(*(v - u).T) for u, v in ((a, b), (b, c), (c, d)))
    pieces = 2 + (far / apart).astype(int)
    which = np.repeat(np.arange(len(pieces)), pieces + 1)
    first = np.repeat(np.cumsum(pieces + 1) - pieces - 1, pieces + 1)
    t = ((np.arange(len(which)) - first) / pieces[which])[:, None]
    w = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    return sum(p * q[which] for p, q in zip(w, (a, b, c, d), strict=True))


def sides(rects):
    """(left, bottom, right, top) of rectangles, as rows of an array."""
    each = [(r.left, r.bottom, r.right, r.top) for r in rects]
    return np.array(each, float).reshape(-1, 4)
