"""The table of derivatives over time, entry by entry, and requests that are refused."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, refused, value, values

XS = np.array([0.3, -0.5, 0.8, 0.2])
CT = np.array([1.0, -2.0, 0.5, 3.0])
LINE = r"test_autodiff\.py:\d+"


def weighted(y, ct):
    """Σ ct · y, whose cotangent of y is ct."""
    return tg.sum_over_time(y * ct)


def gradients(loss, feeds, **wrt):
    """Return the loss and its gradients by name, each of its node's type."""
    found = dict(zip(wrt, tg.grad(loss, list(wrt.values())), strict=True))
    assert all(found[name].type == node.type for name, node in wrt.items())
    return values({"loss": loss, **found}, feeds)


@pytest.fixture
def x():
    return tg.sequence("x", (), F64)


@pytest.fixture
def ct():
    return tg.sequence("ct", (), F64)


def test_a_static_node_met_at_every_step_collects_t_times():
    """d Σₜ sum(x + b) / db = T · batch: the factor that gets lost elsewhere."""
    x, b = tg.sequence("x", ("batch", 3), F64), tg.parameter("b", np.zeros(3))
    loss = tg.sum_over_time(tg.sum(x + b))
    gradient = tg.grad(loss, b)
    assert gradient.type == b.type
    close(value(gradient, {"x": np.zeros((5, 2, 3))}), np.full(3, 10.0))
    w = tg.parameter("w", np.zeros((3, 4)))
    found = gradients(tg.sum_over_time(tg.sum(x @ w)), {"x": np.ones((5, 2, 3))}, w=w)
    close(found["w"], np.full((3, 4), 10.0))


