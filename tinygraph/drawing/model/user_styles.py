"""The options `styles` and `highlight`, checked: looks, and ends of paths."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import DrawingError
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import styles
from tinygraph.drawing.model.texts import printable

Style = tuple[tuple[str, str], ...]
"""Attributes of a box, as `styles` writes them."""

COLORS = {
    "white": "#FFFFFF",
    "black": "#000000",
    "gray": "#BDBDBD",
    "red": "#EF5350",
    "orange": "#FFA726",
    "yellow": "#FFEB3B",
    "green": "#66BB6A",
    "teal": "#26A69A",
    "cyan": "#4DD0E1",
    "blue": "#42A5F5",
    "purple": "#AB47BC",
    "pink": "#F48FB1",
    "brown": "#8D6E63",
}
"""Colours by name, bright enough for a slide."""

_ATTRIBUTES = ("fillcolor", "color", "fontcolor", "penwidth", "style")
_DASHES = ("solid", "dashed", "dotted")
_HEX = re.compile("#[0-9A-Fa-f]{6}")


def as_styles(value: Any) -> dict[Any, Style]:
    """Return the user's `styles`: node or name → attributes.

    Raises:
        DrawingError: it maps other things, or an attribute has no meaning.
    """
    found = {}
    for key, look in _items(value):
        attributes = {"fillcolor": look} if isinstance(look, str) else look
        if not isinstance(key, Node | str) or not isinstance(attributes, Mapping):
            raise _unknown(key, look)
        found[key] = _style(key, attributes)
    return found


def _items(value: Any) -> Iterable[tuple[Any, Any]]:
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise DrawingError(
            "styles maps nodes or names to colours or attributes, not "
            f"{printable(repr(value)[:60])}"
        )
    return value.items()


def _unknown(key: Any, look: Any) -> DrawingError:
    return DrawingError(
        "styles maps a node or a name to a colour or to attributes such as "
        '{"fillcolor": "orange", "penwidth": 3}, '
        f"not {printable(repr(key))} to {printable(repr(look))}"
    )


def _style(key: Any, attributes: Mapping[Any, Any]) -> Style:
    found = {str(name): _attribute(key, name, attributes[name]) for name in attributes}
    if "fillcolor" in found and "fontcolor" not in found:
        found["fontcolor"] = _ink(found["fillcolor"])
    return tuple(found.items())


def _attribute(key: Any, name: Any, value: Any) -> str:
    shown = key.label if isinstance(key, Node) else key
    where = printable(f"styles[{shown!r}]")
    if name in ("fillcolor", "color", "fontcolor"):
        color = COLORS.get(value, value) if isinstance(value, str) else ""
        if _HEX.fullmatch(color):
            return _own(color.upper())
        raise DrawingError(
            f"{where}: {name} must be '#RRGGBB' or one of {', '.join(COLORS)}, "
            f"not {printable(repr(value))}{did_you_mean(value, COLORS)}"
        )
    if name == "penwidth":
        if hasattr(value, "__float__") and 0 <= value <= 20:
            return f"{float(value):g}"
        raise DrawingError(f"{where}: penwidth must be from 0 to 20, not {value!r}")
    if name == "style":
        if value in _DASHES:
            return str(value)
        raise DrawingError(
            f"{where}: style must be one of {', '.join(_DASHES)}, not {value!r}"
            f"{did_you_mean(value, _DASHES)}"
        )
    raise DrawingError(
        f"{where}: {printable(repr(name))} is no attribute"
        f"{did_you_mean(name, _ATTRIBUTES)}; there are {', '.join(_ATTRIBUTES[:-1])} "
        f"and {_ATTRIBUTES[-1]}"
    )


def _own(color: str) -> str:
    """Return a colour next to it for one of the house, which dark themes change."""
    return color[:-1] + f"{int(color[-1], 16) ^ 1:X}" if color in _HOUSE else color


_TABLES = (styles.GRAPH, styles.NODE, styles.EDGE, styles.FRAME, styles.SCOPE)
_HOUSE = {
    value
    for look in (*_TABLES, *styles.BOX_STYLES.values(), *styles.DELAYS)
    for value in look.values()
    if value.startswith("#")
}


def _ink(fill: str) -> str:
    """Return black or white, nearly, by which stands out more on a fill (WCAG 2.1)."""
    red, green, blue = ((int(fill[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#FEFEFE" if luminance < 0.18 else "#010101"


def as_highlight(value: Any) -> tuple[tuple[Any, ...], ...]:
    """Return the user's `highlight`: paths by what they go through.

    Raises:
        DrawingError: it is not a list of pairs, or longer tuples, of nodes and names.
    """
    plain = isinstance(value, Iterable) and not isinstance(value, str)
    paths = list(value) if plain else [value]
    if not all(isinstance(path, list | tuple) and _is_path(path) for path in paths):
        raise DrawingError(
            'highlight lists paths by their ends, such as [("x", "loss")], not '
            f"{printable(repr(value)[:60])}"
        )
    return tuple(map(tuple, paths))


def _is_path(ends: Sequence[Any]) -> bool:
    return len(ends) >= 2 and all(isinstance(end, Node | str) for end in ends)
