"""Factor sums: products with one value of the state become one product."""

import pytest

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, stays
from tinygraph.core.verification import cycles_of
from tinygraph.rewriting import optimise

NAME = "factor sums"


def x(name, shape=(2, 3), dtype="float64"):
    """A factor from outside the cycle, in [-1, 1]."""
    return tg.tanh(free(name, shape, dtype))


def free(name, shape=(2, 3), dtype="float64"):
    """One that may be of any size."""
    return tg.sequence(name, shape, dtype)


def loop(step, dtype="float64"):
    """h ← tanh(step(h of the step before)) · ½."""
    h = tg.delay("h", init=0.1, shape=(2, 3), dtype=dtype)
    y = tg.tanh(step(h)) * 0.5
    h.close(y)
    return {"y": y}


def products(graph):
    """How many products stand within the cycle; one is the ½."""
    (members,) = cycles_of(graph.nodes)
    return sum(node.op.name == "multiply" for node in members)


@pytest.mark.parametrize(
    "step",
    [
        lambda h: h * x("a") + h * x("b"),
        lambda h: h * x("a") - x("b") * h,
        lambda h: x("c") - h * x("a") - h * x("b"),
        lambda h: h * x("a") + x("c") + (h * x("b")) * x("d"),
        lambda h: tg.add_n(h * x("a"), x("c"), h * x("b")),
        lambda h: (h * x("a") + x("c")) - (x("d") - h * x("b")),
        lambda h: tg.add_n(h * x("a"), *[tg.sin(h)] * 2, h * x("b")),
    ],
)
def test_sums_and_differences(step):
    outputs = loop(step)
    before = products(tg.Graph(outputs))
    assert products(fires(NAME, outputs, 1)) < before


def test_a_product_that_others_read_stays_for_them():
    def step(h):
        seen = h * x("a")
        return seen * x("p") + h * x("b") + tg.tanh(seen)

    fires(NAME, loop(step), 1)


def test_each_state_by_itself():
    def step(h):
        other = tg.tanh(h)
        return h * x("a") + other * x("b") + h * x("c") + other * x("d")

    fires(NAME, loop(step), 1)


def test_factors_that_broadcast():
    def step(h):
        return h * x("a", (3,)) + h * x("b", (2, 1))

    fires(NAME, loop(step), 1)


def test_not_one_product_alone_or_of_two_states():
    stays(NAME, loop(lambda h: h * x("a") + x("b")))
    stays(NAME, loop(lambda h: h * x("a") + tg.tanh(h) * x("b")))
    stays(NAME, loop(lambda h: h * x("a") + h))
    stays(NAME, loop(lambda h: h * h + h * x("a")))


def test_not_outside_a_cycle():
    h = x("h")
    stays(NAME, {"y": h * x("a") + h * x("b")})


def test_not_what_others_read_of_the_sum():
    def step(h):
        part = h * x("a") + x("c")
        return part + h * x("b") + tg.tanh(part)

    stays(NAME, loop(step))


def test_one_summand_may_be_large():
    fires(NAME, loop(lambda h: h * x("a") + h * free("b")), 1)
    fires(NAME, loop(lambda h: h * x("a") + (h * free("b")) * x("d")), 1)


def test_not_two_that_may_be_large():
    stays(NAME, loop(lambda h: h * free("a") + h * free("b")))
    stays(NAME, loop(lambda h: h * x("a") + (h * free("b")) * free("d")))


def test_what_may_be_large_stays_for_itself_beside_a_product():
    outputs = loop(lambda h: h * x("a") + h * free("b") + h * free("c"))
    assert products(fires(NAME, outputs, 1)) == 3


def test_fast_takes_them_all():
    outputs = loop(lambda h: h * free("a") + (h * free("b")) * free("c"))
    graph = optimise(tg.Graph(outputs), fast=True).graph
    assert products(graph) == 2


def test_not_in_mixed_dtypes():
    def step(h):
        return tg.cast(h * x("a", dtype="float32"), "float64") + h * x("b")

    agrees(loop(step))
    stays(NAME, loop(lambda h: h * x("a", dtype="float32") + h * x("b")))
