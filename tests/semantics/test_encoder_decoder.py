"""Two time axes: an encoder over "source" feeds an attending decoder over "target"."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close, differences, refused, values

B, I, H = 2, 3, 4
RNG = np.random.default_rng(8)
WEIGHTS = {
    "We": RNG.normal(size=(I, H)) / 2,
    "Ue": RNG.normal(size=(H, H)) / 2,
    "Wd": RNG.normal(size=(I, H)) / 2,
    "Cd": RNG.normal(size=(H, H)) / 2,
    "Ud": RNG.normal(size=(H, H)) / 2,
}
XS, YS = RNG.normal(size=(5, B, I)), RNG.normal(size=(3, B, I))


def by_hand(weights, xs, ys):
    """Return the decoder's states (target, batch, hidden), attention weights, loss."""
    state, keys = np.zeros((B, H)), []
    for x in xs:
        state = np.tanh(x @ weights["We"] + state @ weights["Ue"])
        keys.append(state)
    keys = np.array(keys)
    states, attention = [], []
    for y in ys:
        scores = (keys * state).sum(-1)
        e = np.exp(scores - scores.max(0))
        share = e / e.sum(0)
        context = (share[..., np.newaxis] * keys).sum(0)
        state = np.tanh(
            y @ weights["Wd"] + context @ weights["Cd"] + state @ weights["Ud"]
        )
        states.append(state)
        attention.append(share)
    return np.array(states), np.array(attention), (np.array(states) ** 2).mean(0).sum()


@pytest.fixture(scope="module")
def model():
    w = {name: tg.parameter(name, array) for name, array in WEIGHTS.items()}
    x = tg.sequence("x", ("batch", I), F64, time="source")
    y = tg.sequence("y", ("batch", I), F64, time="target")
    with tg.scope("encoder"):
        e = tg.delay("e", shape=("batch", H), dtype=F64, time="source")
        encoded = tg.tanh(x @ w["We"] + e @ w["Ue"])
        e.close(encoded)
    keys = tg.stack(encoded)
    with tg.scope("decoder"):
        d = tg.delay("d", init=tg.last(encoded), time="target")
        share = tg.softmax(tg.sum(keys * d, axis=-1), axis=0)
        context = tg.sum(tg.expand_dims(share, -1) * keys, axis=0)
        state = tg.tanh(y @ w["Wd"] + context @ w["Cd"] + d @ w["Ud"])
        d.close(state)
    loss = tg.sum(tg.mean_over_time(state * state))
    wrt = {**w, "x": x, "y": y}
    gradients = tg.grad(loss, list(wrt.values()))
    named = {f"d{name}": g for name, g in zip(wrt, gradients, strict=True)}
    return tg.Graph({"states": state, "share": share, "loss": loss, **named})


FEEDS = {"x": XS, "y": YS}


def test_values(model):
    found = values(model, FEEDS)
    states, attention, loss = by_hand(WEIGHTS, XS, YS)
    close(found["states"], states)
    close(found["share"], attention)
    close(found["loss"], loss)
    assert model["share"].type.shape == ("source", "batch")
    assert (model["share"].time, model["states"].time) == ("target", "target")


@pytest.mark.parametrize("name", [*WEIGHTS, "x", "y"])
def test_gradients(model, name):
    def loss(changed):
        weights = {**WEIGHTS, name: changed}
        feeds = {**FEEDS, name: changed}
        return by_hand(weights, feeds["x"], feeds["y"])[2]

    at = {**WEIGHTS, **FEEDS}[name]
    found = values(model, FEEDS)[f"d{name}"]
    close(found, differences(loss, at), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("source", "target"), [(1, 3), (5, 1), (2, 4)])
def test_lengths_are_independent(model, source, target):
    xs, ys = np.resize(XS, (source, B, I)), np.resize(YS, (target, B, I))
    found = values(model, {"x": xs, "y": ys})
    states, _, loss = by_hand(WEIGHTS, xs, ys)
    close(found["states"], states)
    close(found["loss"], loss)
    assert found["dx"].shape == xs.shape
    assert found["dy"].shape == ys.shape


def test_unrolled_over_both_axes(model):
    unrolled = tg.unroll(model, {"source": 5, "target": 3})
    wanted, found = values(model, FEEDS), values(unrolled, FEEDS)
    for name in wanted:
        close(found[name], wanted[name], rtol=1e-9)
    assert unrolled.delays == []


def test_two_loops_and_their_adjoints(model):
    times = {name: delay.time for delay, name in model.delay_names.items()}
    assert (times["e"], times["d"]) == ("source", "target")
    assert sorted(delay.time for delay in model.delays if delay.steps < 0) == [
        *["source"] * 2,
        "target",
    ]


def test_unstack_brings_a_tensor_into_time(model):
    """The reverse way: one attention row per source step."""
    x = tg.sequence("x", (), F64, time="source")
    y = tg.sequence("y", (), F64, time="target")
    scaled = tg.stack(x) * tg.sum_over_time(y)
    back = tg.unstack(scaled)
    assert back.time == "source"
    feeds = {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 4.0, 5.0])}
    found = values({"back": back, "mixed": back * x}, feeds)
    close(found["back"], [12.0, 24.0])
    close(found["mixed"], [12.0, 48.0])


def test_the_axes_never_meet(model):
    x = tg.sequence("x", ("batch", H), time="source")
    d = tg.delay("d", shape=("batch", H), time="target")
    refused(tg.TimeAxisError, "Bring one of them out of time first", lambda: x + d)
    refused(tg.TimeAxisError, "per step of 'target'", d.close, x)
    wrong = {"x": XS, "y": YS[:, :1]}
    pattern = "dimension 'batch' is 1 in sequence 'y', but 2 in sequence 'x'"
    refused(tg.FeedShapeError, pattern, tg.compile(model), wrong)
