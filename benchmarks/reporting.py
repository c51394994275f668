"""Reports: tables for people, JSON for programs."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import tinygraph as tg
from benchmarks import judging
from benchmarks.charting import Chart
from benchmarks.judging import Bar
from benchmarks.options import cores

PACKAGES = ("tinygraph", "numpy", "torch", "jax", "jaxlib", "autograd", "native")


@dataclass
class Report:
    """What one benchmark found.

    Attributes:
        name: of the benchmark, and of its files.
        tables: title → rows, the first the head.
        bars: what it had to show.
        notes: one line each: who was left out and why, what to know.
        data: the raw figures, for JSON.
        charts: to be drawn.
    """

    name: str
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a table (Markdown too): first column left, the rest right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rule = ["-" * max(widths[0], 3), *["-" * (max(w, 3) - 1) + ":" for w in widths[1:]]]
    lines = []
    for row in [rows[0], rule, *rows[1:]]:
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def text(report: Report) -> str:
    """Return all tables, bars and notes."""
    parts = [f"## {report.name}"]
    for title, rows in report.tables.items():
        parts.append(f"{title}\n\n{table(rows)}")
    if report.bars:
        rows = [judging.HEAD, *[bar.row for bar in report.bars]]
        parts.append(f"{judging.count_met(report.bars)}\n\n{table(rows)}")
    if report.notes:
        parts.append("\n".join(f"- {note}" for note in dict.fromkeys(report.notes)))
    return "\n\n".join(parts)


def write(report: Report, folder: Path) -> list[Path]:
    """Write NAME.md, NAME.json and NAME-*.svg; return the paths.

    Charts are left out, with a line, where matplotlib is not installed.
    """
    written = write_figures(report, folder)
    if find_spec("matplotlib") is None:
        print("charts skipped: matplotlib is not installed")
        return written
    for chart in report.charts:
        drawing = folder / f"{report.name}-{chart.name}.svg"
        chart.save(drawing)
        written.append(drawing)
    return written


def write_figures(report: Report, folder: Path) -> list[Path]:
    """Write NAME.md and NAME.json, as far as the report has come."""
    folder.mkdir(parents=True, exist_ok=True)
    here = machine()
    page = folder / f"{report.name}.md"
    with tg.atomic_file(page) as file:
        file.write(f"{text(report)}\n\n{in_words(here)}\n".encode())
    path = folder / f"{report.name}.json"
    bars = [{**vars(bar), "met": bar.met} for bar in report.bars]
    facts = {
        "benchmark": report.name,
        "machine": here,
        "bars": bars,
        "notes": report.notes,
        "data": report.data,
    }
    with tg.atomic_file(path) as file:
        file.write(f"{json.dumps(facts, indent=1)}\n".encode())
    return [page, path]


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processor, load, versions."""
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": _processor(),
        "cores": cores(),
        "load": load,
        "python": platform.python_version(),
        "versions": versions,
    }


def in_words(here: dict[str, Any]) -> str:
    """Return what `machine` found as a sentence."""
    versions = [f"{name} {v}" for name, v in here["versions"].items() if v is not None]
    load = "" if here["load"] is None else f", load {here['load']:.1f} at the end"
    cores = f"{here['cores']} cores{load}"
    return (
        f"{here['processor']}, {cores}; Python {here['python']}, {', '.join(versions)}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()
