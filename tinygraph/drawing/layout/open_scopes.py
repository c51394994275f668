"""Outlines around the boxes of open scopes, where nothing else stands among them."""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.blocks import MARGIN, TITLE, width_of_title
from tinygraph.drawing.layout.curves import cuts, hull
from tinygraph.drawing.layout.page import Frame, Page, Point, Rect, around
from tinygraph.drawing.model.opening import OpenScope, open_scopes_of
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.texts import one_line, slug

Scope = tuple[str, ...]

_WEIGHTS = ("parameter", "tied", "constant")
_MODULES = ("module", "function")
_LEAVES = (*_WEIGHTS, "held", "input")


def with_open_scopes(page: Page, picture: Picture) -> Page:
    """Return the page with an outline and a title around each open scope.

    A scope that holds the whole picture has none here, nor has one with a single box
    that is no module, or with others among its boxes.
    """
    groups = _groups(picture)
    steps = dict.fromkeys(shape.step for shape in page.shapes)
    wanted = [
        (number, step)
        for number, group in enumerate(groups)
        for step in steps
        if _is_framed(page, group, step)
    ]
    while True:
        found = _frames(page, groups, wanted)
        tight = _made_tight(page, groups, found, [k for k in wanted if k not in found])
        if tight == groups:
            return replace(page, scopes=[*found.values()][::-1])
        groups = tight


def _made_tight(
    page: Page,
    groups: list[OpenScope],
    found: Mapping[tuple[int, int | None], Frame],
    missing: Sequence[tuple[int, int | None]],
) -> list[OpenScope]:
    """Return the scopes, those without ellipses beside them that are in the way."""
    close: set[int] = set()
    for number, step in missing:
        mine = [
            shape.rect.grown(MARGIN)
            for shape in page.shapes
            if shape.step == step and shape.box in groups[number].boxes
        ]
        close |= {
            i
            for (i, when), frame in found.items()
            if when == step and frame.rect.meets(around(mine))
        }
    return [
        replace(group, beside=frozenset()) if i in close else group
        for i, group in enumerate(groups)
    ]


def _frames(
    page: Page, groups: Sequence[OpenScope], wanted: Sequence[tuple[int, int | None]]
) -> dict[tuple[int, int | None], Frame]:
    """Return the outlines that mislead nobody, by number of scope and step."""
    found: dict[tuple[int, int | None], Frame] = {}
    for number, step in wanted:
        group = groups[number]
        within = [i for i in range(number) if groups[i].boxes <= group.boxes]
        others = [frame.rect for (_, when), frame in found.items() if when == step]
        inner = [found[i, step].rect for i in within if (i, step) in found]
        outer = [rect for rect in others if rect not in inner]
        frame = _frame(page, group, number, step, inner, outer)
        if frame is not None:
            found[number, step] = frame
    return found


def _is_framed(page: Page, group: OpenScope, step: int | None) -> bool:
    """Return True where several boxes, or a module, stand in a scope at one step."""
    mine = [s for s in page.shapes if s.step == step and s.box in group.boxes]
    return len(mine) > 1 or any(shape.role in _MODULES for shape in mine)


def _frame(
    page: Page,
    group: OpenScope,
    number: int,
    step: int | None,
    inner: list[Rect],
    outer: list[Rect],
) -> Frame | None:
    """Return the outline of a scope at one step, the widest that misleads nobody.

    Args:
        inner, outer: the outlines within it, and all others.
    """
    key = f"open_{slug('_'.join(group.scope))}_{number}"
    key += "" if step is None else f"-{step}"
    more = group.boxes | group.beside
    for keys, with_lines in itertools.product((more, group.boxes), (True, False)):
        outline = _outline(page, keys, step, inner, with_lines)
        if outline is not None and not any(outline.meets(rect) for rect in outer):
            frame = _titled(page, key, outline, group.scope[-1], step, outer)
            if not _sticks_out(page, frame.rect):
                return frame
    return None


def _groups(picture: Picture) -> list[OpenScope]:
    """Return the open scopes, inner ones first."""
    if picture.opening is not None:
        return open_scopes_of(picture)
    roles = {key: box.role for key, box in picture.boxes.items()}
    found = []
    for scope, members in _members(picture).items():
        ops = frozenset(key for key in members if roles[key] not in _WEIGHTS)
        found.append(OpenScope(scope, ops, frozenset(members) - ops))
    return found


