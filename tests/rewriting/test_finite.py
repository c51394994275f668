"""What the definition gives finite stays finite, with junk wherever a mask hides it.

Padded steps and a row that no index takes hold zeros, the smallest and huge numbers,
infinities and NaN. Each rewrite alone and all together keep what is finite, and near.
"""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.rewriting.junk import (
    STEPS,
    by_chance,
    junk,
    junk_for,
    masked_cell,
    masked_cells,
)
from tests.rewriting.kit import others
from tinygraph.rewriting import REWRITES, optimise
from tinygraph.testing import assert_same_values
from tinygraph.testing.widening import wide_feeds, widened

DTYPES = st.sampled_from(["float32", "float32", "float64"])
KIND = "gradients"


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


MORE_FINITE = {
    *("take one-hot rows", "collect one-hot rows", "logistic slope", "pad late")
}
"""Rewrites that have a number where the definition multiplies 0 by what is none."""


def check(found, defined, law, graph, *, near=True, same=True):
    """Compare with the definition, in the graph's precision and in float64.

    Args:
        near: finite numbers are compared, else they need only be finite.
        same: what is no number in any precision must be none.
    """
    wanted, wide = defined
    finite = {name: np.isfinite(value) for name, value in wanted.items()}
    for name, value in found.items():
        assert np.isfinite(value[finite[name]]).all(), f"{law}: {name} is not finite"
        if same:
            never = ~finite[name] & ~np.isfinite(wide[name])
            assert not np.isfinite(value[never]).any(), f"{law}: {name} is a number"
    if near:
        parts = [
            {name: np.where(finite[name], value, 0) for name, value in each.items()}
            for each in (found, wanted)
        ]
        assert_same_values(*parts, kind=KIND, law=law, graph=graph)


def defined(graph, feeds):
    """The definition's values, in the graph's precision and in float64."""
    wide = tg.interpret(widened(graph)[0], wide_feeds(feeds), STEPS)
    return tg.interpret(graph, feeds, STEPS), wide


def rewritten(graph, feeds, without=()):
    """The values of a graph after some rewrites, and whether what is NaN must be."""
    done = optimise(graph, without)
    return tg.interpret(done.graph, feeds, STEPS), not MORE_FINITE & set(done.fired)


@pytest.mark.parametrize("everywhere", [False, True])
def test_every_rewrite_alone_and_all_together(everywhere):
    """Junk where it is hidden: finite and near. Everywhere: finite, and NaN stays."""

    @settings(max_examples=10 if everywhere else 25)
    @given(st.data(), DTYPES)
    def test(data, dtype):
        graph = data.draw(masked_cells(dtype))
        feeds = data.draw(junk_for(graph, dtype, everywhere=everywhere))
        wanted = defined(graph, feeds)
        alone = data.draw(st.sampled_from(list(optimise(graph).fired)))
        for law, without in ((alone, others(alone)), ("all", ())):
            found, same = rewritten(graph, feeds, without)
            check(found, wanted, law, graph, near=not everywhere, same=same)

    test()


def test_without_bounds_it_would_not_hold():
    """The graphs and the junk are such that `fast` is seen, in one of ten at least."""
    failed = 0
    for seed in range(20):
        numbers = np.random.default_rng(seed)
        graph = masked_cell(by_chance(numbers))
        feeds = junk(graph, "float32", numbers, [1e30])
        fast = tg.interpret(optimise(graph, fast=True).graph, feeds, STEPS)
        wanted = tg.interpret(graph, feeds, STEPS)
        failed += any(
            not np.isfinite(fast[name][np.isfinite(value)]).all()
            for name, value in wanted.items()
        )
    assert failed >= 2


def test_each_rewrite_finds_what_it_looks_for():
    """In one graph of a hundred at least; one in five is unrolled too."""
    count, met = 100, Counter()
    for seed in range(count):
        numbers = np.random.default_rng(seed)
        graph = masked_cell(by_chance(numbers))
        fired = set(optimise(graph).fired)
        if seed % 5 == 0:
            fired |= optimise(tg.unroll(graph, 2)).fired.keys()
        met.update(fired)
    rare = {name: met[name] for name in REWRITES if met[name] < 0.01 * count}
    assert not rare


@pytest.mark.parametrize(("backend", "examples"), [("numpy", 12), ("native", 3)])
def test_every_backend(backend, examples):
    @settings(max_examples=examples)
    @given(st.data(), DTYPES)
    def test(data, dtype):
        graph = data.draw(masked_cells(dtype))
        run = tg.compile(graph, backend)
        for _ in range(2):
            feeds = data.draw(junk_for(graph, dtype))
            same = not MORE_FINITE & set(run.fired)
            check(run(feeds, STEPS), defined(graph, feeds), backend, graph, same=same)

    test()
