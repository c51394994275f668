"""Dropout in its kinds, zoneout, label smoothing, and the switch to evaluation."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers.test_cells import B, H, I, T, made
from tinygraph_rnn import (
    LAYERS,
    ConfigError,
    LanguageModel,
    dropout,
    evaluating,
    label_smoothing,
    weight_drop,
)
from tinygraph_rnn.layers.regularization import keep_mask

BIG = 2000


def run(node, seed=0, **feeds):
    return tg.compile({"y": node})(feeds, seed=seed)["y"]


@pytest.mark.parametrize("variational", [False, True])
def test_dropout(variational):
    """A share is 0, the rest is scaled; masks stand still in time or do not."""
    x = tg.sequence("x", (BIG,))
    y = run(
        dropout(x, 0.3, name="d", variational=variational), x=np.ones((3, BIG), "f4")
    )
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / 0.7], rtol=1e-6)
    assert np.mean(y == 0.0) == pytest.approx(0.3, abs=0.04)
    assert ((y[0] == y[1]) & (y[1] == y[2])).all() == variational


def test_masks_depend_on_name_seed_and_step():
    x = tg.sequence("x", (BIG,))
    a, b = (run(dropout(x, 0.5, name=n), x=np.ones((2, BIG), "f4")) for n in "ab")
    other = run(dropout(x, 0.5, name="a"), seed=1, x=np.ones((2, BIG), "f4"))
    for one, two in ((a, b), (a, other), (a[:1], a[1:])):
        assert 0.4 < np.mean(one == two) < 0.6


def test_the_gradient_goes_where_the_value_went():
    x = tg.sequence("x", (BIG,))
    y = dropout(x, 0.5, name="d")
    gradient = tg.grad(tg.sum_over_time(tg.sum(y)), x)
    got = tg.compile({"y": y, "gradient": gradient})({"x": np.ones((2, BIG), "f4")})
    np.testing.assert_array_equal(got["y"], got["gradient"])


def test_weight_drop():
    w = tg.parameter("w", np.ones((50, 60)))
    y = run(weight_drop(w, 0.4, name="w.dropped"))
    assert np.mean(y == 0.0) == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_evaluating_gives_exactly_the_layer_without(dtype):
    options = {"num_layers": 2, "dropout": 0.3, "weight_drop": 0.2}
    x = tg.sequence("x", ("batch", I), dtype)
    fed = np.random.default_rng(0).normal(size=(T, B, I)).astype(dtype)
    plain = LAYERS["lstm"](I, H, 2, rng=np.random.default_rng(1), dtype=dtype)
    noisy = LAYERS["lstm"](
        I, H, rng=np.random.default_rng(1), dtype=dtype, variational=True, **options
    )
    graph = tg.Graph({"h": noisy(x)})
    want = tg.compile({"h": plain(x)})({"x": fed})["h"]
    np.testing.assert_array_equal(
        tg.compile(evaluating(graph))({"x": fed})["h"], want, strict=True
    )
    assert (tg.compile(graph)({"x": fed})["h"] != want).any()
    names = [node.op.name for node in evaluating(graph)]
    assert "bernoulli" not in names
    assert "bernoulli" in [node.op.name for node in graph]


def test_the_recurrent_weights_alone_are_dropped():
    layer = made("gru-reset-before", weight_drop=0.5)
    graph = tg.Graph({"h": layer(tg.sequence("x", ("batch", I), "float64"))})
    masks = {n.name for n in graph if n.op.name == "bernoulli"}
    prefix = "gru_reset_before.0"
    assert masks == {f"{prefix}.h.dropped.mask", f"{prefix}.n.dropped.mask"}


def test_zoneout_by_hand():
    """h = m h₋₁ + (1 − m) f(h₋₁), m the masks; in evaluation their mean."""
    layer = made("rnn", zoneout=0.4)
    x = tg.sequence("x", ("batch", I), "float64")
    graph = tg.Graph({"h": layer(x)})
    (mask,) = (node for node in graph if node.op.name == "bernoulli")
    out = tg.compile({"h": graph["h"], "mask": mask})
    xs = np.random.default_rng(0).normal(size=(T, B, I))
    got, mean = out({"x": xs}, seed=3), tg.compile(evaluating(graph))({"x": xs})["h"]
    w, u, b = (node.attrs["value"] for node in layer.parameters)
    for masks, hs in ((got["mask"], got["h"]), (np.full((T, B, H), 0.4), mean)):
        h = np.zeros((B, H))
        for m, x_t, seen in zip(masks, xs, hs, strict=True):
            h = m * h + (1 - m) * np.tanh(x_t @ w + h @ u + b)
            np.testing.assert_allclose(seen, h, atol=1e-12)
    assert 0 < got["mask"].sum() < got["mask"].size


@pytest.mark.parametrize("ignored", [-100, 2])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_label_smoothing_against_torch(smoothing, ignored):
    """Of rows that count and others."""
    torch = pytest.importorskip("torch")
    logits = tg.placeholder("logits", ("batch", 7), "float64")
    labels = tg.placeholder("labels", ("batch",), "int64")
    each = label_smoothing(logits, labels, smoothing, ignore_label=ignored)
    loss = tg.sum(each) / tg.sum(tg.cast(tg.not_equal(labels, ignored), "float64"))
    rng = np.random.default_rng(0)
    feeds = {"logits": rng.normal(size=(5, 7)), "labels": np.array([2, 0, 6, 2, 3])}
    got = tg.compile({"loss": loss, "gradient": tg.grad(loss, logits)})(feeds)
    peer = torch.tensor(feeds["logits"], requires_grad=True)
    want = torch.nn.functional.cross_entropy(
        peer,
        torch.tensor(feeds["labels"]),
        label_smoothing=smoothing,
        ignore_index=ignored,
    )
    want.backward()
    np.testing.assert_allclose(got["loss"], want.detach(), rtol=1e-12)
    np.testing.assert_allclose(got["gradient"], peer.grad, rtol=1e-10, atol=1e-14)


def test_a_tied_model_has_one_table():
    model = LanguageModel(9, hidden_size=5, tied=True, rng=np.random.default_rng(0))
    assert [p.name for p in model.parameters if 9 in p.shape] == [
        "embedding.weight",
        "output.bias",
    ]
    graph = model.loss_graph()
    (gradient,) = tg.grad(graph["loss"], [model.embedding.weight])
    feeds = {"tokens": [[0], [1]], "targets": [[1], [2]]}
    table = tg.compile({"g": gradient})(feeds)["g"]
    assert (np.abs(table).sum(axis=1) > 0).all(), "rows of targets move too"


def test_tied_needs_equal_sizes():
    with pytest.raises(ConfigError, match="tied needs as many outputs of the cell"):
        LanguageModel(9, cell="lstm-projected", tied=True, rng=np.random.default_rng(0))


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan"), None])
def test_rates(rate):
    x = tg.sequence("x", (3,))
    with pytest.raises(ConfigError, match=r"dropout must be in \[0, 1\)"):
        dropout(x, rate, name="d")
    with pytest.raises(ConfigError, match=r"weight_drop must be in \[0, 1\)"):
        weight_drop(tg.parameter("w", np.ones(2)), rate, name="d")
    with pytest.raises(ConfigError, match=r"label_smoothing must be in \[0, 1\)"):
        label_smoothing(x, tg.argmax(x), rate)


def test_the_mask_has_the_type_of_what_it_masks():
    x = tg.sequence("x", ("batch", 3), "float64", time="s")
    assert keep_mask(0.5, x, "m").type == x.type
    assert keep_mask(0.5, x, "m", every_step=False).type == x.type.with_time(None)


@pytest.mark.parametrize(
    "setting", ["input_dropout", "dropout", "weight_drop", "label_smoothing"]
)
def test_each_setting_of_a_model_is_for_training_alone(setting):
    """The training loss is another than without, the evaluation loss is the same."""
    feeds = {"tokens": [[0, 3], [1, 4], [2, 5]], "targets": [[1, 4], [2, 5], [3, 6]]}

    def losses(**settings):
        model = LanguageModel(
            9, hidden_size=5, rng=np.random.default_rng(0), **settings
        )
        graphs = model.loss_graph(), model.evaluation_graph()
        return [float(tg.compile(graph)(feeds)["loss"]) for graph in graphs]

    plain, regular = losses(), losses(**{setting: 0.5})
    assert abs(plain[0] - regular[0]) > 1e-3
    assert plain[1] == regular[1] == pytest.approx(plain[0], abs=1e-6)
