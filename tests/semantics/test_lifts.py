"""Lifts: one for a node and a time axis, held by who reads it and by nothing else."""

import gc
import weakref

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.core.building import is_shared_lift, lift


def test_one_lift_for_a_node_and_an_axis():
    w = tg.parameter("w", np.ones(3))
    one = tg.every_step(w, time="t")
    assert lift(w, "t") is one is (tg.sequence("x", (3,)) * w).inputs[1]
    assert lift(w, "s") is not one
    assert is_shared_lift(one)
    assert not is_shared_lift(w)
    assert not is_shared_lift(one.named("other"))


def test_a_node_knows_nothing_of_its_lifts():
    """So a graph is given back at once: no node holds one that reads it."""
    gc.disable()
    try:
        w = tg.parameter("w", np.ones(3))
        y = tg.tanh(tg.sequence("x", (3,)) * w)
        gone = weakref.ref(y.inputs[0].inputs[1])
        assert gone().op.name == "every_step"
        del y
        assert gone() is None
        with pytest.raises(AttributeError, match="lifts"):
            _ = w.lifts
    finally:
        gc.enable()
