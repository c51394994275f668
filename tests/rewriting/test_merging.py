"""Merged GEMMs, joined and split operands, slices of what was joined."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, loop_of, looping, ops, stays, weight
from tinygraph.rewriting import REWRITES, optimise

PRODUCTS, SUMS = "merge products", "merge sums of products"
SPLIT, SLICE = "split concat", "slice before product"
OF_CONCAT = "slice of concat"


def x(shape=(2, 3), name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestMergeProducts:
    def test_outside_every_cycle(self):
        a = x()
        outputs = {"y": a @ weight("W", 3, 2), "z": a @ weight("V", 3, 4)}
        graph = fires(PRODUCTS, outputs, 2)
        assert ops(graph)["matmul"] == 1

    def test_four_gates_written_one_by_one(self):
        a = x()

        def body(d):
            z = [a @ weight(f"W{i}", 3, 2) + d @ weight(f"U{i}", 2, 2) for i in "ifgo"]
            return tg.sigmoid(z[0]) * d + tg.sigmoid(z[1]) * tg.tanh(z[2]) * z[3]

        graph = fires(PRODUCTS, {"h": loop_of(body, (2, 2))[0]}, 8)
        assert looping(graph)["matmul"] == 1
        assert ops(graph)["matmul"] == 2

    def test_alike_treated_columns_lie_side_by_side(self):
        a = x()
        names = ["s1", "t1", "s2", "t2"]

        def body(d):
            s1, t1, s2, t2 = (d @ weight(name, 2, 2) for name in names)
            gates = tg.sigmoid(s1) * tg.tanh(t1) * tg.sigmoid(s2) * tg.tanh(t2)
            return gates + a[:, :2]

        graph = fires(PRODUCTS, {"h": loop_of(body, (2, 2))[0]}, 4)
        (joined,) = [n for n in graph if n.op.name == "concat"]
        assert [part.label[0] for part in joined.inputs] == ["s", "s", "t", "t"]

    def test_one_in_the_cycle_and_one_outside_stay_apart(self):
        def body(d):
            kept.append(d)
            return tg.tanh(d @ weight("U", 3, 3) + x())

        kept = []
        (h,) = loop_of(body, (2, 3))
        stays(PRODUCTS, {"h": h, "out": kept[0] @ weight("V", 3, 2)})

    def test_past_and_future_never_meet(self):
        """A forward and an adjoint product over one operand, in two loops."""
        a, u = x(), weight("U", 3, 3)
        (forth,) = loop_of(lambda d: tg.tanh(d @ u + a), (2, 3))
        back = tg.delay("back", steps=-1, shape=(2, 3), dtype="float64")
        back.close(tg.sin(back @ u + a))
        stays(PRODUCTS, {"forth": forth, "back": back})

    def test_not_a_weight_made_from_the_other_product(self):
        a = x((3, 3))
        first = a @ weight("W", 3, 3)
        second = a @ tg.last(tg.tanh(first))
        stays(PRODUCTS, {"first": first, "second": second})

    def test_a_weight_made_from_a_product_while_two_others_merge(self):
        a = x((3, 3))
        first, other = a @ weight("W", 3, 3), a @ weight("V", 3, 3)
        second = a @ tg.last(tg.tanh(first))
        graph = fires(PRODUCTS, {"first": first, "second": second, "other": other}, 2)
        assert ops(graph)["matmul"] == 2

    def test_not_weights_of_two_dtypes(self):
        a = x(dtype="float32")
        low, high = weight("W", 3, 2, dtype="float32"), weight("V", 3, 2)
        stays(PRODUCTS, {"low": a @ low, "high": a @ high})

    def test_not_two_left_operands(self):
        w = weight("W", 3, 2)
        stays(PRODUCTS, {"y": x() @ w, "z": x(name="z") @ w})

    def test_not_per_step_right_operands_and_not_stacks(self):
        a = x((3, 3))
        stays(PRODUCTS, {"y": a @ x((3, 3), "b"), "z": a @ x((3, 3), "c")})
        heads = tg.every_step(weight("W", 2, 3, 3))
        stays(PRODUCTS, {"y": a @ heads, "z": a @ (heads * 2.0)})

    def test_not_a_named_number_of_columns(self):
        a, w = x(), tg.placeholder("W", (3, "words"), "float64")
        stays(PRODUCTS, {"y": a @ w, "z": a @ (w * 2.0)})


class TestMergeSums:
    def test_two_states(self):
        u, v = weight("U", 3, 3), weight("V", 3, 3)

        def body(c, d):
            h = tg.tanh(c @ u + (x() + d @ v))
            return [h, tg.sin(h)]

        graph = fires(SUMS, {"h": loop_of(body, (2, 3), (2, 3))[0]}, 1)
        assert looping(graph)["matmul"] == looping(graph)["concat"] == 1

    def test_of_different_widths_and_four_terms(self):
        def body(c, d):
            rest = [x(), tg.cos(c)]
            h = tg.tanh(tg.add_n(c @ weight("U", 3, 3), *rest, d @ weight("V", 2, 3)))
            return [h, h[:, :2]]

        fires(SUMS, {"h": loop_of(body, (2, 3), (2, 2))[0]}, 1)

    def test_not_where_one_needs_the_other(self):
        u, v = weight("U", 3, 3), weight("V", 3, 3)

        def body(d):
            first = d @ u
            return tg.tanh(first + tg.sin(first) @ v)

        stays(SUMS, {"h": loop_of(body, (2, 3))[0]})

    def test_not_where_others_read_a_product(self):
        kept = []

        def body(c, d):
            kept.append(d @ weight("V", 3, 3))
            h = tg.tanh(c @ weight("U", 3, 3) + kept[0])
            return [h, tg.sin(h)]

        outputs = {"h": loop_of(body, (2, 3), (2, 3))[0], "product": kept[0]}
        stays(SUMS, outputs)

    def test_not_with_one_outside(self):
        (h,) = loop_of(
            lambda d: tg.tanh(x() @ weight("W", 3, 3) + d @ weight("U", 3, 3)), (2, 3)
        )
        stays(SUMS, {"h": h})

    def test_not_where_a_product_broadcasts(self):
        def body(c, d):
            row = c @ weight("U", 3, 3)
            h = tg.tanh(row + d @ weight("V", 3, 3))
            return [tg.mean(h, 0, keepdims=True), h]

        stays(SUMS, {"h": loop_of(body, (1, 3), (2, 3))[1]})

    def test_delays_of_any_length_and_direction(self):
        """Steps +2 and -1 in one component, every cycle with a positive total."""
        u, v = weight("U", 3, 3), weight("V", 3, 3)
        far = tg.delay("far", steps=2, shape=(2, 3), dtype="float64")
        ahead = tg.delay("ahead", steps=-1, shape=(2, 3), dtype="float64")
        past = tg.delay("past", steps=2, shape=(2, 3), dtype="float64")
        past.close(tg.sin(ahead))
        y = tg.tanh(far @ u + past @ v + x())
        far.close(y)
        ahead.close(tg.cos(y))
        fires(SUMS, {"y": y}, 1, steps=5)


class TestConcat:
    def cell(self, order=1, **options):
        w = weight("W", 5, 3)

        def body(d):
            parts = [x((2, 2), "a"), d][::order]
            return tg.tanh(tg.concat(parts, -1) @ w)

        return loop_of(body, (2, 3), **options)[0]

    @pytest.mark.parametrize("order", [1, -1])
    def test_split(self, order):
        graph = fires(SPLIT, {"h": self.cell(order)}, 1)
        assert looping(graph)["matmul"] == 1
        assert looping(graph)["concat"] == 0

    def test_split_of_three(self):
        w = weight("W", 8, 3)

        def body(d):
            parts = [x((2, 2), "a"), tg.sin(d), x((2, 3), "b")]
            return tg.tanh(tg.concat(parts, -1) @ w)

        graph = fires(SPLIT, {"h": loop_of(body, (2, 3))[0]}, 1)
        assert ops(graph)["matmul"] == 2

    def test_split_of_a_slice_of_a_longer_concat(self):
        """What a second reader of `[x h 1]` leaves behind."""
        w = weight("W", 5, 3)

        def body(d):
            whole = tg.concat([x((2, 2), "a"), d, x((2, 1), "b")], -1)
            return tg.tanh(whole[:, :5] @ w) + whole[:, 2:5]

        graph = fires(SPLIT, {"h": loop_of(body, (2, 3))[0]}, 1)
        assert looping(graph)["matmul"] == 1
        assert ops(graph)["matmul"] == 2

    def test_not_split_outside_or_where_all_are_states(self):
        w = weight("W", 6, 3)
        stays(SPLIT, {"y": tg.concat([x(), x(name="b")], -1) @ w})
        h = loop_of(lambda d: tg.tanh(tg.concat([d, tg.sin(d)], -1) @ w), (2, 3))[0]
        stays(SPLIT, {"h": h})

    def test_not_along_another_axis_or_of_another_dtype(self):
        w = weight("W", 3, 3)

        def rows(d):
            return tg.tanh(tg.concat([x((1, 3), "a"), d], 0) @ w)[:2]

        stays(SPLIT, {"h": loop_of(rows, (2, 3))[0]})
        v = weight("V", 6, 3)

        def mixed(d):
            return tg.tanh(tg.concat([x(dtype="float32"), d], -1) @ v)

        stays(SPLIT, {"h": loop_of(mixed, (2, 3))[0]})

    def test_the_adjoint_is_split_too(self):
        h = self.cell()
        loss = tg.sum_over_time(tg.sum(tg.square(h)))
        graph = tg.Graph(loss)
        leaves = [graph["a"], graph["W"]]
        grads = dict(zip("aW", tg.grad(loss, leaves), strict=True))
        done = optimise(tg.Graph({"loss": loss, **grads}), verify_each=True)
        assert done.fired[SPLIT] == 1
        assert done.fired[SLICE] == 2
        assert looping(done.graph)["matmul"] == 2, "one forward, one backward"
        agrees({"loss": loss, **grads})


class TestSliceBeforeProduct:
    def loop(self, extra=lambda product: {}):
        kept, u = [], weight("U", 3, 5)

        def body(d):
            kept.append(d @ u)
            return tg.tanh(kept[0][:, :3] + x())

        (h,) = loop_of(body, (2, 3))
        return {"h": h, "out": tg.sin(kept[0][:, 3:]), **extra(kept[0])}

    def test_what_only_leads_out_leaves_the_cycle(self):
        graph = fires(SLICE, self.loop(), 2)
        inside = [n for n in graph if n.op.name == "matmul" and n.shape == (2, 3)]
        assert len(inside) == looping(graph)["matmul"] == 1

    def test_not_where_all_slices_stand_on_the_cycle(self):
        u = weight("U", 3, 6)

        def body(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            return tg.tanh(i + x()) * j

        stays(SLICE, {"h": loop_of(body, (2, 3))[0]})

    def test_not_where_the_whole_is_read(self):
        stays(SLICE, self.loop(lambda product: {"whole": product}))
        stays(SLICE, self.loop(lambda product: {"sum": tg.sum(product)}))

    def test_not_slices_of_rows(self):
        kept, u = [], weight("U", 3, 3)

        def body(d):
            kept.append(d @ u)
            return tg.tanh(kept[0][:1] + x())

        (h,) = loop_of(body, (2, 3))
        stays(SLICE, {"h": h, "out": kept[0][1:]})


class TestSliceOfConcat:
    def test_a_part_and_not_more(self):
        a, b = tg.tanh(x()), tg.sin(x(name="b"))
        both = tg.concat([a, b], -1)
        graph = fires(OF_CONCAT, {"a": both[:, :3], "b": both[..., 3:]}, 2)
        assert ops(graph)["concat"] == 0
        stays(OF_CONCAT, {"y": both[:, :2]})
        stays(OF_CONCAT, {"y": both[:, 2:5]})
        stays(OF_CONCAT, {"y": both[:1, :3]})
        stays(OF_CONCAT, {"y": both[:, 0:3:2]})

    def test_several_parts_where_that_copies_no_more(self):
        parts = [tg.tanh(x(name=name)) for name in "abc"]
        whole = tg.concat(parts, -1)
        graph = fires(OF_CONCAT, {"y": whole[:, :6], "z": whole[:, 6:]}, 2)
        (joined,) = (node for node in graph if node.op.name == "concat")
        assert joined.shape == (2, 6)
        stays(OF_CONCAT, {"y": whole[:, :6], "z": whole[:, 1:]})
        stays(OF_CONCAT, {"y": whole[:, :6], "whole": whole})

    def test_several_weights_in_any_case(self):
        whole = tg.concat([weight(name, 2, 3) for name in "abc"], 0)
        outputs = {"y": tg.every_step(whole[:4] * 2.0), "z": whole[2:] * 2.0}
        graph = fires(OF_CONCAT, outputs, 2)
        assert [n.shape for n in graph if n.op.name == "concat"] == [(4, 3)] * 2

    def test_not_along_another_axis_and_not_cast(self):
        a, b = tg.tanh(x((3, 3))), tg.sin(x((3, 3), "b"))
        stays(OF_CONCAT, {"y": tg.concat([a, b], 0)[:, :3]})
        narrow = tg.cast(b, "float32")
        both = tg.concat([a, narrow], -1)
        stays(OF_CONCAT, {"y": both[:, 3:]})

    @pytest.mark.parametrize("name", sorted(REWRITES))
    def test_one_part_of_a_named_length(self, name):
        whole = tg.concat([tg.tanh(x(("batch", "words")))], -1)
        graph = tg.Graph({"whole": whole, "part": whole[:, ::-1]})
        optimise(graph, without=[n for n in REWRITES if n != name])


def test_two_groups_that_feed_each_other_s_weights():
    """Each pair could merge, both together would wait for each other."""
    a, b = x((3, 3), "a"), x((3, 3), "b")
    a1, b1 = a @ weight("W", 3, 3), b @ weight("V", 3, 3)
    a2 = a @ tg.last(tg.tanh(b1))
    b2 = b @ tg.last(tg.tanh(a1))
    graph = tg.Graph({"a1": a1, "a2": a2, "b1": b1, "b2": b2})
    done = optimise(graph, verify_each=True)
    assert ops(done.graph)["matmul"] <= 4
    agrees(graph.outputs)


def test_gates_written_one_by_one_cost_what_packed_ones_do():
    """After all rewrites: one GEMM, one tanh and the same sums in both loops."""
    a, four = x((2, 3)), [weight(f"U{i}", 2, 2) for i in range(4)]
    packed = tg.parameter("U", np.concatenate([u.attrs["value"] for u in four], -1))
    w = weight("W", 3, 8)

    def step(z, d):
        i, f, g, o = z
        c = tg.sigmoid(f) * d + tg.sigmoid(i) * tg.tanh(g)
        return tg.sigmoid(o) * tg.tanh(c)

    (h,) = loop_of(lambda d: step(tg.split(a @ w + d @ packed, 4, -1), d), (2, 2))
    parts = tg.split(a @ w, 4, -1)
    (k,) = loop_of(
        lambda d: step([p + d @ u for p, u in zip(parts, four, strict=True)], d), (2, 2)
    )
    one, other = (optimise(tg.Graph(node)).graph for node in (h, k))
    counts = ("matmul", "tanh", "add", "multiply", "sigmoid")
    assert [looping(one)[op] for op in counts] == [looping(other)[op] for op in counts]
    assert looping(one)["matmul"] == 1
