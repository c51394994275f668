"""What JAX differentiates is what our gradients are."""

import numpy as np

import tinygraph as tg
from tinygraph.testing import assert_same_values, feeds_for
from tinygraph.testing.laws import float_leaves
from tinygraph.testing.tolerances import GRADIENTS


def check_slopes(graph, steps, **options):
    """`jax.grad` of the lowered loss is our lowered gradient; options of `to_jax`."""
    import jax

    leaves = float_leaves(graph)
    ours = tg.grad(graph.outputs["loss"], leaves, unconnected="zeros")
    feeds = feeds_for(graph, steps, parameters=True)
    bound = dict.fromkeys(graph.times, steps)
    named = {leaf.label: slope for leaf, slope in zip(leaves, ours, strict=True)}
    wanted = tg.interpret({**named, **graph.outputs}, feeds, bound)
    f = tg.to_jax(graph, **options)
    with jax.enable_x64(True):
        floats = {name: jax.numpy.asarray(feeds[name]) for name in named}
        slopes = jax.grad(lambda x: f({**feeds, **x}, steps=bound)["loss"])(floats)
    found = {name: np.asarray(slope) for name, slope in slopes.items()}
    assert_same_values(
        {name: found[name] for name in named},
        {name: wanted[name] for name in named},
        kind=GRADIENTS,
        graph=graph,
    )
