"""Races at all sizes and thread counts, and what they look like in a report."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.charting import Rows
from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.problems import Arrays
from benchmarks.racing import Entry, Race, run_race, stadium
from benchmarks.reporting import Report, write_figures
from benchmarks.workers import Peer

BASE = "hand-written NumPy"
"""Speeds in tables are relative to it."""

HEAD = ["peer", "ms", "quartiles", "CPU ms"]
TAIL = ["first call, s", "CPU / wall", "error"]


def race_all(
    report: Report,
    problems: Sequence[Any],
    reference: Callable[[Any], Arrays],
    peers: Sequence[Peer],
    options: Options,
    base: str = BASE,
    group: str = "",
) -> list[Race]:
    """Run every race, one setting of the threads after the other; fill the report.

    Args:
        base: the peer that speeds in tables are relative to.
        group: begins the names of the charts, where a report has several.
    """
    races = []
    for threads in options.threads:
        chosen = _patient(report, peers, threads, options)
        with stadium(chosen, threads, options) as workers:
            for problem in problems:
                print(f"... {problem.label}, {threads} thread(s)", flush=True)
                wanted = reference(problem)
                race = run_race(problem, wanted, workers, threads, options)
                races.append(race)
                report.tables[_title(race)] = rows(race, base)
                report.data += data(race)
                report.notes += notes(race)
                write_figures(report, options.output)
        report.charts.append(chart(races, threads, group))
    return races


def _patient(
    report: Report, peers: Sequence[Peer], threads: int, options: Options
) -> list[Peer]:
    """Leave out peers that compile for minutes, but for full runs on one thread."""
    if threads == 1 and not options.quick:
        return list(peers)
    slow = [peer.name for peer in peers if peer.compiles and options.takes(peer.name)]
    why = "in quick runs" if options.quick else f"with {threads} threads"
    report.notes += [f"{name} skipped {why}: it compiles for minutes" for name in slow]
    return [peer for peer in peers if not peer.compiles]


def rows(race: Race, base: str) -> list[list[str]]:
    """Return the table of a race, the fastest first."""
    ranked = sorted(race.entries.items(), key=lambda item: item[1].quartiles()[1])
    head = [*HEAD, f"speed: {base}", *TAIL]
    return [head, *[_row(race, base, name, entry) for name, entry in ranked]]


def _row(race: Race, base: str, name: str, entry: Entry) -> list[str]:
    low, middle, high = (1e3 * value for value in entry.quartiles())
    cpu = 1e3 * entry.quartiles(clock=1)[1]
    speed = race.speed(name, base)
    return [
        name,
        figure(middle),
        f"{figure(low)} – {figure(high)}",
        figure(cpu),
        "" if speed is None else f"{speed:.2f}",
        f"{entry.first:.2f}",
        f"{cpu / middle:.2f}",
        "" if entry.error is None else f"{entry.error:.0e}",
    ]


def data(race: Race) -> list[dict[str, Any]]:
    """Return the figures of a race for JSON, every call's time included."""
    return [
        {
            "size": race.problem.label,
            "threads": race.threads,
            "peer": name,
            "quartiles_ms": [1e3 * value for value in entry.quartiles()],
            "cpu_quartiles_ms": [1e3 * value for value in entry.quartiles(clock=1)],
            "rounds_ms": (1e3 * entry.by_round()).tolist(),
            "calls": sum(map(len, entry.rounds)),
            "first_call_s": entry.first,
            "error": entry.error,
            "facts": entry.facts,
        }
        for name, entry in race.entries.items()
    ]


def notes(race: Race) -> list[str]:
    """Return a line for each peer that was left out."""
    return [f"{name} skipped: {why}" for name, why in race.skipped.items()]


def chart(races: Iterable[Race], threads: int, group: str = "") -> Rows:
    """Return the chart of all races with so many threads."""
    groups = {
        race.problem.label: {
            name: _in_ms(entry)
            for name, entry in sorted(
                race.entries.items(), key=lambda item: item[1].quartiles()[1]
            )
        }
        for race in races
        if race.threads == threads
    }
    title = f"Loss and all gradients, {_counted(threads)}: ms (log), quartiles"
    return Rows(f"{group}threads-{threads}", title, groups)


def _in_ms(entry: Entry) -> tuple[float, float, float]:
    low, middle, high = entry.quartiles()
    return 1e3 * low, 1e3 * middle, 1e3 * high


def _title(race: Race) -> str:
    return f"{race.problem.label}, {_counted(race.threads)}"


def _counted(threads: int) -> str:
    return "one thread" if threads == 1 else f"{threads} threads"


def judge_one_thread(
    report: Report, races: Iterable[Race], bars: Callable[[Race], list[Bar]]
) -> None:
    """Add what has to hold of each race that is run on one thread."""
    for race in races:
        if race.threads == 1:
            report.bars += bars(race)


def speed_bar(race: Race, ours: str, rival: str, least: float) -> list[Bar]:
    """Return the bar `ours` ≥ least × the rival's speed, if both took part."""
    wall, cpu = (race.speed(ours, rival, clock) for clock in (0, 1))
    if wall is None or cpu is None:
        return []
    what = f"{ours} {race.problem.label} : {rival}"
    return [Bar(what, least, wall, cpu=cpu)]
