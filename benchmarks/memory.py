"""5. memory: recomputing by windows, peak bytes against T and the time it costs."""

from typing import Any

from benchmarks.charting import Lines
from benchmarks.growth import slope
from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.peers.ready import SkipError
from benchmarks.reporting import Report
from benchmarks.workers import probe

STEPS = (256, 1024, 4096, 16384)
BATCH, HIDDEN, VOCABULARY = 4, 256, 65
QUICK = (16, 64, 256)
PLANS = (None, "checkpoint")
BACKENDS = ("numpy", "native")

Found = dict[str, Any]


def run(options: Options) -> Report:
    """Measure the plain plan and the checkpointed one, as programs and by command."""
    report = Report("memory")
    for backend in BACKENDS:
        if options.takes(backend):
            _contests(report, backend, options)
    if options.takes("train"):
        _command(report, options)
    return report


def _contests(report: Report, backend: str, options: Options) -> None:
    """Let both plans take turns, in one process a T."""
    steps = QUICK if options.quick else STEPS
    plain: list[Found] = []
    windows: list[Found] = []
    for T in steps:
        print(f"... {backend}, T = {T}", flush=True)
        size = (BATCH, HIDDEN, T, VOCABULARY)
        rounds = 3 if T > 4096 else 5
        try:
            found = probe("memories", "contest", size, backend, PLANS, rounds)
        except SkipError as reason:
            report.notes.append(f"{backend} skipped: {reason}")
            return
        report.data += [{"backend": backend, "T": T, **each} for each in found]
        plain.append({"T": T, **found[0]})
        windows.append({"T": T, **found[1]})
    model = f"LM ({BATCH}, {HIDDEN}, T, {VOCABULARY})"
    name = f"{model}, forward and backward, {backend}"
    report.tables[name] = _rows(plain, windows)
    report.bars += _bars(backend, plain, windows)
    series = {"plain": _points(plain), "checkpoint": _points(windows)}
    chart = Lines(f"peak-{backend}", name, "steps T", "peak bytes", series)
    report.charts.append(chart)


def _command(report: Report, options: Options) -> None:
    """Train by the command, with and without windows, at the largest T."""
    T, updates = (QUICK[-1], 3) if options.quick else (STEPS[-1], 4)
    name = f"tinygraph-rnn train --seq-length {T}, ({BATCH}, {HIDDEN}), backend auto"
    print(f"... {name}", flush=True)
    rows = [["--memory", "s an update", "resident, MB"]]
    for memory in PLANS:
        try:
            found = probe("commands", "train", (BATCH, HIDDEN, T), memory, updates)
        except SkipError as reason:
            report.notes.append(f"train with memory {memory} skipped: {reason}")
            continue
        report.data.append({"command": "train", "T": T, **found})
        shown = [figure(found["update"]), figure(found["resident"] / 1e6)]
        rows.append([memory or "keep all", *shown])
    report.tables[name] = rows


def _rows(plain: list[Found], windows: list[Found]) -> list[list[str]]:
    rows = [["T", "plain, ms", "plain, MB", "checkpoint, ms", "checkpoint, MB"]]
    rows[0] += ["time ×", "by CPU time", "memory ÷"]
    for one, other in zip(plain, windows, strict=True):
        ratios = [_ratio(other, one, "run"), _ratio(other, one, "cpu")]
        rows.append([str(one["T"]), *_cells(one), *_cells(other)])
        rows[-1] += [f"{each:.2f}" for each in (*ratios, _ratio(one, other, "peak"))]
    return rows


def _ratio(one: Found, other: Found, what: str) -> float:
    return float(one[what] / other[what])


def _cells(used: Found) -> list[str]:
    return [figure(1e3 * used["run"]), figure(used["peak"] / 1e6)]


def _points(found: list[Found]) -> list[tuple[float, float]]:
    return [(used["T"], used["peak"]) for used in found]


def _bars(backend: str, plain: list[Found], windows: list[Found]) -> list[Bar]:
    """Issue 3's bars, at the largest T; peaks hold the gradients, too."""
    one, other = plain[-1], windows[-1]
    at = f"{backend}, checkpoint, T = {one['T']}"
    cpu = _ratio(other, one, "cpu")
    return [
        Bar(f"{at}: time", 1.5, _ratio(other, one, "run"), most=True, cpu=cpu),
        Bar(f"{at}: plain needs more memory", 4.0, _ratio(one, other, "peak")),
        Bar(
            f"{backend}, checkpoint: slope of peak memory",
            0.6,
            slope(_points(windows)),
            True,
            "",
        ),
    ]
