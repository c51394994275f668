"""Regrouping: what does not depend on the state leaves the cycle."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import fires, loop_of, looping, stays, weight

SUMS, PRODUCTS = "regroup sums", "regroup products"


def x(name="x", shape=(2, 3), dtype="float64"):
    return tg.sequence(name, shape, dtype)


def test_the_sum_of_a_recurrent_layer():
    a, b = x(), weight("b", 3)
    w, u = weight("W", 3, 3), weight("U", 3, 3)
    (h,) = loop_of(lambda d: tg.tanh(a @ w + d @ u + b), (2, 3))
    graph = fires(SUMS, {"h": h}, 1)
    assert looping(graph)["add"] == 1


def test_terms_in_any_order_and_depth():
    a, b, c, e = (x(name) for name in "abce")
    (h,) = loop_of(lambda d: ((a + tg.sin(d)) + (b + (c + tg.cos(d)))) + e, (2, 3))
    graph = fires(SUMS, {"h": h}, 1)
    assert looping(graph)["add"] == 2


def test_add_n():
    a, b = x("a"), x("b")
    (h,) = loop_of(lambda d: tg.tanh(tg.add_n(a, tg.sin(d), b, tg.cos(d))), (2, 3))
    graph = fires(SUMS, {"h": h}, 1)
    assert looping(graph)["add_n"] == 0
    assert looping(graph)["add"] == 2


def test_products():
    a, b, c = (tg.tanh(x(name)) for name in "abc")
    (h,) = loop_of(lambda d: ((tg.sin(d) * a) * (b * tg.cos(d))) * c, (2, 3))
    graph = fires(PRODUCTS, {"h": h}, 1)
    assert looping(graph)["multiply"] == 2


def test_one_factor_may_be_large_and_is_multiplied_first():
    """(g · g) · u would underflow to 0 before u is there."""
    u, g = x("u"), tg.tanh(x("g"))
    h0 = tg.constant(np.full((2, 3), 1e200))
    (h,) = loop_of(lambda d: ((d * g) * g) * u, (2, 3), init=h0)
    graph = fires(PRODUCTS, {"h": h}, 1)
    assert looping(graph)["multiply"] == 1
    feeds = {"g": np.full((1, 2, 3), 1e-200), "u": np.full((1, 2, 3), 1e200)}
    for backend in ("numpy", "native"):
        found = tg.compile(graph, backend)(feeds)["h"]
        np.testing.assert_allclose(found, 1.0, rtol=1e-9)


def test_not_two_factors_that_may_be_large():
    """Junk is masked out of the loss, and its gradient 0 · junk · junk is 0."""
    junk, more = (x(name, (), "float32") for name in ("junk", "more"))
    kept, h0 = tg.sequence("kept", (), "bool"), tg.placeholder("h0", ())
    (h,) = loop_of(lambda d: (d * junk) * more, (), init=h0, dtype="float32")
    loss = tg.sum_over_time(tg.where(kept, h, 0.0))
    outputs = {"loss": loss, "slope": tg.grad(loss, h0)}
    feeds = {"h0": 1.0, "kept": np.array([True, False])}
    feeds |= {"junk": [2.0, 1e20], "more": [4.0, 1e20]}
    stays(PRODUCTS, outputs, feeds, 2)
    for backend in ("interpret", "numpy", "native"):
        found = tg.compile(outputs, backend)(feeds)
        assert (found["loss"], found["slope"]) == (8, 8), backend
    fast = tg.compile(outputs, "numpy", fast=True)
    with np.errstate(all="ignore"):
        assert np.isnan(fast(feeds)["slope"])
    assert fast.fast
    assert fast.fired[PRODUCTS] == 2


def test_not_two_states_that_may_be_large():
    a, b = tg.tanh(x("a")), tg.tanh(x("b"))
    (h,) = loop_of(lambda d: ((d * a) * tg.sin(d)) * (d * b), (2, 3))
    stays(PRODUCTS, {"h": h})


def test_rows_and_matrices_are_added_as_they_broadcast():
    a, b, c = x("a"), x("b", (3,)), x("c", (1, 1))
    (h,) = loop_of(lambda d: tg.tanh((d + b) + (a + c)), (2, 3))
    fires(SUMS, {"h": h}, 1)


def test_backward_in_time():
    a, b = x("a"), x("b")
    (h,) = loop_of(lambda d: tg.tanh((d * 0.5 + a) + b), (2, 3), steps=-2)
    assert looping(fires(SUMS, {"h": h}, 1))["add"] == 1


def test_what_another_cycle_gives_is_outside():
    a = x("a")
    (below,) = loop_of(lambda d: tg.tanh(d + a), (2, 3))
    inner = tg.delay("upper", shape=(2, 3), dtype="float64")
    inner.close(tg.sin((tg.cos(inner) + below) + a))
    graph = fires(SUMS, {"h": inner}, 1)
    assert looping(graph)["add"] == 2, "one in each loop"


@pytest.mark.parametrize("name", [SUMS, PRODUCTS])
class TestNot:
    def op(self, name):
        return tg.add if name == SUMS else tg.multiply

    def test_one_term_from_outside(self, name):
        op, a = self.op(name), x()
        (h,) = loop_of(lambda d: op(op(tg.sin(d), a), tg.cos(d)), (2, 3))
        stays(name, {"h": h})

    def test_outside_every_cycle(self, name):
        op = self.op(name)
        stays(name, {"y": op(op(x("a"), x("b")), x("c"))})

    def test_a_partial_result_that_others_read(self, name):
        op = self.op(name)
        partial = []

        def body(d):
            partial.append(op(tg.sin(d), a))
            return op(partial[0], b)

        a, b = x("a"), x("b")
        (h,) = loop_of(body, (2, 3))
        stays(name, {"h": h, "partial": partial[0]})

    def test_a_partial_result_used_twice(self, name):
        op, a, b = self.op(name), x("a"), x("b")
        (h,) = loop_of(lambda d: op(*[op(tg.sin(d), a)] * 2) + 0.0 * b, (2, 3))
        stays(name, {"h": h})

    @pytest.mark.parametrize("narrow", ["int8", "bool"])
    def test_narrow_terms_that_would_overflow_by_themselves(self, name, narrow):
        op, a, b = self.op(name), x("a", (), narrow), x("b", (), narrow)
        (h,) = loop_of(lambda d: op(op(d, a), b), (), dtype="int64", init=1)
        full = np.full(3, 100).astype(narrow)
        stays(name, {"h": h}, {"a": full, "b": full})

    def test_narrow_floats_that_would_round_by_themselves(self, name):
        op = self.op(name)
        a, b = x("a", (2, 3), "float32"), x("b", (2, 3), "float32")
        (h,) = loop_of(lambda d: op(op(tg.sin(d), a), b), (2, 3))
        stays(name, {"h": h})
