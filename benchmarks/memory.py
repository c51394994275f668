"""5. memory: recomputing by windows, peak bytes against T and the time it costs."""

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


def run(options: Options) -> Report:
    """Measure the plain plan and the checkpointed one, each in a fresh process."""
    report = Report("memory")
    steps = QUICK if options.quick else STEPS
    plain = _measure(report, None, steps)
    try:
        windows = _measure(report, "checkpoint", steps)
    except SkipError as problem:
        report.notes.append(f'memory="checkpoint" skipped: {problem}')
        windows = None
    rows = [["T", "plain, ms", "plain, MB"]]
    if windows:
        rows[0] += ["checkpoint, ms", "checkpoint, MB", "time ×", "memory ÷"]
    for i, T in enumerate(steps):
        cells = _cells(plain[i])
        if windows:
            time = windows[i]["run"] / plain[i]["run"]
            memory = plain[i]["peak"] / windows[i]["peak"]
            cells += [*_cells(windows[i]), f"{time:.2f}", f"{memory:.2f}"]
        rows.append([str(T), *cells])
    name = f"LM ({BATCH}, {HIDDEN}, T, {VOCABULARY}), forward and backward"
    report.tables[name] = rows
    series = {"plain": _points(plain)}
    if windows:
        series["checkpoint"] = _points(windows)
        report.bars += _bars(plain, windows)
    report.charts.append(Lines("peak", name, "steps T", "peak bytes", series))
    return report


def _measure(
    report: Report, memory: str | None, steps: tuple[int, ...]
) -> list[dict[str, float]]:
    found = []
    for T in steps:
        print(f"... T = {T}, memory={memory!r}", flush=True)
        size = (BATCH, HIDDEN, T, VOCABULARY)
        used = probe("language_model", "usage", size, "numpy", memory)
        found.append({"T": T, **used})
        report.data.append({"memory": memory, "T": T, **used})
    return found


def _cells(used: dict[str, float]) -> list[str]:
    return [figure(1e3 * used["run"]), figure(used["peak"] / 1e6)]


def _points(found: list[dict[str, float]]) -> list[tuple[float, float]]:
    return [(used["T"], used["peak"]) for used in found]


def _bars(plain: list[dict[str, float]], windows: list[dict[str, float]]) -> list[Bar]:
    """Issue 3's bars; what does not grow with T is taken off before the slope."""
    T = int(plain[-1]["T"])
    time = windows[-1]["run"] / plain[-1]["run"]
    factor = plain[-1]["peak"] / windows[-1]["peak"]
    (x0, y0), *rest = _points(windows)
    growing = [(x - x0, max(y - y0, 1.0)) for x, y in rest]
    return [
        Bar(f"checkpoint, T = {T}: time", 1.5, time, most=True),
        Bar(f"checkpoint, T = {T}: plain needs more memory", 4.0, factor),
        Bar("checkpoint: slope of peak memory", 0.6, slope(growing), True, ""),
    ]
