"""Padded slices: joined, and padded after what is done with them."""

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, ops, stays, weight

JOIN, LATE, TERMS = "pads to concat", "pad late", "sum terms over time"


def x(shape, name="x"):
    return tg.sequence(name, shape, "float64")


def padded(name, before, after, width=2):
    return tg.pad(x((3, width), name), [(0, 0), (before, after)])


class TestPadsToConcat:
    def test_side_by_side_without_the_rest(self):
        done = fires(JOIN, {"y": padded("a", 1, 4) + padded("b", 3, 2)}, times=1)
        assert ops(done) == {"sequence": 2, "concat": 1, "pad": 1}

    def test_the_same_place_twice(self):
        done = fires(JOIN, {"y": padded("a", 1, 4) + padded("b", 1, 4)}, times=1)
        assert ops(done) == {"sequence": 2, "add": 1, "pad": 1}

    def test_among_other_terms_and_nested(self):
        inner = padded("b", 2, 2) + padded("c", 4, 0)
        total = tg.add_n(padded("a", 0, 4), inner, x((3, 6)))
        done = fires(JOIN, {"y": total, "inner": inner})
        assert ops(done)["concat"] == 2

    def test_not_apart(self):
        stays(JOIN, {"y": padded("a", 0, 4) + padded("b", 4, 0)})

    def test_not_where_they_overlap_in_part(self):
        stays(JOIN, {"y": padded("a", 0, 4) + padded("b", 1, 3)})
        total = padded("a", 0, 4) + padded("b", 1, 3) + padded("c", 3, 1)
        assert ops(fires(JOIN, {"y": total}))["pad"] == 2


class TestPadLate:
    def test_a_product_meets_some_rows(self):
        done = fires(LATE, {"y": padded("a", 1, 3) @ weight("W", 6, 4)}, times=1)
        assert ops(done)["pad"] == 0

    def test_sums_of_rows_and_over_time(self):
        z = padded("a", 1, 3)
        outputs = {"rows": tg.sum(z, axis=0), "steps": tg.sum_over_time(z)}
        fires(LATE, outputs, times=2)

    def test_a_sum_of_slices_apart(self):
        z = padded("a", 0, 4) + padded("b", 4, 0)
        fires(LATE, {"y": tg.sum(z, axis=0)}, times=1)

    def test_not_a_sum_of_columns(self):
        stays(LATE, {"y": tg.sum(padded("a", 1, 3), axis=1)})

    def test_not_padded_rows(self):
        z = tg.pad(x((3, 2)), [(1, 0), (0, 0)])
        stays(LATE, {"y": tg.sum(z, axis=0), "z": z @ weight("W", 2, 2)})


class TestSumTermsOverTime:
    def test_each_product_is_contracted(self):
        a, b = x((3, 2), "a"), x((3, 4), "b")
        c, d = x((3, 2), "c"), x((3, 4), "d")
        outputs = {"y": tg.sum_over_time(a.T @ b + c.T @ d)}
        fires(TERMS, outputs, times=1)
        run = tg.compile(outputs, "numpy")
        assert ops(run.optimised)["contract"] == 2

    def test_products_side_by_side(self):
        a, b = x((3, 2), "a"), x((3, 4), "b")
        z = tg.concat([a.T @ b, x((2, 3), "c")], -1)
        fires(TERMS, {"y": tg.sum_over_time(z)}, times=1)

    def test_not_without_a_product(self):
        stays(TERMS, {"y": tg.sum_over_time(x((2,), "a") + x((2,), "b"))})

    def test_not_what_is_read_elsewhere(self):
        z = x((3, 2), "a").T @ x((3, 4), "b") + x((2, 4), "c")
        stays(TERMS, {"y": tg.sum_over_time(z), "z": z})


def test_gradients_of_slices_of_slices():
    z = x((3, 8)) @ weight("W", 8, 8)
    y = tg.tanh(z[:, 2:][:, :3]) * tg.sin(z[:, :6][:, 3:])
    loss = tg.sum_over_time(tg.sum(y))
    agrees({"loss": loss, "dw": tg.grad(loss, tg.Graph({"y": y}).parameters[0])})
