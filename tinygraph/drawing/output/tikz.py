"""A page as TikZ: a file that LaTeX draws, with the paper's own fonts."""

import re
from collections.abc import Iterator, Mapping

from tinygraph.drawing.layout.lanes import ELLIPSES
from tinygraph.drawing.layout.page import Frame, Line, Page, Point, Rect, Shape
from tinygraph.drawing.layout.themes import DARK_PAPER, dark_of
from tinygraph.drawing.model.maths import tex
from tinygraph.drawing.model.styles import (
    DELAYS,
    EDGE,
    FRAME,
    GRAPH,
    HATCH,
    HIGHLIGHT,
    INK,
    SCOPE,
    WEIGHT_LABEL,
    Attributes,
    Look,
)

_HEX = re.compile(r"#([0-9A-Fa-f]{6})")
_COLOR = re.compile(r"=tg([0-9A-Fa-f]{6})\b")

MARGIN = 12.0
"""Around the picture, in points."""


def tikz(page: Page, look: Look) -> str:
    """Return a LaTeX file with the picture; the inner environment can be pasted.

    Needs the packages tikz and geometry, nothing else.
    """
    body = [*_drawn(page, look)]
    colors = dict.fromkeys(name for line in body for name in _COLOR.findall(line))
    rect = page.extent.grown(MARGIN)
    size = f"paperwidth={rect.width:.1f}bp, paperheight={rect.height:.1f}bp"
    lines = [
        r"\documentclass{article}",
        rf"\usepackage[{size}, margin=0bp]{{geometry}}",
        r"\usepackage{tikz}",
        r"\usetikzlibrary{shapes.geometric,arrows.meta}",
        *(rf"\definecolor{{tg{name}}}{{HTML}}{{{name}}}" for name in colors),
        r"\pagestyle{empty}\parindent0pt\topskip0pt",
        r"\begin{document}",
        r"\begin{tikzpicture}[x=1bp, y=1bp, >={Triangle[length=5bp, width=4bp]},",
        r"  font=\sffamily\fontsize{13bp}{15bp}\selectfont, align=center]",
        rf"\path[use as bounding box] {_corners(rect)};",
        *body,
        r"\end{tikzpicture}%",
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _drawn(page: Page, look: Look) -> Iterator[str]:
    if look.theme == "dark":
        paper = _corners(page.extent.grown(MARGIN))
        yield rf"\fill[fill=tg{DARK_PAPER[1:]}] {paper};"
    for frame in page.frames:
        yield _frame(frame, look)
    for scope in page.scopes:
        yield _scope(scope, look)
    under = page.under_strokes
    yield from (_shape(shape, look) for shape in page.shapes if shape.key in under)
    for line in page.lines:
        yield from _line(line, look)
    yield from (_shape(shape, look) for shape in page.shapes if shape.key not in under)


def _corners(rect: Rect) -> str:
    low, high = (rect.left, rect.bottom), (rect.right, rect.top)
    return f"{_point(low)} rectangle {_point(high)}"


def _frame(frame: Frame, look: Look) -> str:
    rect = frame.rect
    height = rect.top - 12 if frame.title_above else rect.bottom + 12
    style = _options(FRAME, look, "rounded corners=9bp, ")
    text = _color("fontcolor", GRAPH["fontcolor"], look)
    title = f"node[text={text}] at {_point((rect.x, height))} {{{tex(frame.title)}}}"
    return rf"\draw[{style}] {_corners(rect)} {title};"


def _scope(scope: Frame, look: Look) -> str:
    color = _color("color", SCOPE["color"], look)
    at = _point(scope.title_point or (scope.rect.x, scope.rect.y))
    title = rf"\fontsize{{11bp}}{{13bp}}\selectfont {tex(scope.title)}"
    title = f"node[text={color}] at {at} {{{title}}}"
    style = f"dashed, rounded corners=9bp, draw={color}"
    return rf"\draw[{style}] {_corners(scope.rect)} {title};"


def _shape(shape: Shape, look: Look) -> str:
    values = {**look.box(shape.role), **look.styled(shape.role, shape.style)}
    if shape.fill:
        values = {**values, "fillcolor": shape.fill, "fontcolor": INK}
    text = _color("fontcolor", values["fontcolor"], look)
    size = (
        f"minimum width={shape.rect.width:.1f}bp, "
        f"minimum height={shape.rect.height:.1f}bp, inner sep=0pt"
    )
    form = "ellipse, " if shape.role in ELLIPSES else ""
    if not form and "rounded" in values["style"]:
        form = "rounded corners=5bp, "
    font = float(values["fontsize"])
    written = rf"\fontsize{{{font:g}bp}}{{{font * 1.15:g}bp}}\selectfont "
    written += tex(shape.text)
    middle = _point((shape.rect.x, shape.rect.y))
    if values["shape"] == "plaintext":
        return rf"\node[text={text}] at {middle} {{{written}}};"
    drawn = _options(values, look, form)
    return rf"\node[draw, {drawn}, text={text}, {size}] at {middle} {{{written}}};"


def _line(line: Line, look: Look) -> Iterator[str]:
    values: Attributes = dict(EDGE)
    if line.color is not None:
        values |= DELAYS[line.color % len(DELAYS)]
    if line.role == "highlight":
        values |= {**HIGHLIGHT, "color": HIGHLIGHT["color"][:7]}
        values["opacity"] = f"{int(HIGHLIGHT['color'][7:], 16) / 255:.2g}"
    if line.role == "hatch":
        values |= HATCH
    if line.role in ("initial", "leaving"):
        values["style"] = "dashed"
    points = list(line.points)
    if line.tip is not None:
        points[-1] = line.tip
    way = _point(points[0])
    for a, b, c in zip(points[1::3], points[2::3], points[3::3], strict=True):
        way += f" .. controls {_point(a)} and {_point(b)} .. {_point(c)}"
    head = "" if line.tip is None else "->, "
    yield rf"\draw[{head}{_options(values, look)}] {way};"
    if line.label and line.label_point is not None:
        plain = WEIGHT_LABEL["fontcolor"] if line.weight else EDGE["fontcolor"]
        color, at = _color("fontcolor", plain, look), _point(line.label_point)
        yield rf"\node[text={color}] at {at} {{{tex(line.label)}}};"


def _options(values: Mapping[str, str], look: Look, before: str = "") -> str:
    """Return colours, width and dashes as TikZ writes them."""
    found = [f"draw={_color('color', values['color'], look)}"]
    if "fillcolor" in values:
        found.append(f"fill={_color('fillcolor', values['fillcolor'], look)}")
    found.append(f"line width={values.get('penwidth', '1')}bp")
    if "opacity" in values:
        found.append(f"opacity={values['opacity']}")
    found += [name for name in ("dashed", "dotted") if name in values.get("style", "")]
    return before + ", ".join(found)


def _color(name: str, color: str, look: Look) -> str:
    if color == "transparent":
        return "none"
    color = dark_of(name, color) if look.theme == "dark" else color
    return _HEX.sub(r"tg\1", color)


def _point(point: Point) -> str:
    return f"({round(point[0], 1) + 0.0:g},{round(point[1], 1) + 0.0:g})"
