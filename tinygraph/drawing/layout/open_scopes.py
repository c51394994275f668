"""Outlines around the boxes of open scopes, where nothing else stands among them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tinygraph.drawing.layout.curves import cuts, hull
from tinygraph.drawing.layout.page import Frame, Page, Point, Rect, around
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.texts import one_line, slug, width_of

MARGIN = 6.0
"""From the boxes of a scope to its outline; half of it from outlines inside."""
TITLE = 14.0
"""Height of the line that the title takes."""

Scope = tuple[str, ...]

_WEIGHTS = ("parameter", "tied", "constant")
_LEAVES = (*_WEIGHTS, "held", "input")


def with_open_scopes(page: Page, picture: Picture) -> Page:
    """Return the page with an outline and a title around each open scope.

    A scope that holds the whole picture has none here, nor has one whose boxes are
    fewer than two or have others among them.
    """
    found: dict[tuple[Scope, int | None], Frame] = {}
    steps = dict.fromkeys(shape.step for shape in page.shapes)
    for number, (scope, keys) in enumerate(_members(picture).items()):
        for step in steps:
            inner = [
                frame.rect.grown(MARGIN / 2)
                for (other, when), frame in found.items()
                if when == step and other[: len(scope)] == scope
            ]
            ops = {key for key in keys if picture.boxes[key].role not in _WEIGHTS}
            outline = _outline(page, keys, step, inner)
            outline = outline or _outline(page, ops, step, inner)
            if outline is not None:
                key = f"open_{slug('_'.join(scope))}_{number}"
                key += "" if step is None else f"-{step}"
                frame = _titled(page, key, outline, scope[-1], step)
                if not _sticks_out(page, frame.rect):
                    found[scope, step] = frame
    return replace(page, scopes=[*found.values()][::-1])


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
    page: Page, keys: set[str], step: int | None, inner: list[Rect]
) -> Rect | None:
    """Return the outline around boxes at one step, or None where it would mislead.

    Args:
        inner: what the outlines within it take.
    """
    mine = [s.rect for s in page.shapes if s.box in keys and s.step == step]
    if len(mine) < 2:
        return None
    rect = around([*(box.grown(MARGIN) for box in mine), *inner])
    others = [s.rect for s in page.shapes if s.box not in keys or s.step != step]
    return None if any(rect.meets(other) for other in others) else rect


def _sticks_out(page: Page, rect: Rect) -> bool:
    """Return True where a rectangle crosses the edge of a frame."""
    met = [frame.rect for frame in page.frames if frame.rect.meets(rect)]
    return any(around([frame, rect]) != frame for frame in met)


def _titled(page: Page, key: str, rect: Rect, title: str, step: int | None) -> Frame:
    """Return the frame with its title in the corner where it meets nothing."""
    text = one_line(title)
    half = 3.2 * width_of(text)
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
