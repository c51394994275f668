"""Indices out of range: one error in all backends, and labels that do not count."""

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tests.kit import refused

RUNS = [
    ("interpret", None),
    ("numpy", None),
    ("numpy", "checkpoint"),
    ("native", None),
    ("native", "checkpoint"),
]
every_run = pytest.mark.parametrize(("backend", "memory"), RUNS)
HERE = r"made at test_index_errors\.py:\d+"


def words():
    return tg.sequence("words", (2,), "int64")


def weight(*shape):
    numbers = np.random.default_rng(0).normal(size=shape).astype("float32")
    return tg.parameter("W", numbers)


def looped(op):
    """`op(x, i)` in a loop, at indices that the loop computes from fed ones."""
    before = tg.delay("before", shape=(2,), dtype="int64")
    y = op(weight(5, 3), words() + before)
    rows = tg.reshape(y, (-1,))[:2]
    before.close(tg.cast(rows > 5, "int64"))
    return y


def take(x, i):
    return tg.take(x, i, axis=0).named("picked")


def take_last(x, i):
    return tg.take(x.T, i, axis=-1).named("picked")


def along(x, i):
    return tg.take_along_axis(x[:, :2], tg.reshape(i, (1, 2)), axis=0).named("picked")


def scatter(x, i):
    return tg.scatter_add(i, tg.every_step(x[:2]), x).named("picked")


def put(x, i):
    return tg.put_along_axis(x[:, :2], tg.reshape(i, (1, 2)), x[:1, :2], axis=0)


OPS = {
    "take": (take, 0, "picked: float32[2, 3]"),
    "take_last": (take_last, 1, "picked: float32[3, 2]"),
    "take_along": (along, 0, "picked: float32[1, 2]"),
    "scatter_add": (scatter, 0, "picked: float32[5, 3]"),
    "put_along": (put, 0, "put_along_axis: float32[5, 2]"),
}


def matching(index, axis, shown):
    shown = shown.replace("[", r"\[").replace("]", r"\]")
    return (
        rf"index {index} is out of bounds for axis {axis} with size 5: indices lie in "
        rf"\[-5, 5\)\n  in {shown}, {HERE}\n"
        rf"  indices come from sequence words: int64\[2\], {HERE}"
    )


@every_run
@pytest.mark.parametrize("in_loop", [False, True])
@pytest.mark.parametrize("name", OPS)
def test_the_error_is_one_in_all_backends(name, in_loop, backend, memory):
    op, axis, shown = OPS[name]
    y = looped(op) if in_loop else op(weight(5, 3), words())
    run = tg.compile({"y": y}, backend, memory=memory)
    fed = np.array([[0, -1], [3, -5], [1, 0], [-2, 2]])
    wanted = run({"words": fed})["y"]
    for index in (5, 99, -6):
        fed[2, 1] = index
        pattern = matching(index, axis, shown)
        found = refused(tg.IndexRangeError, pattern, run, {"words": fed})
        assert (found.index, found.length) == (index, 5)
        assert found.roots[0] is run.graph["words"]
        assert found.node in run.graph.nodes
    fed[2, 1] = 0
    assert np.array_equal(run({"words": fed})["y"], wanted)


@every_run
def test_negative_indices_count_from_the_end(backend, memory):
    run = tg.compile({"y": take(weight(5, 3), words())}, backend, memory=memory)
    last = run({"words": np.full((3, 2), 4)})["y"]
    assert np.array_equal(run({"words": np.full((3, 2), -1)})["y"], last)


@every_run
def test_an_embedding_folded_into_the_layer_behind_it(backend, memory):
    """The rewrites that take rows of E @ W + b leave the user's node to the error."""
    rng = np.random.default_rng(0)
    embedding, linear = rnn.Embedding(5, 3, rng=rng), rnn.Linear(3, 4, rng=rng)
    rows = embedding(words())
    h = tg.delay("h", shape=(2, 4))
    h.close(tg.tanh(linear(rows) + h))
    loss = tg.sum_over_time(tg.sum(h.source))
    gradient = tg.grad(loss, embedding.weight)
    shown = "take: float32[2, 3]"
    for outputs in ({"loss": loss, "g": gradient}, {"g": gradient}):
        run = tg.compile(outputs, backend, memory=memory)
        fed = {"words": np.array([[0, 1], [4, 0], [2, 5]])}
        refused(tg.IndexRangeError, matching(5, 0, shown), run, fed)


@every_run
def test_a_gradient_alone(backend, memory):
    """Nothing is taken, rows are only put: the error names what they are put for."""
    w = weight(5, 3)
    gradient = tg.grad(tg.sum_over_time(tg.sum(take(w, words()))), w)
    run = tg.compile({"g": gradient}, backend, memory=memory)
    fed = {"words": np.array([[0, 1], [7, 0]])}
    refused(tg.IndexRangeError, rf"index 7 .*\n  in .*{HERE}\n.*words", run, fed)


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_an_unrolled_graph_names_the_step_s_leaf(backend):
    unrolled = tg.unroll(tg.Graph({"y": take(weight(5, 3), words())}), 3)
    run = tg.compile(unrolled, backend)
    fed = {"words": np.array([[0, 1], [2, 7], [0, 0]])}
    refused(tg.IndexRangeError, r"index 7 .*\n.*\n.*sequence words\[1\]", run, fed)


