"""What a run of the benchmarks found, as a chart and tables, from its JSON.

In a page, `{measured} train` shows `docs/results/measured/train.json`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

FOLDER = Path(__file__).parents[1] / "results" / "measured"
Run = dict[str, Any]


def connect(app: Any) -> None:
    """Let pages show runs."""
    app.add_directive("measured", Measured)


class Measured(SphinxDirective):
    """A run, by the name of its file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return its charts, its bars, and the machine it ran on."""
        path = FOLDER / f"{self.arguments[0]}.json"
        self.env.note_dependency(str(path))
        run = json.loads(path.read_text("utf-8"))
        charts = [
            nodes.raw("", f'<div class="chart">{svg}</div>', format="html")
            for svg in charts_of(run)
        ]
        container = nodes.container()
        lines = StringList(words_of(run).splitlines(), str(path))
        self.state.nested_parse(lines, self.content_offset, container)
        return [*charts, *container.children]


def charts_of(run: Run) -> Iterator[str]:
    """Yield an SVG for each number of threads: peers by their times, size by size."""
    from benchmarks.charting import Rows

    timed = [row for row in run["data"] if "quartiles_ms" in row]
    for threads in dict.fromkeys(row["threads"] for row in timed):
        groups: dict[str, dict[str, Any]] = {}
        for row in sorted(timed, key=lambda row: row["quartiles_ms"][1]):
            if row["threads"] == threads:
                groups.setdefault(row["size"], {})[row["peer"]] = row["quartiles_ms"]
        title = f"{run['benchmark']}, threads: {threads} (left is faster)"
        yield Rows("chart", title, dict(sorted(groups.items()))).svg()


def words_of(run: Run) -> str:
    """Return the bars, the notes and the machine as Markdown."""
    from benchmarks.judging import HEAD, Bar, count_met
    from benchmarks.reporting import in_words, table

    bars = [Bar(**{k: v for k, v in bar.items() if k != "met"}) for bar in run["bars"]]
    parts = [count_met(bars) + ":", table([HEAD, *(bar.row for bar in bars)])]
    parts += [f"- {note}" for note in run["notes"]]
    return "\n\n".join([*parts, in_words(run["machine"])])
