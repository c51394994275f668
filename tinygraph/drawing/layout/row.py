"""Panels beside each other: what one hands to the next goes straight across."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.curves import rounded, side_point
from tinygraph.drawing.layout.initial_values import InitialValue
from tinygraph.drawing.layout.joints import Joint
from tinygraph.drawing.layout.lanes import ELLIPSES, Ports, round_keys
from tinygraph.drawing.layout.page import Line, Point, Rect, around
from tinygraph.drawing.layout.panel import Panel
from tinygraph.drawing.layout.stack import Block, Stack
from tinygraph.drawing.layout.static_curves import line_along
from tinygraph.drawing.model.picture import Wire

GAP = 34.0
"""Between panels, and between a panel and what stands between two."""


@dataclass(frozen=True)
class Handover:
    """Static boxes that bring the last value of a panel to the next as its first.

    Attributes:
        wire: from the box whose last value is read, to the first of them.
        keys: of the boxes, in order.
        value: where it arrives.
    """

    wire: Wire
    keys: tuple[str, ...]
    value: InitialValue


class Row(Stack):
    """Puts panels beside each other, the first band below them and others above.

    What hands the last state of one panel to the next, as `last(h)` between encoder
    and decoder, stands between the two, and the lines go straight across.
    """

    def _left_edges(self) -> list[float]:
        count = len(self._panels)
        self._straight: list[Line] = []
        self._handovers = [self._handed_over(i) for i in range(1, count)]
        lefts, x = [], 0.0
        for i, panel in enumerate(self._panels):
            x += _outer_lanes(panel)
            lefts.append(x - panel.extent.left)
            x += panel.extent.width + _outer_lanes(panel) + GAP
            if i + 1 < count:
                widths = [self._width(found) for found in self._handovers[i]]
                x += max(widths, default=0.0)
        return lefts

    def _pile(self) -> None:
        y, rise = 0.0, self._rise()
        if self._bands[0].rects:
            self._add_band(self._bands[0], self._aligned(self._bands[0]), y)
            y += self._bands[0].extent.height + rise
        heights = self._heights()
        low = min(
            (p.extent.bottom + h for p, h in zip(self._panels, heights, strict=True)),
            default=0.0,
        )
        for panel, left, height in zip(self._panels, self._lefts, heights, strict=True):
            self._add_panel(panel, (left, y + height - low))
        top = max((wall.top for wall in self._walls), default=y) + rise
        above = top
        for i, band in enumerate(self._bands[1:-1], 1):
            if self._handovers[i - 1]:
                self._add_between(i)
            elif band.rects:
                middle = (self._walls[i - 1].right + self._walls[i].left) / 2
                self._add_band(band, middle - band.extent.x, top)
                above = max(above, top + band.extent.height + rise)
        if self._panels and self._bands[-1].rects:
            self._add_band(self._bands[-1], self._aligned(self._bands[-1]), above)

    def _heights(self) -> list[float]:
        """Return the height of each panel: what is handed over goes level."""
        heights = [0.0] * len(self._panels)
        for i, found in enumerate(self._handovers, 1):
            if found:
                leaves = self._leaving(self._panels[i - 1], found[0].wire.tail)[-1][1]
                arrives = self._panels[i].value_rect(found[0].value).y
                heights[i] = heights[i - 1] + leaves - arrives
        return heights

    def _handed_over(self, number: int) -> list[Handover]:
        """Return what stands between a panel and the one before, all of its band.

        Nothing, where one of the boxes does something else too, or has no room there.
        """
        left, right = self._panels[number - 1 : number + 1]
        keys = [*self._bands[number].rects]
        last = max(frame.rect.right for frame in left.frames)
        found = [self._chain(value, left) for value in right.initial_values]
        chains = [chain for chain in found if chain is not None]
        held = [key for chain in chains for key in chain.keys]
        if sorted(held) != sorted(keys) or left.extent.right > last:
            return []
        rects = [self._level(chain, right) for chain in chains]
        clear = not any(
            one.meets(other) for i, one in enumerate(rects) for other in rects[:i]
        )
        first = all(chain.value.step == right.shown.numbers[0] - 1 for chain in chains)
        return chains if clear and first else []

    def _chain(self, value: InitialValue, left: Panel) -> Handover | None:
        """Return the boxes from a panel to a value, if each has one way in and out."""
        key, keys = value.edges[0].loop.initial_source, list[str]()
        while key is not None and self._picture.boxes[key].time is None:
            ways = [wire for wire in self._picture.wires if wire.head == key]
            onward = [wire for wire in self._picture.wires if wire.tail == key]
            if len(ways) != 1 or len(onward) != bool(keys):
                return None
            keys.insert(0, key)
            key = ways[0].tail
            if self._picture.boxes[key].time == left.shown.axis:
                read = ways[0].steps_read
                last = read is not None and [*read] == [-1]
                return Handover(ways[0], tuple(keys), value) if last else None
        return None

    def _size(self, key: str) -> Rect:
        band = next(band for band in self._bands if key in band.rects)
        return band.rects[key]

    def _width(self, handover: Handover) -> float:
        return sum(self._size(key).width + GAP for key in handover.keys)

    def _level(self, handover: Handover, right: Panel) -> Rect:
        """Return the room of the boxes of a handover, at the height of its value."""
        y = right.value_rect(handover.value).y
        half = max(self._size(key).height for key in handover.keys) / 2 + 3
        return Rect(0.0, y - half, 1.0, y + half)

    def _add_between(self, number: int) -> None:
        offset = self._offsets[number]
        for handover in self._handovers[number - 1]:
            y = self._panels[number].value_rect(handover.value).y + offset[1]
            room = self._walls[number].left - self._walls[number - 1].right
            x = self._walls[number - 1].right + GAP
            x += (room - GAP - self._width(handover)) / 2
            for key in handover.keys:
                size = self._size(key)
                rect = size.moved(x - size.left, y - size.y)
                self._rects[key] = rect
                x = rect.right + GAP
            for tail, head in zip(handover.keys, handover.keys[1:], strict=False):
                wire = next(
                    w for w in self._picture.wires if (w.tail, w.head) == (tail, head)
                )
                curve = self._across(self._side(tail, True), self._side(head, False))
                self._straight.append(line_along(wire.key, tail, head, curve, wire))

    def _side(self, key: str, right: bool) -> Point:
        rect = self._rects[key]
        round_ = self._picture.boxes[key].role in ELLIPSES
        return side_point(rect, right, rect.y, round_)

    def _leaving(self, panel: Panel, key: str) -> list[Point]:
        """Return the way of a box's last copy to the right, out of its panel."""
        ports = panel.step.ports
        loops = [loop for loop in self._picture.loops if loop.tail == key]
        known = [ports[k.key, "tail"] for k in loops if (k.key, "tail") in ports]
        ahead = [port for port, k in zip(known, loops, strict=False) if k.steps > 0]
        rects = panel.step.layout.rects
        rounds = round_keys(self._picture.boxes[other] for other in rects)
        port = ahead[0] if ahead else Ports(rects, rounds).all([(key, True)])[0]
        left = panel.box_rect(key, panel.shown.numbers[-1]).left - rects[key].left
        return [(x + left, y) for x, y in port.corners]

    def _handover_of(self, static: str) -> Handover | None:
        every = (one for found in self._handovers for one in found)
        return next((one for one in every if static in one.keys), None)

    def _across(self, *corners: Point) -> tuple[Point, ...]:
        """Return a way from left to right, by an upright piece where heights differ."""
        *before, (x, y), end = corners
        if math.isclose(y, end[1], abs_tol=0.5):
            return rounded([*before, (x, y), (end[0], y)])
        middle = (x + end[0]) / 2 if not before else end[0] - GAP / 2
        return rounded([*before, (x, y), (middle, y), (middle, end[1]), end])

    def _parted(self, joints: Sequence[Joint]) -> tuple[list[Joint], list[Line]]:
        """Draw what is handed over straight across."""
        others, lines = [], [*self._straight]
        for joint in joints:
            found = self._handover_of(joint.static)
            if found is not None and joint.wire is found.wire:
                lines.append(self._line_out(joint))
            elif found is not None and joint.wire.initial:
                lines.append(self._line_in(joint, found))
            else:
                others.append(joint)
        return others, lines

    def _line_out(self, joint: Joint) -> Line:
        """Return the line from a panel to the first box between it and the next."""
        panel, (dx, dy) = self._panels[joint.panel], self._offsets[joint.panel]
        way = [(x + dx, y + dy) for x, y in self._leaving(panel, joint.wire.tail)]
        curve = self._across(*way, self._side(joint.static, False))
        return line_along(joint.key, joint.tail, joint.head, curve, joint.wire)

    def _line_in(self, joint: Joint, handover: Handover) -> Line:
        """Return the line to the value outside the sequence."""
        panel, offset = self._panels[joint.panel], self._offsets[joint.panel]
        rect = panel.value_rect(handover.value).moved(*offset)
        end = side_point(rect, False, rect.y, True)
        curve = self._across(self._side(joint.static, True), end)
        return line_along(joint.key, joint.tail, joint.head, curve, joint.wire)

    def _blocks(self) -> list[Block]:
        if not self._panels:
            return []
        held = [
            key
            for handovers in self._handovers
            for handover in handovers
            for key in handover.keys
        ]
        rect = around([*self._walls, *(self._rects[key] for key in held)])
        return [Block(rect, tuple(range(len(self._panels))), tuple(held))]


def _outer_lanes(panel: Panel) -> float:
    """Return the width of the lanes beside a panel, where ways up or down take them."""
    taken = any(key in panel.step.layout.rects for key, _ in panel.step.lanes)
    return panel.step.gap if taken else 0.0
