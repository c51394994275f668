"""The file: data, style and script in one, and nothing from elsewhere."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from tinygraph.core.graph import Graph
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.folded import folded_page
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.unfolded import Unfolding
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.readings import Readings
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.output import coloring
from tinygraph.drawing.output.describing import describe, title
from tinygraph.drawing.web.coding import Code, Coder, Pool, scope_path
from tinygraph.drawing.web.css import picture_css
from tinygraph.drawing.web.runs import Run, Table, asked, table
from tinygraph.drawing.web.states import State, states_of

HERE = Path(__file__).parent


def document(
    graph: Graph,
    options: Options,
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
    counts = range(1, most + 1) if graph.times else range(0)
    data, texts = Pool(), Pool()
    states = states_of(graph, options)
    coder = _States(options, engine, graph, counts, data, texts)
    coded = [coder.coded(state) for state in states]
    own = max((steps or {}).values(), default=0)
    norms: dict[str, dict[int, Table]] = {}
    if readings:
        norms["given"] = {own: table(readings, data.items, own)}
    norms |= asked(runs, graph, data.items, counts or [1])
    contents = {
        "title": title(states[0].folded, None).partition(",")[0],
        "states": coded,
        "texts": texts.items,
        "font": options.look.font,
        "dark": options.look.theme == "dark",
        "runs": norms,
        "steps": min(own, len(counts)),
        "most": len(counts),
        "scale": {
            "lowest": coloring.LOWEST,
            "highest": coloring.HIGHEST,
            "stops": coloring.STOPS,
            "unknown": coloring.UNKNOWN,
            "nan": coloring.NOT_A_NUMBER,
        },
    }
    return _filled(contents, describe(states[0].folded, None), options.look)


@dataclass(frozen=True)
class _States:
    """Codes the pictures of states; what they share is said once."""

    options: Options
    engine: Engine
    graph: Graph
    counts: range
    data: Pool
    texts: Pool

    def coded(self, state: State) -> Code:
        """Return the pages of a state: folded, and over each number of steps."""
        coder = Coder(state.folded, self.data, self.texts)
        page = _turned(folded_page(state.folded, self.engine), self.options)
        folded = coder.coded(coder.boxes(0, 0), [coder.folded(page)])
        opened = sorted(map(scope_path, state.opened))
        if not self.counts:
            return {"open": opened, "folded": folded}
        return {"open": opened, "folded": folded, "unfolded": self._unfolded(state)}

    def _unfolded(self, state: State) -> Code:
        coder = Coder(state.unfolded, self.data, self.texts)
        steps = [dict.fromkeys(self.graph.times, count) for count in self.counts]
        layout = Unfolding(state.unfolded, steps, self.options, self.engine)
        pages = [_turned(layout.page(count), self.options) for count in steps]
        boxes = coder.boxes(self.counts[-1], int(self.options.start))
        return coder.coded(boxes, [coder.unfolded(page) for page in pages])


def _turned(page: Page, options: Options) -> Page:
    return page.flipped() if options.direction == "TB" else page


def _filled(contents: Code, words: str, look: Look) -> str:
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
        "SCRIPT": (HERE / "page.js").read_text(encoding="utf-8"),
    }
    frame = (HERE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{([A-Z_]+)\}\}", lambda found: parts[found[1]], frame)
