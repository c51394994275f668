"""What is put on a page whose places are settled: direction, styles, highlights."""

from collections.abc import Iterator
from dataclasses import replace

from tinygraph.drawing.layout.page import Line, Page
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Picture


def finished_page(page: Page, picture: Picture, options: DrawOptions) -> Page:
    """Return a page as the user wants it, with the same boxes at the same places."""
    page = page.flipped() if options.direction == "TB" else page
    shapes = [
        replace(shape, style=picture.boxes[shape.box].style)
        if shape.box in picture.boxes
        else shape
        for shape in page.shapes
    ]
    return replace(page, shapes=shapes, lines=[*_strokes(page, picture), *page.lines])


def _strokes(page: Page, picture: Picture) -> Iterator[Line]:
    """Return a broad stroke under each line of a highlighted path."""
    wanted = {edge for path in picture.paths for edge in path.edges}
    for line in page.lines if wanted else ():
        if _edge_of(line) in wanted:
            points = line.points if line.tip is None else (*line.points[:-1], line.tip)
            yield Line(
                f"{line.key}-stroke", line.tail, line.head, points, None, "highlight"
            )


def _edge_of(line: Line) -> str:
    """Return the key of the wire or loop that a line is a copy or a part of."""
    key = line.key
    for ending in ("in", "out"):
        key = key.removesuffix(f"-{ending}") if line.role == "delayed" else key
    name, _, number = key.rpartition("-")
    if not number.isdigit():
        return key
    if name.endswith("-more"):
        return name.removesuffix("-more")
    return key if name.endswith("-") else name
