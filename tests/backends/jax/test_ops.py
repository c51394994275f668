"""Every op of the registry has a rule for JAX, and gives what NumPy's words give."""

import dataclasses

import numpy as np
import pytest

import tinygraph as tg
from tests.laws.test_samples import in_turn
from tests.sampled import alone, looped, may_loop, with_gradients
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values, evaluate_plainly
from tinygraph.testing.op_samples import SAMPLES

pytest.importorskip("jax")

T = 4
LARGEST = {"float64": 1e307, "float32": 1e37}
"""The inverse of a greater number is subnormal: XLA takes it for 0."""
ops = pytest.mark.parametrize("op", sorted(SAMPLES))


def check(sample, graph):
    from tinygraph.backends.jax.program import JaxProgram

    feeds = {}
    for name, value in sample.feeds(graph, T).items():
        most = LARGEST.get(value.dtype.name)
        feeds[name] = value
        if most is not None:
            large = (np.abs(value) > most) & np.isfinite(value)
            feeds[name] = np.where(large, np.copysign(most, value), value)
    bound = dict.fromkeys(graph.times, T)
    found = JaxProgram(graph).run(bind(graph, feeds, bound), None)
    wanted = evaluate_plainly(graph, feeds, bound)
    assert_same_values(found, wanted, law="JAX = NumPy's words", graph=graph)


@ops
def test_a_sample_of_each_op(op):
    sample = next(in_turn(op, 1))
    check(sample, looped(sample) if may_loop(sample) else alone(sample))


@ops
@pytest.mark.nightly
def test_all_samples_of_each_op(op):
    for sample in in_turn(op, 1):
        check(sample, with_gradients(sample, alone(sample)))
        if may_loop(sample):
            check(sample, looped(sample))


def test_the_registry_has_rules():
    from tinygraph.backends.jax.over_time import TIME_RULES
    from tinygraph.backends.jax.rules import rule_of

    for name in SAMPLES:
        op = tg.REGISTRY[name]
        assert op in TIME_RULES or rule_of(op) is not None, name


def test_an_op_without_a_rule_names_itself():
    cube = dataclasses.replace(tg.REGISTRY["square"], name="cube", impl=lambda x: x**3)
    y = tg.apply(cube, tg.placeholder("x", (2,)))
    with pytest.raises(
        tg.BackendError,
        match=r"no rule for op 'cube', which made cube: float32\[2\] at test_ops.py"
        r".*rules\.RULES\[tg\.REGISTRY\['cube'\]\] = function; or use backend='numpy'",
    ):
        tg.compile({"y": y}, "jax")


def test_a_rule_is_all_that_an_op_needs():
    from tinygraph.backends.jax.rules import RULES

    cube = dataclasses.replace(tg.REGISTRY["square"], name="cube", impl=lambda x: x**3)
    RULES[cube] = lambda x: x * x * x
    y = tg.apply(cube, tg.placeholder("x", (2,)))
    assert list(tg.compile({"y": y}, "jax")({"x": [2.0, 3.0]})["y"]) == [8, 27]
    del RULES[cube]


def test_a_ufunc_needs_no_rule():
    hypot = dataclasses.replace(tg.REGISTRY["add"], name="hypot", impl=np.hypot)
    y = tg.apply(hypot, tg.placeholder("x", (2,)), 4.0)
    assert list(tg.compile({"y": y}, "jax")({"x": [3.0, 0.0]})["y"]) == [5, 4]
