"""Ops declared outside the package go through every stage, with no edit elsewhere.

`tests/foreign_ops.py` declares them. Each stands in one graph three times: in a cycle,
outside it on every step, and on static values.
"""

import numpy as np
import pytest

import tinygraph as tg
from tests import foreign_ops
from tests.kit import refused
from tinygraph import testing
from tinygraph.backends import registry
from tinygraph.testing.references import REFERENCES

DRAWN = "toss"
DERIVED = [name for name in foreign_ops.NAMES if name != DRAWN]
MOVES = ("every_other", "with_gaps", "pick", "flat")
FLOPS = {"cube": 8, "sum_of_squares": 8}
"""At one step and row of 4 numbers; 4 where an op does not say."""
TABLE = np.random.default_rng(1).normal(size=(5, 4))


@pytest.fixture(scope="module", autouse=True)
def ops():
    """The ops, registered for this file alone."""
    before = dict(tg.REGISTRY)
    yield foreign_ops.declared()
    tg.REGISTRY.clear()
    tg.REGISTRY.update(before)


def applied(name, x, table):
    """The op on x, brought back to the shape of x."""
    op = tg.REGISTRY[name]
    if name == "hypot":
        return tg.apply(op, x, 1.5)
    if name == "every_other":
        half = tg.apply(op, x)
        return tg.concat([half, half * 0.5], axis=-1)
    if name == "flat":  # of a matrix that lies the other way round
        square = tg.reshape(x, (x.shape[0], 2, 2))
        return tg.apply(op, tg.transpose(square, (0, 2, 1)))
    if name == "with_gaps":
        return tg.apply(op, x[..., 1:3])
    if name == "sum_of_squares":
        return tg.expand_dims(tg.apply(op, x), -1) + x
    if name == "pick":
        ids = tg.cast(x[..., 0] > 0, "int64")
        return tg.apply(op, table, ids) * x
    return tg.apply(op, x)


def graph(name, *, gradients=True):
    x = tg.sequence("x", ("batch", 4), "float64")
    w, table = tg.parameter("w", TABLE[:1]), tg.parameter("table", TABLE)
    h = tg.delay("h", shape=("batch", 4), dtype="float64", init=0.3)
    y = h.close(tg.tanh(applied(name, h + x, table), name="y")).source
    once = applied(name, tg.sin(x), table)
    static = applied(name, w, table)
    total = tg.sum(tg.square(y) + once + static)
    outputs = {"y": y, "static": static, "loss": tg.sum_over_time(total)}
    if gradients:
        outputs |= dict(zip("xw", tg.grad(outputs["loss"], [x, w]), strict=True))
    return tg.Graph(outputs)


@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_it_is_unrolled(name):
    whole = graph(name)
    testing.check_unrolling(whole, steps=4, start=2, seed=3)
    testing.check_pickling(whole)


@pytest.mark.parametrize("name", DERIVED)
def test_it_is_differentiated(name):
    whole = graph(name, gradients=False)
    testing.check_grads(whole, steps=2)
    testing.check_gradient_unrolling(whole, steps=2)
    testing.check_chunking(whole)
    testing.check_truncation(whole)
    testing.check_reverse_time(whole)
    testing.check_batch_permutation(whole)


@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_numpy_runs_it(name):
    testing.check_backend(graph(name), "numpy", steps=5, start=1)


@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_native_code_leaves_it_to_numpy(name):
    """The loop that holds it runs on NumPy; the source and the report say so."""
    whole = graph(name, gradients=name == "with_gaps")
    testing.check_backend(whole, "native", steps=5, start=1)
    run = tg.compile(whole, backend="native")
    assert f"runs on NumPy: no generated code for {name}" in run.source()
    assert f"on NumPy: no generated code for {name}" in tg.explain(run)


@pytest.mark.parametrize("memory", ["checkpoint", 40_000])
@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_it_runs_by_windows(name, memory):
    whole = graph(name)
    feeds = testing.feeds_for(whole, 30)
    run = tg.compile(whole, backend="numpy", memory=memory)
    testing.assert_same_values(run(feeds), tg.interpret(whole, feeds), kind="gradients")


