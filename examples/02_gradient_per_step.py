"""The gradient of a shared weight, per time step: memory of an RNN made visible.

`grad(loss, U)` adds up what U did at every step. `grad(loss, every_step(U))` keeps
the steps apart: how much the loss at the end still depends on what U did long ago.
"""

import numpy as np

import tinygraph as tg


def norms_per_step(scale: float, steps: int = 12, hidden: int = 16) -> np.ndarray:
    """Return |∂loss/∂Uₜ| for each step t of an RNN with a scaled orthogonal U."""
    rng = np.random.default_rng(0)
    orthogonal = np.linalg.qr(rng.normal(size=(hidden, hidden)))[0]
    x = tg.sequence("x", ("batch", hidden), "float64")
    U = tg.parameter("U", scale * orthogonal)

    h_prev = tg.delay("h_prev", shape=("batch", hidden), dtype="float64")
    h = tg.tanh(x + h_prev @ U)
    h_prev.close(h)
    loss = tg.sum(tg.square(tg.last(h)))

    whole, each = tg.grad(loss, [U, tg.every_step(U)])
    run = tg.compile({"whole": whole, "each": each})
    out = run({"x": 0.1 * rng.normal(size=(steps, 4, hidden))})
    assert np.allclose(out["each"].sum(0), out["whole"])
    return np.sqrt(np.square(out["each"]).sum((1, 2)))


def main() -> None:
    """Print the norms for a contracting and an expanding recurrence."""
    for scale in (0.5, 1.0, 1.5):
        norms = norms_per_step(scale)
        print(f"|U| = {scale}: " + " ".join(f"{n:8.1e}" for n in norms))


if __name__ == "__main__":
    main()