REDUCTIONS = {
    "sum_over_time": (tg.sum_over_time, XS.sum(), [0.5, 0.5, 0.5, 0.5]),
    "mean_over_time": (tg.mean_over_time, XS.mean(), [0.125, 0.125, 0.125, 0.125]),
    "last": (tg.last, XS[-1], [0, 0, 0, 0.5]),
    "first": (tg.first, XS[0], [0.5, 0, 0, 0]),
    "max_over_time": (tg.max_over_time, XS.max(), [0, 0, 0.5, 0]),
    "stack": (lambda x: tg.sum(tg.stack(x)), XS.sum(), [0.5, 0.5, 0.5, 0.5]),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_over_time(name, x):
    reduction, of_b, of_x = REDUCTIONS[name]
    b = tg.parameter("b", np.array(0.5))
    found = gradients(reduction(x * b), {"x": XS}, b=b, x=x)
    close(found["b"], of_b)
    close(found["x"], of_x)


MIXED = {
    "matmul": lambda a, b: a @ b.T,
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "power": lambda a, b: (a * a + 1.0) ** b,
    "where": lambda a, b: tg.where(a > 0, a, b),
    "maximum": tg.maximum,
    "concat": lambda a, b: tg.concat([a, b], axis=1),
    "stack": lambda a, b: tg.stack([a, b], axis=0),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_cotangent_has_its_nodes_dtype(name):
    a, b = tg.sequence("a", (2, 2), F64), tg.parameter("b", np.ones((2, 2), F32))
    y = MIXED[name](a, b)
    assert y.dtype == F64
    feed = np.random.default_rng(0).normal(size=(3, 2, 2))
    found = gradients(tg.sum_over_time(tg.sum(y * y)), {"a": feed}, a=a, b=b)
    assert (found["a"].dtype, found["b"].dtype) == (F64, F32)


def test_a_vjp_of_another_type_is_refused():
    wrong = tg.Op(
        "wrong_vjp", infer=lambda x: x, impl=np.copy, vjp=lambda y, ct: (tg.sum(ct),)
    )
    x = tg.placeholder("x", (3,), F64)
    loss = tg.sum(tg.apply(wrong, x))
    refused(
        tg.GradientError,
        r"the vjp of 'wrong_vjp' gives float64\[\] \(static\) for an operand of type "
        r"float64\[3\] \(static\): a cotangent has its node's type",
        tg.grad,
        loss,
        x,
    )


def test_ties_share_equally(x):
    tied = {"x": np.array([2.0, 5.0, 5.0, 1.0])}
    close(gradients(tg.max_over_time(x), tied, x=x)["x"], [0, 0.5, 0.5, 0])
    loss = tg.sum_over_time(tg.maximum(x, 2.0))
    close(gradients(loss, tied, x=x)["x"], [0.5, 1, 1, 0])
    loss = tg.sum_over_time(tg.minimum(x, 2.0))
    close(gradients(loss, tied, x=x)["x"], [0.5, 0, 0, 1])


def test_unstack_gives_a_stack_and_back():
    table = tg.placeholder("table", ("t", 2), F64)
    rows = tg.unstack(table)
    gradient = tg.grad(tg.sum_over_time(tg.sum(rows * rows)), table)
    assert gradient.type == table.type
    fed = np.arange(6.0).reshape(3, 2)
    close(value(gradient, {"table": fed}), 2 * fed)


SHIFTS = [1, 2, 3, 6, -1, -2, -3, -6]


@pytest.mark.parametrize("k", SHIFTS)
def test_a_delay_hands_back_to_source_init_and_history(x, ct, k):
    """x̄[t] = ct[t + k]; what looked outside goes to init (summed) or history."""
    total = len(XS)
    init = tg.placeholder("init", (), F64)
    history = tg.placeholder("history", (abs(k),), F64)
    feeds = {"x": XS, "ct": CT}
    back = np.array([CT[t + k] if 0 <= t + k < total else 0.0 for t in range(total)])
    outside = [t for t in range(total) if not 0 <= t - k < total]
    loss = weighted(tg.delay(source=x, steps=k, init=init), ct)
    found = gradients(loss, {**feeds, "init": 0.0}, x=x, init=init)
    close(found["x"], back)
    close(found["init"], CT[outside].sum())
    loss = weighted(tg.delay(source=x, steps=k, history=history), ct)
    zeros = np.zeros(abs(k))
    found = gradients(loss, {**feeds, "history": zeros}, x=x, history=history)
    slots = np.zeros(abs(k))
    for t in outside:
        slots[t if k > 0 else t - k - total] += CT[t]
    close(found["x"], back)
    close(found["history"], slots)
    loss = weighted(tg.delay(source=x, steps=k, init=tg.REPLICATE), ct)
    back[0 if k > 0 else -1] += CT[outside].sum()
    close(gradients(loss, feeds, x=x)["x"], back)


def test_an_init_is_unbroadcast():
    x = tg.sequence("x", ("batch", 3), F64)
    row, number = (
        tg.parameter("row", np.zeros(3)),
        tg.parameter("number", np.array(0.0)),
    )
    for init, wanted in ((row, np.full(3, 4.0)), (number, 12.0)):
        late = tg.delay(source=x, steps=2, init=init)
        loss = tg.sum_over_time(tg.sum(late))
        found = gradients(loss, {"x": np.zeros((5, 2, 3))}, init=init)
        close(found["init"], wanted)


def test_only_the_lift_that_exists_is_named():
    x, w = tg.sequence("x", (2,), F64), tg.parameter("W", np.eye(2))
    loss = tg.sum_over_time(tg.sum(x @ w.T))
    found = refused(
        tg.UnconnectedError,
        rf"(?s)sum_over_time does not depend on W: float64\[2, 2\].*W reaches time "
        rf"only through every_step of transpose: float64\[2, 2\], made at {LINE}\n"
        "Pass unconnected='zeros'",
        tg.grad,
        loss,
        tg.every_step(w, "s"),
    )
    assert found.node is tg.every_step(w, "s")
    lift = tg.every_step(next(n for n in tg.Graph(loss) if n.op.name == "transpose"))
    close(
        value(tg.grad(loss, lift), {"x": XS.reshape(2, 2)})[0], np.tile(XS[:2, None], 2)
    )


def test_the_gradient_per_step_of_what_is_cut_before_it_reaches_time():
    """∂loss/∂(W at step t): of W's columns and of 2 W, not of what is read once."""
    x, w = tg.sequence("x", (2,), F64), tg.parameter("W", np.array([[1.0, 2], [3, 4]]))
    per_step = tg.square(x @ w[:, :1]) + tg.sum(x @ (2.0 * w))
    loss = tg.sum_over_time(tg.sum(per_step)) + tg.sum(w)
    steps, whole = tg.grad(loss, [tg.every_step(w), w])
    xs = XS.reshape(2, 2)
    found = values({"steps": steps, "whole": whole}, {"x": xs})
    first = 2 * (xs @ [[1.0], [3.0]])
    wanted = 2.0 * xs[:, :, None] * np.ones((1, 1, 2))
    wanted[:, :, 0] += first * xs
    close(found["steps"], wanted)
    close(found["whole"], wanted.sum(0) + 1)
    tangent = np.arange(8.0).reshape(2, 2, 2)
    seed = tg.sequence("seed", (2, 2), F64)
    moved = tg.jvp(loss, tg.every_step(w), seed)
    close(value(moved, {"x": xs, "seed": tangent}), (wanted * tangent).sum())


def test_unconnected(x):
    other = tg.parameter("other", np.ones(2))
    loss = tg.sum_over_time(x)
    pattern = rf"sum_over_time does not depend on other: float64\[2\], made at {LINE}"
    refused(tg.UnconnectedError, pattern, tg.grad, loss, other)
    zeros, ones = tg.grad(loss, [other, x], unconnected="zeros")
    close(value(zeros), np.zeros(2))
    close(values({"loss": loss, "x": ones}, {"x": XS})["x"], np.ones(4))
    far = tg.sequence("far", ("batch",), F64)
    dark = tg.grad(loss, far, unconnected="zeros")
    assert dark.type == far.type
    close(value(dark, {"far": np.ones((3, 2))}), np.zeros((3, 2)))


def test_connected_without_derivative_gives_zeros(x):
    """stop_gradient, comparisons, sign, argmax and integers connect."""
    w = tg.parameter("w", np.array(0.5))
    scaled = x * w
    for path in (
        tg.stop_gradient(scaled),
        tg.cast(scaled > 0, F64),
        tg.sign(scaled),
        tg.cast(tg.argmax(tg.stack([scaled, x], 0), 0), F64),
        tg.cast(tg.cast(scaled, "int64"), F64),
        tg.floor(scaled),
    ):
        close(gradients(tg.sum_over_time(path), {"x": XS}, w=w)["w"], 0.0)


REQUESTS = {
    "per step": (
        lambda x: x,
        tg.LossError,
        r"loss 'x' is float64\[\] \(per step of 't'\)",
    ),
    "shape": (
        lambda x: tg.last(x) * np.ones(2),
        tg.LossError,
        "reduce it with tg.mean",
    ),
    "int": (lambda x: tg.cast(tg.last(x), "int32"), tg.LossError, "cast it to a float"),
    "no node": (lambda x: 1.0, tg.LossError, "grad needs the node of a loss, not 1.0"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_loss_is_a_static_float_scalar(name, x):
    make, kind, pattern = REQUESTS[name]
    refused(kind, pattern, tg.grad, make(x), x)


def test_requests_that_make_no_sense(x):
    loss, labels = tg.sum_over_time(x), tg.sequence("labels", (), "int32")
    refused(
        tg.GradientError,
        r"no derivative for labels: int32\[\], made at",
        tg.grad,
        loss,
        labels,
    )
    refused(tg.GradientError, "wrt holds nodes, not 'x'", tg.grad, loss, ["x"])
    refused(
        tg.GradientError, "a node or a list of nodes, not None", tg.grad, loss, None
    )
    pattern = "unconnected must be 'raise' or 'zeros', not 'none'"
    refused(tg.GradientError, pattern, tg.grad, loss, x, unconnected="none")
    refused(tg.ShapeError, "2 nodes but 1 cotangents", tg.vjp, [x, x], x, [1.0])
    pattern = r"the cotangent of 'x' is float32\[\] .*, wanted float64\[\]"
    refused(tg.ShapeError, pattern, tg.vjp, x, x, tg.sequence("c", (), F32))
    assert tg.grad(loss, []) == []
    assert value(tg.grad(loss, loss)) == 1
