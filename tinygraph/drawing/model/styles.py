"""Colours, shapes and fonts of everything in a picture.

No role of a box is told by colour alone: each has its own shape, outline or text too.
"""

from dataclasses import dataclass

FONT = "Helvetica,Arial,sans-serif"

Attributes = dict[str, str]

GRAPH: Attributes = {
    "pad": "0.3",
    "bgcolor": "white",
    "fontname": FONT,
    "fontsize": "13",
    "fontcolor": "#4A5A63",
}
NODE: Attributes = {
    "shape": "box",
    "style": "rounded,filled",
    "fillcolor": "#FFFFFF",
    "color": "#37474F",
    "fontcolor": "#1B1B1B",
    "penwidth": "1.3",
    "fontname": FONT,
    "fontsize": "13",
    "margin": "0.12,0.05",
    "height": "0.38",
    "width": "0.55",
}
EDGE: Attributes = {
    "color": "#455A64",
    "penwidth": "1.3",
    "arrowsize": "0.7",
    "fontname": FONT,
    "fontsize": "10",
    "fontcolor": "#5B6B74",
}
FRAME: Attributes = {
    "style": "rounded,filled",
    "color": "#C5CFD4",
    "fillcolor": "#F6F8F9",
    "labelloc": "b",
}

SCOPE: Attributes = {
    "style": "rounded,dashed",
    "color": "#5B3E96",
    "fontsize": "11",
    "fontcolor": "#5B3E96",
}
"""The outline around the boxes of an open scope."""

_STATE = {"shape": "ellipse", "style": "filled"}
_GREEN = {"fillcolor": "#DCF1DE", "color": "#256B2E"}
_YELLOW = {"fillcolor": "#FFF1C9", "color": "#8A5A00"}
_PURPLE = {"fillcolor": "#ECE6F6", "color": "#5B3E96", "penwidth": "1.8"}
_CIRCLE = {"width": "0.4", "height": "0.4", "fixedsize": "true", "margin": "0"}

BOX_STYLES: dict[str, Attributes] = {
    "input": {**_STATE, "fillcolor": "#D7E8F7", "color": "#1B5E93"},
    "state": {**_STATE, **_GREEN},
    "held": {**_STATE, **_GREEN, "style": "filled,dotted"},
    "initial": {**_STATE, **_GREEN, "style": "filled,dashed"},
    "output": {**_STATE},
    "loss": {**_STATE, "fillcolor": "#FBE0DD", "color": "#B3261E"},
    "parameter": {"style": "filled", **_YELLOW},
    "tied": {"style": "filled,dashed", **_YELLOW, "fillcolor": "#FFF6DF"},
    "constant": {"style": "filled", "fillcolor": "#FAFAFA", "color": "#8A8A8A"},
    "op": {},
    "function": {},
    "gate": {"fontsize": "11"},
    "circle": {"shape": "circle", "fontsize": "16", **_CIRCLE},
    "module": {**_PURPLE},
    "delay": {
        "shape": "square",
        "style": "filled",
        "fillcolor": "#000000",
        "color": "#000000",
        "fontcolor": "#FFFFFF",
        "fontsize": "10",
        "margin": "0",
        "width": "0.26",
        "height": "0.26",
        "fixedsize": "true",
    },
    "note": {
        "shape": "plaintext",
        "style": "",
        "fontcolor": "#4A5A63",
        "margin": "0",
        "fixedsize": "true",
    },
    "swatch": {"style": "filled", "penwidth": "0"},
    "ellipsis": {
        "shape": "plaintext",
        "style": "",
        "margin": "0",
        "width": "0.3",
        "height": "0.2",
        "fixedsize": "true",
    },
}
"""Role of a box → its attributes; what is missing is NODE's."""

DELAYS: list[Attributes] = [
    {"color": "#B3261E", "penwidth": "1.8"},
    {"color": "#0B6E4F", "penwidth": "2.4"},
    {"color": "#1B5E93", "penwidth": "1.8"},
    {"color": "#8A5A00", "penwidth": "2.4"},
    {"color": "#5B3E96", "penwidth": "1.8"},
]
"""Colour and width of the first, second, … delay; more of them begin anew."""

WEIGHT_LABEL: Attributes = {"fontsize": "13", "fontcolor": "#8A5A00"}
"""How the name of a weight is written beside an edge."""

HIGHLIGHT: Attributes = {"color": "#FFB30088", "penwidth": "9"}
"""The broad stroke under the lines of a highlighted path, half transparent."""

HATCH: Attributes = {"color": "#B4BBC0", "penwidth": "2"}
"""A stroke of the hatching of a norm of exactly 0."""

SPACING: Attributes = {"rankdir": "BT", "nodesep": "0.25", "ranksep": "0.36"}
"""How `dot` spaces one step."""


INK = "#1A1A1A"
"""The text on a box coloured by a norm, dark in every theme."""


VARIABLES = frozenset(
    {"input", "state", "held", "initial", "output", "loss", "parameter", "tied"}
)
"""Roles of boxes whose text is a name."""

MATH_FONT = "Times-Italic"


@dataclass(frozen=True)
class Look:
    """What a reader may choose about the look.

    Attributes:
        theme: light, dark, or auto (an SVG follows its reader's; the rest is light).
        font: the family, or several, separated by commas.
        math: names are written as mathematics.
    """

    theme: str = "light"
    font: str = FONT
    math: bool = False

    def box(self, role: str) -> Attributes:
        """Return all attributes of a box with this role."""
        found = {**NODE, "fontname": self.font, **BOX_STYLES[role]}
        if self.math and role in VARIABLES:
            found["fontname"] = MATH_FONT
        return found

    def styled(self, role: str, style: tuple[tuple[str, str], ...]) -> Attributes:
        """Return a user's attributes for a box, its dashes as the role has them."""
        found = dict(style)
        if "style" in found:
            kept = self.box(role)["style"].split(",")
            kept = [word for word in kept if word not in ("dashed", "dotted")]
            found["style"] = ",".join([*filter(None, kept), found["style"]])
        return found

    def changes(self, role: str) -> Attributes:
        """Return the attributes of a role that differ from NODE's."""
        usual = {**NODE, "fontname": self.font}
        found = self.box(role)
        return {key: text for key, text in found.items() if usual.get(key) != text}


def delay_style(index: int) -> Attributes:
    """Return colour and width of the delay with this index."""
    return DELAYS[index % len(DELAYS)]
