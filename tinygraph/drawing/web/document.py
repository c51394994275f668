"""The file: data, style and script in one, and nothing from elsewhere."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from tinygraph.core.errors import DrawingError
from tinygraph.core.graph import Graph
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.finishing import finished_page
from tinygraph.drawing.layout.folded import folded_page
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.shown_steps import WINDOW
from tinygraph.drawing.layout.unfolded import UnfoldedLayout
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.readings import Readings
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.output import norm_colors
from tinygraph.drawing.output.description import describe, title
from tinygraph.drawing.output.legend import with_legend
from tinygraph.drawing.web.css import picture_css
from tinygraph.drawing.web.open_modules import OpenModules, open_modules_of
from tinygraph.drawing.web.page_data import Interner, Json, PictureEncoder, scope_path
from tinygraph.drawing.web.runs import (
    DECADES,
    LEVELS,
    SIGNS,
    NormTable,
    Run,
    asked,
    table,
)

HERE = Path(__file__).parent

MOST_STEPS, OWN_STEPS = 60, 24
"""The greatest T of a slider that a user may ask for; and for a drawing's own T."""

ALL_SHOWN = 8
"""Up to this T a page shows all steps, of more a window that moves."""
FARTHEST = 4
"""A delay of more steps than a window has is always shown whole."""


def slider_end(most: int, steps: Mapping[str, int] | None) -> int:
    """Return the greatest T of the slider: `most`, or the drawing's own T up to 24.

    Raises:
        DrawingError: `most` is no number from 1 to 60.
    """
    if not hasattr(most, "__index__") or not 1 <= most <= MOST_STEPS:
        raise DrawingError(
            f"most must be a number of steps from 1 to {MOST_STEPS}, not {most!r}: "
            "the page holds the picture at each of them"
        )
    own = max((steps or {}).values(), default=0)
    return max(int(most), min(own, OWN_STEPS))


def document(
    graph: Graph,
    options: DrawOptions,
    engine: Engine,
    steps: Mapping[str, int] | None,
    most: int,
    readings: Readings,
    runs: Mapping[str, Run],
) -> str:
    """Return the page.

    Args:
        graph: folded.
        steps: T that it opens with; None for folded.
        most: the greatest T of the slider.
        readings: norms at T = `steps`.
        runs: name → number of steps → norms.

    Raises:
        DrawingError: the engine fails, time runs out, or a run does not fit.
    """
    start = 0 if options.start == "t" else int(options.start)
    options = replace(options, start=start, max_steps=None)
    most = most if graph.times else 0
    counts = range(1, most + 1)
    data, texts = Interner(), Interner()
    choices = open_modules_of(graph, options)
    encoder = _ChoiceEncoder(options, engine, graph, counts, data, texts)
    encoded = [encoder.encoded(choice) for choice in choices]
    own = max((steps or {}).values(), default=0)
    norms: dict[str, dict[int, NormTable]] = {}
    if readings:
        norms["given"] = {own: table(readings, data.items, own)}
    norms |= asked(runs, graph, data.items, counts or [1])
    contents = {
        "title": title(choices[0].folded, None).partition(",")[0],
        "states": encoded,
        "texts": texts.items,
        "font": options.look.font,
        "dark": options.look.theme == "dark",
        "runs": norms,
        "steps": min(own, len(counts)),
        "most": most,
        "start": start,
        "window": {"wide": WINDOW},
        "code": {"signs": SIGNS, "levels": LEVELS, "decades": DECADES},
        "scale": {
            "lowest": norm_colors.LOWEST,
            "highest": norm_colors.HIGHEST,
            "stops": norm_colors.STOPS,
            "unknown": norm_colors.UNKNOWN,
            "nan": norm_colors.NOT_A_NUMBER,
            "zero": norm_colors.HATCHING,
        },
    }
    return _filled(contents, describe(choices[0].folded, None), options.look)


@dataclass(frozen=True)
class _ChoiceEncoder:
    """Encodes the pictures of each choice of open modules; they share their texts."""

    options: DrawOptions
    engine: Engine
    graph: Graph
    counts: range
    data: Interner
    texts: Interner

    def encoded(self, choice: OpenModules) -> Json:
        """Return the pages of a choice: folded, and over each number of steps."""
        encoder = PictureEncoder(choice.folded, self.data, self.texts)
        sideways = self.options.direction == "LR"
        page = folded_page(choice.folded, self.engine, sideways)
        page = self._finished(page, choice.folded)
        folded = encoder.encoded(encoder.boxes(0, 0), [encoder.folded(page)])
        opened = sorted(map(scope_path, choice.opened))
        if not self.counts:
            return {"open": opened, "folded": folded}
        return {"open": opened, "folded": folded, "unfolded": self._unfolded(choice)}

    def _unfolded(self, choice: OpenModules) -> Json:
        """Return a page for each T, or for each T up to eight and windows for more.

        Windows are those at the greatest T: at its beginning and at its end one for
        each step that a delay reaches over, and one in the middle. The browser gives
        their steps other numbers.
        """
        picture, most = choice.unfolded, self.counts[-1]
        encoder = PictureEncoder(picture, self.data, self.texts)
        steps = [dict.fromkeys(self.graph.times, count) for count in self.counts]
        reach = _reach(picture)
        least = max(ALL_SHOWN, WINDOW + 2 * reach) + 1
        windows = reach > 0 and most >= least
        layout = UnfoldedLayout(picture, steps, self.options, self.engine, windows)
        shown: list[Page] = []
        if windows:
            last = most - 1 - WINDOW
            firsts = (*range(1, reach + 2), *range(last - reach + 1, last + 1))
            shown = [layout.page(steps[-1], first) for first in firsts]
        pages = [
            layout.page(count) for count in steps[: least - 1 if windows else most]
        ]
        boxes = encoder.boxes(most, int(self.options.start))
        finished = [self._finished(page, picture) for page in (*pages, *shown)]
        coded = [encoder.unfolded(page) for page in finished]
        found = encoder.encoded(boxes, coded[: len(pages)])
        known = {"least": least, "reach": reach, "windows": coded[len(pages) :]}
        return found | known

    def _finished(self, page: Page, picture: Picture) -> Page:
        page = finished_page(page, picture, self.options)
        return with_legend(page) if self.options.legend else page


def _reach(picture: Picture) -> int:
    """Return over how many steps delays reach: windows so far from both ends are alike.

    0 where windows are not alike, or so few are that all steps are shown.
    """
    picked = [wire.steps_read for wire in picture.wires if wire.steps_read is not None]
    ends = all([*read] in ([0], [-1]) for read in picked)
    reach = max((abs(loop.steps) for loop in picture.loops), default=1)
    return reach if ends and reach <= FARTHEST else 0


def _filled(contents: Json, words: str, look: Look) -> str:
    """Return the page around its contents.

    In the data every `<` is an escape, so that no name can end the script it is in.
    """
    data = json.dumps(contents, ensure_ascii=False, separators=(",", ":"))
    parts = {
        "TITLE": escape(contents["title"]),
        "WORDS": escape(words),
        "STYLE": (HERE / "page.css").read_text(encoding="utf-8"),
        "PICTURE_STYLE": picture_css(look),
        "DATA": data.replace("<", "\\u003c"),
        "SCRIPT": "\n".join(
            (HERE / name).read_text(encoding="utf-8")
            for name in ("picture.js", "page.js")
        ),
    }
    frame = (HERE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{([A-Z_]+)\}\}", lambda found: parts[found[1]], frame)
