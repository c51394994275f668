"""A training loop in five lines: value_and_grad, step, and what they refuse."""

import inspect

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused
from tinygraph_rnn import (
    GRU,
    LAYERS,
    LSTM,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    ConfigError,
    Linear,
    Recurrent,
    RMSProp,
    clip_by_global_norm,
    clip_by_value,
)
from tinygraph_rnn.optimizers import OPTIMIZERS

KINDS = (SGD, Adam, AdamW, RMSProp, AdaGrad)


def model():
    """A GRU that says the sum of what it read; the loss and all parameters."""
    rng = np.random.default_rng(0)
    x = tg.sequence("x", ("batch", 1))
    gru = GRU(1, 8, rng=rng)
    write = Linear(8, 1, rng=rng)
    wanted = tg.placeholder("wanted", ("batch", 1))
    loss = tg.mean(tg.square(write(tg.last(gru(x))) - wanted))
    return loss, [*gru.parameters, *write.parameters]


def batch(seed, steps=5):
    x = np.random.default_rng(seed).normal(size=(steps, 4, 1)).astype("float32")
    return {"x": x, "wanted": x.sum(0)}


CLIPS = {
    "none": ({}, lambda g: g),
    "norm": ({"clip_norm": 0.05}, lambda g: clip_by_global_norm(g, 0.05)[0]),
    "value": ({"clip_value": 0.01}, lambda g: clip_by_value(g, 0.01)),
}


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_the_long_way_bit_for_bit(name, clip):
    options, clipped = CLIPS[clip]
    loss, parameters = model()
    run = tg.compile(tg.value_and_grad(loss, parameters), backend="numpy")
    optimizer = OPTIMIZERS[name](run.parameters, learning_rate=0.02)
    losses = [optimizer.step(run, batch(seed), **options) for seed in range(4)]
    gradients = {p.name: tg.grad(loss, p) for p in parameters}
    long = tg.compile({"l": loss, **gradients}, backend="numpy")
    other = OPTIMIZERS[name](long.parameters)
    for seed in range(4):
        out = long(batch(seed))
        assert losses[seed] == float(out.pop("l"))
        other.update(long.parameters, clipped(out), 0.02)
    for key, value in long.parameters.items():
        assert np.array_equal(run.parameters[key], value), key


def test_it_trains():
    loss, parameters = model()
    run = tg.compile(tg.value_and_grad(loss, parameters))
    optimizer = Adam(run.parameters, learning_rate=0.01)
    losses = [optimizer.step(run, batch(seed)) for seed in range(300)]
    assert np.mean(losses[-20:]) < 0.1 * np.mean(losses[:20])


def test_rates_and_calls_of_one_step():
    w, x = tg.parameter("w", 1.0), tg.sequence("x", ())
    noisy = tg.sum_over_time(w * x + tg.step_index() + tg.normal((), name="noise"))
    run = tg.compile(tg.value_and_grad(noisy))
    sgd = SGD(run.parameters, learning_rate=0.5)
    fed = {"x": np.array([1.0, 2.0])}
    call = {"start": 3, "seed": 5, "cast": True}
    wanted = run(fed, **call)["loss"]
    assert sgd.step(run, fed, learning_rate=0.0, **call) == wanted
    assert run.parameters["w"] == 1
    sgd.step(run, fed, **call)
    assert run.parameters["w"] == -0.5


def test_what_value_and_grad_names():
    w, v = tg.parameter("w", 2.0), tg.parameter("v", [1.0])
    n = tg.parameter("n", np.int64(3))
    loss = w * w * n + tg.sum(v)
    assert list(tg.value_and_grad(loss)) == ["loss", "gradient/w", "gradient/v"]
    assert list(tg.value_and_grad(loss, [v])) == ["loss", "gradient/v"]
    assert list(tg.value_and_grad(loss, w)) == ["loss", "gradient/w"]
    out = tg.compile({**tg.value_and_grad(loss), "more": w * 3.0})()
    assert tg.gradients_in(out).keys() == {"w", "v"}
    assert out["gradient/w"] == 12


def test_a_frozen_parameter_stays():
    loss, parameters = model()
    run = tg.compile(tg.value_and_grad(loss, parameters[1:]))
    before = dict(run.parameters)
    Adam(run.parameters, learning_rate=0.1).step(run, batch(0))
    still = [n for n, v in run.parameters.items() if np.array_equal(v, before[n])]
    assert still == [parameters[0].name]


def test_what_value_and_grad_refuses():
    x, w = tg.placeholder("x"), tg.parameter("w", 1.0)
    refused(
        tg.GradientError,
        r"trains parameters, and x: float32\[\] is none: make it with tg.parameter",
        *(tg.value_and_grad, x * w, [x]),
    )
    refused(tg.GradientError, "and 'w' is none", tg.value_and_grad, x * w, ["w"])
    pattern = "'multiply', made at test_five_lines.py:.*, depends on no parameter"
    refused(tg.GradientError, pattern, tg.value_and_grad, x * 2)
    refused(tg.LossError, "grad needs the node of a loss", tg.value_and_grad, 3.0)
    other = tg.parameter("other", 1.0)
    refused(tg.UnconnectedError, "other", tg.value_and_grad, x * w, [w, other])
    found = tg.value_and_grad(x * w, [w, other], unconnected="zeros")
    assert tg.evaluate(found["gradient/other"]) == 0


