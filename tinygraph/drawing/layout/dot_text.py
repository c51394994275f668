"""DOT as text: quoting, statements; a page, or a picture without coordinates."""

from collections.abc import Iterable, Mapping

from tinygraph.drawing.layout.page import Frame, Line, Page, Point, Shape
from tinygraph.drawing.layout.themes import darkened
from tinygraph.drawing.model import styles
from tinygraph.drawing.model.maths import tex
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import Moment

INCH = 72.0


def quoted(text: str) -> str:
    """Return `text` as a DOT string that shows exactly it.

    Backslashes and quotes are escaped, and `&`, which would begin an entity.
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + text.replace("\n", "\\n") + '"'


def attributes(values: Mapping[str, str]) -> str:
    """Return `[key="value", …]`, or nothing."""
    listed = ", ".join(f"{key}={quoted(value)}" for key, value in values.items())
    return f" [{listed}]" if listed else ""


def node(key: str, values: Mapping[str, str]) -> str:
    """Return a node statement."""
    return f"{quoted(key)}{attributes(values)};"


def edge(tail: str, head: str, values: Mapping[str, str]) -> str:
    """Return an edge statement."""
    return f"{quoted(tail)} -> {quoted(head)}{attributes(values)};"


def digraph(
    name: str, graph: Mapping[str, str], body: Iterable[str], look: Look
) -> str:
    """Return a whole directed graph in the house style."""
    font = {"fontname": look.font}
    lines = [
        f"digraph {quoted(name)} {{",
        f"graph{attributes({**styles.GRAPH, **font, **graph})};",
        f"node{attributes({**styles.NODE, **font})};",
        f"edge{attributes({**styles.EDGE, **font})};",
        *body,
        "}",
    ]
    return "\n".join(lines) + "\n"


def box_attributes(role: str, text: str, look: Look) -> dict[str, str]:
    """Return label and look of a box."""
    return {"label": text, **look.changes(role)}


def label_style(weight: bool, look: Look) -> dict[str, str]:
    """Return the look of a text beside an edge: a weight is a variable."""
    if not weight:
        return {}
    font = {"fontname": styles.MATH_FONT} if look.math else {}
    return {**styles.WEIGHT_LABEL, **font}


def page_text(page: Page, name: str, look: Look) -> str:
    """Return the DOT of a page: every coordinate given, for `neato -n2`.

    `layout=nop2` says so in the text, so that `dot -Tsvg` draws it too; `texlbl` holds
    labels as TeX, for dot2tex.
    """
    inside: dict[str, list[str]] = {"": []}
    under = page.under_strokes
    for shape in page.shapes:
        if shape.key not in under:
            inside.setdefault(shape.frame, []).append(_shape(shape, look))
    body = [_shape(shape, look) for shape in page.shapes if shape.key in under]
    for frame in page.frames:
        body += [f"subgraph {quoted('cluster_' + frame.key)} {{", _frame(frame)]
        body += [*inside.get(frame.key, ()), "}"]
    for scope in page.scopes:
        body += [f"subgraph {quoted('cluster_' + scope.key)} {{", _scope(scope), "}"]
    body += inside[""]
    body += [_line(line, look) for line in page.lines]
    text = digraph(name, {"layout": "nop2"}, body, look)
    return darkened(text) if look.theme == "dark" else text


def with_dpi(text: str, dpi: float) -> str:
    """Return the DOT of a page for a number of dots per inch."""
    return text.replace('layout="nop2"', f'layout="nop2", dpi="{dpi:g}"', 1)


def _frame(frame: Frame) -> str:
    rect = frame.rect
    height = rect.top - 12 if frame.title_above else rect.bottom + 12
    values = {
        **styles.FRAME,
        "id": frame.key,
        "class": "step" if frame.step is not None else "scope",
        "label": frame.title,
        "texlbl": tex(frame.title),
        "bb": ",".join(map(_number, (rect.left, rect.bottom, rect.right, rect.top))),
        "lp": _point((rect.x, height)),
        "lwidth": "0.6",
        "lheight": "0.2",
    }
    return f"graph{attributes(values)};"


def _scope(scope: Frame) -> str:
    rect = scope.rect
    values = {
        **styles.SCOPE,
        "id": scope.key,
        "class": "open-scope",
        "label": scope.title,
        "texlbl": tex(scope.title),
        "bb": ",".join(map(_number, (rect.left, rect.bottom, rect.right, rect.top))),
        "lp": _point(scope.title_point or (rect.x, rect.y)),
        "lwidth": "0.6",
        "lheight": "0.2",
    }
    return f"graph{attributes(values)};"


def _shape(shape: Shape, look: Look) -> str:
    values = {
        **box_attributes(shape.role, shape.text, look),
        "texlbl": tex(shape.text),
        "id": shape.key,
        "class": shape.role
        if shape.step is None
        else f"{shape.role} step-{shape.step}",
        "pos": _point((shape.rect.x, shape.rect.y)),
        "width": f"{shape.rect.width / INCH:.5f}",
        "height": f"{shape.rect.height / INCH:.5f}",
    }
    values |= look.styled(shape.role, shape.style)
    if shape.fill:
        values |= {"fillcolor": shape.fill, "fontcolor": styles.INK}
    return node(shape.key, values)


def _line(line: Line, look: Look) -> str:
    pos = " ".join(map(_point, line.points))
    values = {"id": line.key, "class": line.role}
    if line.color is not None:
        values |= styles.delay_style(line.color)
    if line.role == "highlight":
        values |= styles.HIGHLIGHT
    if line.role == "hatch":
        values |= styles.HATCH
    if line.role in ("initial", "leaving"):
        values["style"] = "dashed"
    if line.tip is None:
        values["arrowhead"] = "none"
    else:
        pos = f"e,{_point(line.tip)} {pos}"
    values["pos"] = pos
    if line.label and line.label_point is not None:
        values |= {"label": line.label, "texlbl": tex(line.label)}
        values |= {"lp": _point(line.label_point), **label_style(line.weight, look)}
    return edge(line.tail, line.head, values)


def _point(point: Point) -> str:
    return f"{_number(point[0])},{_number(point[1])}"


def _number(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


def plain_text(picture: Picture, name: str, direction: str) -> str:
    """Return the DOT of a folded picture without coordinates, for `dot` to lay out.

    This is what a drawing's text is where no engine can be found.
    """
    now, look = Moment(), picture.look
    body = [
        node(
            box.key,
            {**box_attributes(box.role, box.label.at(now), look), "id": box.key},
        )
        for box in picture.boxes.values()
    ]
    for wire in picture.wires:
        values = {"label": wire.label} if wire.label else {}
        body.append(edge(wire.tail, wire.head, values))
    for index, loop in enumerate(picture.loops):
        colors = styles.delay_style(index)
        square = box_attributes("delay", loop.sign, look)
        body.append(node(loop.key, {**square, "id": loop.key}))
        body.append(edge(loop.tail, loop.key, {**colors, "arrowhead": "none"}))
        body.append(edge(loop.key, loop.head, {**colors, "constraint": "false"}))
    text = digraph(name, {**styles.SPACING, "rankdir": direction}, body, look)
    return darkened(text) if look.theme == "dark" else text
