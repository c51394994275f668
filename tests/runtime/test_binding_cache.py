"""Binding again: what is remembered of feeds, and what is checked anew."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import close
from tinygraph.runtime.binding_cache import KEPT, Binder
from tinygraph.semantics.binding import bind


class TestBindingAgain:
    def graph(self):
        x = tg.sequence("x", ("batch", 2))
        w = tg.parameter("w", np.ones(2, "float32"))
        return tg.Graph({"y": x * w}), tg.Parameters({"w": np.full(2, 3.0, "f")})

    def test_it_is_what_bind_gives(self):
        graph, parameters = self.graph()
        binder = Binder(graph, parameters)
        for shape in ((3, 1, 2), (3, 1, 2), (5, 4, 2), (3, 1, 2)):
            feeds = {"x": np.zeros(shape, "float32")}
            got = binder(feeds, None, 2, 7)
            wanted = bind(graph, feeds, None, 2, 7, parameters)
            assert (got.sizes, got.start, got.seed) == (wanted.sizes, 2, 7)
            assert got.values.keys() == wanted.values.keys()
            assert all(got.values[k] is v for k, v in wanted.values.items())

    def test_updated_parameters_are_seen(self):
        graph, parameters = self.graph()
        binder = Binder(graph, parameters)
        feeds = {"x": np.zeros((3, 1, 2), "float32")}
        binder(feeds, None, 0, 0)
        parameters.update({"w": [5.0, 6.0]})
        values = binder(feeds, None, 0, 0).values
        close(values[graph.parameters[0]], [5.0, 6.0])

    @pytest.mark.parametrize(
        ("feeds", "call", "kind"),
        [
            ({"x": np.zeros((3, 1, 3), "float32")}, {}, tg.FeedShapeError),
            ({"x": np.zeros((3, 1, 2))}, {}, tg.FeedDTypeError),
            ({"y": np.zeros((3, 1, 2), "float32")}, {}, tg.UnknownFeedError),
            ({}, {}, tg.MissingFeedError),
            ({"x": np.zeros((3, 1, 2), "float32")}, {"steps": 4}, tg.StepsError),
            ({"x": np.zeros((3, 1, 2), "float32")}, {"seed": -1}, tg.FeedError),
            ({"x": np.zeros((3, 1, 2), "float32")}, {"start": -1}, tg.FeedError),
        ],
    )
    def test_a_call_of_another_kind_is_checked(self, feeds, call, kind):
        graph, parameters = self.graph()
        binder = Binder(graph, parameters)
        good = {"x": np.zeros((3, 1, 2), "float32")}
        for _ in range(2):
            binder(good, None, 0, 0)
        with pytest.raises(kind):
            binder(feeds, call.get("steps"), call.get("start", 0), call.get("seed", 0))

    def test_overridden_parameters_and_lists_are_bound_anew(self):
        graph, parameters = self.graph()
        binder = Binder(graph, parameters)
        x = np.zeros((3, 1, 2), "float32")
        for value in (1.0, 2.0):
            fed = binder({"x": x, "w": np.full(2, value, "f")}, None, 0, 0)
            assert fed.overridden == (graph.parameters[0],)
            assert fed.values[graph.parameters[0]][0] == value
        for value in (1.0, 2.0):
            fed = binder({"x": [[[value, 0.0]]]}, None, 0, 0)
            assert fed.values[graph.sequences[0]][0, 0, 0] == value

    def test_what_is_remembered_is_bounded(self):
        graph, parameters = self.graph()
        binder = Binder(graph, parameters)
        for steps in range(1, 3 * KEPT):
            binder({"x": np.zeros((steps, 1, 2), "float32")}, None, 0, 0)
        assert len(binder._known) <= KEPT
