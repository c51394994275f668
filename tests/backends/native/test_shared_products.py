"""Large products outside loops: packed, shared among threads, and NumPy's numbers."""

import numpy as np
import pytest

import tinygraph as tg
from tests.golden.models import gradients, language_model
from tinygraph.backends.numpy import rules_products
from tinygraph.runtime.blas import BlasThreads
from tinygraph.testing import assert_same_values, feeds_for

products = pytest.importorskip("tinygraph.backends.native.machine.products")


def views(a):
    """The same rows, lying in memory in other ways."""
    wide = np.zeros((len(a), a.shape[1] + 3), a.dtype)
    wide[:, 2:-1] = a
    record = np.zeros(a.shape, [("pad", "i1"), ("x", a.dtype)])
    record["x"] = a
    return a, wide[:, 2:-1], np.asfortranarray(a), record["x"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_packed_product_of_rows(dtype, threads):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(11, 7)).astype(dtype)
    for b in views(rng.normal(size=(7, 21)).astype(dtype)):
        product = products.PackedProduct(7, 21, np.dtype(dtype), threads)
        product.pack(b)
        for seen in views(a):
            out = np.full((11, 21), np.nan, dtype)
            product(seen, out)
            np.testing.assert_allclose(out, a @ b, rtol=1e-5, atol=1e-5)


def noted(monkeypatch):
    """Return the list of what calls packed products pack, from now on."""
    seen = []
    call = products.Packer.__call__

    def watched(self, b):
        seen.append(b.shape)
        call(self, b)

    monkeypatch.setattr(products.Packer, "__call__", watched)
    return seen


def test_a_model_s_products_are_packed_and_right(monkeypatch):
    monkeypatch.setattr(rules_products, "LARGE", 1)
    graph = gradients(language_model())
    feeds = feeds_for(graph, 9, sizes={"batch": 7})
    wanted = tg.compile(graph, "numpy")(feeds)
    seen = noted(monkeypatch)
    run = tg.compile(graph, "native")
    assert_same_values(run(feeds), wanted, kind="gradients", law="packed = BLAS")
    assert seen
    count = len(seen)
    run(feeds)
    assert len(seen) == count, "weights are packed when the parameters change"
    run.parameters.update({name: 2 * a for name, a in run.parameters.items()})
    assert_same_values(
        run(feeds),
        tg.compile(graph, "numpy", parameters=run.parameters)(feeds),
        kind="gradients",
        law="packed = BLAS",
    )


@pytest.mark.parametrize(("share", "packed"), [(1.0, True), (1.1, False)])
def test_a_product_is_as_large_as_its_own_work(monkeypatch, share, packed):
    """One weight for all steps counts once."""
    monkeypatch.setattr(rules_products, "LARGE", share * 9 * 3 * 4 * 5)
    seen = noted(monkeypatch)
    x, w = tg.sequence("x", (3, 4)), tg.parameter("w", np.ones((4, 5), "float32"))
    graph = tg.Graph({"y": x @ w, "z": tg.tanh(x)})
    found = tg.compile(graph, "native")({"x": np.ones((9, 3, 4), "float32")})
    assert (found["y"] == 4).all()
    assert bool(seen) == packed


def test_a_product_without_steps_is_shared_too(monkeypatch):
    """And those of other dtypes and ranks are what they were."""
    monkeypatch.setattr(rules_products, "SHARED", 1)
    monkeypatch.setattr(BlasThreads, "size", lambda self: 3)
    seen = []
    share = rules_products._shared_product

    def watched(threads, a, b, out):
        seen.append((threads, a.shape, b.shape))
        share(threads, a, b, out)

    monkeypatch.setattr(rules_products, "_shared_product", watched)
    rng = np.random.default_rng(0)
    w, v = (tg.parameter(n, rng.normal(size=(5, 5)).astype("f")) for n in "wv")
    i = tg.parameter("i", rng.integers(9, size=(5, 5)))
    x = tg.sequence("x", ("batch", 5))
    outputs = {
        "wv": tg.tanh(w) @ v.T,
        "ii": i @ i,
        "wi": w @ tg.cast(i, "float64"),
        "many": tg.stack([w, v]) @ w,
        "x": tg.tanh(x),
    }
    feeds = {"x": np.ones((4, 6, 5), "f")}
    found = tg.compile(outputs, "native", threads=3)(feeds)
    assert_same_values(
        found, tg.interpret(tg.Graph(outputs), feeds), law="shared = definition"
    )
    assert (3, (5, 5), (5, 5)) in seen


@pytest.mark.parametrize("dtype", ["int64", "float16"])
def test_other_dtypes_stay_with_numpy(monkeypatch, dtype):
    monkeypatch.setattr(rules_products, "LARGE", 1)
    seen = noted(monkeypatch)
    x = tg.sequence("x", (3, 4), dtype)
    y = tg.matmul(x, np.ones((4, 5), dtype))
    graph = tg.Graph({"y": y, "z": tg.tanh(tg.sequence("z", (2,)))})
    feeds = {"x": np.ones((6, 3, 4), dtype), "z": np.ones((6, 2), "float32")}
    found = tg.compile(graph, "native")(feeds)
    assert (found["y"] == 4).all()
    assert not seen


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shape", [(5, 100), (100, 5), (1, 1), (40, 96)])
def test_a_product_of_blas_in_parts(threads, shape):
    """The left operand transposed, as in weights' gradients; NaN without a word."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, shape[0])).T, rng.normal(size=(30, shape[1]))
    b[0, 0] = np.inf
    b[1, 0] = -np.inf
    a[0, :2] = 1
    out = np.zeros(shape)
    with np.errstate(all="ignore"):
        wanted = a @ b
    rules_products._shared_product(threads, a, b, out)
    assert np.isnan(out[0, 0])
    np.testing.assert_allclose(out, wanted, rtol=1e-12)
