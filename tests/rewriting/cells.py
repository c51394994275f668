"""Random cells as users write them: what the rewrites look for, and near misses."""

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.testing.feeding import random_array

WIDTH = 3
ROWS = "batch"


class _Cell:
    """A recurrence with one or two states of shape (batch, WIDTH), being drawn."""

    def __init__(self, draw, dtype):
        self.draw, self.dtype = draw, dtype
        self.count = 0

    def pick(self, *options):
        return self.draw(st.sampled_from(options))

    def weight(self, *shape):
        self.count += 1
        name = f"W{self.count}"
        return tg.parameter(name, random_array(shape, self.dtype, name) / 2)

    def inputs(self, states):
        """What comes from below: a sequence, rows of a table, another cycle.

        "fed back": rows of a table, taken at the greatest entry of a state.
        """
        kinds = ["sequence", "embedding", "cell", "shared", "fed back"]
        kind = self.pick(*kinds[: 5 if self.dtype == "float64" else 4])
        if kind == "fed back":
            tokens = tg.argmax(states[0] @ self.weight(WIDTH, 5), axis=-1)
            return tg.take(self.weight(5, 2), tokens, axis=0)
        if kind == "embedding":
            tokens = tg.sequence("tokens", (ROWS,), "int64")
            return tg.take(self.weight(5, 2), tokens, axis=0)
        x = tg.sequence("x", (ROWS, 2), self.dtype)
        if kind == "sequence":
            return x
        below = tg.delay("below", shape=(ROWS, 2), dtype=self.dtype)
        made = tg.tanh(x @ self.weight(2, 2) + below @ self.weight(2, 2))
        below.close(made)
        return tg.concat([x, made], -1) if kind == "shared" else made

    def products(self, parts, columns):
        """The parts times weights: one product each, or of their concat."""
        if self.pick(True, False):
            return [p @ self.weight(p.shape[-1], columns) for p in parts]
        whole = tg.concat(parts, axis=-1)
        return [whole @ self.weight(whole.shape[-1], columns)]

    def preactivations(self, parts, gates):
        """One array per gate: cut from packed ones, or written one by one."""
        if self.pick(True, False):
            terms = self.products(parts, gates * WIDTH)
            return tg.split(self.total(terms, gates * WIDTH), gates, axis=-1)
        return [self.total(self.products(parts, WIDTH), WIDTH) for _ in range(gates)]

    def total(self, terms, columns):
        """The sum with a bias, in any order; sometimes kept as an output."""
        if self.pick(True, False):
            terms = [*terms, self.weight(columns)]
        terms = self.draw(st.permutations(terms))
        total = terms[0]
        for term in terms[1:]:
            total = self.pick(total + term, term + total, total - (-term))
        return total

    def gates(self, z):
        functions = (tg.sigmoid, tg.tanh, tg.sigmoid, tg.relu, lambda x: x * 0.5)
        return [self.pick(*functions)(part) for part in z]

    def step(self, x, states):
        """The next states: gated sums of the last ones and of each other."""
        count = self.draw(st.integers(len(states) + 1, 4))
        gates = self.gates(self.preactivations([x, *states], count))
        after = []
        for i, state in enumerate(states):
            a, b = gates[i], gates[-1 - i]
            kind = self.pick("gru", "lstm", "peephole", "plain")
            if kind == "gru":
                state = (1 - a) * state * 0.5 + a * b
            elif kind == "lstm":
                state = a * state * 0.5 + tg.tanh(b) * gates[0]
            elif kind == "peephole":
                state = tg.sigmoid(a + state * self.weight(WIDTH)) * b
            else:
                state = tg.tanh(a + b)
            after.append(state)
        return after, gates


@st.composite
def cell_graphs(draw, dtype="float64"):
    """A drawn cell over delays of any length, with a loss and other outputs."""
    cell = _Cell(draw, dtype)
    count = draw(st.integers(1, 2))
    sign = cell.pick(1, 1, -1)
    inits = [tg.placeholder("h0", (ROWS, WIDTH), dtype), cell.pick(0.0, 0.5)]
    delays = [
        tg.delay(
            f"s{i}",
            steps=sign * cell.pick(1, 1, 2),
            shape=(ROWS, WIDTH),
            dtype=dtype,
            init=inits[i],
        )
        for i in range(count)
    ]
    after, gates = cell.step(cell.inputs(delays), delays)
    for each, state in zip(delays, after, strict=True):
        each.close(state)
    seen = cell.pick(after[0], delays[0], tg.concat(after, -1))
    logits = seen @ cell.weight(seen.shape[-1], 2)
    loss = tg.mean(tg.mean_over_time(tg.square(logits)))
    outputs = {"loss": loss}
    if cell.pick(True, False):
        outputs["kept"] = cell.pick(*gates, *after, logits)
    return tg.Graph(outputs)


def bits(array):
    """The bits of an array, so that -0.0 differs from 0.0 and NaN equals itself."""
    array = np.ascontiguousarray(array)
    return array.view(np.uint8) if array.ndim else array.reshape(1).view(np.uint8)
