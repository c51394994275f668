"""What an op declares to read of its input's steps is what its value depends on."""

import numpy as np
import pytest

import tinygraph as tg

STEPS = 5

MAKERS = [
    tg.first,
    tg.last,
    lambda x: tg.at(x, 2),
    lambda x: tg.at(x, -2),
    lambda x: tg.first_steps(x, 2),
    lambda x: tg.last_steps(x, 3),
    tg.sum_over_time,
    tg.max_over_time,
]


def test_every_op_with_a_declaration_is_here():
    x = tg.sequence("x", ())
    made = {make(x).op.name for make in MAKERS}
    assert {op.name for op in tg.REGISTRY.values() if op.steps_read} <= made


@pytest.mark.parametrize("make", MAKERS)
def test_a_value_depends_on_the_steps_that_are_declared(make):
    y = make(tg.sequence("x", (), "float64"))
    x = np.zeros(STEPS)
    before = tg.evaluate(y, {"x": x})
    read = [
        t
        for t in range(STEPS)
        if np.any(tg.evaluate(y, {"x": x + np.eye(STEPS)[t]}) != before)
    ]
    declared = range(STEPS) if y.op.steps_read is None else y.op.steps_read(y)
    assert read == sorted(t % STEPS for t in declared)
