"""Sibling slices: gates and sums over one packed buffer, whole or in part."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import fires, loop_of, looping, stays, weight
from tinygraph.rewriting import optimise

PACK, SUMS = "pack gates", "pack sums"


def x(shape=(2, 8), name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


def gated(functions, width=2, cut=None, z=None):
    """h = the mean of functions of the slices of z = x + d @ U."""
    count = len(functions)
    u = weight("U", width, count * width)

    def body(d):
        made = (x((2, count * width)) + d @ u) if z is None else z(d)
        parts = tg.split(made, count, axis=-1) if cut is None else cut(made)
        gates = [f(part) for f, part in zip(functions, parts, strict=True)]
        return sum(gates[1:], gates[0]) / 2.0

    return loop_of(body, (2, width))[0]


class TestPackGates:
    def test_of_one_function(self):
        graph = fires(PACK, {"h": gated([tg.tanh] * 4)}, 4)
        assert looping(graph)["tanh"] == 1

    def test_sigmoid_alone_stays_a_sigmoid(self):
        graph = fires(PACK, {"h": gated([tg.sigmoid] * 3)}, 3)
        assert looping(graph)["sigmoid"] == 1
        assert looping(graph)["tanh"] == 0

    def test_of_two_functions(self):
        h = gated([tg.sigmoid, tg.sigmoid, tg.tanh, tg.sigmoid])
        graph = fires(PACK, {"h": h}, 4)
        assert looping(graph)["tanh"] == 1
        assert looping(graph)["sigmoid"] == 0

    def test_the_scale_goes_into_the_weights(self):
        w = weight("W", 3, 8)
        h = gated(
            [tg.sigmoid, tg.tanh, tg.tanh, tg.sigmoid],
            z=lambda d: x((2, 3)) @ w + d @ weight("U", 2, 8),
        )
        graph = fires(PACK, {"h": h}, 4)
        assert looping(graph)["multiply"] == 1, "by m; the scale is in the weights"
        scaled = [n for n in graph if n.op.name == "multiply" and n.time is None]
        assert {n.inputs[0].label for n in scaled} == {"W", "U"}

    def test_the_scale_goes_into_an_embedding(self):
        table = weight("E", 5, 8)
        i = tg.sequence("i", (2,), "int64")
        h = gated(
            [tg.sigmoid, tg.tanh] * 2,
            z=lambda d: tg.take(table, i, axis=0) + d @ weight("U", 2, 8),
        )
        graph = fires(PACK, {"h": h}, 4)
        assert looping(graph)["multiply"] == 1

    def test_a_gate_that_others_read(self):
        seen = []

        def tanh(part):
            seen.append(tg.tanh(part))
            return seen[0]

        h = gated([tg.sigmoid, tanh])
        graph = fires(PACK, {"h": h, "gate": seen[0], "more": seen[0] * 2}, 2)
        assert graph.outputs["gate"].op.name == "index"

    def test_neighbours_among_other_slices(self):
        h = gated([tg.sin, tg.tanh, tg.sigmoid, tg.relu])
        graph = fires(PACK, {"h": h}, 2)
        assert looping(graph)["tanh"] == looping(graph)["sin"] == 1

    def test_open_and_negative_bounds(self):
        h = gated(
            [tg.tanh, tg.sigmoid],
            cut=lambda z: [z[..., :2], z[..., -2:]],
        )
        fires(PACK, {"h": h}, 2)

    def test_unequal_slices(self):
        u = weight("U", 3, 4)

        def body(d):
            z = x((2, 4)) + d @ u
            a, b = tg.tanh(z[:, :1]), tg.sigmoid(z[:, 1:])
            return a * b

        fires(PACK, {"h": loop_of(body, (2, 3))[0]}, 2)

    def test_a_sum_of_thousands_of_terms(self):
        many = [x((2, 4), f"x{i}") for i in range(1500)]
        h = gated([tg.tanh, tg.sigmoid], z=lambda d: sum(many, d @ weight("U", 2, 4)))
        done = optimise(tg.Graph({"h": h}))
        assert done.fired[PACK] == 2

    def test_a_sum_shared_again_and_again_is_scaled_once(self):
        """z = s₄₀, sᵢ = sᵢ₋₁ + sᵢ₋₁: 2⁴⁰ paths, 40 nodes."""

        def z(d):
            total = d @ weight("U", 2, 4) * 1e-12
            for _ in range(40):
                total = total + total
            return total

        fires(PACK, {"h": gated([tg.tanh, tg.sigmoid], z=z)}, 2)

    @pytest.mark.parametrize(
        "cut",
        [
            lambda z: [z[..., :2], z[..., 1:3]],
            lambda z: [z[..., :1], z[..., 2:3]],
            lambda z: [z[..., 0:4:2], z[..., 1:4:2]],
            lambda z: [z[..., 0:2:2], z[..., 2:4]],
            lambda z: [z[:1], z[1:]],
        ],
        ids=["overlap", "gap", "strides", "a stride", "another axis"],
    )
    def test_not_slices_that_do_not_lie_side_by_side(self, cut):
        def body(d):
            a, b = cut(x((2, 4)) + d)
            return tg.broadcast_to(tg.sum(tg.tanh(a)) * tg.sum(tg.sigmoid(b)), (2, 4))

        stays(PACK, {"h": loop_of(body, (2, 4))[0]})

    def test_not_one_alone(self):
        stays(PACK, {"h": gated([tg.tanh, tg.sin, tg.sigmoid])})

    def test_not_a_slice_that_others_read(self):
        kept = []

        def cut(z):
            kept.extend(tg.split(z, 2, axis=-1))
            return kept

        h = gated([tg.tanh, tg.sigmoid], cut=cut)
        stays(PACK, {"h": h, "slice": kept[0]})

    def test_not_outside_every_cycle(self):
        a, b = tg.split(x(), 2, axis=-1)
        stays(PACK, {"y": tg.tanh(a) * tg.sigmoid(b)})

    def test_not_ints(self):
        i = x((2, 4), dtype="int64")

        def body(d):
            a, b = tg.split(i + d, 2, axis=-1)
            moved = tg.concat([tg.sigmoid(a), tg.tanh(b)], -1)
            return tg.cast(tg.round(moved), "int64")

        stays(PACK, {"h": loop_of(body, (2, 4), dtype="int64")[0]})

    def test_a_narrow_term_is_rounded_as_before(self):
        w = weight("W", 3, 4, dtype="float32")
        h = gated(
            [tg.sigmoid, tg.tanh],
            z=lambda d: x((2, 3), dtype="float32") @ w + d @ weight("U", 2, 4),
        )
        fires(PACK, {"h": h}, 2)

    def test_float32_stays_float32(self):
        def body(d):
            a, b = tg.split(x((2, 4), dtype="float32") + d, 2, axis=-1)
            return tg.concat([tg.tanh(a), tg.sigmoid(b)], -1)

        graph = fires(PACK, {"h": loop_of(body, (2, 4), dtype="float32")[0]}, 2)
        assert {n.dtype for n in graph} == {np.dtype("float32")}


class TestPackSums:
    def summed(self, terms, cut=None):
        u = weight("U", 2, 4)

        def body(d):
            z = d @ u
            parts = tg.split(z, 2, axis=-1) if cut is None else cut(z)
            made = [a + b for a, b in zip(terms, parts, strict=True)]
            return tg.tanh(made[0]) * tg.sin(made[1])

        return loop_of(body, (2, 2))[0]

    def test_side_by_side(self):
        h = self.summed([x((2, 2), "a"), x((2, 2), "b")])
        graph = fires(SUMS, {"h": h}, 2)
        assert looping(graph)["add"] == 1

    def test_the_slice_as_the_first_operand(self):
        u, a, b = weight("U", 2, 4), x((2, 2), "a"), x((2, 2), "b")

        def body(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            return tg.tanh(i + a) * (b + j)

        fires(SUMS, {"h": loop_of(body, (2, 2))[0]}, 2)

    def test_not_with_a_term_of_the_cycle(self):
        u, a = weight("U", 2, 4), x((2, 2), "a")

        def body(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            return tg.tanh(i + a) * (j + d)

        stays(SUMS, {"h": loop_of(body, (2, 2))[0]})

    def test_not_where_a_term_broadcasts(self):
        stays(SUMS, {"h": self.summed([x((2, 2), "a"), x((2,), "b")])})
        stays(SUMS, {"h": self.summed([x((2, 2), "a"), x((2, 1), "b")])})

    def test_not_where_a_term_is_wider(self):
        u = weight("U", 2, 4, dtype="float32")
        a = x((2, 2), "a", "float64")

        def body(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            return tg.cast(tg.tanh(i + a) * (j + a), "float32")

        stays(SUMS, {"h": loop_of(body, (2, 2), dtype="float32")[0]})

    def test_not_slices_outside_the_cycle(self):
        """The output layer of a loop is cut and added to what it made earlier."""
        u, kept = weight("U", 2, 4), []

        def body(d):
            kept.append(tg.tanh(d @ u))
            return kept[0][:, :2]

        loop_of(body, (2, 2))
        i, j = tg.split(kept[0], 2, axis=-1)
        first = x((2, 2), "a") + i
        stays(SUMS, {"y": (tg.every_step(tg.last(first)) + j) * first})

    def peepholes(self, second, seen=lambda c: c):
        """Two gates that see the state, and what makes of them the next."""
        u, p, q = weight("U", 2, 4), weight("p", 2), weight("q", 2)

        def body(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            i = i + p * seen(d)
            return tg.tanh(i) * tg.sin(j + q * second(d, i))

        return loop_of(body, (2, 2))[0]

    def test_products_made_for_this(self):
        graph = fires(SUMS, {"h": self.peepholes(lambda d, i: d)}, 2)
        assert looping(graph)["add"] == 1

    def test_not_a_product_that_needs_the_other_sum(self):
        stays(SUMS, {"h": self.peepholes(lambda d, i: tg.tanh(i))})

    def test_a_need_one_step_later_is_none(self):
        def late(d, i):
            return tg.delay(source=tg.tanh(i), init=0.5)

        fires(SUMS, {"h": self.peepholes(late)}, 2)

    def test_not_products_that_others_read_and_not_other_functions(self):
        u, p = weight("U", 2, 4), weight("p", 2)

        def shared(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            seen = p * d
            return tg.tanh(i + seen) * tg.sin(j + seen)

        stays(SUMS, {"h": loop_of(shared, (2, 2))[0]})

        def function(d):
            i, j = tg.split(d @ u, 2, axis=-1)
            return tg.tanh(i + tg.cos(d)) * tg.sin(j + tg.cos(d * 0.5))

        stays(SUMS, {"h": loop_of(function, (2, 2))[0]})
