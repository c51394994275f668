"""Light and dark: the same picture in other colours."""

import re
from collections.abc import Iterator

DARK_PAPER = "#14181B"

AUTO = "tinygraph-auto"
"""The class of an SVG that is light or dark as its reader prefers."""

_DARK = {
    "#1B1B1B": "#F1F4F5",
    "#37474F": "#B0BEC5",
    "#455A64": "#B0BEC5",
    "#4A5A63": "#AAB6BC",
    "#5B6B74": "#AAB6BC",
    "#C5CFD4": "#3D474D",
    "#F6F8F9": "#1F262B",
    "#D7E8F7": "#1C3D5C",
    "#1B5E93": "#7AB8EF",
    "#DCF1DE": "#1D4A26",
    "#256B2E": "#7FD08A",
    "#FBE0DD": "#5A2421",
    "#B3261E": "#FF8A80",
    "#FFF1C9": "#4B3A06",
    "#8A5A00": "#E8BE5A",
    "#FFF6DF": "#3A3012",
    "#FAFAFA": "#262D32",
    "#8A8A8A": "#A0A8AC",
    "#ECE6F6": "#3A2C5A",
    "#5B3E96": "#B9A3E3",
    "#0B6E4F": "#58CFA5",
}
"""Light colour → dark colour. White and black depend on the attribute."""

_PLAIN = re.compile(r'\b(bgcolor|fillcolor|fontcolor|color)="(white|#[0-9A-Fa-f]{6})"')

_DARK_PLAIN = {
    ("bgcolor", "white"): DARK_PAPER,
    ("fillcolor", "#FFFFFF"): "#2B3338",
    ("fillcolor", "#000000"): "#F1F4F5",
    ("color", "#000000"): "#F1F4F5",
    ("fontcolor", "#FFFFFF"): "#14181B",
}


def dark_of(name: str, color: str) -> str:
    """Return the dark colour for a light one of the attribute `name`.

    Colours of norms are the same in both.
    """
    return _DARK_PLAIN.get((name, color), _DARK.get(color, color))


def darkened(dot: str) -> str:
    """Return a DOT text in dark colours.

    Only attributes are touched: inside a name every quote stands behind a backslash.
    """
    return _PLAIN.sub(lambda m: f'{m[1]}="{dark_of(m[1], m[2])}"', dot)


def style_sheet() -> str:
    """Return CSS that turns a light SVG dark for readers who prefer that.

    It holds inside SVGs of the class `AUTO` only: in a notebook all styles are one.
    """
    rules = "\n".join(f".{AUTO} {rule}" for rule in _rules())
    return f"@media (prefers-color-scheme: dark) {{\n{rules}\n}}"


def _rules() -> Iterator[str]:
    """Rules by colour, as Graphviz writes them: in lower case, some by name."""
    yield f'.graph > polygon[fill="white"] {{ fill: {DARK_PAPER} }}'
    for white in ("white", "#ffffff"):
        yield f'.node [fill="{white}"]:not(text) {{ fill: #2B3338 }}'
        yield f'.node text[fill="{white}"] {{ fill: #14181B }}'
    for black in ("black", "#000000"):
        yield f'.delay [fill="{black}"]:not(text) {{ fill: #F1F4F5; stroke: #F1F4F5 }}'
    for light, dark in _DARK.items():
        yield f'[fill="{light.lower()}"] {{ fill: {dark} }}'
        yield f'[stroke="{light.lower()}"] {{ stroke: {dark} }}'
