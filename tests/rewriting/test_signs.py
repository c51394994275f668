"""Signs stand behind what is computed; slices stand under transposes, after sums."""

import tinygraph as tg
from tests.rewriting.kit import fires, ops, stays, weight


def x(shape=(3, 2), name="x"):
    return tg.sequence(name, shape, "float64")


def test_signs_leave_products_and_quotients():
    a, b = x(), x(name="b")
    done = fires("negate late", {"y": -a * b, "z": a / -b}, times=2)
    assert [done.outputs[name].op.name for name in "yz"] == ["negative"] * 2


def test_signs_leave_sums():
    outputs = {"y": tg.sum(-x(), axis=0), "z": tg.sum_over_time(-x(name="b"))}
    done = fires("negate sums late", outputs, times=2)
    assert [done.outputs[name].op.name for name in "yz"] == ["negative"] * 2


def test_a_difference_with_a_negative_row_is_a_sum():
    b = tg.every_step(-weight("b", 2))
    done = fires("subtract instead of negate", {"y": x() - b, "z": x(name="a") + b})
    assert [done.outputs[name].op.name for name in "yz"] == ["add", "subtract"]


def test_a_slice_under_a_transpose():
    done = fires("slice under transpose", {"y": x((3, 4)).T[1:3]}, times=1)
    assert done.outputs["y"].op.name == "transpose"


def test_not_one_row_of_a_transpose():
    stays("slice under transpose", {"y": x((3, 4)).T[1]})


def test_a_sum_over_time_before_the_slices_of_a_product():
    z = x((3, 2)) @ x((2, 4), "z")
    outputs = {"a": tg.sum_over_time(z[:1]), "b": tg.sum_over_time(z[1:])}
    done = fires("sum before slice", outputs)
    assert ops(done)["index"] == 2


def test_not_where_a_slice_is_read_at_a_step():
    z = x((3, 2)) @ x((2, 4), "z")
    stays("sum before slice", {"a": tg.sum_over_time(z[:1]), "b": z[1:]})


def test_the_transpose_of_a_product_of_transposes():
    z = x((2, 3), "z")
    done = fires("transpose early", {"y": (z.T @ x((3, 2)).T).T}, times=1)
    assert ops(done)["matmul"] == 1
    stays("transpose early", {"y": (x((3, 2)) @ weight("W", 4, 2).T).T})


def test_under_a_sum_over_time():
    z = x((4, 2), "z")
    fires("transpose early", {"y": tg.sum_over_time(x((3, 2)) @ z.T).T})


def test_not_the_transpose_of_another_product():
    stays("transpose early", {"y": (x((3, 2)) @ x((2, 4), "z")).T})
