"""python -m benchmarks.devices: train steps on JAX's default device, as one table.

LSTM language model by scan; minGRU over thousands of steps by scan and by associative
scan; beside JAX written by hand, and on a GPU torch's LSTM of cuDNN. One short run.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.judging import figure
from benchmarks.peers import jax_lm, min_gru, tinygraph_jax
from benchmarks.peers.min_gru import MinGRUProblem
from benchmarks.problems import TRAINING_SIZES, LanguageModelProblem

LONG = MinGRUProblem(batch=8, hidden=256, steps=4096)
SHORT = MinGRUProblem(batch=2, hidden=8, steps=64)
BY = ("scan", "associative", "ours", "ours, time")
Step = Callable[[], Any]


def main() -> None:
    """Time each step; print the medians, and the first calls."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices")
    parser.add_argument("--quick", action="store_true", help="small, to see it work")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each step")
    given = parser.parse_args()
    device = jax.devices()[0]
    print(f"{device.platform}: {device.device_kind}, jax {jax.__version__}\n")
    print("| step | ms | first call, s |\n| ---- | -: | ------------: |")
    for name, make in _steps(given.quick):
        first, median = _timed(make(), given.seconds)
        print(f"| {name} | {figure(1e3 * median)} | {figure(first)} |", flush=True)


def _steps(quick: bool) -> Iterator[tuple[str, Callable[[], Step]]]:
    """Yield the name of a step and what makes it."""
    sizes = ((1, 16, 8, 11),) if quick else TRAINING_SIZES[1:]
    for size in sizes:
        problem = LanguageModelProblem(*size)
        title = f"LSTM language model {problem.label}"
        yield f"{title}, JAX by hand", lambda p=problem: jax_lm.build(p, "", 2).step
        yield f"{title}, ours", lambda p=problem: tinygraph_jax.build(p, "", 2).step
        if jax.default_backend() == "gpu":
            yield f"{title}, torch cuDNN", lambda p=problem: _cudnn(p)
    long = SHORT if quick else LONG
    title = f"minGRU ({long.batch}, {long.hidden}, {long.steps})"
    for variant in BY:
        how = variant if variant.startswith("ours") else f"{variant} by hand"
        yield f"{title}, {how}", lambda v=variant: min_gru.build(long, v, 2).step


def _timed(step: Step, seconds: float) -> tuple[float, float]:
    """Return the seconds of the first call, and the median of the others."""
    begin = time.perf_counter()
    step()
    first = time.perf_counter() - begin
    took = []
    end = time.perf_counter() + seconds
    while len(took) < 3 or time.perf_counter() < end:
        begin = time.perf_counter()
        step()
        took.append(time.perf_counter() - begin)
    return first, statistics.median(took)


def _cudnn(problem: LanguageModelProblem) -> Step:
    """Return the same step by torch on the GPU."""
    import torch

    V, H = problem.vocabulary, problem.hidden
    parts = torch.nn.Embedding(V, H), torch.nn.LSTM(H, H), torch.nn.Linear(H, V)
    table, lstm, output = (part.cuda() for part in parts)
    tokens, targets = (
        torch.tensor(np.asarray(x), device="cuda", dtype=torch.long)
        for x in problem.tokens()
    )

    def step() -> None:
        for part in parts:
            part.zero_grad()
        scores = output(lstm(table(tokens))[0]).reshape(-1, V)
        loss = torch.nn.functional.cross_entropy(scores, targets.reshape(-1))
        loss.backward()
        torch.cuda.synchronize()

    return step


if __name__ == "__main__":
    main()