def values():
    return tg.Parameters({"w": np.ones(3), "bias": np.zeros(())})


def good():
    return {"w": np.ones(3), "bias": np.ones(())}


WRONG = {
    "unknown": (
        {**good(), "biass": np.ones(())},
        "a gradient is named 'biass', but the parameters are w, bias .did you mean",
    ),
    "shape": (
        {**good(), "w": np.ones(4)},
        r"the gradient of 'w' has shape \(4,\), but the parameter 'w' has shape \(3,\)",
    ),
    "broadcast": (
        {**good(), "w": np.ones(())},
        r"the gradient of 'w' has shape \(\), but",
    ),
    "missing": (
        {"w": np.ones(3)},
        "no gradient for the parameter 'bias'; there are those of w. .*partial=True",
    ),
    "None": (
        {**good(), "bias": None},
        "no gradient for the parameter 'bias'; there are those of w, bias",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", WRONG)
def test_gradients_that_do_not_fit(name, kind):
    gradients, pattern = WRONG[name]
    parameters = values()
    optimizer = kind(parameters)
    state = {n: a.copy() for n, a in optimizer.state.items()}
    refused(ConfigError, pattern, optimizer.update, parameters, gradients, 0.1)
    assert parameters["w"].tolist() == [1, 1, 1]
    assert all(np.array_equal(optimizer.state[n], a) for n, a in state.items())


def test_parameters_of_another_model():
    optimizer = Adam(tg.Parameters({"w": np.ones(3)}))
    pattern = "a gradient is named 'bias', but this Adam's are w"
    refused(ConfigError, pattern, optimizer.update, values(), good(), 0.1)


def test_a_partial_update_is_asked_for():
    parameters = values()
    Adam(parameters).update(parameters, {"w": np.ones(3)}, 0.1, partial=True)
    assert parameters["bias"] == 0
    assert parameters["w"] == pytest.approx(0.9)
    none = {"bias": None}
    update = Adam(parameters).update
    refused(ConfigError, "no gradient", update, parameters, none, 0.1, partial=True)


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_rate_belongs(kind):
    name = kind.__name__
    pattern = f"{name} takes no lr=: the rate is called learning_rate="
    refused(TypeError, pattern, kind, values(), lr=0.1)
    refused(TypeError, f"{name} takes no eps=: it is .* epsilon", kind, values(), eps=1)
    pattern = rf"{name} has no learning rate: say it once, {name}\(parameters, learn"
    refused(ConfigError, pattern, kind(values()).update, values(), good())
    refused(ConfigError, "learning_rate must be >= 0", kind, values(), learning_rate=-1)
    once, each = values(), values()
    kind(once, learning_rate=0.1).update(once, good())
    kind(each).update(each, good(), 0.1)
    assert np.array_equal(once["w"], each["w"])
    assert "learning_rate" in inspect.signature(kind).parameters


def test_what_a_step_refuses():
    w, x = tg.parameter("w", 1.0), tg.placeholder("x")
    plain = tg.compile({"loss": w * x})
    optimizer = SGD(plain.parameters, learning_rate=0.1)
    pattern = r"not loss: tg.compile\(tg.value_and_grad\(loss, parameters\)\)"
    refused(ConfigError, pattern, optimizer.step, plain, {"x": 1.0})
    run = tg.compile(tg.value_and_grad(tg.log(w * x)))
    pattern = "the loss is nan: nothing was changed"
    refused(tg.NonFiniteError, pattern, optimizer.step, run, {"x": -1.0})
    run = tg.compile(tg.value_and_grad(tg.sqrt(w * x)))
    pattern = "the norm of the gradients is nan: nothing was changed"
    refused(tg.NonFiniteError, pattern, optimizer.step, run, {"x": 0.0}, clip_norm=1.0)
    assert run.parameters["w"] == 1


def test_where_the_batch_axis_belongs():
    rng = np.random.default_rng(0)
    pattern = r"LSTM takes no batch_first=: time is no axis .*\(steps, batch, feat"
    refused(TypeError, pattern, LSTM, 2, 3, rng=rng, batch_first=True)
    x, layer = tg.sequence("x", ("batch", 2)), GRU(2, 3, rng=rng)
    refused(TypeError, "GRU takes no batch_first=", layer, x, batch_first=True)
    refused(TypeError, "GRU takes no batch_first=", layer.forward, x, batch_first=True)
    own = Recurrent(lambda x, s: (x, {"h": x}), {"h": 2})
    refused(TypeError, "Recurrent takes no batch_first=", own, x, batch_first=True)
    assert "rng" in inspect.signature(LSTM).parameters


@pytest.mark.parametrize("kind", LAYERS.values(), ids=lambda kind: kind.__name__)
def test_what_a_layer_does_not_know_is_named_before_what_is_missing(kind):
    refused(TypeError, f"{kind.__name__} takes no batch_first=", kind, batch_first=True)
    pattern = r"unexpected keyword argument 'dropuot' \(did you mean 'dropout'\?\)"
    refused(TypeError, pattern, kind, 2, 3, dropuot=0.5)
    refused(TypeError, "missing 1 required keyword-only argument: 'rng'", kind, 2, 3)
