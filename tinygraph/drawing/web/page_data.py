"""Pages as JSON for the browser: steps and curves that repeat are stored once.

Coordinates are points with y downwards, one decimal. A step is stored once, with where
its copies stand; curves that are translations of each other are one path.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tinygraph.drawing.layout.page import Frame, Line, Page, Point, Shape
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.texts import Moment, printable
from tinygraph.drawing.web.css import box_css

Json = dict[str, Any]


class Interner:
    """Stores each of equal things once and refers to it by number.

    Attributes:
        items: each thing, as it was first given.
    """

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._known: dict[Any, int] = {}

    def number(self, item: Any, key: Any = None) -> int:
        """Return the number of a thing; `key` says what it is where it is a dict."""
        rect = item if key is None else key
        if rect not in self._known:
            self._known[rect] = len(self.items)
            self.items.append(item)
        return self._known[rect]


class PictureEncoder:
    """Turns the pages of one picture into JSON.

    Attributes:
        paths: [path, arrowhead], each from its own start.
        drawn: lines and shapes outside of steps, outlines; pages hold their numbers.
        parts: time axis → one step: its shapes, lines and size.
    """

    def __init__(self, picture: Picture, data: Interner, texts: Interner) -> None:
        self.paths = Interner()
        self.drawn = Interner()
        self.parts: dict[str, Json] = {}
        self._picture = picture
        self._numbers = {key: i for i, key in enumerate(picture.boxes)}
        self._data, self._texts = data, texts

    def encoded(self, boxes: list[Json], pages: list[Json]) -> Json:
        """Return everything that the browser needs."""
        return {
            "boxes": boxes,
            "pages": pages,
            "paths": self.paths.items,
            "drawn": self.drawn.items,
            "parts": self.parts,
        }

    def boxes(self, steps: int, start: int) -> list[Json]:
        """Return the boxes: role, hover text, texts, datum, and what a click opens."""
        found = []
        for box in self._picture.boxes.values():
            label = box.label
            texts = [label.at(self._picture.now(box))]
            if box.time:
                moments = [Moment(start + t, False, box.time) for t in range(steps)]
                texts += [label.at(moment, t) for t, moment in enumerate(moments)]
            if len(set(texts)) == 1:
                texts = texts[:1]
            hover = self._texts.number(box.hover)
            code: Json = {"id": box.key, "k": box.role, "a": hover, "t": texts}
            if box.shows:
                code["d"] = self._data.number(box.shows)
            if box.style:
                code["y"] = box_css(box.role, box.style)
            if box.scope:
                inside = range(1, len(box.scope) + 1)
                code["o"] = [scope_path(box.scope[:i]) for i in inside]
            found.append(code)
        return found

    def folded(self, page: Page) -> Json:
        """Return a page on which nothing repeats."""
        return {
            "box": self._extent(page),
            "frames": [self._frame(frame) for frame in page.frames],
            "scopes": self._once(map(self._scope, page.scopes)),
            "shapes": self._once(map(self._shape, page.shapes)),
            "lines": self._once(map(self._line, page.lines)),
            "steps": [],
        }

    def unfolded(self, page: Page) -> Json:
        """Return a page of steps; what one step holds is in `parts`."""
        steps = {frame.key: frame for frame in page.frames}
        at = {shape.key: shape.frame for shape in page.shapes}
        inside: dict[str, list[Line]] = {key: [] for key in steps}
        outside = []
        for line in page.lines:
            own = at[line.tail]
            if own and own == at[line.head] and line.role == "wire":
                inside[own].append(line)
            else:
                outside.append(line)
        for frame in page.frames:
            self._learn(frame, page.shapes, inside[frame.key])
        return {
            "box": self._extent(page),
            "frames": [],
            "scopes": self._once(map(self._scope, page.scopes)),
            "shapes": self._once(self._shape(s) for s in page.shapes if not s.frame),
            "lines": self._once(map(self._line, outside)),
            "steps": [self._place(frame) for frame in page.frames],
        }

    def _once(self, codes: Iterable[Json]) -> list[int]:
        return [self.drawn.number(code, tuple(code.items())) for code in codes]

    def _learn(
        self, frame: Frame, shapes: Sequence[Shape], lines: Sequence[Line]
    ) -> None:
        axis = _axis(frame)
        if axis in self.parts:
            return
        dx, dy = frame.rect.left, -frame.rect.top
        mine = [shape for shape in shapes if shape.frame == frame.key]
        self.parts[axis] = {
            "w": _round(frame.rect.width),
            "h": _round(frame.rect.height),
            "above": frame.title_above,
            "shapes": [self._shape(shape, dx, dy) for shape in mine],
            "lines": [self._line(line, dx, dy, inside=True) for line in lines],
        }

    def _place(self, frame: Frame) -> Json:
        rect = frame.rect
        return {
            "p": _axis(frame),
            "s": frame.step,
            "x": _round(rect.left),
            "y": _round(-rect.top),
            "t": frame.title,
        }

    def _extent(self, page: Page) -> list[float]:
        inside = page.extent.grown(14)
        sides = (inside.left, -inside.top, inside.width, inside.height)
        return [_round(side) for side in sides]

    def _frame(self, frame: Frame) -> Json:
        rect = frame.rect
        code = {"x": rect.left, "y": -rect.top, "w": rect.width, "h": rect.height}
        rounded: Json = {key: _round(value) for key, value in code.items()}
        return {**rounded, "t": frame.title, "above": frame.title_above}

    def _scope(self, scope: Frame) -> Json:
        x, y = scope.title_point or (scope.rect.x, scope.rect.y)
        return {**self._frame(scope), "lx": _round(x), "ly": _round(-y)}

    def _shape(self, shape: Shape, dx: float = 0.0, dy: float = 0.0) -> Json:
        rect = shape.rect
        code: Json = {
            "x": _round(rect.x - dx),
            "y": _round(-rect.y - dy),
            "w": _round(rect.width),
            "h": _round(rect.height),
        }
        if shape.box in self._numbers:
            return {**code, "b": self._numbers[shape.box]}
        return {
            **code,
            "k": shape.role,
            "t": shape.text,
            "a": self._texts.number(shape.hover),
            "id": shape.key,
        }

    def _line(
        self, line: Line, dx: float = 0.0, dy: float = 0.0, inside: bool = False
    ) -> Json:
        x, y = line.points[0]
        code: Json = {
            "p": self._path(line),
            "x": _round(x - dx),
            "y": _round(-y - dy),
            "a": line.tail.rpartition("-")[0] if inside else line.tail,
            "z": line.head.rpartition("-")[0] if inside else line.head,
        }
        if line.role != "wire":
            code["k"] = line.role
        if line.color is not None:
            code["c"] = line.color
        if line.label and line.label_point is not None:
            code |= {"t": line.label, "wt": line.weight}
            code["lx"] = _round(line.label_point[0] - dx)
            code["ly"] = _round(-line.label_point[1] - dy)
        return code

    def _path(self, line: Line) -> int:
        x, y = line.points[0]
        moved = [(px - x, y - py) for px, py in line.points]
        path = "M0 0C" + " ".join(f"{_round(a)} {_round(b)}" for a, b in moved[1:])
        arrow = ""
        if line.tip is not None:
            arrow = _arrow(moved[-1], (line.tip[0] - x, y - line.tip[1]))
        return self.paths.number((path, arrow))


def scope_path(scope: Sequence[str]) -> str:
    """Return the names of a scope, from the outside in, as one line."""
    return printable("/".join(scope))


def _arrow(end: Point, tip: Point) -> str:
    """Return the corners of an arrowhead from where its line ends to its tip."""
    dx, dy = (tip[0] - end[0]) * 0.45, (tip[1] - end[1]) * 0.45
    corners = [tip, (end[0] - dy, end[1] + dx), (end[0] + dy, end[1] - dx)]
    return " ".join(f"{_round(x)},{_round(y)}" for x, y in corners)


def _axis(frame: Frame) -> str:
    return frame.key.rpartition("-")[0]


def _round(value: float) -> float:
    found = round(value, 1) + 0.0
    return int(found) if found == int(found) else found
