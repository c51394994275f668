"""The GRU that resets before the product by hand in NumPy, as an expert writes it.

r, u = σ(x W + h₋₁ U + b), n = tanh(x Wₙ + (r h₋₁) Uₙ + bₙ), h = n + u (h₋₁ - n): two
GEMMs a step each way, all else as in `numpy_lm`.
"""

import numpy as np

from benchmarks.peers.numpy_loops import blocks, flat, input_gradients, squared_error
from benchmarks.problems import Array, Arrays, CellProblem


class GRU:
    """Called without arguments, it returns the loss and all gradients."""

    def __init__(self, problem: CellProblem, dtype: str = "float32") -> None:
        B, H, T = problem.batch, problem.hidden, problem.steps
        self.weights, self.x = problem.weights(dtype), problem.x(dtype)
        self.half = np.repeat([0.5, 1.0], [2 * H, H]).astype(dtype)
        self.z, self.z_bar, self.K = (np.zeros((T, B, 3 * H), dtype) for _ in range(3))
        self.h = np.zeros((T + 1, B, H), dtype)
        self.reset, self.h_bar, self.product = (
            np.zeros((T, B, H), dtype) for _ in range(3)
        )
        self.hU = np.zeros((B, 2 * H), dtype)
        self.part, self.h_carry = (np.zeros((B, H), dtype) for _ in range(2))
        r, u, n = blocks(self.z, H)
        gates = self.z[..., : 2 * H]
        states = self.reset, self.h[:-1], self.h[1:]
        self.forwards = list(zip(gates, r, u, n, *states, strict=True))
        self.backwards = self._backward_views(r, u, H)

    def _backward_views(self, r: Array, u: Array, H: int) -> list[tuple[Array, ...]]:
        shape = *self.z.shape[:2], 3, H
        split, K_split = (each.reshape(shape) for each in (self.z_bar, self.K))
        z_r, _, z_n = blocks(self.z_bar, H)
        gates_bar = self.z_bar[..., : 2 * H]
        K_un, z_un = K_split[:, :, 1:], split[:, :, 1:]
        columns = self.h_bar, K_un, z_un, z_n, K_split[:, :, 0], z_r, gates_bar, u, r
        return list(zip(*columns, strict=True))[::-1]

    def __call__(self) -> Arrays:
        """Return the loss and the gradients by the names of the weights, and x's."""
        w = self.weights
        np.matmul(flat(self.x), w["W"] * self.half, out=flat(self.z))
        self.z += w["b"] * self.half
        self._loop()
        loss = squared_error(self.h[1:], self.h_bar)
        self._factors()
        self._backward()
        H = self.part.shape[-1]
        rows = flat(self.z_bar)
        return {
            "loss": loss,
            "U": flat(self.h[:-1]).T @ rows[:, : 2 * H],
            "Un": flat(self.reset).T @ rows[:, 2 * H :],
            **input_gradients(self.x, self.z_bar, w["W"]),
        }

    def _loop(self) -> None:
        U, Un = 0.5 * self.weights["U"], self.weights["Un"]
        hU, part = self.hU, self.part
        for gates, r, u, n, reset, h_prev, h in self.forwards:
            np.matmul(h_prev, U, out=hU)
            np.add(gates, hU, out=gates)
            np.tanh(gates, out=gates)
            np.multiply(gates, 0.5, out=gates)
            np.add(gates, 0.5, out=gates)
            np.multiply(r, h_prev, out=reset)
            np.matmul(reset, Un, out=part)
            np.add(n, part, out=n)
            np.tanh(n, out=n)
            np.subtract(h_prev, n, out=part)
            np.multiply(u, part, out=part)
            np.add(n, part, out=h)

    def _factors(self) -> None:
        """K: h₋₁ r(1-r), (h₋₁ - n) u(1-u), (1-u)(1-n²); all steps at once."""
        H, h_prev, product = self.part.shape[-1], self.h[:-1], self.product
        gates, (_, u, n) = self.z[..., : 2 * H], blocks(self.z, H)
        K_gates, (K_r, K_u, K_n) = self.K[..., : 2 * H], blocks(self.K, H)
        np.multiply(self.z, self.z, out=self.K)
        np.subtract(gates, K_gates, out=K_gates)
        np.subtract(1, K_n, out=K_n)
        np.multiply(K_r, h_prev, out=K_r)
        np.subtract(h_prev, n, out=product)
        np.multiply(K_u, product, out=K_u)
        np.subtract(1, u, out=product)
        np.multiply(K_n, product, out=K_n)

    def _backward(self) -> None:
        """h̄₋₁ = h̄ u + (z̄ₙ Uₙᵀ) r + z̄ᵣᵤ Uᵀ, and z̄ from h̄ by the factors."""
        Ut, Unt = (np.ascontiguousarray(self.weights[k].T) for k in ("U", "Un"))
        carry, part = self.h_carry, self.part
        column = carry[:, np.newaxis]
        carry[...] = 0
        for h_bar, K_un, z_un, z_n, K_r, z_r, gates_bar, u, r in self.backwards:
            np.add(carry, h_bar, out=carry)
            np.multiply(column, K_un, out=z_un)
            np.matmul(z_n, Unt, out=part)
            np.multiply(part, K_r, out=z_r)
            np.multiply(part, r, out=part)
            np.multiply(carry, u, out=carry)
            np.add(carry, part, out=carry)
            np.matmul(gates_bar, Ut, out=part)
            np.add(carry, part, out=carry)
