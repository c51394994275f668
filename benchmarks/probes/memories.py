"""The folded LSTM language model under several plans for memory, in turn."""

import time
from typing import Any

import numpy as np

from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.probes.language_model import built, fed
from benchmarks.probes.measuring import peak_bytes
from benchmarks.problems import LanguageModelProblem


def contest(
    size: tuple[int, int, int, int],
    backend: str,
    memories: tuple[str | int | None, ...],
    rounds: int,
) -> list[dict[str, Any]]:
    """Return for each plan the median time of a run, by the wall and by CPU, its peak.

    The plans take turns, so that what disturbs one disturbs all.

    Args:
        size: (B, H, T, V).
        memories: handed to `tg.compile`, one after the other.
        rounds: turns of each.

    Raises:
        SkipError: `tg.compile` does not know the backend or a plan.
    """
    problem = LanguageModelProblem(*size)
    outputs = built(problem.hidden, problem.vocabulary)
    feeds = fed(problem)
    peaks = []
    for memory in memories:
        fresh = compiled(outputs, backend, memory=memory)
        peaks.append(peak_bytes(lambda run=fresh: run(feeds)))
    runs = [compiled(outputs, backend, memory=memory) for memory in memories]
    walls: list[list[float]] = [[] for _ in memories]
    cpus: list[list[float]] = [[] for _ in memories]
    for turn in range(rounds + 1):
        for run, wall, cpu in zip(runs, walls, cpus, strict=True):
            run.parameters.update({})
            begin, worked = time.perf_counter(), time.process_time()
            run(feeds)
            if turn:  # the first one made the buffers
                wall.append(time.perf_counter() - begin)
                cpu.append(time.process_time() - worked)
    return [
        {
            "memory": memory,
            "run": float(np.median(wall)),
            "cpu": float(np.median(cpu)),
            "peak": peak,
        }
        for memory, wall, cpu, peak in zip(memories, walls, cpus, peaks, strict=True)
    ]
