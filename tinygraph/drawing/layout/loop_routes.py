"""The loops of a folded picture: squares beside the step, and the ways to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, ROUND, rounded
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.lanes import Port, Ports
from tinygraph.drawing.layout.loop_lanes import SQUARE, SWING, lanes_of, settled
from tinygraph.drawing.layout.page import Line, Point, Rect, Shape, around
from tinygraph.drawing.layout.self_loops import RoundLoop, beside_their_boxes
from tinygraph.drawing.model.picture import DelayLoop

OUTSIDE = 30.0
"""From the boxes to the first loop, and from one loop to the next."""

Known = Mapping[tuple[str, bool], Sequence[Port]]


class LoopRoutes:
    """Routes the loops of a folded picture, the shorter ones inside.

    Args:
        rights: on which side each stands.
        rounds: keys of round boxes.
        known: the ways out of the boxes, where they are known; no loop stands
            beside its own box then.
        radius: of corners.

    Attributes:
        squares: one shape per delay.
        lines: two per delay, into its square and out of it.
    """

    def __init__(
        self,
        loops: Sequence[DelayLoop],
        layout: DotLayout,
        rights: Sequence[bool],
        rounds: Collection[str],
        known: Known | None = None,
        radius: float = ROUND,
    ) -> None:
        self.squares: list[Shape] = []
        self.lines: list[Line] = []
        self._radius = radius
        self._obstacles = [*layout.rects.values()]
        ports = Ports(layout.rects, rounds, known or {})
        beside: list[RoundLoop] = []
        if known is None:
            beside = beside_their_boxes(loops, rights, layout, rounds)
        for made in beside:
            self._add_round(made)
        rooms = [made.room for made in beside]
        self._around = around([layout.extent, *rooms])
        near = [made.loop for made in beside]
        rights = [r for k, r in zip(loops, rights, strict=True) if k not in near]
        loops = [loop for loop in loops if loop not in near]
        order, pairs, heights = settled(loops, rights, ports)
        lanes = lanes_of(pairs, heights, rights, order)
        for i in order:
            self._route(loops[i], pairs[i], rights[i], lanes[i], heights[i])

    def _route(
        self,
        loop: DelayLoop,
        ports: tuple[Port, Port],
        right: bool,
        lane: int,
        height: float | None,
    ) -> None:
        away = OUTSIDE + (OUTSIDE + SQUARE / 2) * lane
        x = self._around.right + away if right else self._around.left - away
        leaving, entering = ports
        y = (leaving.y + entering.y) / 2 if height is None else height
        half = SQUARE / 2
        square = Rect(x - half, y - half, x + half, y + half)
        self.squares.append(
            Shape(loop.key, loop.key, "delay", loop.sign, square, None, loop.hover)
        )
        above = leaving.y >= entering.y
        into = self._curve(leaving, square, above, right)
        out = self._curve(entering, square, not above, right)[::-1]
        beside = y - 1.1 * SQUARE if above else y + 1.1 * SQUARE
        tip = out[-1]
        out = (*out[:-1], (tip[0] + (ARROW if right else -ARROW), tip[1]))
        self.lines += _lines(loop, into, out, tip, right, (x, beside))

    def _add_round(self, made: RoundLoop) -> None:
        loop, square = made.loop, made.square
        self.squares.append(
            Shape(loop.key, loop.key, "delay", loop.sign, square, None, loop.hover)
        )
        outer = square.right if made.right else square.left
        beside = (outer, square.y)
        self.lines += _lines(loop, made.into, made.out, made.tip, made.right, beside)

    def _curve(
        self, port: Port, square: Rect, above: bool, right: bool
    ) -> tuple[Point, ...]:
        """Return the way from a box to the upper or lower side of the square.

        Where the box is too near in height, it swings out before it comes back.
        """
        end = (square.x, square.top if above else square.bottom)
        y = max(port.y, end[1] + SWING) if above else min(port.y, end[1] - SWING)
        aside = 0.75 * SQUARE
        near = square.x - aside if right else square.x + aside
        turn = [(near, port.y), (near, y)] if y != port.y else []
        way = [*port.corners, *turn, (end[0], y), end]
        return rounded(way, self._obstacles, self._radius)


def _lines(
    loop: DelayLoop,
    into: tuple[Point, ...],
    out: tuple[Point, ...],
    tip: Point,
    right: bool,
    beside: Point,
) -> list[Line]:
    """Return the edges into a square and out of it, the label beside the second."""
    away = 8 + 3.2 * len(loop.label)
    label_point = (beside[0] + (away if right else -away), beside[1])
    first = Line(f"{loop.key}-in", loop.tail, loop.key, into, None, "delayed")
    last = Line(
        f"{loop.key}-out",
        loop.key,
        loop.head,
        out,
        tip,
        "delayed",
        label=loop.label,
        label_point=label_point if loop.label else None,
        weight=loop.weight,
    )
    return [replace(line, color=loop.color, hover=loop.hover) for line in (first, last)]
