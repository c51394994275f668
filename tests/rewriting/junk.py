"""Random cells over sequences of several lengths: padded steps hold junk, masked out.

What rewrites look for: products with factors from outside the cycle, sums of them,
gates in every form, tables with a row that no index takes.
"""

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.testing import gradient_graph

WIDTH, WORDS, BATCH, STEPS = 2, 5, 2, 4
ONE, REST = slice(1), slice(1, None)
TINY = {"float32": 1e-42, "float64": 1e-310}
WIDE = {"float32": 4e19, "float64": 3e154}
FAR = {"float32": 1e30, "float64": 1e200}


class _Cell:
    """A recurrence that is being drawn."""

    def __init__(self, pick, dtype):
        self.pick, self.dtype = pick, dtype
        self.count, self.weights = 0, {}
        self.kept = tg.sequence("kept", ("batch", 1), "bool")
        self.x, self.y = (tg.sequence(n, ("batch", WIDTH), dtype) for n in "xy")
        self.tokens = tg.sequence("tokens", ("batch",), "int64")
        self.table = self.weight(WORDS, WIDTH, name="table")
        self.peephole = self.weight(WIDTH)

    def weight(self, *shape, name=None):
        self.count += 1
        name = name or f"W{self.count}"
        numbers = np.random.default_rng(self.count)
        return tg.parameter(name, numbers.uniform(-1, 1, shape).astype(self.dtype))

    def rows(self):
        """What comes from below, and how many columns it has."""
        kind = self.pick("sequence", "rows", "one-hot", "both", "two tables")
        if kind == "sequence":
            return self.x
        if kind == "one-hot":
            return tg.one_hot(self.tokens, WORDS, self.dtype)
        taken = tg.take(self.table, self.tokens, axis=0)
        if kind == "two tables":
            other = tg.take(self.weight(WORDS, 1), self.tokens, axis=0)
            return tg.concat([taken, other], -1)
        return tg.concat([self.x, taken], -1) if kind == "both" else taken

    def sums(self, parts, columns):
        """Products of the parts with weights of so many columns, and biases."""
        if self.pick(True, False):
            ones = [tg.ones_like(parts[0][:, :1])] * self.pick(0, 0, 1)
            parts = [tg.concat([*parts, *ones], -1)]
        terms = [self.times(part, columns) for part in parts]
        lead = self.pick((), (), (1,))
        terms += [self.weight(*lead, columns) for _ in range(self.pick(0, 1, 2))]
        total = terms[0]
        for term in terms[1:]:
            total = self.pick(total + term, term + total, total - (-term), total + 0.0)
        return total

    def times(self, part, columns):
        """A product with a weight, now and then with one that was there before."""
        shape = (part.shape[-1], columns)
        if shape not in self.weights or self.pick(True, False):
            self.weights[shape] = self.weight(*shape)
        if self.pick(True, True, False):
            return part @ self.weights[shape]
        if self.pick(True, False, False):
            each = tg.transpose(self.weights[shape]) @ tg.expand_dims(part, -1)
            return tg.squeeze(each + self.weight(columns, 1), -1)
        turned = tg.transpose(self.weights[shape]) @ tg.transpose(part)
        return tg.transpose(turned)

    def gates(self, parts, count):
        """Functions of slices, of blocks, of a product each."""
        form = self.pick("slices", "blocks", "apart")
        if form == "apart":
            made = [self.sums(parts, WIDTH) for _ in range(count)]
        elif form == "blocks":
            z = self.sums(parts, count * WIDTH)
            blocks = tg.reshape(z, ("batch", count, WIDTH))
            if self.pick(True, False):
                blocks = blocks + self.weight(count, WIDTH)
            made = [blocks[:, i, :] for i in range(count)]
        else:
            made = tg.split(self.sums(parts, count * WIDTH), count, axis=-1)
        if self.pick(True, False):
            made[0] = made[0] + self.x
        return [self.pick(*FUNCTIONS)(z) for z in made]

    def factor(self, gates):
        """A factor from outside: of any size, or a gate of what comes from below.

        Two wide gates overflow if they are multiplied by each other, and may not where
        a small state comes first.
        """
        kind = self.pick("gate", "free", "state", "row", "one")
        if kind == "free":
            shaped = tg.reshape(tg.reshape(self.x, ("batch", 1, WIDTH)), self.x.shape)
            return self.pick(self.x, self.y, tg.identity(self.y), shaped)
        if kind == "state":
            return self.pick(*gates)
        if kind == "row":
            row = tg.broadcast_to(self.peephole, ("batch", WIDTH))
            return self.pick(self.peephole, tg.every_step(row))
        if kind == "one":
            return 1 - tg.square(tg.tanh(self.y))
        gate = self.pick(tg.sigmoid, tg.tanh)(self.pick(self.x, self.y))
        return gate * self.pick(1.0, 1.0, WIDE[self.dtype])

    def product(self, state, gates):
        """State times one to three factors, in some order."""
        for _ in range(self.pick(1, 2, 2, 3)):
            state = self.pick(lambda a, b: a * b, lambda a, b: b * a)(
                state, self.factor(gates)
            )
        return self.pick(state, state * 1.0, -state)

    def step(self, states):
        """The next states: sums of products of the last ones."""
        parts = self.pick([self.rows(), *states], states)
        gates = self.gates(parts, self.pick(2, 3))
        after = []
        for state in states:
            terms = [self.product(state, gates) for _ in range(self.pick(1, 2, 3))]
            terms += [self.pick(gates[0], tg.ones_like(state))] * self.pick(0, 1)
            total = self.pick(_added, _subtracted, _at_once)(terms) * 0.5
            if self.pick(True, False):
                total = tg.where(self.kept, total, state)
            after.append(total)
        return after


