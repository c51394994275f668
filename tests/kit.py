"""What the engine's unit tests share: run by every backend, differentiate by hand."""

import numpy as np
import pytest

import tinygraph as tg

F32, F64 = np.float32, np.float64


def values(outputs, feeds=None, steps=None, **options):
    """Run named outputs by every backend; return what all of them agree on."""
    graph = outputs if isinstance(outputs, tg.Graph) else tg.Graph(outputs)
    reference = tg.compile(graph, backend="interpret")(feeds, steps, **options)
    found = tg.compile(graph, backend="numpy")(feeds, steps, **options)
    for name, node in graph.outputs.items():
        assert found[name].dtype == reference[name].dtype == node.dtype
        assert found[name].shape == reference[name].shape
        np.testing.assert_allclose(
            found[name], reference[name], rtol=1e-5, atol=1e-7, err_msg=name
        )
    return reference


def value(node, feeds=None, steps=None, **options):
    """Return the value of one node, equal by every backend."""
    return values({"value": node}, feeds, steps, **options)["value"]


def differences(function, x, eps=1e-6):
    """Central differences of a scalar function of one float64 array."""
    x = np.array(x, F64)
    slope = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[at] += eps
        low[at] -= eps
        slope[at] = (function(high) - function(low)) / (2 * eps)
    return slope


def close(got, wanted, rtol=1e-6, atol=1e-8):
    """Equal in shape and, within the tolerance, in value."""
    assert np.shape(got) == np.shape(wanted)
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=atol)


def refused(kind, pattern, make, *args, **options):
    """Expect an error of exactly this class whose message (or note) matches."""
    with pytest.raises(kind, match=pattern) as found:
        make(*args, **options)
    assert type(found.value) is kind
    return found.value


def recurrence(name="h", steps=1, shape=(), dtype="float64", **options):
    """h[t] = tanh(x[t] + h[t - steps] / 2); return x, the delay and h."""
    x = tg.sequence("x", shape, dtype)
    before = tg.delay(name, steps=steps, shape=shape, dtype=dtype, **options)
    h = tg.tanh(x + before * 0.5, name="act")
    before.close(h)
    return x, before, h
