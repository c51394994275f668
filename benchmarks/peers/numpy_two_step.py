"""The cell with a two-step delay by hand in NumPy, as an expert writes it.

h = tanh(x W + h₋₁ U + h₋₂ V + b): each h meets both matrices in one GEMM, and what
belongs to V waits a step longer; so does z̄ backwards.
"""

import numpy as np

from benchmarks.peers.numpy_loops import blocks, flat, input_gradients, squared_error
from benchmarks.problems import Arrays, CellProblem


class TwoStep:
    """Called without arguments, it returns the loss and all gradients."""

    def __init__(self, problem: CellProblem, dtype: str = "float32") -> None:
        B, H, T = problem.batch, problem.hidden, problem.steps
        self.weights, self.x = problem.weights(dtype), problem.x(dtype)
        self.h, self.K, self.z_bar, self.h_bar = (
            np.zeros((T, B, H), dtype) for _ in range(4)
        )
        self.products, self.products_bar = (
            np.zeros((T + 2, B, 2 * H), dtype) for _ in range(2)
        )
        U, V = blocks(self.products, H)
        forwards = self.h, U[1:-1], V[:-2], self.products[2:]
        self.forwards = list(zip(*forwards, strict=True))
        U, V = blocks(self.products_bar, H)
        now = self.h_bar, self.K, self.z_bar
        backwards = *now, U[1:-1], V[2:], self.products_bar[:-2]
        self.backwards = list(zip(*backwards, strict=True))[::-1]

    def __call__(self) -> Arrays:
        """Return the loss and the gradients by the names of the weights, and x's."""
        w = self.weights
        UV = np.concatenate([w["U"], w["V"]], axis=1)
        UtVt = np.concatenate([w["U"].T, w["V"].T], axis=1)
        np.matmul(flat(self.x), w["W"], out=flat(self.h))
        self.h += w["b"]
        for h, one_back, two_back, product in self.forwards:
            np.add(h, one_back, out=h)
            np.add(h, two_back, out=h)
            np.tanh(h, out=h)
            np.matmul(h, UV, out=product)
        loss = squared_error(self.h, self.h_bar)
        np.multiply(self.h, self.h, out=self.K)
        np.subtract(1, self.K, out=self.K)
        for h_bar, K, z_bar, one_on, two_on, product in self.backwards:
            np.add(h_bar, one_on, out=h_bar)
            np.add(h_bar, two_on, out=h_bar)
            np.multiply(h_bar, K, out=z_bar)
            np.matmul(z_bar, UtVt, out=product)
        h, z_bar = self.h, self.z_bar
        return {
            "loss": loss,
            "U": flat(h[:-1]).T @ flat(z_bar[1:]),
            "V": flat(h[:-2]).T @ flat(z_bar[2:]),
            **input_gradients(self.x, z_bar, w["W"]),
        }
