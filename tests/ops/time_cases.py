"""Rows of the table for ops that lead into time, out of it or along it."""

import numpy as np

import tinygraph as tg
from tests.ops.cases import Case, apart, normal

TIME_CASES: list[Case] = []


def row(op, apply, wanted, *arrays):
    TIME_CASES.append(Case(op, apply, wanted, arrays))


def shift(values, k, slots):
    """y[t] = values[t - k] where that step exists, else a slot, in time order."""
    steps = len(values)
    return np.stack(
        [
            values[t - k]
            if 0 <= t - k < steps
            else slots[t if k > 0 else t - k - steps]
            for t in range(steps)
        ]
    )


for shape in ((), (2,), (2, 3)):
    row("first", tg.first, lambda x: x[0], normal(4, *shape))
    row("last", tg.last, lambda x: x[-1], normal(4, *shape))
    for t in (1, 3, -2, -4):
        row("at", lambda x, t=t: tg.at(x, t), lambda x, t=t: x[t], normal(4, *shape))
    for k in (1, 3, 4, 6):
        row(
            "first_steps",
            lambda x, k=k: tg.first_steps(x, k),
            lambda x, k=k: np.concatenate([x, np.zeros((6, *x.shape[1:]))])[:k],
            normal(4, *shape),
        )
        row(
            "last_steps",
            lambda x, k=k: tg.last_steps(x, k),
            lambda x, k=k: np.concatenate([np.zeros((6, *x.shape[1:])), x])[-k:],
            normal(4, *shape),
        )
    row("sum_over_time", tg.sum_over_time, lambda x: x.sum(0), normal(4, *shape))
    row("mean_over_time", tg.mean_over_time, lambda x: x.mean(0), normal(4, *shape))
    row("max_over_time", tg.max_over_time, lambda x: x.max(0), apart(4, *shape))
    row("stack_time", tg.stack, lambda x: x, normal(4, *shape))
    row("unstack", lambda x: tg.unstack(tg.stack(x)), lambda x: x, normal(4, *shape))
    row(
        "every_step",
        lambda x: tg.every_step(tg.last(x)),
        lambda x: np.stack([x[-1]] * 4),
        normal(4, *shape),
    )
for k in (1, 3, 5, -1, -3, -5):
    row(
        "delay",
        lambda x, k=k: tg.delay(source=x, steps=k),
        lambda x, k=k: shift(x, k, np.zeros((abs(k), 2))),
        normal(4, 2),
    )
    row(
        "delay",
        lambda x, k=k: tg.delay(source=x, steps=k, init=tg.REPLICATE),
        lambda x, k=k: shift(x, k, [x[0 if k > 0 else -1]] * abs(k)),
        normal(4, 2),
    )
    row(
        "delay",
        lambda x, k=k: tg.delay(source=x, steps=k, init=tg.last(x[..., :1])),
        lambda x, k=k: shift(x, k, np.broadcast_to(x[-1, :1], (abs(k), 2))),
        normal(4, 2),
    )
    row(
        "delay",
        lambda x, k=k: tg.delay(
            source=x,
            steps=k,
            history=tg.stack([tg.last(x) * i for i in range(1, abs(k) + 1)], axis=0),
        ),
        lambda x, k=k: shift(x, k, [x[-1] * i for i in range(1, abs(k) + 1)]),
        normal(4, 2),
    )
