"""tinygraph: sampling is a graph; the token drawn comes back through a delay."""

from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import Ready, SkipError
from benchmarks.peers.tinygraph_lm import compiled, loaded
from benchmarks.problems import BLOCK, GREEDY, Array, Arrays, SamplingProblem
from tinygraph_rnn import LanguageModel

ALMOST_ZERO = np.float32(1e-6)
"""The temperature at which the likeliest token is taken."""


class _Sampler:
    """Draws tokens in blocks, the state carried from call to call."""

    def __init__(self, problem: SamplingProblem, backend: str) -> None:
        rng = np.random.default_rng(0)
        model = LanguageModel(problem.vocabulary, hidden_size=problem.hidden, rng=rng)
        token = tg.sequence("token", ("batch",), "int32")
        before = tg.delay("before", source=token)
        logits = model.logits(before) / tg.placeholder("temperature")
        drawn = tg.cast(tg.categorical(logits, name="drawn"), "int32")
        graph = tg.close_loop(tg.Graph({"drawn": drawn}), "before", source=drawn)
        first: dict[str, Any] = {"state/before": np.zeros((1, 1), "int32")}
        for state in "hc":
            shape = (1, 1, problem.hidden)
            first[f"state/lstm.0.{state}"] = np.zeros(shape, "float32")
        self._run = compiled(tg.stateful(graph), backend)
        loaded(self._run, model, problem.model.weights())
        self._first = first
        self._seed = 0

    def __call__(self, length: int, block: int, temperature: Any) -> list[Array]:
        """Return drawn tokens, `block` of them a call."""
        state: dict[str, Any] = self._first
        self._seed += 1
        pieces = []
        for start in range(0, length, block):
            feeds = {"temperature": temperature, **state}
            steps = min(block, length - start)
            out = self._run(feeds, steps=steps, start=start, seed=self._seed)
            pieces.append(out["drawn"])
            state = {name: out[name] for name in state}
        return pieces


def build(problem: SamplingProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is "BACKEND tokens-a-call"."""
    backend, _, block = variant.partition(" ")
    if not block.isdigit():
        raise SkipError(f"no variant {variant!r}")
    sampler = _Sampler(problem, backend)
    greedy = np.concatenate(sampler(GREEDY, int(block), ALMOST_ZERO))[:, 0]

    def step() -> Arrays:
        pieces = sampler(BLOCK, int(block), np.float32(1))
        return {"tokens": pieces[-1]}

    return Ready(step, lambda _: {"tokens": greedy})
