"""Sums over time as one GEMM, and embeddings folded into the weights behind them."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, ops, others, stays, weight
from tinygraph.rewriting import REWRITES, embedding, optimise
from tinygraph.testing import assert_same_values, gradient_graph

CONTRACT, COLLECT, BEFORE = (
    "contract over time",
    "collect over time",
    "sum before product",
)
FOLD, SCATTER, BY_SCATTER = (
    "fold the embedding",
    "scatter before product",
    "contract by scatter",
)


def x(shape=(2, 3), name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


def index(*shape, name="i"):
    return tg.sequence(name, shape, "int64")


def together(names, outputs, feeds=None):
    """Some rewrites alone, and the values with all."""
    without = [name for name in REWRITES if name not in names]
    done = optimise(tg.Graph(outputs), without, verify_each=True)
    assert not optimise(done.graph, without).fired
    agrees(outputs, feeds)
    return done


class TestContractOverTime:
    def test_a_gradient_of_a_weight(self):
        y = tg.sum_over_time(x().T @ x((2, 4), "z"))
        graph = fires(CONTRACT, {"y": y}, 1)
        assert ops(graph) == {"sequence": 2, "contract": 1}

    def test_named_rows_and_one_side_the_same_at_every_step(self):
        a, w = x(("batch", 3)), tg.placeholder("w", ("batch", 2), "float64")
        fires(CONTRACT, {"y": tg.sum_over_time(a.T @ tg.every_step(w))}, 1)
        fires(CONTRACT, {"y": tg.sum_over_time(tg.every_step(w).T @ a)}, 1)

    @pytest.mark.parametrize("dtype", ["int64", "int8", "float32"])
    def test_every_dtype(self, dtype):
        y = tg.sum_over_time(x(dtype=dtype).T @ x((2, 4), "z", dtype))
        assert fires(CONTRACT, {"y": y}, 1).outputs["y"].dtype == dtype

    def test_mixed_dtypes(self):
        y = tg.sum_over_time(x(dtype="float32").T @ x((2, 4), "z"))
        fires(CONTRACT, {"y": y}, 1)

    def test_not_bools_which_are_counted(self):
        a, b = x(dtype="bool"), x((2, 4), "z", "bool")
        stays(CONTRACT, {"y": tg.sum_over_time(a.T @ b)})

    def test_not_without_a_transpose(self):
        stays(CONTRACT, {"y": tg.sum_over_time(x() @ x((3, 2), "z"))})

    def test_not_what_others_read(self):
        product = x().T @ x((2, 4), "z")
        stays(CONTRACT, {"y": tg.sum_over_time(product), "p": product})
        stays(CONTRACT, {"y": tg.sum_over_time(product), "l": tg.last(product)})

    def test_not_stacks(self):
        a = tg.transpose(x((5, 2, 3)), (0, 2, 1))
        stays(CONTRACT, {"y": tg.sum_over_time(a @ x((5, 2, 4), "z"))})
        one = tg.transpose(x((2, 3)))
        stays(CONTRACT, {"y": tg.sum_over_time(one @ x((5, 2, 4), "z"))})

    def test_not_the_greatest_or_the_last(self):
        product = x().T @ x((2, 4), "z")
        stays(CONTRACT, {"y": tg.max_over_time(product), "l": tg.last(product)})

    def test_a_transpose_that_moves_nothing(self):
        a = tg.transpose(x((2, 2)), (0, 1))
        agrees({"y": tg.sum_over_time(a @ x((2, 4), "z"))})


class TestSumBeforeProduct:
    def test_of_a_lifted_weight(self):
        graph = fires(BEFORE, {"y": tg.sum_over_time(x() @ weight("W", 3, 4))}, 1)
        assert graph.outputs["y"].op.name == "matmul"

    def test_of_a_reshape(self):
        y = tg.sum_over_time(tg.reshape(x(("batch", 6)), ("batch", 2, 3)))
        assert fires(BEFORE, {"y": y}, 1).outputs["y"].op.name == "reshape"

    def test_not_narrow_rows_that_would_overflow(self):
        rows, w = x((2, 2), dtype="int8"), weight("W", 2, 2)
        ints = tg.parameter("V", np.ones((2, 2), "int64"))
        feeds = {"x": np.full((3, 2, 2), 100, "int8")}
        stays(BEFORE, {"y": tg.sum_over_time(rows @ ints)}, feeds)
        low = x((2, 2), dtype="float16")
        stays(BEFORE, {"y": tg.sum_over_time(low @ w)})

    def test_not_per_step_weights_and_not_what_others_read(self):
        stays(BEFORE, {"y": tg.sum_over_time(x() @ x((3, 3), "z"))})
        product = x() @ weight("W", 3, 4)
        stays(BEFORE, {"y": tg.sum_over_time(product), "p": product})

    def test_not_stacks(self):
        stays(BEFORE, {"y": tg.sum_over_time(x((5, 2, 3)) @ weight("W", 3, 4))})
        heads = weight("W", 5, 3, 4)
        stays(BEFORE, {"y": tg.sum_over_time(x() @ heads)})


class TestCollectOverTime:
    def scattered(self, i, z, rows=5, axis=0):
        table = weight("E", rows, 2) if axis == 0 else weight("E", 2, rows)
        return tg.sum_over_time(tg.scatter_add(i, z, tg.every_step(table), axis))

    def test_rows_of_all_steps(self):
        y = self.scattered(index(3), x((3, 2)))
        assert fires(COLLECT, {"y": y}, 1).outputs["y"].op.name == "collect"

    def test_indices_of_any_rank(self):
        fires(COLLECT, {"y": self.scattered(index(), x((2,)))}, 1)
        fires(COLLECT, {"y": self.scattered(index(2, 3), x((2, 3, 2)))}, 1)

    def test_equal_and_negative_indices(self):
        i = np.array([[0, 0, -1], [4, -5, 0]])
        feeds = {"i": i, "x": np.arange(12.0).reshape(2, 3, 2)}
        fires(COLLECT, {"y": self.scattered(index(3), x((3, 2)))}, 1, feeds, 2)

    def test_ints(self):
        table = tg.parameter("E", np.zeros((5, 2), "int8"))
        z = x((3, 2), dtype="int8")
        scattered = tg.scatter_add(index(3), z, tg.every_step(table), 0)
        fires(COLLECT, {"y": tg.sum_over_time(scattered)}, 1)

    def test_not_along_another_axis(self):
        stays(COLLECT, {"y": self.scattered(index(3), x((2, 3)), axis=1)})

    def test_not_what_others_read(self):
        like = tg.every_step(weight("E", 5, 2))
        each = tg.scatter_add(index(3), x((3, 2)), like, 0)
        stays(COLLECT, {"y": tg.sum_over_time(each), "each": each})


class TestFoldTheEmbedding:
    def test_rows_of_the_product(self):
        table, w = weight("E", 5, 3), weight("W", 3, 4)
        y = tg.take(table, index(2), axis=0) @ w
        graph = fires(FOLD, {"y": y}, 1)
        (product,) = [n for n in graph if n.op.name == "matmul"]
        assert product.time is None
        assert product.shape == (5, 4)

    def test_indices_of_any_rank(self):
        table, w = weight("E", 5, 3), weight("W", 3, 4)
        fires(FOLD, {"y": tg.take(table, index(2, 2), axis=0) @ w}, 1)

    def test_a_table_that_is_fed(self):
        table = tg.placeholder("E", (5, 3), "float64")
        fires(FOLD, {"y": tg.take(table, index(2), axis=0) @ weight("W", 3, 4)}, 1)

    def test_rows_that_others_read_too(self):
        rows = tg.take(weight("E", 5, 3), index(2), axis=0)
        fires(FOLD, {"y": rows @ weight("W", 3, 4), "rows": rows}, 1)

    def test_an_index_out_of_range_is_refused_as_before(self):
        y = tg.take(weight("E", 5, 3), index(2), axis=0) @ weight("W", 3, 4)
        for without in ([], [FOLD]):
            with pytest.raises(IndexError):
                tg.compile({"y": y}, without=without)({"i": np.array([[0, 5]])})

    def test_not_a_big_table(self):
        rows = embedding.LARGEST
        table, w = weight("E", rows, 3), weight("W", 3, 4)
        fires(FOLD, {"y": tg.take(table, index(2), axis=0) @ w}, 1)
        table = weight("E", rows + 1, 3)
        stays(FOLD, {"y": tg.take(table, index(2), axis=0) @ w})

    def test_not_along_another_axis(self):
        table = weight("E", 3, 5)
        y = tg.take(table, index(3), axis=1) @ weight("W", 3, 4)
        stays(FOLD, {"y": y})

    def test_not_a_table_per_step_or_of_a_named_length(self):
        w = weight("W", 3, 4)
        stays(FOLD, {"y": tg.take(x((5, 3)), index(2), axis=0) @ w})
        named = tg.placeholder("E", ("words", 3), "float64")
        stays(FOLD, {"y": tg.take(named, index(2), axis=0) @ w})

    def test_not_stacks_of_weights_or_static_rows(self):
        table = weight("E", 5, 3)
        rows = tg.take(table, index(2), axis=0)
        stays(FOLD, {"y": rows @ weight("W", 2, 3, 4)})
        fixed = tg.take(table, tg.placeholder("j", (2,), "int64"), axis=0)
        stays(
            FOLD, {"y": (fixed @ weight("W", 3, 4)) * tg.sequence("s", (), "float64")}
        )


class TestAdjointsOfAnEmbedding:
    def graph(self, rows=5):
        table, w = weight("E", rows, 3), weight("W", 3, 4)
        y = tg.tanh(tg.take(table, index(2), axis=0) @ w)
        return gradient_graph(tg.Graph({"loss": tg.sum_over_time(tg.sum(y))}))

    def test_all_gemms_over_the_steps_go(self):
        """dW = Eᵀ S and dE = S Wᵀ with S = Σ scatter_add(i, z); rows are counted."""
        done = optimise(self.graph(), verify_each=True)
        for name in (FOLD, SCATTER, BY_SCATTER):
            assert done.fired[name] == 1
        collected = [n.shape[-1] for n in done.graph if n.op.name == "collect"]
        assert collected == [4]
        assert not [n for n in done.graph if n.op.name == "matmul" and n.time]
        agrees(self.graph().outputs)

    @pytest.mark.parametrize("junk", [np.nan, np.inf, 1e300])
    @pytest.mark.parametrize("backend", ["numpy", "native"])
    def test_a_row_that_no_index_takes_is_not_multiplied_by_zero(self, junk, backend):
        graph, table = self.graph(), np.ones((5, 3))
        table[3] = junk
        feeds = {"i": np.array([[0, 1], [4, -1]]), "E": table}
        found = tg.compile(graph, backend)(feeds)
        assert_same_values(found, tg.interpret(graph, feeds), law=backend)
        assert all(np.isfinite(found[name]).all() for name in found)

    @pytest.mark.parametrize("backend", ["numpy", "native"])
    def test_a_row_that_no_index_takes_has_a_gradient_whatever_the_weights(
        self, backend
    ):
        graph, weights = self.graph(), np.ones((3, 4))
        weights[0, 0] = np.nan
        feeds = {"i": np.array([[0, 1], [4, -1]]), "W": weights}
        found, wanted = tg.compile(graph, backend)(feeds), tg.interpret(graph, feeds)
        assert_same_values(found, wanted, law=backend)
        (slope,) = (each for each in found.values() if each.shape == (5, 3))
        assert (slope[2:4] == 0).all()
        assert np.isnan(slope[:2]).any()

    def test_fast_multiplies_all_rows(self):
        fast = optimise(self.graph(), fast=True).graph
        assert ops(fast)["collect"] == 1

    def test_not_of_a_big_table(self):
        graph = self.graph(embedding.LARGEST + 1)
        done = optimise(graph, verify_each=True)
        assert not {FOLD, SCATTER, BY_SCATTER} & set(done.fired)
        assert done.fired[COLLECT] == 1
        agrees(graph.outputs)

    def test_scatter_needs_collect_first(self):
        assert SCATTER not in optimise(self.graph(), without=others(SCATTER)).fired

    def test_scatter_not_of_narrow_rows(self):
        z, w = x((2, 3), dtype="int8"), tg.parameter("W", np.ones((3, 4), "int64"))
        like = tg.every_step(tg.parameter("E", np.zeros((5, 4), "int64")))
        y = tg.sum_over_time(tg.scatter_add(index(2), z @ w, like, 0))
        feeds = {"x": np.full((3, 2, 3), 100, "int8"), "i": np.zeros((3, 2), int)}
        done = together([COLLECT, SCATTER], {"y": y}, feeds)
        assert SCATTER not in done.fired

    def test_scatter_not_of_what_others_read(self):
        product = x() @ weight("W", 3, 4)
        like = tg.every_step(weight("E", 5, 4))
        y = tg.sum_over_time(tg.scatter_add(index(2), product, like, 0))
        done = together([COLLECT, SCATTER], {"y": y, "product": product})
        assert SCATTER not in done.fired

    def test_contract_not_of_narrow_rows(self):
        table = tg.parameter("E", np.ones((4, 3), "int64"))
        z = x((2, 4), dtype="int8")
        y = tg.sum_over_time(tg.take(table, index(2), axis=0).T @ z)
        feeds = {"x": np.full((3, 2, 4), 100, "int8"), "i": np.zeros((3, 2), int)}
        done = together([CONTRACT, BY_SCATTER], {"y": y}, feeds)
        assert BY_SCATTER not in done.fired

    def test_contract_not_of_many_indices_a_row(self):
        rows = tg.take(weight("E", 5, 3), index(), axis=0)
        y = tg.sum_over_time(tg.expand_dims(rows, 0).T @ x((1, 2)))
        assert BY_SCATTER not in together([CONTRACT, BY_SCATTER], {"y": y}).fired
        rows = tg.take(weight("E", 5, 3), index(2), axis=0)
        y = tg.sum_over_time(rows.T @ x((2, 2)))
        assert BY_SCATTER in together([CONTRACT, BY_SCATTER], {"y": y}).fired


class TestFoldTheBias:
    NAME = "fold the bias"

    def rows(self, table=None, i=None, axis=0):
        table = weight("E", 5, 4) if table is None else table
        return tg.take(table, index(3) if i is None else i, axis)

    def test_on_both_sides(self):
        b = weight("b", 4)
        graph = fires(self.NAME, {"y": self.rows() + b}, 1)
        assert graph.outputs["y"].op.name == "take"
        fires(self.NAME, {"y": b + self.rows()}, 1)

    def test_negative_and_equal_indices(self):
        feeds = {"i": np.array([[0, 0, -1], [4, -5, 2]])}
        fires(self.NAME, {"y": self.rows() + weight("b", 4)}, 1, feeds, 2)

    def test_not_rows_that_others_read(self):
        taken = self.rows()
        stays(self.NAME, {"y": taken + weight("b", 4), "rows": taken})

    def test_not_what_differs_from_row_to_row_or_from_step_to_step(self):
        stays(self.NAME, {"y": self.rows() + weight("b", 3, 4)})
        stays(self.NAME, {"y": self.rows() + weight("b", 1)})
        stays(self.NAME, {"y": self.rows() + x((4,))})

    def test_not_along_another_axis_or_of_a_large_table(self):
        table = weight("E", 4, 5)
        stays(self.NAME, {"y": self.rows(table, axis=1) + weight("b", 3)})
        large = weight("E", embedding.LARGEST + 1, 4)
        stays(self.NAME, {"y": self.rows(large) + weight("b", 4)})

    def test_not_where_the_sum_is_wider(self):
        low = tg.parameter("E", np.ones((5, 4), "float32"))
        stays(self.NAME, {"y": self.rows(low) + weight("b", 4)})

    def test_a_wrong_index_is_still_an_error(self):
        run = tg.compile({"y": self.rows() + weight("b", 4)}, backend="numpy")
        with pytest.raises(IndexError):
            run({"i": np.array([[0, 1, 5]])})


class TestSumAllAtOnce:
    NAME = "sum all at once"

    @pytest.mark.parametrize("keepdims", [True, False])
    @pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
    def test_over_any_axes(self, axis, keepdims):
        y = tg.sum_over_time(tg.sum(x(("batch", 3)), axis, keepdims))
        assert fires(self.NAME, {"y": y}, 1).outputs["y"].op.name == "total"

    @pytest.mark.parametrize("dtype", ["int64", "float32"])
    def test_every_dtype(self, dtype):
        y = tg.sum_over_time(tg.sum(x(dtype=dtype), -1))
        assert fires(self.NAME, {"y": y}, 1).outputs["y"].dtype == dtype

    def test_not_what_widens(self):
        stays(self.NAME, {"y": tg.sum_over_time(tg.sum(x(dtype="bool"), -1))})
        stays(self.NAME, {"y": tg.sum_over_time(tg.sum(x(dtype="int8"), -1))})

    def test_not_what_others_read_and_not_means(self):
        rows = tg.sum(x(), -1)
        stays(self.NAME, {"y": tg.sum_over_time(rows), "rows": rows})
        stays(self.NAME, {"y": tg.sum_over_time(tg.mean(x(), -1))})

    def test_the_same_at_every_step(self):
        w = tg.every_step(tg.placeholder("w", (2, 3), "float64"))
        agrees({"y": tg.sum_over_time(tg.sum(w, 0)), "x": x()})
