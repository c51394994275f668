"""Hand-written NumPy: sampling, Gumbel's maximum for the draw."""

import numpy as np

from benchmarks.peers.numpy_loops import blocks, gate_rows
from benchmarks.peers.ready import Ready
from benchmarks.problems import BLOCK, GREEDY, Array, Arrays, SamplingProblem


def build(problem: SamplingProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    greedy = likeliest(problem, "float32")
    weights = problem.model.weights()
    rng = np.random.default_rng(0)

    def step() -> Array:
        noise = rng.gumbel(size=(BLOCK, problem.vocabulary)).astype("float32")
        return _sample(weights, noise)

    return Ready(step, lambda _: {"tokens": greedy})


def likeliest(problem: SamplingProblem, dtype: str) -> Array:
    """Return the tokens of greedy sampling after token 0."""
    noise = np.zeros((GREEDY, problem.vocabulary), dtype)
    return _sample(problem.model.weights(dtype), noise)


def _sample(w: Arrays, noise: Array) -> Array:
    """Draw a token for each row of noise; the table of E W + b is made once."""
    H = len(w["U"])
    dtype = w["U"].dtype
    scale, shift = gate_rows("ssts", H, str(dtype))
    table, U = (w["E"] @ w["W"] + w["b"]) * scale, w["U"] * scale
    h, c, part, tanh_c = (np.zeros(H, dtype) for _ in range(4))
    z, logits = np.zeros(4 * H, dtype), np.zeros(len(w["bo"]), dtype)
    i, f, g, o = blocks(z, H)
    token, drawn = 0, []
    for row in noise:
        np.matmul(h, U, out=z)
        np.add(z, table[token], out=z)
        np.tanh(z, out=z)
        np.multiply(z, scale, out=z)
        np.add(z, shift, out=z)
        np.multiply(f, c, out=c)
        np.multiply(i, g, out=part)
        np.add(c, part, out=c)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)
        np.matmul(h, w["Wo"], out=logits)
        np.add(logits, w["bo"], out=logits)
        np.add(logits, row, out=logits)
        token = int(logits.argmax())
        drawn.append(token)
    return np.array(drawn)
