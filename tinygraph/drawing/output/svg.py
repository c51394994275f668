"""From an engine's SVG to ours: self-contained, described, with texts on hover."""

import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from tinygraph.drawing.layout.themes import AUTO
from tinygraph.drawing.output.norm_colors import HATCHING, ZERO

_HEAD = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", re.DOTALL)
_TITLE = re.compile(r'(<g id="([^"]*)" class="[^"]*">\s*<title>)[^<]*(?=</title>)')
_OPENING = re.compile(r"<svg[^>]*>")
_ID = re.compile(r'(?<= id=")')


_ZERO = f'fill="{ZERO.lower()}"'


def finished_svg(
    svg: str, title: str, description: str, hover: Mapping[str, str], style: str = ""
) -> str:
    """Return an SVG that reads well alone, in a page and to a screen reader.

    Prolog, doctype and comments go, so that it can stand inside HTML and says
    nothing of the engine; the colour `transparent`, which many readers do not
    know, becomes none. The grey of a norm of 0 becomes a hatching. Title and
    description come first, and the title of each group is the hover text of what it
    draws.

    Args:
        about: id → hover text.
        style: CSS to put inside.
    """
    svg = _HEAD.sub("", svg).replace("&#45;", "-")
    svg = svg.replace('stroke="transparent"', 'stroke="none"')

    def retitled(found: re.Match[str]) -> str:
        text = hover.get(found[2])
        return found[0] if text is None else found[1] + escape(text)

    svg = _TITLE.sub(retitled, svg)
    opening = _OPENING.search(svg)
    assert opening is not None
    words = f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>"
    words += f"\n<style>\n{style}\n</style>" if style else ""
    if _ZERO in svg:
        words += f"\n{HATCHING}"
        svg = svg.replace(_ZERO, 'fill="url(#norm-zero)"')
    svg_class = f' class="{AUTO}"' if style else ""
    head = f'{opening[0][:-1]} role="img"{svg_class}>'
    body = svg[opening.end() :]
    lines = (line for line in f"{head}\n{words}{body}".split("\n") if line.strip())
    return "\n".join(lines) + "\n"


def svg_in_page(svg: str, prefix: str) -> str:
    """Return a finished SVG for a page that holds others, no wider than its column.

    Args:
        prefix: begins every id, so that none is there twice.
    """
    opening = _OPENING.search(svg)
    assert opening is not None
    head = f'{opening[0][:-1]} style="max-width: 100%; height: auto">'
    svg = _ID.sub(f"{prefix}-", head + svg[opening.end() :])
    return svg.replace("url(#", f"url(#{prefix}-")
