"""3. growth: time and peak memory against steps, and against nodes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.charting import Lines
from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.peers.ready import SkipError
from benchmarks.reporting import Report
from benchmarks.workers import probe

STEPS = (16, 64, 256, 1024, 4096, 16384)
NODES = (1_000, 10_000, 100_000, 1_000_000)
BATCH, HIDDEN, VOCABULARY = 4, 32, 65
BACKENDS = ("numpy", "native")
STRAIGHT = 1.15
"""A slope in the log-log chart that still counts as linear."""

Points = list[tuple[float, float]]


def run(options: Options) -> Report:
    """Measure both kinds of growth, each size in a process of its own."""
    report = Report("growth")
    for backend in BACKENDS:
        try:
            _over_steps(report, backend, options)
        except SkipError as problem:
            report.notes.append(f"tinygraph {backend} skipped: {problem}")
    _over_nodes(report, options)
    return report


def slope(points: Sequence[tuple[float, float]], last: int = 3) -> float:
    """Return the slope of the line through the last points, both axes logarithmic."""
    x, y = np.log(np.array(points[-last:])).T
    return float(np.polyfit(x, y, 1)[0])


def _over_steps(report: Report, backend: str, options: Options) -> None:
    """The folded language model: time and peak bytes of a run against T."""
    steps = STEPS[:3] if options.quick else STEPS
    seconds = probe("language_model", "compile_seconds", HIDDEN, VOCABULARY, backend)
    rows = [["T", "first run, ms", "run, ms", "peak, MB"]]
    runs, peaks = [], []
    for T in steps:
        print(f"... T = {T}, {backend}", flush=True)
        size = (BATCH, HIDDEN, T, VOCABULARY)
        used = probe("language_model", "usage", size, backend)
        runs.append((T, used["run"]))
        peaks.append((T, used["peak"]))
        cells = 1e3 * used["first"], 1e3 * used["run"], used["peak"] / 1e6
        rows.append([str(T), *map(figure, cells)])
        report.data.append({"T": T, "backend": backend, **used})
    name = f"tinygraph {backend}, LM ({BATCH}, {HIDDEN}, T, {VOCABULARY})"
    report.tables[f"{name}, forward and backward"] = rows
    report.bars += [
        Bar(f"{name}: build + grad + compile", 50, 1e3 * seconds, True, "ms"),
        Bar(f"{name}: slope of time", STRAIGHT, slope(runs), True, ""),
        Bar(f"{name}: slope of peak memory", STRAIGHT, slope(peaks), True, ""),
    ]
    report.charts += [
        _lines(f"steps-{backend}-time", name, "steps T", "s", {"run": runs}),
        _lines(f"steps-{backend}-memory", name, "steps T", "bytes", {"peak": peaks}),
    ]


def _over_nodes(report: Report, options: Options) -> None:
    """Every stage's time, and the resident memory, against nodes."""
    sizes = NODES[:2] if options.quick else NODES
    times: dict[str, Points] = {}
    resident: Points = []
    for nodes in sizes:
        print(f"... {nodes} nodes", flush=True)
        found = [probe("nodes", which, nodes) for which in ("chain", "unrolled")]
        for each in found:
            for stage, seconds in each["seconds"].items():
                times.setdefault(stage, []).append((each["nodes"], seconds))
        resident.append((nodes, max(found[0]["bytes"].values())))
        report.data += [{"asked": nodes, **each} for each in found]
    rows = [["stage", *[f"{n:,} nodes, s" for n in sizes], "µs a node", "slope"]]
    for stage, points in times.items():
        cells = [figure(seconds) for _, seconds in points]
        per_node = figure(1e6 * points[-1][1] / points[-1][0])
        rows.append([stage, *cells, per_node, f"{slope(points):.2f}"])
    report.tables["an acyclic chain, and a recurrence unrolled"] = rows
    report.bars += [
        Bar(f"nodes: slope of {stage}", STRAIGHT, slope(points), True, "")
        for stage, points in times.items()
    ]
    report.bars.append(
        Bar("nodes: slope of resident memory", STRAIGHT, slope(resident), True, "")
    )
    report.charts += [
        _lines("nodes-time", "A chain of nodes", "nodes", "s", times),
        _lines(
            "nodes-memory", "A chain of nodes", "nodes", "bytes", {"peak": resident}
        ),
    ]


def _lines(name: str, title: str, x: str, y: str, series: Mapping[str, Any]) -> Lines:
    labelled = {
        f"{label} (slope {slope(points):.2f})": points
        for label, points in series.items()
    }
    return Lines(name, title, x, y, labelled)
