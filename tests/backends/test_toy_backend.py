"""The registry of backends: what one that is entered can be used for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.golden.models import MODELS
from tests.kit import recurrence, refused
from tinygraph.backends import registry
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.runtime.program import Report, Straight
from tinygraph.semantics.interpreter import evaluate_by_definition
from tinygraph.testing import (
    assert_same_values,
    check_backend,
    feeds_for,
    recurrent_graphs,
)


class ToyProgram:
    """Runs the interpreter, and says so."""

    def __init__(self, graph, threads=None):
        self.graph, self.threads = graph, threads

    def run(self, binding, version):
        return evaluate_by_definition(self.graph, binding)

    def source(self):
        return f"# {len(self.graph)} nodes, {self.threads} threads\n"

    def report(self):
        nodes = [node for node in self.graph if node.inputs]
        return Report(self.graph, parts=[Straight(nodes)])


@pytest.fixture(scope="module", autouse=True)
def toy():
    """A third backend, for this file alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "BACKENDS", dict(registry.BACKENDS))
        patch.setattr(registry, "_NAMES", dict(registry._NAMES))
        tg.register_backend("toy", ToyProgram, other_names=["play"], rewrites=False)
        yield


@given(recurrent_graphs(), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_a_third_backend_obeys_the_law(graph, steps):
    check_backend(graph, "toy", steps)


def test_it_is_known_by_all_its_names():
    graph = MODELS["lstm"]()
    run = tg.compile(graph, backend="toy", threads=3)
    assert run.backend == tg.compile(graph, backend="play").backend == "toy"
    assert run.source() == f"# {len(graph)} nodes, 3 threads\n"


@pytest.mark.parametrize("memory", ["checkpoint", 2**20])
def test_memory_is_for_it_too(memory):
    graph = MODELS["rnn with gradients"]()
    run = tg.compile(graph, backend="toy", memory=memory)
    feeds = feeds_for(graph, 20)
    assert_same_values(run(feeds), tg.interpret(graph, feeds), kind="gradients")
    assert "Memory: windows" in tg.explain(run)
    assert tg.explain(run) == tg.explain(graph, memory=memory, backend="toy")


def test_it_is_explained():
    _, _, h = recurrence()
    told = tg.explain({"h": h}, backend="toy")
    assert "Once, outside every cycle, all steps together: 3 ufuncs" in told
    assert "Loop" not in told
    assert told == tg.explain(tg.compile({"h": h}, backend="toy"))


def test_the_one_a_function_was_compiled_for_is_explained():
    run = tg.compile(MODELS["rnn"](), backend="toy")
    refused(
        tg.BackendError,
        "was compiled for 'toy', not 'numpy': explain its graph instead, run.graph",
        lambda: tg.explain(run, backend="numpy"),
    )
    assert tg.explain(run, backend="play") == tg.explain(run)


def test_rewrites_that_gain_it_nothing_are_left_out():
    tg.register_backend("plain", NumpyProgram, rewrites=False, windows=False)
    tg.register_backend("few", NumpyProgram, without=["pack gates"])
    graph = MODELS["lstm"]()
    assert tg.compile(graph, backend="numpy").fired["pack gates"] == 4
    assert not tg.compile(graph, backend="plain").fired
    assert "pack gates" not in tg.compile(graph, backend="few").fired
    assert tg.compile(graph, backend="plain").optimised is graph
    refused(
        tg.MemoryPlanError,
        "memory='checkpoint' is for backends that follow a schedule; 'plain'",
        lambda: tg.compile(graph, backend="plain", memory="checkpoint"),
    )


def test_what_it_lacks_is_said():
    problem = "backend 'far' needs a cable"
    tg.register_backend("far", ToyProgram, missing=lambda: problem)
    refused(
        tg.BackendError,
        problem,
        lambda: tg.compile(MODELS["rnn"](), backend="far"),
    )


def test_unknown_names_list_it():
    refused(
        tg.BackendError,
        "no backend 'tyo'; there are 'auto', 'numpy', 'native', 'jax', 'interpret', "
        "'toy'",
        lambda: tg.compile(MODELS["rnn"](), backend="tyo"),
    )


@pytest.mark.parametrize("name", ["auto", "numpy", "native", "toy", "play"])
def test_names_are_taken_once(name):
    refused(
        tg.BackendError,
        f"the name {name!r} is taken; the backends are 'auto', .*by another name",
        lambda: tg.register_backend(name, ToyProgram),
    )
    refused(
        tg.BackendError,
        f"the name {name!r} is taken",
        lambda: tg.register_backend("fresh", ToyProgram, other_names=[name]),
    )
    assert "fresh" not in registry.BACKENDS


def test_numba_is_another_name_for_native():
    _, _, h = recurrence(dtype="float32")
    run = tg.compile({"h": h}, backend="numba")
    assert run.backend == "native"
    xs = np.ones(3, "float32")
    found, wanted = run({"x": xs}), tg.interpret({"h": h}, {"x": xs})
    np.testing.assert_allclose(found["h"], wanted["h"], rtol=1e-6)
