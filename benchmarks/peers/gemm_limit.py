"""The GEMM limit: a fixed list of products, timed alone.

What no LSTM language model can do without: both products of the loop at each step,
U's gradient, the output layer's three, and the input layer's three, on the rows of
the folded embedding where V < T·B and else on those of all steps.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.ready import Ready
from benchmarks.problems import Array, Arrays, LanguageModelProblem


def products(problem: LanguageModelProblem) -> list[tuple[int, int, int, int]]:
    """Return the list: (how often, m, k, n) for each (m, k) @ (k, n)."""
    T, B, H, V = problem.steps, problem.batch, problem.hidden, problem.vocabulary
    rows = min(V, T * B)
    return [
        (T, B, H, 4 * H),
        (T, B, 4 * H, H),
        (1, H, T * B, 4 * H),
        (1, T * B, H, V),
        (1, H, T * B, V),
        (1, T * B, V, H),
        (1, rows, H, 4 * H),
        (1, H, rows, 4 * H),
        (1, rows, 4 * H, H),
    ]


def flops(problem: LanguageModelProblem) -> int:
    """Return the floating-point operations of the list."""
    return sum(2 * often * m * k * n for often, m, k, n in products(problem))


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return a step that runs the list; it computes nothing of use."""
    rng = np.random.default_rng(0)
    calls: list[tuple[Array, Array, Array]] = []
    for often, m, k, n in products(problem):
        left = rng.standard_normal((often, m, k), "float32")
        right = rng.standard_normal((k, n), "float32")
        out = np.empty((often, m, n), "float32")
        calls.extend((left[t], right, out[t]) for t in range(often))
    return Ready(_running(calls), _nothing, {"flops": flops(problem)})


def _running(calls: list[tuple[Array, Array, Array]]) -> Callable[[], None]:
    def step() -> None:
        for left, right, out in calls:
            np.matmul(left, right, out=out)

    return step


def _nothing(_: Any) -> Arrays:
    return {}