@every_run
def test_indices_computed_from_floats(backend, memory):
    scale = tg.sequence("scale", (2,))
    far = tg.cast(scale * 9, "int64").named("far")
    run = tg.compile({"y": take(weight(5, 3), far)}, backend, memory=memory)
    pattern = rf"index 9 .*\n.*\n  indices come from a node of op 'cast', far: .*{HERE}"
    refused(tg.IndexRangeError, pattern, run, {"scale": np.ones((2, 2), "float32")})


def test_indices_that_are_constant():
    y = take(weight(5, 3), tg.constant(np.array([1, 8])))
    refused(
        tg.IndexRangeError,
        "index 8 .*\n.*\n.*from a node of op 'constant'",
        tg.compile({"y": y}),
    )


def test_what_else_runs_by_definition_says_so_too():
    y = take(weight(5, 3), words())
    fed = {"words": np.full((2, 2), 5)}
    pattern = matching(5, 0, "picked: float32[2, 3]")
    refused(tg.IndexRangeError, pattern, tg.interpret, {"y": y}, fed)


def classifier(ignore_label=None, in_loop=False):
    """Return losses of a linear classifier over (2, 5) logits, and its weight."""
    x, y = tg.sequence("x", (2, 3)), tg.sequence("y", (2,), "int64")
    w = weight(3, 5)
    logits = x @ w
    if in_loop:
        before = tg.delay("before", shape=(2, 5))
        logits = tg.tanh(logits + before)
        before.close(
            logits + tg.cross_entropy(logits, y, ignore_label=ignore_label)[:, None]
        )
    losses = tg.cross_entropy(logits, y, ignore_label=ignore_label)
    return losses, w


FED = {
    "x": np.random.default_rng(1).normal(size=(4, 2, 3)).astype("float32"),
    "y": np.array([[0, 1], [2, 3], [4, 0], [3, 3]]),
}


@every_run
@pytest.mark.parametrize("what", ["loss", "gradient", "loop"])
def test_a_label_out_of_range(what, backend, memory):
    """-1 is not the last class."""
    losses, w = classifier(in_loop=what == "loop")
    total = tg.sum_over_time(tg.sum(losses))
    run = tg.compile(
        {"y": tg.grad(total, w) if what == "gradient" else total},
        backend,
        memory=memory,
    )
    run(FED)
    for label in (-1, 5, -100):
        labels = FED["y"].copy()
        labels[2, 1] = label
        pattern = (
            rf"cross_entropy: label {label} is out of range: labels are classes in "
            rf"\[0, 5\).* pass ignore_label={label}\n  in .*, {HERE}\n"
            rf"  labels come from sequence y: int64\[2\], {HERE}"
        )
        found = refused(tg.IndexRangeError, pattern, run, {**FED, "y": labels})
        assert (found.index, found.length) == (label, 5)


@every_run
@pytest.mark.parametrize("label", [-1, 3])
def test_ignored_labels_have_no_loss_and_no_gradient(label, backend, memory):
    labels = FED["y"].copy()
    labels[1, 0] = labels[3, 1] = label
    counts = labels != label
    losses, w = classifier(ignore_label=label)
    total = tg.sum_over_time(tg.sum(losses))
    run = tg.compile({"losses": losses, "g": tg.grad(total, w)}, backend, memory=memory)
    found = run({**FED, "y": labels})
    x, weights = FED["x"].astype(float), w.attrs["value"].astype(float)
    logits = x @ weights
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    hot = np.eye(5)[np.where(counts, labels, 0)]
    wanted = np.where(counts, -np.log((shares * hot).sum(-1)), 0)
    np.testing.assert_allclose(found["losses"], wanted, rtol=1e-5)
    assert (found["losses"][~counts] == 0).all()
    gradient = np.einsum("tbi,tbo->io", x, (shares - hot) * counts[..., None])
    np.testing.assert_allclose(found["g"], gradient, rtol=1e-4, atol=1e-6)


@every_run
def test_a_label_out_of_range_that_is_not_the_ignored_one(backend, memory):
    losses, _ = classifier(ignore_label=-1)
    labels = FED["y"].copy()
    labels[0], labels[1, 1] = -1, -2
    run = tg.compile({"y": losses}, backend, memory=memory)
    refused(tg.IndexRangeError, "label -2 is out of range", run, {**FED, "y": labels})


@pytest.mark.parametrize("label", [1.0, True, "pad", 2**40])
def test_what_cannot_be_a_label_to_ignore(label):
    refused(
        tg.DTypeError,
        rf"ignore_label must be an integer that fits the labels, y: int32\[2\], {HERE}",
        tg.cross_entropy,
        tg.placeholder("x", (2, 3)),
        tg.placeholder("y", (2,), "int32"),
        ignore_label=label,
    )


def test_smoothing_ignores_too():
    x, y = tg.placeholder("x", (3, 4)), tg.placeholder("y", (3,), "int64")
    losses = rnn.label_smoothing(x, y, 0.1, ignore_label=-1)
    fed = {"x": np.ones((3, 4), "float32"), "y": np.array([0, -1, 2])}
    found = tg.evaluate(losses, fed)
    np.testing.assert_allclose(found, np.log(4) * np.array([1, 0, 1]), rtol=1e-6)
