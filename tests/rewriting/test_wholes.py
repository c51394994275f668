"""What is done alike with parts is done with the whole, and sums of parts apart."""

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, loop_of, looping, ops, stays, weight
from tinygraph.rewriting import optimise

ALIKE, SUMS = "join alike", "sum parts"


def x(shape, name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestJoinAlike:
    def test_rows_taken_by_the_same_numbers(self):
        tokens = x(("batch",), "tokens", "int64")
        tables = [weight("E", 5, 2), weight("F", 5, 3)]
        rows = [tg.take(table, tokens, axis=0) for table in tables]
        done = fires(ALIKE, {"y": tg.concat(rows, -1)}, times=1)
        assert ops(done)["take"] == 1

    def test_products_with_one_matrix(self):
        a = x((2, 3))
        products = [a @ weight("W", 3, 2), a @ weight("V", 3, 4)]
        done = fires(ALIKE, {"y": tg.concat(products, -1)}, times=1)
        assert ops(done)["matmul"] == 1

    def test_slices_of_one_node_with_rows(self):
        z = x((2, 4))
        sums = [z[:, :2] + weight("a", 2), z[:, 2:] + weight("b", 2)]
        done = fires(ALIKE, {"y": tg.concat(sums, -1)}, times=1)
        assert ops(done)["index"] == 0

    def test_slices_of_one_node_and_then_of_its_rows(self):
        z = x((4, 6))
        parts = [z[:, a:b][1:3] for a, b in ((1, 3), (3, 4), (4, 6))]
        done = fires(ALIKE, {"y": tg.concat(parts, -1)}, times=1)
        assert ops(done)["index"] == 2
        assert ops(done)["concat"] == 0

    def test_slices_of_one_node_without_an_axis(self):
        z = x((4, 6))
        parts = [z[:, :2][1], z[:, 2:][1]]
        done = fires(ALIKE, {"y": tg.concat(parts, -1)}, times=1)
        assert ops(done)["concat"] == 0

    def test_slices_of_one_node_reshaped(self):
        z = x((4, 1, 6))
        whole = z[:, :, :2], z[:, :, 2:]
        parts = [tg.reshape(p, (2, 2, n)) for p, n in zip(whole, (2, 4), strict=True)]
        done = fires(ALIKE, {"y": tg.concat(parts, -1)}, times=1)
        assert ops(done)["concat"] == 0

    def test_not_different_rows(self):
        z = x((4, 6))
        stays(ALIKE, {"y": tg.concat([z[:, :2][1:3], z[:, 2:][:2]], -1)})

    def test_not_columns_turned_round(self):
        z = x((4, 6))
        parts = [z[:, :2][:2, ::-1], z[:, 2:][:2, ::-1]]
        stays(ALIKE, {"y": tg.concat(parts, -1)})

    def test_not_columns_reshaped(self):
        z = x((4, 6))
        parts = [tg.reshape(each, (6, 2)) for each in (z[:, :3], z[:, 3:])]
        stays(ALIKE, {"y": tg.concat(parts, -1)})

    def test_not_what_would_have_to_be_copied(self):
        stays(ALIKE, {"y": tg.concat([tg.tanh(x((2, 2), n)) for n in "ab"], -1)})

    def test_not_slices_apart(self):
        z = x((2, 4))
        stays(ALIKE, {"y": tg.concat([tg.tanh(z[:, 2:]), tg.tanh(z[:, :2])], -1)})

    def test_not_different_functions(self):
        z = x((2, 4))
        stays(ALIKE, {"y": tg.concat([tg.tanh(z[:, :2]), tg.sin(z[:, 2:])], -1)})


class TestSumParts:
    def test_a_concat_for_sums_alone(self):
        parts = [tg.tanh(x((4, 2), name)) for name in "ab"]
        whole = tg.concat(parts, -1)
        a = x((4, 3), "z")
        outputs = {"dw": tg.sum_over_time(a.T @ whole)}
        done = tg.compile(outputs, "numpy")
        assert SUMS in done.fired
        assert ops(done.optimised)["contract"] == 2

    def test_not_what_is_read_elsewhere(self):
        whole = tg.concat([tg.tanh(x((4, 2), name)) for name in "ab"], -1)
        outputs = {"dw": tg.sum_over_time(x((4, 3), "z").T @ whole), "whole": whole}
        assert SUMS not in tg.compile(outputs, "numpy").fired


def test_sums_that_wait_for_each_other_are_not_joined_at_once():
    """Each pair of sums could be one; both pairs at once would be a cycle."""
    a, b = x((2, 3), "a"), x((2, 3), "b")
    p, q = tg.tanh(x((2, 2), "p")), tg.tanh(x((2, 2), "q"))
    first = {"a0": tg.sum_over_time(a.T @ p), "b0": tg.sum_over_time(b.T @ q)}
    r = tg.tanh(a @ first["b0"])
    s = tg.tanh(b @ first["a0"])
    graph = tg.Graph(
        {
            **first,
            "a1": tg.sum_over_time(a.T @ r),
            "b1": tg.sum_over_time(b.T @ s),
            "pr": tg.concat([p, r], -1),
            "qs": tg.concat([q, s], -1),
        }
    )
    optimise(graph, verify_each=True)


def test_a_bias_leaves_the_cycle_with_its_slice():
    """What is added to a slice from outside takes its part of the bias along."""
    u, b = weight("U", 2, 4), weight("b", 4)
    outside = x(("batch", 2), "outside")

    def body(h):
        z = h @ u + b
        return tg.tanh(z[:, :2] + outside) * z[:, 2:]

    (h,) = loop_of(body, ("batch", 2))
    graph = tg.Graph({"h": h})
    run = tg.compile(graph, "numpy")
    assert "slice before sum" in run.fired
    assert looping(run.optimised)["add"] == 2
    agrees(graph.outputs)


def test_transposes_of_what_is_joined_already():
    a, b = weight("a", 3, 2), weight("b", 3, 4)
    joined = tg.concat([a, b], 1)
    outputs = {"y": tg.concat([a.T, b.T], 0), "joined": joined, "x": x((2,))}
    done = fires("join transposes", outputs, times=1)
    assert done.outputs["y"].inputs[0] is done.outputs["joined"]


def test_not_transposes_of_other_axes():
    a, b = (x((2, 2, 2), name) for name in "ab")
    parts = [tg.transpose(a, (0, 2, 1)), tg.transpose(b, (1, 0, 2))]
    stays("join transposes", {"y": tg.concat(parts, -1)})


class TestConcatOfConcat:
    name = "concat of concat"

    def test_one_concat_and_a_slice_of_it(self):
        inner = tg.concat([x((2, 2), "a"), x((2, 1), "b")], -1)
        outputs = {"y": tg.concat([inner, x((2, 3), "c")], -1), "z": tg.tanh(inner)}
        done = fires(self.name, outputs)
        assert ops(done)["concat"] == 1

    def test_along_another_axis_where_nothing_else_reads_it(self):
        inner = tg.concat([x((2, 2), "a"), x((1, 2), "b")], 0)
        fires(self.name, {"y": tg.concat([inner, x((3, 2), "c")], 0)}, times=1)
        stays(self.name, {"y": tg.concat([inner, x((3, 2), "c")], 0), "inner": inner})

    def test_not_where_another_part_is_made_from_it(self):
        inner = tg.concat([x((2, 2), "a"), x((2, 1), "b")], -1)
        stays(self.name, {"y": tg.concat([inner, tg.tanh(inner)], -1)})


def test_weights_of_an_adjoint_are_joined_in_the_order_of_the_forward_ones():
    four = [weight(f"U{i}", 2, 2) for i in range(4)]

    def body(h):
        gates = [tg.sigmoid(h @ u + x((3, 2), f"x{i}")) for i, u in enumerate(four)]
        return gates[2] * gates[0] + gates[3] * tg.tanh(gates[1])

    (h,) = loop_of(body, (3, 2))
    loss = tg.sum_over_time(tg.sum(h))
    graph = tg.Graph({"loss": loss, "h": tg.grad(loss, four[0])})
    agrees(graph.outputs)
    whole = tg.compile(graph, "numpy").optimised
    parameters = set(whole.parameters)
    joined = [n for n in whole if n.op.name == "concat" and parameters & {*n.inputs}]
    assert len(joined) == 1
