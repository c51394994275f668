"""The LSTM language model by hand in NumPy, as an expert writes it.

The input GEMM is hoisted out of the loop, gates are packed, all four are one tanh,
weight gradients are one GEMM over the rows of all steps, the factors of the backward
loop are made for all steps at once, and every buffer and view is made once. With
`fold` the embedding goes into the input weights: rows of E @ W instead of rows of E.
"""

import numpy as np

from benchmarks.peers.numpy_loops import (
    LSTMAdjoint,
    blocks,
    flat,
    gate_rows,
    input_gradients,
    lstm_factors,
)
from benchmarks.peers.ready import Ready
from benchmarks.problems import Array, Arrays, LanguageModelProblem


class HandWrittenLM:
    """Called without arguments, it returns the loss and all gradients."""

    def __init__(
        self, problem: LanguageModelProblem, fold: bool, dtype: str = "float32"
    ) -> None:
        B, H, T = problem.batch, problem.hidden, problem.steps
        self.fold, self.weights = fold, problem.weights(dtype)
        self.tokens, self.targets = (each.ravel() for each in problem.tokens())
        self.rows = gate_rows("ssts", H, dtype)
        self.one_hot = np.zeros((T * B, problem.vocabulary), dtype)
        self.one_hot[np.arange(T * B), self.tokens] = 1
        self.x = np.zeros((T, B, H), dtype)
        self.logits = np.zeros((T * B, problem.vocabulary), dtype)
        self.gates, self.K = (np.zeros((T, B, 4 * H), dtype) for _ in range(2))
        self.h, self.c = (np.zeros((T + 1, B, H), dtype) for _ in range(2))
        self.tanh_c, self.A, self.h_bar = (np.zeros((T, B, H), dtype) for _ in range(3))
        self.hU, self.part = np.zeros((B, 4 * H), dtype), np.zeros((B, H), dtype)
        gates = blocks(self.gates, H)
        states = self.h[:-1], self.h[1:], self.c[:-1], self.c[1:], self.tanh_c
        self.views = list(zip(self.gates, *gates, *states, strict=True))
        self.adjoint = LSTMAdjoint(self.h_bar, self.A, gates[1], self.K)

    def __call__(self) -> Arrays:
        """Return the loss and the gradients by the names of the weights."""
        self._read_inputs()
        self._loop()
        loss = self._softmax()
        np.matmul(self.logits, self.weights["Wo"].T, out=flat(self.h_bar))
        lstm_factors(self.gates, self.c, self.tanh_c, self.K, self.A)
        z_bar = self.adjoint(self.weights["U"])
        return {"loss": loss, **self._weight_gradients(z_bar)}

    def _read_inputs(self) -> None:
        """Fill the gates with x W + b, scaled for the tanh, for all steps."""
        w, scale = self.weights, self.rows.scale
        W, b = w["W"] * scale, w["b"] * scale
        gates = flat(self.gates)
        if self.fold:
            table = w["E"] @ W
            table += b
            np.take(table, self.tokens, axis=0, out=gates, mode="clip")
        else:
            np.take(w["E"], self.tokens, axis=0, out=flat(self.x), mode="clip")
            np.matmul(flat(self.x), W, out=gates)
            np.add(gates, b, out=gates)

    def _loop(self) -> None:
        scale, shift = self.rows
        U, hU, part = self.weights["U"] * scale, self.hU, self.part
        for z, i, f, g, o, h_prev, h, c_prev, c, tanh_c in self.views:
            np.matmul(h_prev, U, out=hU)
            np.add(z, hU, out=z)
            np.tanh(z, out=z)
            np.multiply(z, scale, out=z)
            np.add(z, shift, out=z)
            np.multiply(f, c_prev, out=c)
            np.multiply(i, g, out=part)
            np.add(c, part, out=c)
            np.tanh(c, out=tanh_c)
            np.multiply(o, tanh_c, out=h)

    def _softmax(self) -> Array:
        """Return the loss; the logits become their own cotangents."""
        logits, w = self.logits, self.weights
        np.matmul(flat(self.h[1:]), w["Wo"], out=logits)
        logits += w["bo"]
        rows = np.arange(len(logits))
        logits -= logits.max(axis=1, keepdims=True)
        right = logits[rows, self.targets]
        np.exp(logits, out=logits)
        total = logits.sum(axis=1, keepdims=True)
        loss = np.mean(np.log(total[:, 0]) - right)
        total *= len(logits)
        np.divide(logits, total, out=logits)
        logits[rows, self.targets] -= 1 / len(logits)
        return np.asarray(loss)

    def _weight_gradients(self, z_bar: Array) -> Arrays:
        w, y_bar, rows = self.weights, self.logits, flat(z_bar)
        gradients = {
            "U": flat(self.h[:-1]).T @ rows,
            "Wo": flat(self.h[1:]).T @ y_bar,
            "bo": y_bar.sum(axis=0),
        }
        if self.fold:
            table = self.one_hot.T @ rows
            folded = input_gradients(w["E"], table, w["W"])
            return {**gradients, "E": folded.pop("x"), **folded}
        inputs = input_gradients(self.x, z_bar, w["W"])
        E = self.one_hot.T @ flat(inputs.pop("x"))
        return {**gradients, "E": E, **inputs}


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step; variant "folded" folds the embedding."""
    return Ready(HandWrittenLM(problem, fold=variant == "folded"))
