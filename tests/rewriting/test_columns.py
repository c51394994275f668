"""Columns of products in the order in which they are read."""

import tinygraph as tg
from tests.rewriting.kit import fires, ops, stays, weight

NAME = "columns as read"


def sums():
    """x @ W + b of six columns."""
    x = tg.sequence("x", (4, 3), "float64")
    return x @ weight("W", 3, 6) + weight("b", 6)


def test_a_sum_of_products_and_rows():
    z = sums()
    outputs = {"y": tg.tanh(tg.concat([z[:, 4:], z[:, :2]], -1)), "z": z[:, 2:4] * 2.0}
    done = fires(NAME, outputs, times=3)
    (whole,) = (n for n in done if n.op.name == "concat" and n.time)
    places = [x.attrs["items"][-1][:2] for x in whole.inputs]
    assert places == [(0, 2), (2, 4)]
    run = tg.compile(outputs, "numpy")
    assert not [n for n in run.optimised if n.op.name == "concat" and n.time]


def test_a_product_alone():
    z = tg.sequence("x", (4, 3), "float64") @ weight("W", 3, 4)
    done = fires(NAME, {"y": tg.sin(tg.concat([z[:, 2:], z[:, :2]], -1))}, times=2)
    assert ops(done)["matmul"] == 1


def test_not_where_more_is_read():
    z = sums()
    stays(NAME, {"y": tg.concat([z[:, :4], z[:, 4:]], -1)})
    first, last = z[:, :3], z[:, 3:]
    stays(NAME, {"y": tg.concat([last, first], -1), "z": z})
    stays(NAME, {"y": tg.concat([last, first], -1), "last": last})
    stays(NAME, {"y": tg.concat([z[:, 2:], z[:, :3]], -1)})
    both = {"y": tg.concat([last, first], -1), "w": tg.concat([first, last], -1) * 2.0}
    stays(NAME, both)
    x = tg.tanh(tg.sequence("z", (4, 6), "float64"))
    stays(NAME, {"y": tg.concat([x[:, 3:], x[:, :3]], -1)})
