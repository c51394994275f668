"""4. scalar: nodes per second, forward and backward, one node a scalar."""

import numpy as np

from benchmarks.comparing import race_all
from benchmarks.options import Options
from benchmarks.problems import Arrays, ScalarProblem
from benchmarks.reporting import Report
from benchmarks.workers import Peer

PEERS = (
    Peer("tinygraph numpy", "tinygraph_scalars", "numpy"),
    Peer("tinygraph native", "tinygraph_scalars", "native"),
    Peer("micrograd-style", "micrograd"),
    Peer("autograd", "scalar_engines", "autograd"),
    Peer("torch", "scalar_engines", "torch"),
)
SIZE, QUICK = ScalarProblem(100, 333), ScalarProblem(10, 33)


def run(options: Options) -> Report:
    """Race on a 10⁵-node expression, on one thread."""
    problem = QUICK if options.quick else SIZE
    report = Report("scalar")
    single = options.on_one_thread()
    (race,) = race_all(report, [problem], _reference, PEERS, single, "micrograd-style")
    rows = [["peer", "nodes / s", "nodes / s with its build and compile"]]
    for name, entry in race.entries.items():
        rate, whole = (problem.nodes / s for s in (entry.quartiles()[1], entry.first))
        rows.append([name, f"{rate:,.0f}", f"{whole:,.0f}"])
    report.tables["nodes per second, forward and backward"] = rows
    return report


def _reference(problem: ScalarProblem) -> Arrays:
    """Return the loss and the gradients, chain by chain, by hand."""
    a, b = problem.weights().values()
    ys = [b]
    for _ in range(problem.length):
        ys.append(np.tanh(a * ys[-1] + b))
    y_bar, a_bar, b_bar = np.ones_like(a), np.zeros_like(a), np.zeros_like(b)
    for before, y in zip(ys[-2::-1], ys[:0:-1], strict=True):
        z_bar = y_bar * (1 - y * y)
        a_bar += z_bar * before
        b_bar += z_bar
        y_bar = z_bar * a
    return {"loss": ys[-1].sum(), "a": a_bar, "b": b_bar + y_bar}
