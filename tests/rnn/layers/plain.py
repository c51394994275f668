"""The layers again in plain NumPy, forward and backward, as one would by hand."""

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class LSTMGradients(NamedTuple):
    x: Array
    h0: Array
    c0: Array
    weight_x: Array
    weight_h: Array
    bias: Array


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def lstm(
    x: Array, h: Array, c: Array, w: Array, u: Array, b: Array
) -> tuple[list[Array], list[Array], list[tuple[Array, ...]]]:
    """Return all h, all c (one more than steps) and the gates i, f, g, o."""
    hs, cs, gates = [h], [c], []
    for x_t in x:
        i, f, g, o = np.split(x_t @ w + h @ u + b, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        hs.append(h)
        cs.append(c)
        gates.append((i, f, g, o))
    return hs, cs, gates


def lstm_gradients(
    x: Array, h0: Array, c0: Array, w: Array, u: Array, b: Array, ct: Array
) -> LSTMGradients:
    """Return the gradients of Σ ct·h over all steps, ct (T, batch, hidden)."""
    hs, cs, gates = lstm(x, h0, c0, w, u, b)
    dh, dc = np.zeros_like(h0), np.zeros_like(c0)
    dx, dw, du, db = (np.zeros_like(a) for a in (x, w, u, b))
    for t in reversed(range(len(x))):
        i, f, g, o = gates[t]
        squashed = np.tanh(cs[t + 1])
        dh = dh + ct[t]
        dc = dc + dh * o * (1 - squashed**2)
        dz = np.concatenate(
            [
                dc * g * i * (1 - i),
                dc * cs[t] * f * (1 - f),
                dc * i * (1 - g**2),
                dh * squashed * o * (1 - o),
            ],
            axis=-1,
        )
        dx[t] = dz @ w.T
        dw += x[t].T @ dz
        du += hs[t].T @ dz
        db += dz.sum(axis=0)
        dh, dc = dz @ u.T, dc * f
    return LSTMGradients(dx, dh, dc, dw, du, db)


class RNNGradients(NamedTuple):
    x: Array
    h0: Array
    weight_x: Array
    weight_h: Array
    bias: Array


def rnn(x: Array, h: Array, w: Array, u: Array, b: Array, relu: bool) -> list[Array]:
    """Return all h, one more than steps."""
    hs = [h]
    for x_t in x:
        z = x_t @ w + h @ u + b
        h = np.maximum(z, 0.0) if relu else np.tanh(z)
        hs.append(h)
    return hs


def rnn_gradients(
    x: Array, h0: Array, w: Array, u: Array, b: Array, ct: Array, relu: bool
) -> RNNGradients:
    """Return the gradients of Σ ct·h over all steps, ct (T, batch, hidden)."""
    hs = rnn(x, h0, w, u, b, relu)
    dh = np.zeros_like(h0)
    dx, dw, du, db = (np.zeros_like(a) for a in (x, w, u, b))
    for t in reversed(range(len(x))):
        dh = dh + ct[t]
        dz = dh * (hs[t + 1] > 0) if relu else dh * (1 - hs[t + 1] ** 2)
        dx[t] = dz @ w.T
        dw += x[t].T @ dz
        du += hs[t].T @ dz
        db += dz.sum(axis=0)
        dh = dz @ u.T
    return RNNGradients(dx, dh, dw, du, db)
