"""The look of the page's picture, made from the look of every other picture."""

from collections.abc import Iterator

from tinygraph.drawing.layout.themes import DARK_PAPER, dark_of
from tinygraph.drawing.model import styles


def picture_css(look: styles.Look) -> str:
    """Return CSS for every role of box and edge, in light and dark.

    It stands inside the SVG, so that a copied SVG looks the same elsewhere.
    """
    names = ", ".join(f".{role} text" for role in sorted(styles.VARIABLES))
    names += ", .edge text.weight"
    maths = [f"{names} {{ font: italic 13px Times, serif }}"] if look.math else []
    return "\n".join([*_rules(dark=False), *_rules(dark=True), *maths])


def box_css(role: str, style: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Return the CSS of a box in the user's style: of its outline, of its text."""
    names = {"fillcolor": "fill", "color": "stroke", "penwidth": "stroke-width"}
    look = styles.Look().styled(role, style)
    found = [f"{names[name]}:{look[name]}" for name in names if name in look]
    if "style" in look:
        found.append(_dashes(look).removeprefix("; ") or "stroke-dasharray:none")
    text = f"fill:{look['fontcolor']}" if "fontcolor" in look else ""
    return ";".join(found), text


def _rules(dark: bool) -> Iterator[str]:
    within = 'svg[data-theme="dark"] ' if dark else ""
    yield f"{within}.paper {{ fill: {DARK_PAPER if dark else 'white'} }}"
    yield from _frames(within, dark)
    for role, look in styles.BOX_STYLES.items():
        yield from _box(within, role, {**styles.NODE, **look}, dark)
    yield from _edge(within, "", styles.EDGE, dark)
    for index, look in enumerate(styles.DELAYS):
        yield from _edge(within, f".c{index}", look, dark)
    broad = styles.HIGHLIGHT
    stroke = f"stroke: {broad['color']}; stroke-width: {broad['penwidth']}"
    yield f"{within}.edge.highlight path {{ {stroke} }}"
    weight = _color("fill", "color", styles.WEIGHT_LABEL, dark)
    yield f"{within}.edge .weight {{ {weight} }}"


def _frames(within: str, dark: bool) -> Iterator[str]:
    frame = styles.FRAME
    fill = _color("fill", "fillcolor", frame, dark)
    stroke = _color("stroke", "color", frame, dark)
    yield f"{within}.frame rect {{ {fill}; {stroke} }}"
    stroke = _color("stroke", "color", styles.SCOPE, dark)
    yield f"{within}.open-scope rect {{ {stroke} }}"
    ink = _color("fill", "fontcolor", styles.SCOPE, dark)
    yield f"{within}.open-scope text {{ {ink}; font-size: 11px }}"
    yield f"{within}.frame text {{ {_color('fill', 'fontcolor', styles.GRAPH, dark)} }}"


def _box(within: str, role: str, look: styles.Attributes, dark: bool) -> Iterator[str]:
    box = f"{within}.{role}"
    fill = _color("fill", "fillcolor", look, dark)
    stroke = _color("stroke", "color", look, dark)
    yield f"{box} .shape {{ {fill}; {stroke} }}"
    yield f"{box} text {{ {_color('fill', 'fontcolor', look, dark)} }}"
    if not dark:
        yield f"{box} .shape {{ stroke-width: {look['penwidth']}{_dashes(look)} }}"
        yield f"{box} text {{ font-size: {look['fontsize']}px }}"


def _dashes(look: styles.Attributes) -> str:
    dashes = {"dashed": "5 3", "dotted": "1.5 3"}
    found = [dashes[s] for s in look["style"].split(",") if s in dashes]
    return f"; stroke-dasharray: {found[0]}" if found else ""


def _edge(within: str, name: str, look: styles.Attributes, dark: bool) -> Iterator[str]:
    edge = f"{within}.edge{name}"
    yield f"{edge} path {{ {_color('stroke', 'color', look, dark)} }}"
    yield f"{edge} polygon {{ {_color('fill', 'color', look, dark)} }}"
    if not dark:
        yield f"{edge} path {{ stroke-width: {look['penwidth']} }}"
    if "fontcolor" in look:
        yield f"{edge} text {{ {_color('fill', 'fontcolor', look, dark)} }}"


def _color(css: str, name: str, look: styles.Attributes, dark: bool) -> str:
    color = look.get(name, look.get("fontcolor", ""))
    return f"{css}: {dark_of(name, color) if dark else color}"
