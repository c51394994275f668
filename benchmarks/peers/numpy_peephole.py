"""The LSTM with peepholes by hand in NumPy, as an expert writes it.

Hoisted input GEMM, packed gates, one tanh for the three gates that can run together,
weight gradients as one GEMM over the rows of all steps, buffers and views made once.
Backwards the peepholes vanish into the factors of the plain LSTM's loop:
A = o (1 - tanh²c) + K_o p_o and F = f + K_i p_i + K_f p_f.
"""

import numpy as np

from benchmarks.peers.numpy_loops import (
    LSTMAdjoint,
    blocks,
    flat,
    gate_rows,
    input_gradients,
    lstm_factors,
    squared_error,
)
from benchmarks.problems import Array, Arrays, CellProblem


class Peephole:
    """Called without arguments, it returns the loss and all gradients."""

    def __init__(self, problem: CellProblem, dtype: str = "float32") -> None:
        B, H, T = problem.batch, problem.hidden, problem.steps
        self.weights, self.x = problem.weights(dtype), problem.x(dtype)
        self.rows = gate_rows("ssts", H, dtype)
        self.gates, self.K = (np.zeros((T, B, 4 * H), dtype) for _ in range(2))
        self.h, self.c = (np.zeros((T + 1, B, H), dtype) for _ in range(2))
        self.tanh_c, self.A, self.F, self.h_bar, self.product = (
            np.zeros((T, B, H), dtype) for _ in range(5)
        )
        self.hU, self.part = np.zeros((B, 4 * H), dtype), np.zeros((B, H), dtype)
        self.seen = np.zeros((B, 2, H), dtype)
        i, f, g, o = blocks(self.gates, H)
        together = self.gates[..., : 2 * H], self.gates[..., : 3 * H]
        prev = self.c[:-1, :, np.newaxis]
        states = self.h[:-1], self.h[1:], self.c[:-1], self.c[1:], prev, self.tanh_c
        columns = self.gates, *together, i, f, g, o, *states
        self.views = list(zip(*columns, strict=True))
        self.adjoint = LSTMAdjoint(self.h_bar, self.A, self.F, self.K)

    def __call__(self) -> Arrays:
        """Return the loss and the gradients by the names of the weights, and x's."""
        w, scale = self.weights, self.rows.scale
        np.matmul(flat(self.x), w["W"] * scale, out=flat(self.gates))
        self.gates += w["b"] * scale
        self._loop()
        loss = squared_error(self.h[1:], self.h_bar)
        self._factors()
        z_bar = self.adjoint(w["U"])
        inputs = input_gradients(self.x, z_bar, w["W"])
        U = flat(self.h[:-1]).T @ flat(z_bar)
        return {"loss": loss, "U": U, **inputs, **self._peepholes(z_bar)}

    def _loop(self) -> None:
        w, hU, part, seen = self.weights, self.hU, self.part, self.seen
        H = part.shape[-1]
        U, po = w["U"] * self.rows.scale, 0.5 * w["po"]
        scale, shift = (row[: 3 * H] for row in self.rows)
        p = 0.5 * np.stack([w["pi"], w["pf"]])
        seen_flat = seen.reshape(len(seen), 2 * H)
        for (
            z,
            z_if,
            z_ifg,
            i,
            f,
            g,
            o,
            h_prev,
            h,
            c_prev,
            c,
            c_pair,
            tanh_c,
        ) in self.views:
            np.matmul(h_prev, U, out=hU)
            np.add(z, hU, out=z)
            np.multiply(c_pair, p, out=seen)
            np.add(z_if, seen_flat, out=z_if)
            np.tanh(z_ifg, out=z_ifg)
            np.multiply(z_ifg, scale, out=z_ifg)
            np.add(z_ifg, shift, out=z_ifg)
            np.multiply(f, c_prev, out=c)
            np.multiply(i, g, out=part)
            np.add(c, part, out=c)
            np.multiply(c, po, out=part)
            np.add(o, part, out=o)
            np.tanh(o, out=o)
            np.multiply(o, 0.5, out=o)
            np.add(o, 0.5, out=o)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)

    def _factors(self) -> None:
        w, product = self.weights, self.product
        lstm_factors(self.gates, self.c, self.tanh_c, self.K, self.A)
        K_i, K_f, _, K_o = blocks(self.K, product.shape[-1])
        np.multiply(K_o, w["po"], out=product)
        np.add(self.A, product, out=self.A)
        np.multiply(K_i, w["pi"], out=self.F)
        np.add(self.F, blocks(self.gates, product.shape[-1])[1], out=self.F)
        np.multiply(K_f, w["pf"], out=product)
        np.add(self.F, product, out=self.F)

    def _peepholes(self, z_bar: Array) -> Arrays:
        z_i, z_f, _, z_o = blocks(z_bar, self.product.shape[-1])
        pairs = {
            "pi": (z_i, self.c[:-1]),
            "pf": (z_f, self.c[:-1]),
            "po": (z_o, self.c[1:]),
        }
        gradients = {}
        for name, (z, c) in pairs.items():
            np.multiply(z, c, out=self.product)
            gradients[name] = flat(self.product).sum(axis=0)
        return gradients
