"""7. compile: the first compilation, in a fresh process with nothing kept on disk."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.reporting import Report
from benchmarks.workers import ROOT

PROBE = Path(__file__).parent / "probes" / "compiling.py"
WANTED = {
    ("lstm", 64): 0.5,
    ("language_model", 64): 0.8,
    ("two_ways", 64): 1.6,
    ("attention", 64): 2.0,
    ("chain", 20): 1.2,
    ("chain", 40): 2.4,
    ("chain", 100): 6.0,
    ("parameters", 400): 2.0,
    ("scalars", 4): 3.0,
    ("scalars", 60): 3.0,
    ("replicated", 320): 0.5,
    ("loop", 600): 1.2,
    ("loop", 2500): 5.0,
}
"""(graph, its size) → seconds of CPU for values and all gradients, imports apart."""
QUICK = (("lstm", 8), ("chain", 3))
IMPORTS = 0.15

Stages = dict[str, list[float]]


def run(options: Options) -> Report:
    """Compile each graph once; beside it by another tree, where one was given."""
    report = Report("compile")
    trees = {"here": ROOT}
    if options.against is not None:
        trees[str(options.against)] = options.against
    rows = [["graph"]]
    for name in trees:
        rows[0] += [f"{name}: s", "CPU, s", "with imports, s"]
    jax = importlib.util.find_spec("jax") is not None
    rows[0] += ["JAX: s", "CPU, s"] if jax else []
    for graph, size in QUICK if options.quick else WANTED:
        print(f"... {graph} {size}", flush=True)
        rows.append([f"{graph} {size}"])
        for name, tree in trees.items():
            found = timed(tree, graph, size, options.limit)
            if found is None:
                rows[-1] += ["-"] * 3
                report.notes.append(f"{name}: {graph} {size} was not compiled")
                continue
            whole = sum(found[stage][0] for stage in ("imports", "compile"))
            rows[-1] += map(figure, (*found["compile"], whole))
            report.data.append({"tree": name, "graph": graph, "size": size, **found})
            if name == "here":
                report.bars += _bars(graph, size, found)
        if jax:
            rows[-1] += _by_jax(report, graph, size, options)
    report.tables["first compilation, values and all gradients"] = rows
    return report


def _by_jax(report: Report, graph: str, size: int, options: Options) -> list[str]:
    """Time the same graph, lowered and compiled by XLA: ours is to be no slower."""
    found = timed(ROOT, graph, size, options.limit, "jax")
    if found is None:
        report.notes.append(f"JAX: {graph} {size} was not compiled")
        return ["-"] * 2
    report.data.append({"tree": "JAX", "graph": graph, "size": size, **found})
    ours = [x for x in report.data if x["tree"] == "here" and x["graph"] == graph]
    for each in ours:
        if each["size"] == size:
            title = f"{graph} {size}: compile, CPU, beside JAX"
            wall, limit = each["compile"][1], found["compile"][1]
            report.bars.append(Bar(title, limit, wall, True, "s"))
    return [figure(x) for x in found["compile"]]


def _bars(graph: str, size: int, found: Stages) -> list[Bar]:
    """Return what has to hold; CPU time, for machines are shared."""
    wanted = WANTED.get((graph, size), 1.0)
    title = f"{graph} {size}"
    bars = [Bar(f"{title}: compile, CPU", wanted, found["compile"][1], True, "s")]
    if graph == "lstm":
        bars.append(Bar("imports, CPU", IMPORTS, found["imports"][1], True, "s"))
    return bars


def timed(
    tree: Path, graph: str, size: int, limit: float, backend: str = "native"
) -> Stages | None:
    """Return the seconds of each stage, wall and CPU, in a fresh process of a tree."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PYTHONPATH": str(tree), "XDG_CACHE_HOME": empty}
        environment.pop("TINYGRAPH_CACHE", None)
        try:
            done = subprocess.run(
                [sys.executable, "-P", str(PROBE), graph, str(size), backend],
                cwd=empty,
                env=environment,
                capture_output=True,
                timeout=limit,
                text=True,
            )
        except subprocess.TimeoutExpired:
            return None
    if done.returncode:
        return None
    stages: Stages = json.loads(done.stdout.splitlines()[-1])
    return stages
