"""Local rewrites: constants, identities, ones and zeros, shapings, pads."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import fires, loop_of, ops, stays, weight
from tinygraph.rewriting import REWRITES, optimise
from tinygraph.rewriting.facts import Facts
from tinygraph.testing import check_rewrite, gradient_graph


def x(shape=(2, 3), dtype="float64", name="x"):
    return tg.sequence(name, shape, dtype)


class TestLiftLate:
    def test_static_work_is_done_once(self):
        w = weight("w", 3)
        graph = fires("lift late", {"y": x() + tg.tanh(tg.every_step(w) * 2)}, 2)
        lifts = [node for node in graph if node.op.name == "every_step"]
        assert [node.inputs[0].op.name for node in lifts] == ["tanh"]

    def test_an_expression_is_lifted_at_once(self):
        """Every firing makes the graph anew."""
        w = tg.every_step(weight("w", 3))
        graph = tg.Graph({"y": x() + tg.tanh(tg.exp(w) * w) / 2, "w": tg.sin(w)})
        found = REWRITES["lift late"].find(Facts(graph.outputs))
        assert [node.op.name for node in found] == [
            *("exp", "multiply", "tanh", "divide", "sin")
        ]
        check_rewrite(graph, REWRITES["lift late"])

    def test_names_stay(self):
        w = tg.every_step(weight("w", 3))
        graph = fires("lift late", {"y": x() + tg.tanh(w, name="act")}, 1)
        assert graph["act"].time is None

    def test_not_what_a_step_decides(self):
        stays("lift late", {"y": x() + 1.0, "i": tg.step_index() * 2})

    def test_not_a_delay_of_what_is_the_same_at_every_step(self):
        w = tg.every_step(weight("w", 3))
        stays("lift late", {"y": tg.delay("d", source=w, steps=2, init=-1.0)})

    def test_not_random_numbers(self):
        drawn = tg.normal((3,), "float64", name="n")
        p = tg.every_step(tg.parameter("p", np.array([0.1, 0.9, 0.5])))
        label = tg.categorical(p, name="c")
        stays("lift late", {"n": drawn, "c": label})


class TestFoldConstants:
    def test_a_tree_becomes_one_constant(self):
        c = tg.tanh(tg.constant(np.arange(3.0))) * tg.constant(np.ones(3))
        graph = fires("fold constants", {"y": x() + c})
        assert ops(graph)["constant"] == 1
        assert ops(graph)["tanh"] == ops(graph)["multiply"] == 0

    def test_the_dtype_stays(self):
        c = tg.constant(np.float32(0.5)) + tg.constant(np.ones(3, "float16"))
        graph = fires("fold constants", {"y": x(dtype="float32") + c})
        folded = next(n for n in graph if n.op.name == "constant" and n.shape == (3,))
        assert folded.dtype == np.float32

    def test_not_parameters(self):
        stays("fold constants", {"y": x() + tg.tanh(weight("w", 3))})

    def test_not_large_ones(self):
        big = tg.tanh(tg.constant(np.ones(5000)))
        stays("fold constants", {"y": x(()) + tg.sum(big)})

    def test_not_named_dimensions(self):
        rows = tg.broadcast_to(tg.constant(1.5), ("batch", 3))
        stays("fold constants", {"y": x(("batch", 3)) + rows})

    def test_not_per_step_constants(self):
        stays("fold constants", {"y": x() + tg.every_step(tg.constant(np.ones(3)))})

    def test_a_kernel_that_refuses_fails_when_it_runs(self):
        wrong = tg.take(tg.constant(np.ones(3)), np.array(7), axis=0).named("pick")
        run = tg.compile({"y": x(()) + wrong})
        with pytest.raises(IndexError) as found:
            run({"x": np.ones(2)})
        assert "in pick: float64" in str(found.value)

    def test_what_is_not_finite_stays_so(self):
        c = tg.log(tg.constant(np.array([0.0, -1.0, 1.0])))
        graph = fires("fold constants", {"y": tg.maximum(x((3,)), c)})
        assert ops(graph)["log"] == 0


class TestDropIdentities:
    def test_identity_and_stop_gradient(self):
        a = x()
        graph = fires("drop identities", {"y": tg.tanh(tg.identity(a)), "a": a}, 1)
        assert ops(graph)["identity"] == 0
        graph = fires("drop identities", {"y": tg.stop_gradient(tg.tanh(a))}, 1)
        assert ops(graph)["stop_gradient"] == 0

    def test_a_chain_of_them_leads_to_the_end(self):
        y = tg.tanh(x())
        for _ in range(4):
            y = tg.identity(y)
        assert len(fires("drop identities", {"y": y})) == 2

    def test_within_a_cycle(self):
        (h,) = loop_of(lambda d: tg.identity(tg.tanh(d + x())), (2, 3))
        graph = fires("drop identities", {"h": h}, 1)
        assert ops(graph)["identity"] == 0

    def test_not_a_cast_to_another_dtype(self):
        stays("drop identities", {"y": tg.cast(x(), "float32")})

    def test_gradients_were_taken_before(self):
        a = x(())
        graph = tg.Graph({"loss": tg.sum_over_time(a * tg.stop_gradient(a))})
        fires("drop identities", gradient_graph(graph).outputs)


class TestMultiplyByOne:
    @pytest.mark.parametrize(
        "make", [lambda a: a * 1, lambda a: 1.0 * a, lambda a: a / 1.0]
    )
    def test_it_goes(self, make):
        a = x()
        assert len(fires("multiply by one", {"y": make(a)}, 1)) == 1

    def test_not_where_it_broadcasts(self):
        ones = tg.constant(np.ones((4, 1, 1)))
        stays("multiply by one", {"y": x() * ones})

    def test_not_where_it_changes_the_dtype(self):
        stays("multiply by one", {"y": x(dtype="int64") / 1})
        stays("multiply by one", {"y": x(dtype="float32") * np.float64(1.0)})

    def test_not_one_divided_and_not_another_number(self):
        a = x()
        stays("multiply by one", {"y": 1 / (a + 3), "z": a * 1.0001})


class TestAddZero:
    def test_it_goes(self):
        a = x()
        assert len(fires("add zero", {"y": a + 0}, 1)) == 1
        assert len(fires("add zero", {"y": 0.0 + a}, 1)) == 1

    def test_not_where_it_broadcasts_or_casts(self):
        zeros = tg.constant(np.zeros((4, 1, 1)))
        stays("add zero", {"y": x() + zeros})
        stays("add zero", {"y": x(dtype="float32") + np.float64(0.0)})
        stays("add zero", {"y": x() + 1e-300})


class TestSubtractInsteadOfNegate:
    def test_in_sums(self):
        a, b = x(), x(name="b")
        for y in (a + -b, -b + a):
            graph = fires("subtract instead of negate", {"y": y}, 1)
            assert ops(graph)["negative"] == ops(graph)["add"] == 0

    def test_twice(self):
        assert (
            len(fires("subtract instead of negate", {"y": tg.negative(-x())}, 1)) == 1
        )

    def test_both_operands_negative(self):
        y = -x() + -x(name="b")
        graph = fires("subtract instead of negate", {"y": y})
        assert ops(graph)["subtract"] == 1

    def test_broadcast(self):
        fires("subtract instead of negate", {"y": x() + -x((3,), name="b")}, 1)

    def test_not_where_the_negative_wraps_before_it_is_widened(self):
        """-b of a uint8 b is 256 - b."""
        a, b = x((), "int64"), x((), "uint8", "b")
        feeds = {"x": np.array([1, 2]), "b": np.array([3, 4], "uint8")}
        stays("subtract instead of negate", {"y": a + -b}, feeds, 2)


class TestMergeShapings:
    def test_transposes(self):
        a = x((2, 3, 4))
        y = tg.transpose(tg.transpose(a, (1, 2, 0)), (2, 1, 0))
        graph = fires("merge shapings", {"y": y}, 1)
        assert ops(graph)["transpose"] == 1
        there_and_back = tg.transpose(tg.transpose(a, (1, 2, 0)), (2, 0, 1))
        assert len(fires("merge shapings", {"y": there_and_back}, 1)) == 1

    def test_reshapes(self):
        a = x(("batch", 6))
        y = tg.reshape(tg.reshape(a, ("batch", 2, 3)), ("batch", 3, 2))
        assert ops(fires("merge shapings", {"y": y}, 1))["reshape"] == 1
        back = tg.reshape(tg.reshape(a, ("batch", 2, 3)), ("batch", 6))
        assert len(fires("merge shapings", {"y": back}, 1)) == 1

    def test_not_one_of_each(self):
        y = tg.reshape(tg.transpose(x((2, 3))), (6,))
        stays("merge shapings", {"y": y})

    def test_what_others_read_stays(self):
        middle = tg.transpose(x((2, 3)))
        fires("merge shapings", {"y": tg.transpose(middle), "m": middle}, 1)


class TestPadsToConcat:
    def parts(self, *cuts, shape=(2, 6)):
        a = x(shape)
        return a, [
            tg.pad(tg.tanh(a[..., i:j]), ((0, 0), (i, shape[-1] - j))) for i, j in cuts
        ]

    def test_side_by_side(self):
        _, (a, b) = self.parts((0, 2), (2, 6))
        assert ops(fires("pads to concat", {"y": a + b}, 1))["concat"] == 1
        _, parts = self.parts((4, 6), (0, 2), (2, 4))
        assert ops(fires("pads to concat", {"y": tg.add_n(*parts)}, 1))["concat"] == 1

    def test_along_the_first_axis(self):
        a = x((4, 2))
        y = tg.pad(a[:1], ((0, 3), (0, 0))) + tg.pad(a[1:], ((1, 0), (0, 0)))
        graph = fires("pads to concat", {"y": y}, 1)
        assert next(n for n in graph if n.op.name == "concat").attrs["axis"] == -2

    @pytest.mark.parametrize(
        "cuts", [((0, 2), (3, 6)), ((0, 3), (2, 6)), ((0, 3), (2, 5))]
    )
    def test_not_with_a_gap_or_an_overlap(self, cuts):
        _, (a, b) = self.parts(*cuts)
        stays("pads to concat", {"y": a + b})

    def test_side_by_side_and_no_more(self):
        _, (a, b) = self.parts((0, 2), (2, 5))
        found = ops(fires("pads to concat", {"y": a + b}, 1))
        assert found["concat"] == found["pad"] == 1

    def test_with_one_twice(self):
        _, (a, b) = self.parts((0, 3), (3, 6))
        found = ops(fires("pads to concat", {"y": tg.add_n(a, b, a)}, 1))
        assert found["concat"] == found["add"] == 1
        assert not found["pad"]

    def test_with_something_else(self):
        a, (b, c) = self.parts((0, 2), (2, 6))
        found = ops(fires("pads to concat", {"y": tg.add_n(b, c, a)}, 1))
        assert found["concat"] == 1
        assert not found["pad"]

    def test_not_along_two_axes(self):
        a = x((4, 4))
        y = tg.pad(a[:2], ((0, 2), (0, 0))) + tg.pad(a[:, :2], ((0, 0), (2, 0)))
        stays("pads to concat", {"y": y})

    def test_the_gradient_of_split(self):
        a = x((2, 6))
        i, j, k = tg.split(a, 3, axis=-1)
        loss = tg.sum_over_time(tg.sum(tg.tanh(i) * tg.sigmoid(j) * tg.sin(k)))
        graph = gradient_graph(tg.Graph({"loss": loss}))
        assert ops(optimise(graph).graph)["pad"] == 0
        fires("pads to concat", graph.outputs, 1)

    def test_negative_zeros_are_equal_but_not_to_the_bit(self):
        """-0.0 + 0 is 0.0, and -0.0 joined stays what it is: not exact."""
        _, (a, b) = self.parts((0, 3), (3, 6))
        feeds = {"x": np.full((1, 2, 6), -0.0)}
        fires("pads to concat", {"y": a + b}, feeds=feeds, steps=1)


class TestJoinSlices:
    NAME = "join slices"

    def test_all_of_it(self):
        whole = x((2, 6))
        parts = tg.split(whole, 3, -1)
        graph = fires(self.NAME, {"y": tg.concat(parts, -1) * 2.0}, 1)
        assert ops(graph)["concat"] == ops(graph)["index"] == 0

    def test_a_stretch_among_others(self):
        whole = x((2, 6))
        a, b, c = tg.split(whole, 3, -1)
        parts = [c, a, b, x((2, 1), name="z"), b, c]
        graph = fires(self.NAME, {"y": tg.concat(parts, -1)}, 1)
        (joined,) = (node for node in graph if node.op.name == "concat")
        assert [part.shape[-1] for part in joined.inputs] == [2, 4, 1, 4]

    def test_not_out_of_order_with_a_gap_or_of_two_nodes(self):
        one, other = x((2, 6)), x((2, 6), name="z")
        stays(self.NAME, {"y": tg.concat([one[:, 3:], one[:, :3]], -1)})
        stays(self.NAME, {"y": tg.concat([one[:, :2], one[:, 3:]], -1)})
        stays(self.NAME, {"y": tg.concat([one[:, :3], other[:, 3:]], -1)})
        stays(self.NAME, {"y": tg.concat([one[:, :4:2], one[:, 4:]], -1)})

    def test_along_any_axis(self):
        whole = x((4, 3))
        graph = fires(self.NAME, {"y": tg.concat([whole[1:2], whole[2:]], 0) * 2.0}, 1)
        assert ops(graph)["concat"] == 0

    def test_not_of_different_axes(self):
        whole = x((4, 4))
        stays(self.NAME, {"y": tg.concat([whole[:2], whole[:, 2:].T], 0)})


class TestSumOfOneElement:
    NAME = "sum of one element"

    def put(self, count=1, rows=3):
        like = tg.sequence("like", (rows, 5), "float64")
        indices = tg.sequence("i", (rows, count), "int64")
        values = tg.sequence("v", (rows, count), "float64")
        picked = tg.sum(tg.take_along_axis(like, indices, -1) * values)
        return tg.grad(tg.sum_over_time(picked), like)

    def feeds(self, count=1):
        rng = np.random.default_rng(0)
        return {
            "i": rng.integers(-5, 5, (2, 3, count)),
            "v": rng.normal(size=(2, 3, count)),
        }

    @pytest.mark.parametrize("keepdims", [True, False])
    def test_where_the_row_is_read_too(self, keepdims):
        put = self.put()
        outputs = {"row": put, "y": tg.sum(put, -1, keepdims)}
        fires(self.NAME, outputs, 1, self.feeds(), 2)

    def test_not_where_nothing_else_checks_the_index(self):
        stays(self.NAME, {"y": tg.sum(self.put(), -1)}, self.feeds(), 2)

    def test_not_several_indices_or_other_axes(self):
        put = self.put(2)
        stays(self.NAME, {"row": put, "y": tg.sum(put, -1)}, self.feeds(2), 2)
        put = self.put()
        stays(self.NAME, {"row": put, "y": tg.sum(put, 0)}, self.feeds(), 2)
        stays(self.NAME, {"row": put, "y": tg.sum(put)}, self.feeds(), 2)


def test_a_slice_of_a_slice_is_one():
    whole = x((2, 6))
    graph = fires("merge shapings", {"y": whole[:, 1:5][:, 1:3] * 2.0}, 1)
    (part,) = (node for node in graph if node.op.name == "index")
    assert part.attrs["items"][-1] == (2, 4, 1)
    stays("merge shapings", {"y": whole[:, 1:5][:1] * 2.0})
