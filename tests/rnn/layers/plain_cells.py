"""Every cell again in plain NumPy; each works on complex numbers too.

A step takes x, the states before and the weights in the layer's order, and returns
the states now. Gradients come from the complex step (Squire & Trapp, 1998):
Im f(w + ih) / h is exact to rounding for h = 1e-30.
"""

import numpy as np

TINY = 1e-30


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def relu(x):
    return np.where(x.real > 0, x, 0.0)


def normalized(x):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)


def rnn(x, h, w, u, b):
    return (np.tanh(x @ w + h @ u + b),)


def jordan(x, y, w, u, b, out, c):
    return (np.tanh(x @ w + y @ u + b) @ out + c,)


def indrnn(x, h, w, u, b):
    return (relu(x @ w + h * u + b),)


def lstm(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + h @ u + b, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_peephole(x, h, c, w, u, b, p):
    i, f, g, o = np.split(x @ w + h @ u + b, 4, axis=-1)
    i, f = sigmoid(i + p[0] * c), sigmoid(f + p[1] * c)
    c = f * c + i * np.tanh(g)
    return sigmoid(o + p[2] * c) * np.tanh(c), c


def lstm_coupled(x, h, c, w, u, b):
    i, g, o = np.split(x @ w + h @ u + b, 3, axis=-1)
    c = (1 - sigmoid(i)) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_projected(x, h, c, w, u, b, p):
    h, c = lstm(x, h, c, w, u, b)
    return h @ p, c


def lstm_layer_norm(x, h, c, w, u, b, gain_x, gain_h, gain_c, bias_c):
    gates = normalized(x @ w) * gain_x + normalized(h @ u) * gain_h + b
    i, f, g, o = np.split(gates, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(normalized(c) * gain_c + bias_c), c


def gru(x, h, w, u, b, c):
    size = h.shape[-1]
    a, d = x @ w + b, h @ u
    r, z = (sigmoid(a[:, s] + d[:, s]) for s in (np.s_[:size], np.s_[size : 2 * size]))
    n = np.tanh(a[:, 2 * size :] + r * (d[:, 2 * size :] + c))
    return ((1 - z) * n + z * h,)


def gru_reset_before(x, h, w, u, v, b):
    ar, az, an = np.split(x @ w + b, 3, axis=-1)
    ur, uz = np.split(h @ u, 2, axis=-1)
    r, z = sigmoid(ar + ur), sigmoid(az + uz)
    return ((1 - z) * np.tanh(an + (r * h) @ v) + z * h,)


def mgu(x, h, w, u, v, b):
    af, an = np.split(x @ w + b, 2, axis=-1)
    f = sigmoid(af + h @ u)
    return ((1 - f) * h + f * np.tanh(an + (f * h) @ v),)


STEPS = {
    "lstm": lstm,
    "lstm-peephole": lstm_peephole,
    "lstm-coupled": lstm_coupled,
    "lstm-projected": lstm_projected,
    "lstm-layer-norm": lstm_layer_norm,
    "gru": gru,
    "gru-reset-before": gru_reset_before,
    "mgu": mgu,
    "rnn": rnn,
    "indrnn": indrnn,
    "jordan": jordan,
}


def outputs(step, x, states, weights):
    """Return the first state at each step, from x (T, batch, input)."""
    seen = []
    for x_t in x:
        states = step(x_t, *states, *weights)
        seen.append(states[0])
    return np.array(seen)


def gradients(f, values):
    """Return the gradient of the real function f at each of its real arrays."""
    found = []
    for place, value in enumerate(values):
        gradient = np.zeros(value.size)
        for entry in range(value.size):
            moved = value.astype(complex).ravel()
            moved[entry] += 1j * TINY
            arguments = list(values)
            arguments[place] = moved.reshape(value.shape)
            gradient[entry] = f(*arguments).imag / TINY
        found.append(gradient.reshape(value.shape))
    return found
