"""Products with a concat by parts, and with matrices of one number."""

import numpy as np

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, loop_of, looping, ops, stays, weight

MULTIPLY, CONTRACT = "multiply parts", "contract parts"
APART = "take concats apart"
NUMBER, LATE, CONSTANT = "multiply a number", "broadcast late", "broadcast constant"


def x(shape, name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestMultiplyParts:
    def test_rows_of_a_table(self):
        tokens = x(("batch",), "tokens", "int64")
        rows = tg.take(weight("E", 5, 20), tokens, axis=0)
        whole = tg.concat([rows, x(("batch", 30))], -1)
        done = fires(MULTIPLY, {"y": whole @ weight("W", 50, 4)}, times=1)
        assert ops(done)["concat"] == 0

    def test_a_column_of_ones_is_a_bias(self):
        a = x((8, 4))
        whole = tg.concat([a, tg.ones_like(a[:, :1])], -1)
        run = tg.compile({"y": whole @ weight("W", 5, 3)}, "numpy")
        assert ops(run.optimised)["concat"] == 0
        agrees(run.graph.outputs)

    def test_not_what_is_read_elsewhere(self):
        whole = tg.concat([x((8, 4), "a"), x((8, 4), "b")], -1)
        stays(MULTIPLY, {"y": whole @ weight("W", 8, 3), "whole": whole})


class TestContractParts:
    def test_rows_of_a_table_are_collected(self):
        tokens = x((4,), "tokens", "int64")
        rows = tg.take(weight("E", 5, 2), tokens, axis=0)
        whole = tg.concat([rows, x((4, 3))], -1)
        outputs = {"dw": tg.sum_over_time(whole.T @ x((4, 6), "z"))}
        done = tg.compile(outputs, "numpy")
        assert CONTRACT in done.fired
        assert ops(done.optimised)["collect"] == ops(done.optimised)["taken"] == 1
        assert ops(done.optimised)["contract"] == 1
        agrees(outputs)

    def test_ones_are_a_sum(self):
        a = x((4, 3))
        whole = tg.concat([a, tg.ones_like(a[:, :1])], -1)
        outputs = {"dw": tg.sum_over_time(whole.T @ x((4, 6), "z", "float64"))}
        done = tg.compile(outputs, "numpy")
        assert ops(done.optimised)["total"] == 1
        agrees(outputs)

    def test_not_what_is_read_elsewhere(self):
        whole = tg.concat([x((4, 2), "a"), x((4, 3), "b")], -1)
        outputs = {"dw": tg.sum_over_time(whole.T @ x((4, 6), "z")), "whole": whole}
        assert CONTRACT not in tg.compile(outputs, "numpy").fired


class TestTakeApart:
    def test_a_product_and_its_derivative(self):
        """The concat goes only where both do without it."""
        whole = tg.concat([x((32, 8), "a"), x((32, 8), "b")], -1)
        w = weight("w", 16, 4)
        loss = tg.sum_over_time(tg.sum(tg.tanh(whole @ w)))
        outputs = {"loss": loss, "dw": tg.grad(loss, w)}
        done = tg.compile(outputs, "numpy")
        assert done.fired[APART] == 2
        assert not [n for n in done.optimised if n.op.name == "concat" and n.time]
        agrees(outputs)

    def test_not_what_is_read_elsewhere(self):
        whole = tg.concat([x((32, 8), "a"), x((32, 8), "b")], -1)
        w = weight("w", 16, 4)
        loss = tg.sum_over_time(tg.sum(tg.tanh(whole @ w) * tg.sum(whole)))
        assert APART not in tg.compile(tg.value_and_grad(loss, [w]), "numpy").fired


class TestNumbersApart:
    NAME = "numbers apart"

    def test_a_column_is_a_row_that_is_added(self):
        a, w = x(("batch", 4)), weight("W", 6, 3)
        column = tg.broadcast_to(tg.constant(np.float64(2)), ("batch", 1))
        parts = [a[:, :2], tg.every_step(column), a[:, 1:]]
        done = fires(self.NAME, {"y": tg.concat(parts, -1) @ w}, times=1)
        (product,) = (node for node in done if node.op.name == "matmul")
        assert product.inputs[0].shape[-1] == 5

    def test_on_a_cycle_and_backwards(self):
        """No concat of a step is left, and as many products as without the ones."""
        h = tg.delay("h", shape=("batch", 4))
        a, w = x(("batch", 3), dtype="float32"), weight("W", 8, 4, dtype="float32")
        after = tg.tanh(tg.concat([a, h, tg.ones_like(h[:, :1])], -1) @ w)
        h.close(after)
        loss = tg.sum_over_time(tg.sum(after))
        outputs = {"loss": loss, "dw": tg.grad(loss, w)}
        done = tg.compile(outputs, "native").optimised
        assert not [n for n in done if n.op.name == "concat" and n.time]
        assert ops(done)["matmul"] == 3
        agrees(outputs)

    def test_without_time(self):
        a = tg.placeholder("a", ("batch", 4), "float64")
        whole = tg.concat(
            [a, tg.broadcast_to(tg.constant(np.float64(1)), ("batch", 1))], -1
        )
        w = weight("W", 5, 3)
        loss = tg.sum(tg.tanh(whole @ w))
        outputs = {"loss": loss, "dw": tg.grad(loss, w)}
        done = tg.compile(outputs, "numpy").optimised
        assert not [n for n in done if "batch" in n.shape and n.op.name == "concat"]
        agrees(outputs)

    def test_not_more_columns_nor_what_is_no_number(self):
        a, w = x((4, 2)), weight("W", 4, 3)
        zeros = tg.every_step(tg.constant(np.zeros((4, 2))))
        stays(self.NAME, {"y": tg.concat([a, zeros], -1) @ w})
        stays(self.NAME, {"y": tg.concat([a, x((4, 2), "b")], -1) @ w})


def test_a_matrix_of_one_number_times_a_weight_is_a_row():
    ones = tg.ones_like(x(("batch", 3)))
    outputs = {"y": tg.tanh(ones * 1.0 @ weight("W", 3, 2))}
    assert NUMBER in tg.compile(outputs, "numpy").fired
    agrees(outputs)


def test_a_row_is_broadcast_by_what_reads_it():
    row = tg.broadcast_to(x((3,), "row"), ("batch", 3))
    done = fires(LATE, {"y": row * x(("batch", 3))}, times=1)
    assert ops(done) == {"sequence": 2, "multiply": 1}


def test_a_row_that_is_lifted_afterwards():
    row = tg.every_step(tg.broadcast_to(weight("row", 3), ("batch", 3)))
    done = fires(LATE, {"y": row * x(("batch", 3))}, times=1)
    assert ops(done)["broadcast_to"] == 0


def test_not_where_only_it_has_the_shape():
    row = tg.broadcast_to(x((1,), "row"), ("batch", 3))
    stays(LATE, {"y": row * x((3,)), "z": x(("batch", 3), "z")})


def test_a_number_in_the_shape_of_a_state_leaves_the_cycle():
    def body(h):
        return tg.tanh(h + tg.tanh(tg.ones_like(h)))

    (h,) = loop_of(
        body, ("batch", 2), init=tg.placeholder("h0", ("batch", 2), "float64")
    )
    run = tg.compile({"h": h, "x": x(("batch", 1))}, "numpy")
    assert CONSTANT in run.fired
    assert looping(run.optimised) == {"delay": 1, "add": 1, "tanh": 1}
    agrees(run.graph.outputs)


def test_what_the_new_nodes_read_is_not_gone():
    """Else a product with a concat is split and merged again, without end."""
    d = tg.delay("d", shape=("batch", 2), dtype="float64", steps=2)
    x = [tg.sequence(f"x{i}", ("batch", 2), "float64") for i in range(2)]
    first, second = d * tg.cos(x[0]), d * tg.cos(x[1])
    d.close(tg.sin(first))
    product = tg.concat([first, second], axis=-1) @ weight("W", 4, 2)
    agrees({"h": tg.tanh(product)})
