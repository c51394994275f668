"""A character model by hand and as a graph: equal losses, equal gradients."""

import importlib
import sys

import numpy as np
import pytest

import tinygraph as tg
from tests.docs.pages import ROOT
from tinygraph import testing


@pytest.fixture(scope="module")
def ours():
    """Example 14, which imports example 13."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "examples"), *sys.path])
        yield importlib.import_module("14_character_model")


@pytest.fixture
def case(ours):
    """The graph and feeds at parameters where nothing is small."""
    rng = np.random.default_rng(1)
    beginning, h0 = ours.plain.beginning()
    parameters = {
        name: value + 0.3 * rng.normal(size=value.shape)
        for name, value in beginning.items()
    }
    (x, y), *_ = ours.plain.chunks(1)
    h0 = rng.normal(size=h0.shape)
    return ours.model(parameters), {"x": x, "y": y, "h0": h0}, parameters


def test_the_one_by_hand_has_a_hundred_lines_and_numpy_alone(ours):
    text = (ROOT / "examples/13_numpy_character_model.py").read_text("utf-8")
    assert len(text.splitlines()) <= 100
    assert "tinygraph" not in text


def test_gradients_by_hand_are_those_of_the_graph(ours, case):
    graph, feeds, _ = case

    def forward(**leaves):
        return ours.plain.forward(**leaves)[-1]

    testing.check_backward(graph, ours.plain.backward, feeds, forward=forward)


def test_a_fault_in_the_one_by_hand_is_found(ours, case):
    graph, feeds, _ = case

    def wrong(**leaves):
        found = ours.plain.backward(**leaves)
        return {**found, "W": found["W"].T}

    with pytest.raises(tg.LawError, match=r"'W' by hand .*\n.*\nIt is the transpose"):
        testing.check_backward(graph, wrong, feeds)


def test_states_after_a_piece_of_text_are_equal(ours, case):
    graph, feeds, parameters = case
    states, _, _ = ours.plain.forward(**feeds, **parameters)
    after = tg.evaluate(graph["state"], {"x": feeds["x"], "h0": feeds["h0"]})
    assert np.allclose(after, states[-1], rtol=0, atol=1e-12)


def test_trained_alike_they_stay_alike(ours):
    by_hand = ours.plain.train(40)
    trained, losses = ours.train(40)
    assert np.allclose(losses, by_hand[1], rtol=0, atol=1e-9)
    for name, value in by_hand[0].items():
        assert np.allclose(trained[name], value, rtol=0, atol=1e-9), name
    assert losses[-1] < 0.8 * losses[0]
