"""States in columns, (features, batch), are computed in rows."""

import numpy as np

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, looping, ops, stays, weight
from tinygraph.rewriting import REWRITES, optimise

RIGHT, LATE, FLAT = "weights right", "transpose late", "rows flat"
FORWARDS = "contract forwards"


def x(shape, name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestWeightsRight:
    def test_a_weight_on_the_left(self):
        done = fires(RIGHT, {"y": weight("W", 3, 4) @ x((4, "batch"))}, times=1)
        (product,) = (node for node in done if node.op.name == "matmul")
        assert product.shape == ("batch", 3)

    def test_without_time(self):
        fed = tg.placeholder("x", (4, "batch"), "float64")
        fires(RIGHT, {"y": weight("W", 3, 4) @ fed}, times=1)

    def test_not_two_weights_nor_two_of_a_step(self):
        stays(RIGHT, {"y": weight("W", 3, 4) @ weight("V", 4, 2)})
        stays(RIGHT, {"y": x((3, 4), "a") @ x((4, 2), "b")})
        stays(RIGHT, {"y": weight("W", 3, 4) @ x((2, 4, 5))})


def product(name="a", columns=3):
    """Rows that come from a product with a weight."""
    return x((4, 2), name) @ weight(f"W{name}", 2, columns)


class TestTransposeLate:
    def test_what_is_elementwise_or_has_an_axis(self):
        a, b = product().T, weight("b", 4)
        whole = tg.concat([tg.tanh(a) + b, a * 2.0], 0)
        outputs = {"y": tg.softmax(whole[1:5], 0), "s": tg.sum(whole, 1)}
        outputs["t"] = tg.sum_over_time(tg.exp(a))
        done = tg.compile(outputs, "numpy").optimised
        shapes = {n.shape for n in done if n.op.name in ("tanh", "exp", "softmax")}
        assert shapes == {(4, 3), (4, 4)}
        agrees(outputs)

    def test_one_alone(self):
        y = tg.sigmoid(x((3, 4), "z") + product().T * weight("b", 3, 1))
        done = fires(LATE, {"y": y}, times=3)
        (sums,) = (node for node in done if node.op.name == "add")
        assert sums.shape == (4, 3)

    def test_through_delays_of_every_kind(self):
        first = tg.placeholder("h0", (3, 4), "float64")
        for options in ({"init": first}, {"init": 0.5}, {"init": tg.REPLICATE}):
            d = tg.delay("d", shape=(3, 4), dtype="float64", steps=2, **options)
            fed = product().T
            after = tg.sin(fed) + (0.0 if options["init"] is tg.REPLICATE else d)
            d.close(after)
            done = fires(LATE, {"y": after, "d": d})
            (before,) = (node for node in done if node.op.name == "delay")
            assert before.shape == (4, 3)
            assert before.name == "d"

    def test_not_what_is_fed(self):
        """Or two ways to see a graph would take turns."""
        stays(LATE, {"y": x((3, 4), "a").T + x((4, 3), "b")})
        stays(LATE, {"y": tg.sin(x((3, 4), "a")).T + x((4, 3), "b")})

    def test_not_where_something_else_is_read(self):
        stays(LATE, {"y": product("a", 4).T + product("b", 4)})
        stays(LATE, {"y": tg.sin(weight("V", 3, 4).T)})
        stays(LATE, {"y": tg.tanh(x((2, 3, 4)).T)})


def lstm(columns):
    """An LSTM's loss and gradients, with features first or last."""
    numbers = np.random.default_rng(0)
    w, u, b = (numbers.normal(size=s) for s in ((3, 16), (4, 16), (16,)))
    shape, axis = ((4, "batch"), 0) if columns else (("batch", 4), 1)
    h, c = (tg.delay(n, shape=shape, dtype="float64") for n in "hc")
    named = (
        {"w": w.T, "u": u.T, "b": b[:, None]} if columns else {"w": w, "u": u, "b": b}
    )
    p = {name: tg.parameter(name, value) for name, value in named.items()}
    z = x((3, "batch") if columns else ("batch", 3))
    sums = p["w"] @ z + p["u"] @ h if columns else z @ p["w"] + h @ p["u"]
    i, f, g, o = tg.split(sums + p["b"], 4, axis)
    c_new = tg.sigmoid(f) * c + tg.sigmoid(i) * tg.tanh(g)
    h_new = tg.sigmoid(o) * tg.tanh(c_new)
    c.close(c_new), h.close(h_new)
    loss = tg.mean_over_time(tg.mean(tg.square(h_new)))
    return tg.Graph(
        {"loss": loss, **dict(zip(p, tg.grad(loss, [*p.values()]), strict=True))}
    )


def test_a_layer_in_columns_is_one_in_rows():
    found, wanted = (optimise(lstm(columns)).graph for columns in (True, False))
    assert looping(found) == looping(wanted)
    assert ops(found)["contract"] == ops(wanted)["contract"]
    agrees(lstm(True).outputs)


class TestRowsFlat:
    def test_a_bias_of_one_row(self):
        done = fires(FLAT, {"y": x(("batch", 3)) + weight("b", 1, 3)}, times=1)
        assert ops(done)["reshape"] == 1

    def test_not_where_it_gives_the_shape(self):
        stays(FLAT, {"y": x((1, 3), "a") + weight("b", 1, 3)})
        stays(FLAT, {"y": x((3,), "a") + weight("b", 1, 3)})


class TestContractForwards:
    def outputs(self, turned):
        a = tg.tanh(x((2, 3), "a"))
        parts = [tg.sin(a[:, :1]), tg.cos(a)]
        if not turned:
            return {f"{i}": tg.sum_over_time(a.T @ z) for i, z in enumerate(parts)}
        return {f"{i}": tg.sum_over_time(z.T @ a) for i, z in enumerate(parts)}

    def done(self, turned):
        keep = ("contract over time", FORWARDS)
        without = [name for name in REWRITES if name not in keep]
        outputs = self.outputs(turned)
        agrees(outputs)
        return optimise(tg.Graph(outputs), without, verify_each=True)

    def test_what_is_shared_stands_left(self):
        done = self.done(turned=True)
        assert done.fired[FORWARDS] == 2
        sums = [node for node in done.graph if node.op.name == "contract"]
        assert len({node.inputs[0] for node in sums}) == 1

    def test_not_where_it_does(self):
        assert FORWARDS not in self.done(turned=False).fired
