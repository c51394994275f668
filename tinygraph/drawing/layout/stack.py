"""Panels and bands of static boxes above each other, and the wires between them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.channel_ports import End
from tinygraph.drawing.layout.channels import Way, routed
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.joints import Dots, Joint, Joints, shown_ends
from tinygraph.drawing.layout.lanes import round_keys
from tinygraph.drawing.layout.own_tracks import along_corners, wire_ways
from tinygraph.drawing.layout.page import Line, Page, Point, Rect, Shape, around
from tinygraph.drawing.layout.panel import Panel
from tinygraph.drawing.layout.shared_tracks import any_shared
from tinygraph.drawing.layout.static_bands import Stacking
from tinygraph.drawing.layout.static_curves import StaticCurves, static_line
from tinygraph.drawing.model.picture import Picture, Wire

RISE = 40.0
"""The least height between a panel and a band."""
MOST = 110.0
"""The greatest; wide panels need more, so that edges from their ends rise."""


@dataclass(frozen=True)
class Block:
    """Panels, and static boxes among them, that move as one.

    Attributes:
        rect: all of its room.
        panels: the numbers of the panels.
        boxes: keys of static boxes in it.
    """

    rect: Rect
    panels: tuple[int, ...]
    boxes: tuple[str, ...] = ()


class Stack:
    """Puts panels and bands above each other and joins them."""

    def __init__(
        self,
        picture: Picture,
        stacking: Stacking,
        panels: Sequence[Panel],
        bands: Sequence[DotLayout],
    ) -> None:
        self._picture = picture
        self._stacking = stacking
        self._panels = panels
        self._offsets: list[Point] = []
        self._walls: list[Rect] = []
        self._rects: dict[str, Rect] = {}
        self._lines: list[Line] = []
        self._bands = bands
        self._lefts = self._left_edges()
        self._pile()

    def page(self) -> Page:
        """Return the page with every wire between panels and bands.

        By curves, or along channels where curves would share a track.
        """
        found = Joints(
            self._picture, self._stacking, self._panels, self._offsets, self._rects
        )
        joints, across = self._parted([*found.all()])
        curves = StaticCurves(self._rects, self._walls, self._rounds)
        lines = [curves.joint(joint) for joint in joints]
        lines += [curves.round_about(wire) for wire in self._between_bands()]
        lines = [*self._lines, *lines, *across]
        if lines and any_shared([*lines, *self._delayed()]):
            lines = self._along_channels(joints, across)
        return self._page(lines, found.dots.values())

    def _parted(self, joints: Sequence[Joint]) -> tuple[list[Joint], list[Line]]:
        """Return the joints to draw, and lines for those that are drawn already."""
        return [*joints], []

    def _blocks(self) -> list[Block]:
        """Return what moves as one where lines take channels."""
        return [Block(wall, (i,)) for i, wall in enumerate(self._walls)]

    @property
    def _rounds(self) -> frozenset[str]:
        return round_keys(self._picture.boxes[key] for key in self._rects)

    def _delayed(self) -> list[Line]:
        """Return the delayed edges of all panels."""
        return [
            line.moved(*offset)
            for panel, offset in zip(self._panels, self._offsets, strict=True)
            for line in panel.lines
            if line.color is not None
        ]

    def _between_bands(self) -> list[Wire]:
        """Return the wires that join static boxes of different bands."""
        bands = self._stacking.bands
        return [
            wire
            for wire in self._picture.wires
            if wire.tail in bands
            and wire.head in bands
            and bands[wire.tail] != bands[wire.head]
        ]

    def _page(self, lines: Sequence[Line], dots: Iterable[Dots]) -> Page:
        """Return everything at its place."""
        page = Page([], [], [])
        for key, rect in self._rects.items():
            box = self._picture.boxes[key]
            page.shapes.append(
                Shape(key, key, box.role, box.label.still, rect, None, box.hover)
            )
        for panel, by in zip(self._panels, self._offsets, strict=True):
            page.frames += [replace(f, rect=f.rect.moved(*by)) for f in panel.frames]
            page.shapes += [replace(s, rect=s.rect.moved(*by)) for s in panel.shapes]
            page.lines += [line.moved(*by) for line in panel.lines]
        for dot in dots:
            rect = dot.rect.moved(*self._offsets[dot.panel])
            hover = "steps that are not shown"
            page.shapes.append(
                Shape(dot.key, dot.key, "ellipsis", "…", rect, None, hover)
            )
        page.lines += lines
        return page

    def _along_channels(
        self, joints: Sequence[Joint], across: Sequence[Line]
    ) -> list[Line]:
        """Return all lines along channels; boxes and panels make room for them.

        Args:
            across: lines that stay as they are, inside the block of the first panel.
        """
        blocks = {
            f"block {i}": _with_ways(block, joints)
            for i, block in enumerate(self._blocks())
        }
        names = {i: name for name, block in blocks.items() for i in block.panels}
        held = {key for block in blocks.values() for key in block.boxes}
        between = [static_line(wire, wire.key) for wire in self._between_bands()]
        plain = [*self._lines, *between]
        ways = wire_ways(plain)
        for joint in joints:
            name = names[joint.panel]
            ways.append(_way(joint, name, blocks[name].rect))
        rects = {key: rect for key, rect in self._rects.items() if key not in held}
        rects |= {name: block.rect for name, block in blocks.items()}
        found = routed(rects, ways, self._rounds)
        moves = self._moved(blocks, found.rects)
        lines = [
            along_corners(line, corners)
            for line, corners in zip(plain, found.corners, strict=False)
        ]
        for joint, corners in zip(joints, found.corners[len(plain) :], strict=True):
            dx, dy = moves[joint.panel]
            way = [*((x + dx, y + dy) for x, y in joint.way), *corners]
            way = way[::-1] if joint.inwards else way
            line = static_line(joint.wire, joint.key, joint.tail, joint.head)
            lines.append(along_corners(line, way))
        return [*lines, *(line.moved(*moves[0]) for line in across)]

    def _moved(
        self, blocks: Mapping[str, Block], rects: Mapping[str, Rect]
    ) -> list[Point]:
        """Put boxes and panels where channels left them; return how panels moved."""
        moves: dict[int, Point] = {}
        for name, block in blocks.items():
            now = rects[name]
            by = (now.left - block.rect.left, now.bottom - block.rect.bottom)
            moves |= dict.fromkeys(block.panels, by)
            self._rects |= {key: self._rects[key].moved(*by) for key in block.boxes}
        self._rects |= {key: rects[key] for key in self._rects if key in rects}
        self._offsets = [
            (x + moves[i][0], y + moves[i][1]) for i, (x, y) in enumerate(self._offsets)
        ]
        return [moves[i] for i in range(len(self._panels))]

    def _pile(self) -> None:
        y = 0.0
        rise = self._rise()
        for i, band in enumerate(self._bands):
            if band.rects:
                if i:
                    y += rise
                self._add_band(band, self._aligned(band), y)
                y += band.extent.height + rise
            elif i:
                y += RISE
            if i < len(self._panels):
                panel = self._panels[i]
                extent = panel.extent
                self._add_panel(panel, (self._lefts[i], y - extent.bottom))
                y += extent.height

    def _rise(self) -> float:
        """Return the height between panels and bands."""
        widest = max((panel.extent.width for panel in self._panels), default=0.0)
        return min(MOST, max(RISE, 0.075 * widest))

    def _left_edges(self) -> list[float]:
        """Return how far each panel is moved to the right: all have one middle."""
        middles = [self._middle(panel) for panel in self._panels]
        return [max(middles) - middle for middle in middles]

    def _aligned(self, band: DotLayout) -> float:
        """Return how far to move a band to the right, over what it is joined to."""
        shifts = []
        for wire in self._picture.wires:
            for static, in_time in ((wire.tail, wire.head), (wire.head, wire.tail)):
                axis = self._picture.boxes[in_time].time
                if static in band.rects and axis is not None:
                    number = self._stacking.axes.index(axis)
                    panel = self._panels[number]
                    up = self._stacking.is_above(static, axis)
                    riser = (in_time, up, wire.head == in_time)
                    ends = [
                        panel.riser(riser, t)[-1][0] for t in shown_ends(panel, wire)
                    ]
                    x = sum(ends) / len(ends) + self._lefts[number]
                    shifts.append(x - band.rects[static].x)
        if shifts:
            return sum(shifts) / len(shifts)
        panels = zip(self._panels, self._lefts, strict=True)
        frames = [
            frame.rect.moved(x, 0) for panel, x in panels for frame in panel.frames
        ]
        return around(frames).x - band.extent.x

    def _middle(self, panel: Panel) -> float:
        return around(frame.rect for frame in panel.frames).x

    def _add_band(self, band: DotLayout, dx: float, dy: float) -> None:
        self._rects |= {key: r.moved(dx, dy) for key, r in band.rects.items()}
        self._lines += [line.moved(dx, dy) for line in band.lines]

    def _add_panel(self, panel: Panel, offset: Point) -> None:
        self._offsets.append(offset)
        self._walls.append(panel.extent.moved(*offset))


def _with_ways(block: Block, joints: Sequence[Joint]) -> Block:
    """Return a block that holds the ways out of its panels, also beside them."""
    points = [p for joint in joints if joint.panel in block.panels for p in joint.way]
    rects = [Rect(x, y, x, y) for x, y in points]
    return replace(block, rect=around([block.rect, *rects]))


def _way(joint: Joint, panel: str, wall: Rect) -> Way:
    """Return the way from the border of a panel to a static box.

    All ways into a static box are one net, and all out of it another.
    """
    x, _ = joint.way[-1]
    side, end = ("top", "bottom") if joint.up else ("bottom", "top")
    net = f"{joint.static} out" if joint.inwards else f"{joint.static} in"
    return Way(net, End(panel, side, x - wall.left), End(joint.static, end))
