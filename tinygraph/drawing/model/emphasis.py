"""What the user marks: boxes with a look of their own, and highlighted paths."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tinygraph.core.errors import DrawingError
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import (
    Box,
    DelayLoop,
    HighlightedPath,
    Picture,
    Wire,
)
from tinygraph.drawing.model.texts import printable

Meant = Callable[[str, Any], Any]
"""(option, what the user named) → the node or name that is shown for it."""


def with_emphasis(picture: Picture, options: DrawOptions, meant: Meant) -> Picture:
    """Return the picture with the user's styles and highlighted paths.

    What a picture does not show, as a node in a collapsed scope, is left out.
    """
    styles = {meant("styles", key): look for key, look in options.styles.items()}
    boxes = {key: _styled(box, styles) for key, box in picture.boxes.items()}
    paths = []
    for ends in options.highlight:
        named = [_boxes_called(picture, meant("highlight", end)) for end in ends]
        if all(named):
            paths.append(_path(picture, ends, named))
    return replace(picture, boxes=boxes, paths=tuple(paths))


def check_shown(picture: Picture, options: DrawOptions, meant: Meant) -> None:
    """Check that what the user marks is there to be seen.

    Raises:
        DrawingError: a box is named that the picture does not show.
    """
    wanted = [("styles", key) for key in options.styles]
    wanted += [("highlight", end) for ends in options.highlight for end in ends]
    for option, key in wanted:
        if not _boxes_called(picture, meant(option, key)):
            names = (name for box in picture.boxes.values() for name in box.called)
            listed = dict.fromkeys(repr(n) for n in names if isinstance(n, str))
            shown = key.label if isinstance(key, Node) else key
            raise DrawingError(
                printable(
                    f"{option} names {shown!r}, which this picture does not show as a "
                    f"box: it shows {', '.join(listed)}. collapse= and expand= say "
                    "which scopes are open"
                ),
                key=key,
            )


def _styled(box: Box, styles: Mapping[Any, tuple[tuple[str, str], ...]]) -> Box:
    looks = [styles[name] for name in box.called if name in styles]
    return replace(box, style=looks[0]) if looks else box


def _boxes_called(picture: Picture, name: Any) -> list[str]:
    return [key for key, box in picture.boxes.items() if name in box.called]


def _path(
    picture: Picture, ends: Sequence[Any], named: Sequence[Collection[str]]
) -> HighlightedPath:
    """Return the shortest way that visits these boxes in turn, through delays too.

    Raises:
        DrawingError: there is none.
    """
    after: dict[str, list[tuple[str, str]]] = {key: [] for key in picture.boxes}
    joined: list[Wire | DelayLoop] = [*picture.wires, *picture.loops]
    for edge in joined:
        after[edge.tail].append((edge.head, edge.key))
    boxes: list[str] = []
    edges: list[str] = []
    begin: Iterable[str] = named[0]
    for one, two, goal in zip(ends, ends[1:], named[1:], strict=False):
        found = _shortest(after, begin, goal)
        if found is None:
            a, b = (end.label if isinstance(end, Node) else end for end in (one, two))
            raise DrawingError(
                printable(f"highlight: no path of edges leads from {a!r} to {b!r}")
            )
        boxes += found[0] if not boxes else found[0][1:]
        edges += found[1]
        begin = [boxes[-1]]
    return HighlightedPath(tuple(boxes), tuple(edges))


def _shortest(
    after: Mapping[str, Sequence[tuple[str, str]]],
    begin: Iterable[str],
    goal: Collection[str],
) -> tuple[list[str], list[str]] | None:
    """Return the boxes and edges of the shortest way of at least one edge."""
    came: dict[str, tuple[str, str]] = {}
    first = dict.fromkeys(begin)
    ahead = deque(first)
    while ahead:
        key = ahead.popleft()
        for head, edge in after[key]:
            if head not in came:
                came[head] = key, edge
                ahead.append(head)
                if head in goal:
                    return _walked_back(came, head, first)
    return None


def _walked_back(
    came: Mapping[str, tuple[str, str]], last: str, first: Collection[str]
) -> tuple[list[str], list[str]]:
    boxes, edges = [last], list[str]()
    while not edges or boxes[0] not in first:
        key, edge = came[boxes[0]]
        boxes.insert(0, key)
        edges.insert(0, edge)
    return boxes, edges
