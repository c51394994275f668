"""Hand-written NumPy, the parts that models share.

sigmoid(x) = ½ tanh(½x) + ½, so that packed gates need one tanh: `GateRows` holds the
scale before it, and the scale and shift after it, per column.
"""

from typing import NamedTuple

import numpy as np

from benchmarks.problems import Array, Arrays


class GateRows(NamedTuple):
    """gate = tanh(z · scale) · scale + shift: ½, ½ under a sigmoid; 1, 0 else."""

    scale: Array
    shift: Array


def gate_rows(gates: str, hidden: int, dtype: str) -> GateRows:
    """Return the rows of packed gates: "s" a sigmoid, "t" a tanh."""
    scales = np.repeat([0.5 if gate == "s" else 1.0 for gate in gates], hidden)
    shifts = np.repeat([0.5 if gate == "s" else 0.0 for gate in gates], hidden)
    return GateRows(scales.astype(dtype), shifts.astype(dtype))


def flat(array: Array) -> Array:
    """Return (T, B, n) as (T·B, n), a view."""
    return array.reshape(-1, array.shape[-1])


def blocks(array: Array, hidden: int) -> list[Array]:
    """Return the blocks of `hidden` columns, views."""
    stops = range(hidden, array.shape[-1] + 1, hidden)
    return [array[..., stop - hidden : stop] for stop in stops]


def squared_error(h: Array, h_bar: Array) -> Array:
    """Return the mean of h²; write its cotangent into `h_bar`."""
    np.multiply(h, 2 / h.size, out=h_bar)
    return np.asarray(np.vdot(h, h) / h.size)


def input_gradients(x: Array, z_bar: Array, W: Array) -> Arrays:
    """Return the gradients of x, W and b, for z = x W + b at all steps."""
    rows = flat(z_bar)
    return {
        "x": (rows @ W.T).reshape(x.shape),
        "W": flat(x).T @ rows,
        "b": rows.sum(axis=0),
    }


def lstm_factors(gates: Array, c: Array, tanh_c: Array, K: Array, A: Array) -> None:
    """Fill the factors of an LSTM's backward loop, all steps at once.

    K (T, B, 4H): g i(1-i), c₋₁ f(1-f), i (1-g²), tanh(c) o(1-o);  A = o (1-tanh²c).
    """
    H = A.shape[-1]
    i, _, g, o = blocks(gates, H)
    np.multiply(gates, gates, out=K)
    np.subtract(gates[..., : 2 * H], K[..., : 2 * H], out=K[..., : 2 * H])
    K_i, K_f, K_g, K_o = blocks(K, H)
    np.subtract(1, K_g, out=K_g)
    np.subtract(o, K_o, out=K_o)
    for factor, other in ((K_i, g), (K_f, c[:-1]), (K_g, i), (K_o, tanh_c)):
        np.multiply(factor, other, out=factor)
    np.multiply(tanh_c, tanh_c, out=A)
    np.subtract(1, A, out=A)
    np.multiply(A, o, out=A)


class LSTMAdjoint:
    """The backward loop of an LSTM, with or without peepholes.

    h̄ = H̄ₜ + z̄ₜ₊₁ Uᵀ;  c̄ = c̄ₜ₊₁ Fₜ₊₁ + h̄ Aₜ;  z̄ = (c̄, c̄, c̄, h̄) · Kₜ, all factors made
    outside the loop.

    Args:
        h: buffer of the outputs' cotangents, (T, B, H).
        A: of what c gets from h, (T, B, H).
        F: of what c̄ keeps from step to step, (T, B, H).
        K: of what z gets, (T, B, 4H).
    """

    def __init__(self, h: Array, A: Array, F: Array, K: Array) -> None:
        T, B, H = h.shape
        self.z = np.zeros_like(K)
        self._h, self._c, self._part = (np.zeros((B, H), h.dtype) for _ in range(3))
        split, K_split = (each.reshape(T, B, 4, H) for each in (self.z, K))
        per_step = (
            h,
            A,
            K_split[:, :, :3],
            K_split[:, :, 3],
            split[:, :, :3],
            split[:, :, 3],
            [*self.z[1:], None],
            [*F[1:], None],
        )
        self._views = list(zip(*per_step, strict=True))[::-1]

    def __call__(self, U: Array) -> Array:
        """Return z̄ (T, B, 4H), for U (H, 4H)."""
        Ut = np.ascontiguousarray(U.T)
        h_bar, c_bar, part = self._h, self._c, self._part
        c_column = c_bar[:, np.newaxis]
        c_bar[...] = 0
        for h, A, K_c, K_o, z_c, z_o, z_later, F_later in self._views:
            if z_later is None:
                np.copyto(h_bar, h)
            else:
                np.matmul(z_later, Ut, out=h_bar)
                np.add(h_bar, h, out=h_bar)
                np.multiply(c_bar, F_later, out=c_bar)
            np.multiply(h_bar, A, out=part)
            np.add(c_bar, part, out=c_bar)
            np.multiply(c_column, K_c, out=z_c)
            np.multiply(h_bar, K_o, out=z_o)
        return self.z