@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_it_is_planned_as_it_declares(name):
    """A view takes no room in a loop, a copy does; what reads no step is made once."""
    whole = graph(name, gradients=False)
    run = tg.compile(whole, backend="numpy")
    (plan,) = [part.plan for part in run.report().parts if hasattr(part, "plan")]
    members = [node for node in plan.loop.members if node.op.name == name]
    assert members
    seen_through = tg.REGISTRY[name].view and name != "flat"  # of what lies transposed
    assert all((node in plan.views) == seen_through for node in members)
    prologue = [node.op.name for node in run.report().prologue]
    assert name in prologue or name == DRAWN or tg.REGISTRY[name].view


@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_it_is_explained(name):
    """By its name or sign, with the FLOPs it declares; moving numbers costs none."""
    x = tg.sequence("x", ("batch", 4))
    ids = tg.sequence("ids", ("batch",), "int64")
    given = {"pick": [tg.parameter("table", TABLE), ids], "hypot": [x, x]}
    given["flat"] = [tg.sequence("m", ("batch", 2, 2))]
    y = tg.apply(tg.REGISTRY[name], *given.get(name, [x]))
    told = tg.explain({"y": y}, backend="numpy")
    flops = 0 if name in MOVES else FLOPS.get(name, 4)
    assert (f"  {flops}·batch·t FLOP, " in told) == bool(flops), told
    assert (y.op.infix or name) in tg.explain(graph(name), backend="numpy")


def test_another_op_of_the_same_name_is_another_op():
    """Ops are told apart by themselves, registered or not."""
    impostor = tg.Op("tanh", infer=lambda x: x, impl=lambda x: x - 1)
    x = tg.sequence("x", (2,), "float64")
    both = {"real": tg.tanh(x), "other": tg.apply(impostor, x)}
    feeds = {"x": np.ones((2, 2))}
    for backend in ("interpret", "numpy", "native"):
        found = tg.compile(both, backend=backend)(feeds)
        np.testing.assert_allclose(found["real"], np.tanh(1), rtol=1e-6)
        np.testing.assert_array_equal(found["other"], 0)


def test_what_has_no_second_meaning_says_where_to_add_one():
    with pytest.raises(tg.LawError, match="'hypot' means in NumPy's words. Add it to"):
        testing.check_definition(graph("hypot", gradients=False))


@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("name", foreign_ops.NAMES)
def test_it_is_pictured(name, steps):
    """With its symbol where it has one, else with its name; one sign in a circle."""
    op = tg.REGISTRY[name]
    sign = op.symbol or name
    boxes = tg.draw(graph(name, gradients=False), steps=steps).picture.boxes.values()
    found = [box.role for box in boxes if sign in box.label.text]
    assert found
    assert "circle" not in found or len(sign) == 1


@pytest.mark.dot
def test_it_is_drawn():
    for steps in (None, 3):
        drawing = tg.draw(graph("hypot", gradients=False), steps=steps)
        assert "⊿" in drawing.svg()
        assert "⊿" in drawing.tikz()


def test_an_index_out_of_range_is_located():
    ids = tg.sequence("ids", ("batch",), "int64")
    picked = tg.apply(tg.REGISTRY["pick"], tg.parameter("table", TABLE), ids)
    for backend in registry.BACKENDS.keys() - {"jax"}:
        run = tg.compile({"p": picked}, backend=backend)
        refused(
            tg.IndexRangeError,
            "index 7 is out of bounds for axis 0 with size 5.*\n"
            "  in pick: .*made at test_foreign_op.py.*\n"
            "  indices come from sequence ids",
            lambda run=run: run({"ids": np.array([[0], [7]])}),
        )


def test_jax_says_what_is_missing():
    pytest.importorskip("jax")
    for name in foreign_ops.NAMES:
        if isinstance(tg.REGISTRY[name].impl, np.ufunc):
            testing.check_backend(graph(name), "jax")
            continue
        missing = (
            f"no rule for op '{name}', which made .*test_foreign_op.*: "
            rf"tinygraph.backends.jax.rules.RULES\[tg.REGISTRY\['{name}'\]\] = function"
        )
        refused(tg.BackendError, missing, tg.compile, graph(name), "jax")


def test_drawn_numbers_continue_over_chunks():
    testing.check_chunking(graph(DRAWN, gradients=False))


def test_a_reference_is_its_row_in_the_second_definition(monkeypatch):
    monkeypatch.setitem(
        REFERENCES, "cube", lambda node, arrays, bound: np.power(arrays[0], 3)
    )
    testing.check_definition(graph("cube"))
