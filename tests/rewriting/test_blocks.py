"""A last axis in blocks: gates by reshape are slices of one row."""

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, loop_of, looping, ops, stays, weight

CUT, JOIN, LATE = "cut blocks", "join blocks", "reshape late"


def blocks(n=3, m=2):
    """Rows of n · m numbers, cut into blocks."""
    x = tg.sequence("x", ("batch", n * m), "float64")
    return tg.reshape(x, ("batch", n, m))


def test_a_block_is_a_slice():
    z = blocks()
    done = fires(CUT, {"a": z[:, 1], "b": z[:, -1]}, times=2)
    assert ops(done) == {"sequence": 1, "index": 2}


def test_blocks_are_a_slice_in_blocks():
    done = fires(CUT, {"a": blocks()[:, 1:]}, times=1)
    assert done.outputs["a"].inputs[0].op.name == "index"


def test_not_a_part_of_each_block():
    stays(CUT, {"a": blocks()[:, 1, :1]})


def test_not_every_second_block():
    stays(CUT, {"a": blocks()[:, ::2]})


def test_not_another_axis():
    x = tg.sequence("x", (4, 6), "float64")
    stays(CUT, {"a": tg.reshape(x, (2, 2, 6))[:, 1]})


def test_stacked_rows_side_by_side():
    a, b = (tg.sequence(name, ("batch", 2), "float64") for name in "ab")
    stacked = tg.reshape(tg.stack([a, b], axis=1), ("batch", 4))
    done = fires(JOIN, {"y": stacked}, times=1)
    assert ops(done) == {"sequence": 2, "concat": 1}


def test_joined_blocks_side_by_side():
    a, b = blocks(), tg.sequence("b", ("batch", 1, 2), "float64")
    fires(JOIN, {"y": tg.reshape(tg.concat([a, b], 1), ("batch", 8))}, times=1)


def test_not_blocks_joined_within():
    a, b = blocks(), tg.sequence("b", ("batch", 3, 1), "float64")
    stays(JOIN, {"y": tg.reshape(tg.concat([a, b], 2), ("batch", 9))})


def test_a_sum_of_blocks_is_a_sum_of_rows():
    bias = weight("b", 3, 2)
    done = fires(LATE, {"y": tg.tanh(blocks() + bias) * 2.0})
    assert done.outputs["y"].op.name == "reshape"
    assert ops(done)["reshape"] == 2


def test_not_with_a_row_for_each_block():
    stays(LATE, {"y": blocks() + tg.sequence("b", (2,), "float64")})


def test_gates_by_reshape_cost_what_slices_do():
    u, x = weight("u", 2, 8), tg.sequence("x", ("batch", 8), "float64")

    def by_reshape(h):
        z = tg.reshape(x + h @ u, ("batch", 4, 2))
        return tg.sigmoid(z[:, 0]) * tg.tanh(z[:, 1]) + tg.tanh(z[:, 2] + z[:, 3])

    def by_slices(h):
        a, b, c, d = tg.split(x + h @ u, 4, axis=-1)
        return tg.sigmoid(a) * tg.tanh(b) + tg.tanh(c + d)

    loops = []
    for body in (by_reshape, by_slices):
        (h,) = loop_of(body, ("batch", 2))
        loss = tg.sum_over_time(tg.sum(h))
        graph = tg.Graph({"h": h, "du": tg.grad(loss, u)})
        agrees(graph.outputs)
        loops.append(looping(tg.compile(graph, "numpy").optimised))
    assert loops[0] == loops[1]


def test_a_row_of_one_block_beside_what_has_a_named_length():
    fed = tg.every_step(tg.placeholder("fed", ("batch", 3), "float64"))
    row = tg.reshape(tg.sequence("row", (3,), "float64"), (1, 3))
    stays("reshape late", {"y": fed * row})


def test_a_stack_of_rows_is_their_concat_in_blocks():
    a, b = (tg.tanh(tg.sequence(n, ("batch", 3), "float64")) for n in "ab")
    outputs = {"y": tg.stack([a, b], 1) * 2.0}
    done = fires("stack in blocks", outputs, times=1)
    assert ops(done)["stack"] == 0
    stays("stack in blocks", {"y": tg.stack([a, b], 2)})


def test_gates_by_stack_with_a_bias_of_blocks():
    """As many products and sums as gates one by one have, with gradients."""
    a = tg.sequence("a", ("batch", 3), "float64")
    w, v, b = weight("W", 3, 2), weight("V", 3, 2), weight("b", 2, 2)
    z = tg.stack([a @ w, a @ v], 1) + b
    loss = tg.sum_over_time(tg.sum(tg.tanh(z[:, 0]) * tg.sigmoid(z[:, 1])))
    named = zip("wvb", tg.grad(loss, [w, v, b]), strict=True)
    outputs = {"loss": loss, **dict(named)}
    found = ops(tg.compile(outputs, "numpy").optimised)
    assert (found["matmul"], found["contract"], found["stack"]) == (1, 2, 0)
    agrees(outputs)


def test_a_sum_over_rows_of_blocks():
    done = fires("sum before blocks", {"y": tg.sum(blocks(), 0)}, times=1)
    (total,) = (node for node in done if node.op.name == "sum")
    assert total.shape == (6,)
    stays("sum before blocks", {"y": tg.sum(blocks(), 1)})
    stays("sum before blocks", {"y": tg.sum(blocks(), (0, 2))})
