"""Loops round a folded step: from inside out, the lane and the square of each."""

from collections.abc import Mapping, Sequence

from tinygraph.drawing.layout.lanes import Port, Ports
from tinygraph.drawing.model.picture import DelayLoop

SQUARE = 18.72
"""The side of a delay's square, in points."""
SWING = 0.9 * SQUARE
"""The straight way that a loop has at least on both sides of its square."""
APART = 8.0
"""What is free at least between two loops, one above the other."""


def settled(
    loops: Sequence[DelayLoop], rights: Sequence[bool], ports: Ports
) -> tuple[list[int], dict[int, tuple[Port, Port]], dict[int, float | None]]:
    """Return the loops from inside out, their ways, and the heights of their squares.

    Short ones are inside; one whose square finds no room moves outside all others.
    """
    pairs = _pairs(loops, rights, ports, range(len(loops)))
    order = sorted(pairs, key=lambda i: _span(pairs[i]))
    moved: set[int] = set()
    while True:
        pairs = _pairs(loops, rights, ports, order)
        heights = _heights(pairs, rights, order)
        blocked = [i for i in order if heights[i] is None and i not in moved]
        if not blocked:
            return order, pairs, heights
        moved.add(blocked[0])
        order = [*(i for i in order if i != blocked[0]), blocked[0]]


def lanes_of(
    pairs: Mapping[int, tuple[Port, Port]],
    heights: Mapping[int, float | None],
    rights: Sequence[bool],
    order: Sequence[int],
) -> dict[int, int]:
    """Return each loop's lane: outside the inner loops at its height, not of others."""
    reach = {i: _reach(pairs[i], heights[i]) for i in order}
    found: dict[int, int] = {}
    for i in order:
        low, high = reach[i]
        inner = [
            lane
            for j, lane in found.items()
            if rights[j] == rights[i] and low < reach[j][1] and reach[j][0] < high
        ]
        found[i] = 1 + max(inner, default=-1)
    return found


def _reach(ports: tuple[Port, Port], height: float | None) -> tuple[float, float]:
    """Return from and to which height a loop reaches, its square and swing with it."""
    a, b = (port.y for port in ports)
    y = (a + b) / 2 if height is None else height
    half = SQUARE / 2 + SWING
    return min(a, b, y - half) - APART / 2, max(a, b, y + half) + APART / 2


def _heights(
    pairs: Mapping[int, tuple[Port, Port]],
    rights: Sequence[bool],
    order: Sequence[int],
) -> dict[int, float | None]:
    """Return the height of each square, None where loops outside it leave no room."""
    found: dict[int, float | None] = {}
    for lane, i in enumerate(order):
        outer = [j for j in order[lane + 1 :] if rights[j] == rights[i]]
        passing = [port.y for j in outer for port in pairs[j]]
        leaving, entering = pairs[i]
        found[i] = _clear_height(leaving.y, entering.y, passing)
    return found


def _clear_height(a: float, b: float, others: Sequence[float]) -> float | None:
    """Return where a square stands between two heights: near the middle.

    Args:
        others: heights at which other loops pass; no square stands on them.
    """
    middle = (a + b) / 2
    room = max(2 * SQUARE, abs(a - b) / 2 - SQUARE / 2)
    tries = [middle]
    away = SQUARE / 4
    while away < room:
        tries += [middle + away, middle - away]
        away += SQUARE / 4
    for y in tries:
        turns = _turns(y, min(a, b), max(a, b))
        near = any(abs(turn - other) < APART / 2 for turn in turns for other in others)
        if not near and all(abs(y - other) > SQUARE / 2 + 3 for other in others):
            return y
    return None


def _turns(y: float, low: float, high: float) -> list[float]:
    """Return where a loop swings out beyond its ends before it meets its square."""
    half = SQUARE / 2 + SWING
    return [y + half] * (high < y + half) + [y - half] * (low > y - half)


def _pairs(
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    ports: Ports,
    order: Sequence[int],
) -> dict[int, tuple[Port, Port]]:
    """Return the ways out of tails and into heads; `order` has inner loops first.

    Of loops that share a tail the outer leaves above, of those that share a head it
    enters below, so that they do not cross.
    """
    outer = [*order][::-1]
    tails = [(loops[i].tail, rights[i]) for i in outer]
    heads = [(loops[i].head, rights[i]) for i in order]
    found = ports.all([*tails, *heads])
    leaving = dict(zip(outer, found, strict=False))
    entering = dict(zip(order, found[len(outer) :], strict=True))
    return {i: (leaving[i], entering[i]) for i in order}


def _span(ports: tuple[Port, Port]) -> float:
    return abs(ports[0].y - ports[1].y)