def _members(picture: Picture) -> dict[Scope, set[str]]:
    """Return the boxes of each open scope but those that hold all, inner ones first."""
    within = _homes(picture)
    roles = {key: box.role for key, box in picture.boxes.items()}
    made = [home for key, home in within.items() if roles[key] not in _LEAVES]
    scopes = {home[:i] for home in made for i in range(1, len(home) + 1)}
    parts = {
        scope for scope in scopes if any(home[: len(scope)] != scope for home in made)
    }
    return {
        scope: {key for key, home in within.items() if home[: len(scope)] == scope}
        for scope in sorted(parts, key=lambda scope: (-len(scope), scope))
    }


def _homes(picture: Picture) -> Mapping[str, Scope]:
    """Return the scope of each box; weights and past states are with their readers."""
    readers: dict[str, list[Scope]] = {}
    for wire in picture.wires:
        readers.setdefault(wire.tail, []).append(picture.boxes[wire.head].within)
    closed = {box.scope for box in picture.boxes.values()}
    found = {}
    for key, box in picture.boxes.items():
        homes = [box.within]
        if box.role in _LEAVES and box.role != "input":
            homes = readers.get(key, [()])
        found[key] = _open_part(_common(homes), closed)
    return found


def _open_part(scope: Scope, closed: set[Scope]) -> Scope:
    """Return the scope without what is drawn as one box: a state stands beside it."""
    for i in range(1, len(scope) + 1):
        if scope[:i] in closed:
            return scope[: i - 1]
    return scope


def _common(scopes: list[Scope]) -> Scope:
    low, high = min(scopes), max(scopes)
    same = 0
    while same < min(len(low), len(high)) and low[same] == high[same]:
        same += 1
    return low[:same]


def _outline(
    page: Page,
    keys: Collection[str],
    step: int | None,
    inner: list[Rect],
    with_lines: bool,
) -> Rect | None:
    """Return the outline around boxes at one step, or None where it would mislead.

    Args:
        inner: the outlines within it.
        with_lines: lines from one of the boxes to another are in it too.
    """
    mine = {s.key: s.rect for s in page.shapes if s.box in keys and s.step == step}
    rects = [box.grown(MARGIN) for box in mine.values()]
    for line in page.lines if with_lines else ():
        if line.role == "wire" and line.tail in mine and line.head in mine:
            rects.append(hull(line.points).grown(MARGIN / 2))
    rect = around([*rects, *(outline.grown(MARGIN / 2) for outline in inner)])
    others = [s.rect for s in page.shapes if s.box not in keys or s.step != step]
    return None if any(rect.meets(other) for other in others) else rect


def _sticks_out(page: Page, rect: Rect) -> bool:
    """Return True where a rectangle crosses the edge of a frame."""
    met = [frame.rect for frame in page.frames if frame.rect.meets(rect)]
    return any(around([frame, rect]) != frame for frame in met)


def _titled(
    page: Page,
    key: str,
    rect: Rect,
    title: str,
    step: int | None,
    outer: Sequence[Rect],
) -> Frame:
    """Return the frame with its title in the corner where it meets nothing.

    Args:
        outer: other outlines, which it must not cut.
    """
    text = one_line(title)
    half = width_of_title(text) / 2
    places = [*_places(rect, half)]
    best: tuple[int, Rect, Point] | None = None
    all_room = around([rect.grown(TITLE), *(_room(p, half) for _, p in places)])
    lines = [k for k in page.lines if all_room.meets(hull(k.points))]
    boxes = [s.rect for s in page.shapes if all_room.meets(s.rect)]
    for outline, point in places:
        room = _room(point, half)
        met = sum(cuts(line.points, [room]) for line in lines)
        met += 10 * sum(room.meets(box) for box in boxes)
        met += 50 * _sticks_out(page, outline)
        met += 50 * any(outline.meets(other) for other in outer)
        met += 10 * sum(outline.meets(box) != rect.meets(box) for box in boxes)
        if best is None or met < best[0]:
            best = met, outline, point
        if not met:
            break
    assert best is not None
    return Frame(key, best[1], text, step, title_point=best[2])


def _room(point: Point, half: float) -> Rect:
    """Return the room that a title takes around its middle."""
    return Rect(point[0] - half, point[1] - 6, point[0] + half, point[1] + 6)


def _places(rect: Rect, half: float) -> Iterator[tuple[Rect, Point]]:
    """Return the outline and the title's place: in a corner, or in room made there."""
    sides = (rect.left + 6 + half, rect.right - 6 - half)
    for y in (rect.top - 9, rect.bottom + 9):
        for x in sides:
            yield rect, (x, y)
    for up in (True, False):
        top = rect.top + TITLE if up else rect.top
        bottom = rect.bottom if up else rect.bottom - TITLE
        y = top - 9 if up else bottom + 9
        for x in sides:
            yield Rect(rect.left, bottom, rect.right, top), (x, y)
