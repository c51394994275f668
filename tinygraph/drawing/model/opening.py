"""Pictures in which scopes are opened one depth after the other: what replaces what.

A picture with open scopes knows the one in which the innermost of them are closed, and
which of its boxes stand in place of each closed box. A layout can then keep everything
else where it is.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.picture import Box, Opening, Picture
from tinygraph.drawing.model.repeated_cells import merge_repeats


@dataclass(frozen=True)
class DrawnModules:
    """A picture, and the key of the box in which nodes of closed scopes are drawn."""

    picture: Picture
    box_of: Mapping[Node, str]


def opened_in_turn(drawn: Sequence[DrawnModules], most: int | None) -> Picture:
    """Return the last of the pictures, which knows those before it.

    Args:
        drawn: of one graph, the outermost scopes closed first, then one depth more
            open in each.
        most: as of `merge_repeats`.
    """
    picture: Picture | None = None
    before: DrawnModules | None = None
    for i, level in enumerate(drawn):
        after = drawn[i + 1].picture if i + 1 < len(drawn) else level.picture
        alone = _opened(level.picture, after)
        merged = merge_repeats(level.picture, most, alone)
        if before is not None and picture is not None:
            opening = _opening(picture, before, merged)
            if opening.inside:
                merged = replace(merged, opening=opening)
            else:
                merged = replace(merged, opening=picture.opening)
        picture, before = merged, level
    assert picture is not None
    return picture


def _identity(box: Box) -> Hashable:
    """Return what is the same of one box in all pictures of a graph."""
    return box.shows, box.scope, box.role, box.time


def _opened(closed: Picture, picture: Picture) -> list[str]:
    """Return the closed boxes that are open in another picture."""
    known = {_identity(box) for box in picture.boxes.values()}
    return [
        key
        for key, box in closed.boxes.items()
        if box.scope and _identity(box) not in known
    ]


def _opening(closed: Picture, drawn: DrawnModules, picture: Picture) -> Opening:
    opened = dict.fromkeys(_opened(closed, picture))
    known = {
        _identity(box): key for key, box in closed.boxes.items() if key not in opened
    }
    homes = {
        key: home
        for key, box in picture.boxes.items()
        if (home := _home(box, drawn.box_of)) and home in opened
    }
    kept = {
        key: known[_identity(box)]
        for key, box in picture.boxes.items()
        if _identity(box) in known
    }
    for wire in picture.wires:
        if wire.tail in kept and homes.get(wire.tail, "") == homes.get(wire.head):
            del kept[wire.tail]
    beside = {key: home for key, home in homes.items() if key in kept}
    inside = _with_past_values(picture, homes, kept)
    return Opening(closed, kept, _grouped(inside, opened), _grouped(beside, opened))


def _grouped(
    homes: Mapping[str, str], opened: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = dict.fromkeys(opened, ())
    for key, home in homes.items():
        found[home] += (key,)
    return found


def _home(box: Box, box_of: Mapping[Node, str]) -> str:
    """Return the closed box in which a box is drawn where its scope is closed."""
    for node in box.shows:
        for shown in (node, *(node.inputs if node.op is EVERY_STEP else ())):
            if shown in box_of:
                return box_of[shown]
    return ""


def _with_past_values(
    picture: Picture, homes: Mapping[str, str], kept: Collection[str]
) -> dict[str, str]:
    """Return the homes of boxes that are not kept, in the order of the picture.

    What the closed picture has no box for, as a past value that several ops of an
    opened scope read, is at home where its readers are.
    """
    found = {key: home for key, home in homes.items() if key not in kept}
    readers: dict[str, list[str]] = {}
    for wire in picture.wires:
        readers.setdefault(wire.tail, []).append(wire.head)
    for key in reversed([*picture.boxes]):
        if key not in found and key not in kept:
            where = {found.get(reader, "") for reader in readers.get(key, ())}
            if len(where) == 1 and (home := where.pop()):
                found[key] = home
    return {key: found[key] for key in picture.boxes if key in found}


@dataclass(frozen=True)
class OpenScope:
    """A scope that is open in a picture: what stands in place of one closed box.

    Attributes:
        boxes: what an outline must hold.
        beside: the ellipses of its values, which may stand outside.
    """

    scope: tuple[str, ...]
    boxes: frozenset[str]
    beside: frozenset[str]


def open_scopes_of(picture: Picture) -> list[OpenScope]:
    """Return the open scopes of a picture, inner ones first."""
    found = []
    here: Mapping[str, tuple[str, ...]] = {key: (key,) for key in picture.boxes}
    opening = picture.opening
    while opening is not None:
        for closed, members in opening.inside.items():
            boxes, beside = (
                frozenset(now for key in keys for now in here[key])
                for keys in (members, opening.beside[closed])
            )
            found.append(OpenScope(opening.closed.boxes[closed].scope, boxes, beside))
        here = _before(opening, here)
        opening = opening.closed.opening
    return found


def _before(
    opening: Opening, here: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return what the boxes of the closed picture have become in the last one."""
    found = {
        closed: tuple(now for key in members for now in here[key])
        for closed, members in opening.inside.items()
    }
    for key, closed in opening.kept.items():
        found[closed] = here[key]
    return {key: found.get(key, ()) for key in opening.closed.boxes}
