"""Optimisers: against PyTorch's, exact restart, clipping."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import (
    LSTM,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    CheckpointError,
    ConfigError,
    RMSProp,
    clip_by_global_norm,
    clip_by_value,
    clip_gradient,
)
from tinygraph_rnn.optimizers import OPTIMIZERS

SHAPES = {"w": (4, 3), "b": (3,), "scale": ()}


def parameters(dtype="float64"):
    rng = np.random.default_rng(0)
    return tg.Parameters(
        {n: rng.normal(size=s).astype(dtype) for n, s in SHAPES.items()}
    )


def gradients(seed, dtype="float64"):
    rng = np.random.default_rng(seed)
    return {n: rng.normal(size=s).astype(dtype) for n, s in SHAPES.items()}


@pytest.mark.parametrize(
    ("ours", "peer", "settings"),
    [
        (lambda p: SGD(p, momentum=0.9), "SGD", {"momentum": 0.9}),
        (lambda p: SGD(p, momentum=0.0), "SGD", {}),
        (lambda p: SGD(p, weight_decay=0.3), "SGD", {"weight_decay": 0.3}),
        (
            lambda p: SGD(p, 0.9, nesterov=True, weight_decay=0.1),
            "SGD",
            {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        ),
        (Adam, "Adam", {}),
        (lambda p: Adam(p, weight_decay=0.3), "Adam", {"weight_decay": 0.3}),
        (AdamW, "AdamW", {}),
        (lambda p: AdamW(p, weight_decay=0.5), "AdamW", {"weight_decay": 0.5}),
        (RMSProp, "RMSprop", {}),
        (
            lambda p: RMSProp(p, alpha=0.8, epsilon=1e-4, weight_decay=0.2),
            "RMSprop",
            {"alpha": 0.8, "eps": 1e-4, "weight_decay": 0.2},
        ),
        (AdaGrad, "Adagrad", {}),
        (lambda p: AdaGrad(p, weight_decay=0.2), "Adagrad", {"weight_decay": 0.2}),
        (
            lambda p: Adam(p, beta1=0.5, beta2=0.9, epsilon=1e-3),
            "Adam",
            {"betas": (0.5, 0.9), "eps": 1e-3},
        ),
    ],
)
def test_equal_to_torch(ours, peer, settings):
    torch = pytest.importorskip("torch")
    values = parameters()
    optimizer = ours(values)
    tensors = {n: torch.tensor(np.array(v)) for n, v in values.items()}
    other = getattr(torch.optim, peer)(tensors.values(), lr=0.1, **settings)
    for seed in range(20):
        rate = 0.1 / (seed + 1)
        optimizer.update(values, gradients(seed), rate)
        other.param_groups[0]["lr"] = rate
        for name, gradient in gradients(seed).items():
            tensors[name].grad = torch.tensor(gradient)
        other.step()
    for name, tensor in tensors.items():
        np.testing.assert_allclose(values[name], tensor, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32(name):
    values = parameters("float32")
    optimizer = OPTIMIZERS[name](values)
    optimizer.update(values, gradients(0, "float32"), 0.1)
    assert {a.dtype for a in values.values()} == {np.dtype("float32")}
    slots = [a.dtype for n, a in optimizer.state.items() if "/" in n]
    assert set(slots) <= {np.dtype("float32")}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_restores_bit_for_bit(name):
    """And what it was restored from is left as it was."""
    values = parameters()
    optimizer = OPTIMIZERS[name](values)
    for seed in range(3):
        optimizer.update(values, gradients(seed), 0.1)
    copy = tg.Parameters(dict(values))
    restored = OPTIMIZERS[name](copy)
    stored = {n: a.copy() for n, a in optimizer.state.items()}
    kept = {n: a.copy() for n, a in stored.items()}
    restored.load(stored)
    for seed in range(3, 6):
        optimizer.update(values, gradients(seed), 0.1)
        restored.update(copy, gradients(seed), 0.1)
    for key in SHAPES:
        np.testing.assert_array_equal(values[key], copy[key])
    for key, array in kept.items():
        np.testing.assert_array_equal(stored[key], array)


def test_state_of_another_optimiser():
    values = parameters()
    with pytest.raises(CheckpointError, match="not one of Adam for this model"):
        Adam(values).load(SGD(values).state)


def test_state_of_another_model():
    state = dict(Adam(parameters()).state)
    state["m/w"] = np.zeros((5, 5))
    with pytest.raises(CheckpointError, match="not one of Adam for this model"):
        Adam(parameters()).load(state)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: SGD(p, momentum=1.0), r"momentum must be in \[0, 1\), not 1.0"),
        (lambda p: Adam(p, beta2=-0.1), r"beta2 must be in \[0, 1\), not -0.1"),
        (
            lambda p: Adam(p, epsilon=0.0),
            "epsilon must be positive and finite, not 0.0",
        ),
        (lambda p: RMSProp(p, alpha=1.0), r"alpha must be in \[0, 1\), not 1.0"),
        (lambda p: AdaGrad(p, epsilon=-1.0), "epsilon must be positive and finite"),
        (lambda p: SGD(p, nesterov=True), "nesterov needs momentum > 0"),
        (lambda p: SGD(p, weight_decay=-1.0), "weight_decay must be >= 0 and finite"),
        (lambda p: Adam(p, weight_decay="x"), "weight_decay must be >= 0 .*, not 'x'"),
        (lambda p: AdamW(p, weight_decay=True), "weight_decay must be >= 0 .*not True"),
        (lambda p: Adam(p, epsilon=True), "epsilon must be positive and .*, not True"),
        (lambda p: clip_by_global_norm({}, 0.0), "must be an int or float > 0, not 0"),
        (lambda p: clip_by_global_norm({}, "x"), "an int or float > 0, not 'x'"),
        (lambda p: clip_by_value({}, 0.0), "clip_value must be positive and finite"),
        (lambda p: clip_gradient(None, -1.0), "limit must be positive and finite"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ConfigError, match=message):
        make(parameters())


def test_clipping_scales_all_gradients_alike():
    before = gradients(1)
    norm = np.sqrt(sum((g**2).sum() for g in before.values()))
    after, seen = clip_by_global_norm(before, norm / 4)
    assert seen == pytest.approx(norm)
    for name, gradient in before.items():
        np.testing.assert_allclose(after[name], gradient / 4)


def test_small_gradients_are_not_touched():
    before = gradients(1)
    after, _ = clip_by_global_norm(before, 1e6)
    assert all(after[name] is before[name] for name in before)


def test_huge_float32_gradients_are_clipped_not_lost():
    huge = {"w": np.full(4, 1e30, "float32")}
    after, norm = clip_by_global_norm(huge, 1.0)
    assert norm == pytest.approx(2e30)
    np.testing.assert_allclose(after["w"], 0.5, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nonfinite_norms_are_reported(bad):
    _, norm = clip_by_global_norm({"w": np.array([1.0, bad])}, 1.0)
    assert not np.isfinite(norm)


def test_clipping_by_value():
    got = clip_by_value({"w": np.array([-3.0, 0.5, np.nan])}, 1.0)
    np.testing.assert_array_equal(got["w"], [-1.0, 0.5, np.nan])


@pytest.mark.parametrize("limit", [0.01, 100.0])
def test_a_clip_node_on_an_edge(limit):
    """On the way back through time the cotangent is clipped at every step."""
    x = tg.sequence("x", (), "float64")
    w = tg.parameter("w", np.array(1.5))
    before = tg.delay("h", shape=(), dtype="float64")
    h = w * clip_gradient(before, limit) + x
    before.close(h)
    run = tg.compile({"h": h, "dx": tg.grad(tg.last(h), x)})
    xs = np.arange(4.0)
    got = run({"x": xs})
    hs, ct = [0.0], [1.0]
    for value in xs:
        hs.append(1.5 * hs[-1] + value)
        ct.append(np.clip(1.5 * ct[-1], -limit, limit))
    np.testing.assert_allclose(got["h"], hs[1:])
    np.testing.assert_allclose(got["dx"], ct[3::-1])


def test_the_gradient_of_each_step():
    """∂loss/∂(W at step t), the engine's own, adds up to the gradient."""
    x = tg.sequence("x", ("batch", 3), "float64")
    layer = LSTM(3, 4, rng=np.random.default_rng(0), dtype="float64")
    loss = tg.mean_over_time(tg.mean(tg.square(layer(x))))
    w = layer.layers[0].h
    each = tg.grad(loss, tg.every_step(w))
    run = tg.compile({"each": each, "whole": tg.grad(loss, w)})
    out = run({"x": np.random.default_rng(1).normal(size=(5, 2, 3))})
    assert out["each"].shape == (5, 4, 16)
    assert (np.abs(out["each"][1:]).max(axis=(1, 2)) > 0).all()
    np.testing.assert_allclose(out["each"].sum(axis=0), out["whole"], atol=1e-14)
