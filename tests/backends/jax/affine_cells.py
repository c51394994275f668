"""Random cells that are affine in their states, and some that are not quite."""

from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.testing.feeding import random_array

SHAPE = ("batch", 2)


def _number(name, like=(2,)):
    return random_array(like, "float64", name)


SLOTS = {
    "scalar": lambda name: {"init": 0.5},
    "parameter": lambda name: {"init": tg.parameter(name, _number(name))},
    "computed": lambda name: {"init": tg.tanh(tg.parameter(name, _number(name)))},
    "placeholder": lambda name: {"init": tg.placeholder(name, SHAPE, "float64")},
    "history": lambda name: {"history": tg.placeholder(name, (1, *SHAPE), "float64")},
}
"""Kind of state before the first step → what it is for a delay of this name."""

FACTORS = {
    "gate": lambda x: tg.sigmoid(x @ tg.parameter("w", _number("w", (2, 2)))),
    "sequence": lambda x: x,
    "row": lambda x: tg.parameter("row", _number("row")),
    "number": lambda x: tg.constant(-0.75),
    "mask": lambda x: tg.bernoulli(0.5, SHAPE, "float64", name="mask"),
    "step": lambda x: tg.cast(tg.step_index(), "float64") / 4,
}
"""What a state may be multiplied by, or have added, of a sequence."""

MOVES = {
    "sum": lambda a, b, c: a + b,
    "difference": lambda a, b, c: c - a,
    "product": lambda a, b, c: a * c,
    "quotient": lambda a, b, c: a / (2 + tg.square(c)),
    "negative": lambda a, b, c: -a + c,
    "mixture": lambda a, b, c: c * a + (1 - c) * b,
    "choice": lambda a, b, c: tg.where(c > 0, a, b),
}
"""Of two nodes affine in the states, and a factor: a third one."""

BREAKS = {
    "tanh": lambda a: tg.tanh(a),
    "square": lambda a: a * tg.sigmoid(a),
    "matmul": lambda a: a @ tg.constant(_number("m", (2, 2))),
    "softmax": lambda a: tg.softmax(a, axis=-1),
    "stop": lambda a: tg.stop_gradient(a) * 0.5,
    "floor": lambda a: tg.floor(a) * 0.5,
    "condition": lambda a: tg.where(a, 0.5, 1.0) + a,
    "choice by itself": lambda a: tg.where(a > 0, a, 0.5 * a),
}
"""What is not affine, element by element, in the states."""


@st.composite
def affine_cells(draw, breaks=False):
    """Up to three states that move each other, in one direction, and a loss.

    Args:
        breaks: one of the states passes something that is not affine.
    """
    x = tg.sequence("x", SHAPE, "float64")
    factors = [make(x) for make in FACTORS.values()]
    steps = draw(st.sampled_from([1, -1]))
    states = []
    for i in range(draw(st.integers(1, 3))):
        slots = SLOTS[draw(st.sampled_from(sorted(SLOTS)))](f"before{i}")
        states.append(
            tg.delay(f"s{i}", steps=steps, shape=SHAPE, dtype="float64", **slots)
        )
    known = list(states)
    for _ in range(draw(st.integers(1, 6))):
        move = MOVES[draw(st.sampled_from(sorted(MOVES)))]
        a, b = (draw(st.sampled_from(known)) for _ in range(2))
        known.append(move(a, b, draw(st.sampled_from(factors))))
    late = known[len(states) :]
    for i, state in enumerate(states):
        other = states[(i + 1) % len(states)] * draw(st.sampled_from(factors))
        source = 0.5 * other + draw(st.sampled_from(late)) + x
        if breaks and i == 0:
            source = BREAKS[draw(st.sampled_from(sorted(BREAKS)))](source)
        state.close(source)
    loss = tg.mean_over_time(tg.sum(tg.tanh(tg.add_n(*states) + late[-1])))
    return tg.Graph({"y": late[-1], "states": tg.stack(states), "loss": loss})
