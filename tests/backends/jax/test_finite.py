"""What the definition gives finite stays finite by XLA, whose algebra is for reals.

Written apart from it: constants one after the other, quotients of quotients, inverse
functions, and what its own maximum is taken from.
"""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import assert_same_values

pytest.importorskip("jax")

NUMBERS = np.array([1e-30, 1e-10, 3.0, -2.0, 1e10, 1e30, 3e38, 0.0, np.nan], "float32")


def c(number):
    return tg.constant(np.float32(number))


def less_top(x):
    return tg.exp(x - tg.max(x, axis=-1, keepdims=True))


FORMS = {
    "scaled up": lambda x: x * c(1e30) * c(1e20),
    "scaled up and down": lambda x: x * c(1e-30) * c(1e-30) * c(1e30) * c(1e30),
    "divided twice": lambda x: x / c(1e30) / c(1e20),
    "divided, then scaled": lambda x: c(1e20) * (x / c(1e-30)),
    "moved twice": lambda x: (x - c(3e38)) - c(3e38),
    "moved to and fro": lambda x: (x + c(3e38)) - c(3e38),
    "quotients": lambda x: x / (x * x) / x,
    "a quotient below": lambda x: x / (c(1e30) / x),
    "inverses": lambda x: tg.log(tg.exp(x)) + tg.sqrt(tg.square(x)),
    "exponentials": lambda x: tg.exp(x) / tg.exp(x),
    "softmax of a product": lambda x: tg.softmax(x * c(1.0083851), axis=-1),
    "log of it": lambda x: tg.log_softmax(tg.abs(x) * c(-0.7), axis=-1),
    "logsumexp of a square": lambda x: tg.logsumexp(x * x, axis=-1, keepdims=True),
    "less its maximum": lambda x: less_top(tg.square(x * c(1.1))),
}


@pytest.mark.parametrize("form", FORMS)
def test_static_over_time_and_within_a_loop(form):
    rows = np.array([np.roll(NUMBERS[:8], i)[:4] for i in range(8)])
    rows[7, 3] = np.nan
    x, p = tg.sequence("x", (8, 4)), tg.placeholder("p", (8, 4))
    before = tg.delay("before", shape=(8, 4), init=p)
    y = FORMS[form](before)
    before.close(tg.where(tg.isfinite(y), x, before))
    graph = tg.Graph({"p": FORMS[form](p), "x": FORMS[form](x), "y": y})
    feeds = {"p": rows, "x": np.stack([rows, rows[::-1], rows * np.float32(0.3)])}
    with np.errstate(all="ignore"):
        wanted = tg.interpret(graph, feeds)
        found = tg.compile(graph, "jax")(feeds)
    assert np.isfinite(wanted["p"]).any()
    for name, value in wanted.items():
        finite = np.isfinite(value)
        assert (np.isfinite(found[name]) == finite).all(), name
        one_by_one = {str(i): v for i, v in enumerate(value[finite])}
        same = {str(i): v for i, v in enumerate(found[name][finite])}
        assert_same_values(same, one_by_one)


@pytest.mark.parametrize("size", [1e5, 1e10, 1e30, 3e38])
def test_gradients_through_a_softmax_of_large_products(size):
    x, s = tg.sequence("x", ("batch", 8)), tg.parameter("s", np.float32(1.0083851))
    near = np.random.default_rng(0).normal(1, 1e-6, (4, 3, 8)) * size
    p = tg.softmax(x * s, axis=-1)
    loss = tg.mean_over_time(tg.mean(tg.square(p)))
    run = tg.compile({"loss": loss, "p": p, "dx": tg.grad(loss, x)}, "jax")
    found = run({"x": near.astype("float32")})
    assert all(np.isfinite(value).all() for value in found.values())
    np.testing.assert_allclose(found["p"].sum(-1), 1, rtol=1e-5)
