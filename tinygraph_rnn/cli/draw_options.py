"""The options of `tinygraph-rnn draw`, and what they are for `tg.draw`."""

import argparse
from typing import Any

from tinygraph_rnn.cli.pictures import PICTURES
from tinygraph_rnn.errors import ConfigError

__all__ = ["add_draw", "drawing_options"]

_CHOICES = {
    "direction": (("BT", "TB", "LR"), "inputs below, above or on the left"),
    "theme": (("light", "dark", "auto"), "an SVG in auto follows its reader"),
    "shapes": (("hover", "edge", "box"), "where shapes are written"),
    "squares": (("number", "z"), "what a delay's square says: 1, or z⁻¹"),
}
"""Option of `tg.draw` → its choices, the default first, and what they do."""

_FLAGS = {
    "variables": "the book's figure: states, inputs and outputs, weights beside edges",
    "math": "names in italics, as in mathematics",
    "counts": "write numbers of parameters into boxes",
    "legend": "say below the picture what its signs are",
}


def add_draw(parser: argparse.ArgumentParser) -> None:
    """Add the options of `draw`."""
    parser.add_argument(
        "--cell", choices=PICTURES, default="lstm", help="default: %(default)s"
    )
    parser.add_argument(
        "--steps", type=int, metavar="N", help="unroll over N steps; default: folded"
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="by its suffix: svg, pdf, png, tex, or html (interactive)",
    )
    way: dict[str, Any]
    for name, (choices, help_text) in _CHOICES.items():
        text = f"{', '.join(choices)}: {help_text}; default: %(default)s"
        way = {"choices": choices, "default": choices[0], "metavar": "WAY"}
        parser.add_argument(f"--{name}", help=text, **way)
    for name, help_text in _FLAGS.items():
        parser.add_argument(f"--{name}", action="store_true", help=help_text)
    parser.add_argument(
        "--highlight",
        action="append",
        default=[],
        metavar="A:B",
        help="mark the shortest path from A to B, as x:h; may be given again",
    )
    parser.add_argument(
        "--style",
        action="append",
        default=[],
        metavar="NAME=COLOUR",
        help="colour a box, as c=orange or c=#FFA726; may be given again",
    )
    parser.add_argument(
        "--dpi", type=float, metavar="N", help="dots per inch of a png; default: 200"
    )


def drawing_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what `tg.draw` is to be called with.

    Raises:
        ConfigError: a path or a style is not written as the help says.
    """
    found = {name: getattr(options, name) for name in _CHOICES}
    found |= {name: getattr(options, name) for name in ("math", "counts", "legend")}
    found["collapse"] = "variables" if options.variables else "auto"
    found["highlight"] = [_parted("highlight", p, ":") for p in options.highlight]
    found["styles"] = dict(_parted("style", p, "=")[:2] for p in options.style)
    return found


def _parted(name: str, text: str, sign: str) -> list[str]:
    parts = text.split(sign)
    if len(parts) < 2 or not all(parts) or (sign == "=" and len(parts) > 2):
        form = "A:B, names of boxes such as x:h" if sign == ":" else "NAME=COLOUR"
        raise ConfigError(f"--{name} must be {form}, not {text!r}")
    return parts