def _added(terms):
    return sum(terms[1:], terms[0])


def _subtracted(terms):
    total = terms[0]
    for term in terms[1:]:
        total = total - term
    return total


def _at_once(terms):
    return tg.add_n(*terms)


FUNCTIONS = (
    lambda z: tg.concat([tg.sigmoid(z[:, :1]), tg.sigmoid(z[:, 1:])], -1),
    tg.sigmoid,
    tg.tanh,
    tg.sigmoid,
    lambda z: 1 / (1 + tg.exp(-z)),
    lambda z: (tg.tanh(z / 2) + 1) / 2,
    lambda z: tg.tanh(z * (tg.constant(2.0) * 0.5)),
    lambda z: tg.concat([tg.tanh(z[:, :1]), tg.tanh(z[:, 1:])], -1),
    lambda z: tg.tanh(tg.reshape(tg.stack([z[:, :1], z[:, 1:]], -2), z.shape)),
)


def masked_cell(pick, dtype="float32"):
    """A cell, its masked loss and the gradients of all leaves.

    `pick(*options)` chooses.
    """
    cell = _Cell(pick, dtype)
    inits = [tg.placeholder("h0", ("batch", WIDTH), dtype), 0.5]
    states = [
        tg.delay(
            f"s{i}",
            steps=cell.pick(1, 1, 2),
            shape=("batch", WIDTH),
            dtype=dtype,
            init=inits[i],
        )
        for i in range(cell.pick(1, 1, 2))
    ]
    after = cell.step(states)
    for delay, state in zip(states, after, strict=True):
        delay.close(state)
    loss = tg.sum(_masked(cell, after), cell.pick(None, -1))
    if cell.pick(True, False, False, False):
        loss = loss + tg.mean(_siblings(cell))
    whole = tg.sum(cell.pick(tg.sum_over_time, tg.mean_over_time)(loss))
    if cell.pick(True, False, False, False):
        product = tg.where(cell.kept, after[0], 0.0) @ cell.weight(WIDTH, 3)
        first, rest = (tg.sum_over_time(product[:, cut]) for cut in (ONE, REST))
        whole = whole + tg.mean(tg.tanh(first)) * tg.mean(rest)
    if cell.pick(True, False):
        whole = whole + tg.sum(tg.square(cell.peephole))
    if cell.pick(True, False, False, False):
        read = tg.concat([cell.x, cell.y], -1) @ cell.weight(2 * WIDTH, 1)
        each = tg.where(cell.kept, tg.tanh(read), 0.0)
        whole = whole + tg.sum_over_time(tg.sum(each))
    if cell.pick(True, False, False, False):
        whole = whole + tg.sum_over_time(tg.mean(_other_layouts(cell)))
    graph = tg.Graph({"loss": whole, "kept": tg.where(cell.kept, after[0], 0.0)})
    return gradient_graph(graph)


