"""Optimisers and clips over all the ways in which a rate or a cotangent may come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.testing import arrays
from tinygraph_rnn.optimizers import OPTIMIZERS
from tinygraph_rnn.optimizers.clipping import clip_by_value, clip_gradient

RATES = {
    "its own": (0.25, None),
    "given": (None, 0.25),
    "given over its own": (0.5, 0.25),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("source", RATES)
def test_the_rate_of_an_update(name, source):
    """However it is said, an update of one rate is one update."""
    own, rate = RATES[source]
    found = []
    for said, passed in ((own, rate), (None, 0.25)):
        parameters = tg.Parameters({"w": np.array([1.0, -2.0, 0.5])})
        optimizer = OPTIMIZERS[name](parameters, learning_rate=said)
        for sign in (1, -1, 1):
            gradients = {"w": sign * np.array([0.5, 1.0, -3.0])}
            optimizer.update(parameters, gradients, passed)
        found.append(parameters["w"])
    np.testing.assert_array_equal(*found)


@settings(max_examples=50)
@given(arrays((4,), low=-5.0, high=5.0), st.floats(0.1, 4.0))
def test_clips_are_those_of_numpy(cotangent, limit):
    """Of numbers of both signs, within the limits and beyond."""
    x = tg.placeholder("x", (4,), "float64")
    pulled = tg.vjp(clip_gradient(x, limit), x, cotangent)
    wanted = np.clip(cotangent, -limit, limit)
    found = tg.evaluate([pulled, x], {"x": np.zeros(4)})[0]
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(clip_by_value({"g": cotangent}, limit)["g"], wanted)
