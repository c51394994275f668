"""Vectors as columns, (batch, n, 1), are computed as rows."""

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, ops, stays, weight

ROWS, SUMS = "columns to rows", "sum outer products"


def x(shape, name="x"):
    return tg.sequence(name, shape, "float64")


class TestColumnsToRows:
    def test_a_product_for_each_is_one(self):
        done = fires(ROWS, {"y": weight("W", 3, 4) @ x(("batch", 4, 1))}, times=1)
        (product,) = (node for node in done if node.op.name == "matmul")
        assert product.shape == ("batch", 3)

    def test_without_time(self):
        fed = tg.placeholder("x", ("batch", 4, 1), "float64")
        fires(ROWS, {"y": weight("W", 3, 4) @ fed}, times=1)

    def test_not_more_columns_nor_other_weights(self):
        stays(ROWS, {"y": weight("W", 3, 4) @ x(("batch", 4, 2))})
        stays(ROWS, {"y": weight("W", 3, 4) @ x((4, 1))})
        stays(ROWS, {"y": x((3, 4), "W") @ x((2, 4, 1))})


class TestSumOuterProducts:
    def test_of_a_batch(self):
        a, b = x((2, 3, 1), "a"), x((2, 4, 1), "b")
        outer = tg.matmul(a, tg.transpose(b, (0, 2, 1)))
        done = fires(SUMS, {"y": tg.sum(outer, 0)}, times=1)
        (product,) = (node for node in done if node.op.name == "matmul")
        assert product.shape == (3, 4)

    def test_not_one_that_is_broadcast_or_summed_otherwise(self):
        a, b = x((2, 3, 1), "a"), x((1, 1, 4), "b")
        stays(SUMS, {"y": tg.sum(a @ b, 0)})
        stays(SUMS, {"y": tg.sum(a @ x((2, 1, 4), "c"), 1)})
        stays(SUMS, {"y": tg.sum(x((2, 3, 2), "d") @ x((2, 2, 4), "e"), 0)})


def test_a_layer_of_columns_has_the_products_of_rows():
    """And the gradients of weight and bias, in one product or sum each."""
    z, h = x(("batch", 3, 1)), tg.delay("h", shape=("batch", 4), dtype="float64")
    w, u, b = weight("W", 4, 3), weight("U", 4, 4), weight("b", 4, 1)
    sums = w @ z + u @ tg.expand_dims(h, -1) + b
    after = tg.tanh(tg.squeeze(sums, -1))
    h.close(after)
    loss = tg.sum_over_time(tg.sum(tg.square(after)))
    named = zip("wub", tg.grad(loss, [w, u, b]), strict=True)
    outputs = {"loss": loss, **dict(named)}
    found = ops(tg.compile(outputs, "numpy").optimised)
    assert (found["matmul"], found["contract"], found["total"]) == (3, 2, 2)
    agrees(outputs)
