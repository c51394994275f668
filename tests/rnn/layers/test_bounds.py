"""Gates have bounds: no cell's loop has a product more for keeping finite what is."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import looping
from tinygraph.rewriting import SAVE_CALLS, optimise
from tinygraph.testing import gradient_graph
from tinygraph_rnn import LAYERS

MORE = {"lstm-peephole": 1, "lstm-layer-norm": 2}
"""Products that a loop has more than with `fast`: two factors without bound each."""
OPTIONS = {"lstm-projected": {"proj_size": 3}, "jordan": {"output_size": 2}}


@pytest.mark.parametrize("without", [(), SAVE_CALLS], ids=["calls", "native"])
@pytest.mark.parametrize("name", LAYERS)
def test_products_within_loops(name, without):
    rng = np.random.default_rng(0)
    layer = LAYERS[name](3, 4, rng=rng, **OPTIONS.get(name, {}))
    h = layer(tg.sequence("x", ("batch", 3)))
    loss = tg.mean(tg.mean_over_time(tg.square(h)), axis=None)
    graph = gradient_graph(tg.Graph({"loss": loss}))
    bounded, fast = (
        looping(optimise(graph, without, fast=fast).graph)["multiply"]
        for fast in (False, True)
    )
    assert bounded - fast == MORE.get(name, 0)
