"""5. memory: recomputing by windows, peak bytes against T and the time it costs."""

from typing import Any

from benchmarks.charting import Lines
from benchmarks.growth import slope
from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.reporting import Report
from benchmarks.workers import probe

STEPS = (256, 1024, 4096, 16384)
BATCH, HIDDEN, VOCABULARY = 4, 256, 65
QUICK = (16, 64, 256)
PLANS = (None, "checkpoint")

Found = dict[str, Any]


def run(options: Options) -> Report:
    """Measure the plain plan and the checkpointed one, in turn, in one process a T."""
    report = Report("memory")
    steps = QUICK if options.quick else STEPS
    plain: list[Found] = []
    windows: list[Found] = []
    for T in steps:
        print(f"... T = {T}", flush=True)
        size = (BATCH, HIDDEN, T, VOCABULARY)
        rounds = 3 if T > 4096 else 5
        found = probe("memories", "contest", size, "numpy", PLANS, rounds)
        report.data += [{"T": T, **each} for each in found]
        plain.append({"T": T, **found[0]})
        windows.append({"T": T, **found[1]})
    name = f"LM ({BATCH}, {HIDDEN}, T, {VOCABULARY}), forward and backward"
    report.tables[name] = _rows(plain, windows)
    report.bars += _bars(plain, windows)
    series = {"plain": _points(plain), "checkpoint": _points(windows)}
    report.charts.append(Lines("peak", name, "steps T", "peak bytes", series))
    return report


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


def _bars(plain: list[Found], windows: list[Found]) -> list[Bar]:
    """Issue 3's bars, at the largest T; peaks hold the gradients, too."""
    one, other = plain[-1], windows[-1]
    at = f"checkpoint, T = {one['T']}"
    cpu = _ratio(other, one, "cpu")
    return [
        Bar(f"{at}: time", 1.5, _ratio(other, one, "run"), most=True, cpu=cpu),
        Bar(f"{at}: plain needs more memory", 4.0, _ratio(one, other, "peak")),
        Bar("checkpoint: slope of peak memory", 0.6, slope(_points(windows)), True, ""),
    ]