def _siblings(cell):
    """The sum of four states that do the same, masked: (batch,)."""
    total = 0.0
    for i in range(4):
        before = tg.delay(f"n{i}", shape=("batch",), dtype=cell.dtype)
        state = tg.tanh(before * cell.weight() + cell.x[:, i % WIDTH] * cell.y[:, 0])
        before.close(state)
        total = total + state
    return tg.where(cell.kept[:, 0], total, 0.0)


def _other_layouts(cell):
    """Gates in columns, and columns read in another order, masked: (batch,)."""
    turned = tg.transpose(cell.x)
    first, second = (tg.tanh(cell.weight(WIDTH, WIDTH) @ turned) for _ in range(2))
    z = cell.x @ cell.weight(WIDTH, 2 * WIDTH)
    swapped = tg.concat([z[:, WIDTH:], z[:, :WIDTH]], -1)
    each = tg.sum(first * second, 0) + tg.sum(tg.tanh(swapped), -1)
    return tg.where(cell.kept[:, 0], each, 0.0)


def _masked(cell, after):
    """What the loss adds up: the cross-entropy, squares or sums at steps that count."""
    seen = cell.pick(after[0], tg.concat(after, -1))
    weight = cell.weight(seen.shape[-1], 3)
    kind = cell.pick("classes", "squares", "sums", "words")
    if kind == "words":
        words = tg.one_hot(cell.tokens, WORDS, cell.dtype) @ cell.weight(WORDS, 4)
        gate, value = tg.split(words, 2, axis=-1)
        return tg.where(cell.kept, tg.tanh(gate) * value * seen[:, :2], 0.0)
    if kind == "sums":
        return tg.where(cell.kept, seen, 0.0) @ weight
    logits = seen @ weight + cell.weight(3)
    label = (cell.tokens % 3)[:, np.newaxis]
    picked = tg.take_along_axis(tg.log_softmax(logits, -1), label, -1)
    each = -picked if kind == "classes" else tg.square(logits)
    return tg.where(cell.kept, each, 0.0)


def by_chance(numbers):
    """What chooses among options by a generator's numbers."""
    return lambda *options: options[numbers.integers(len(options))]


@st.composite
def masked_cells(draw, dtype="float32"):
    """Cells, as Hypothesis chooses."""
    return masked_cell(lambda *options: draw(st.sampled_from(options)), dtype)


def pools(dtype):
    """Of what junk is made, the most telling first."""
    far, tiny = FAR[dtype], TINY[dtype]
    finite = [0.0, -0.0, tiny, 1 / far, far, -far]
    return [far], [far, -far, 0.0], finite, [tiny], [np.inf, -np.inf], [np.nan, far]


@st.composite
def junk_for(draw, graph, dtype, *, everywhere=False):
    """Feeds with junk of one pool."""
    numbers = np.random.default_rng(draw(st.integers(0, 99)))
    several = draw(st.sampled_from(pools(dtype)))
    return junk(graph, dtype, numbers, several, everywhere=everywhere)


def junk(graph, dtype, numbers, several, *, everywhere=False):
    """Feeds: junk at padded steps and in the row that no token takes; or everywhere."""
    lengths = numbers.integers(1, STEPS + 1, BATCH)
    kept = (np.arange(STEPS)[:, np.newaxis] < lengths)[:, :, np.newaxis]
    feeds = {"kept": kept, "tokens": numbers.integers(0, WORDS - 1, (STEPS, BATCH))}
    for name, leaf in graph.fed.items():
        if not leaf.type.is_float:
            continue
        shape = [BATCH if dim == "batch" else dim for dim in leaf.shape]
        shape = shape if leaf.time is None else [STEPS, *shape]
        value = numbers.uniform(-1, 1, shape).astype(dtype)
        other = numbers.choice(several, shape).astype(dtype)
        hidden = numbers.uniform(size=shape) < 0.1 if everywhere else False
        hidden = hidden | ~kept if name in ("x", "y") else hidden
        feeds[name] = np.where(hidden, other, value)
    if "table" in graph.fed:
        feeds["table"][-1] = numbers.choice([np.nan, np.inf, FAR[dtype]])
    return {name: value for name, value in feeds.items() if name in graph.fed}
