"""`memory=`: what it accepts and says, how many bytes and how much work it takes."""

import threading
import tracemalloc
from collections import Counter

import numpy as np
import pytest

import tinygraph as tg
from tests.checkpointing.kit import sweeps, windowed
from tests.golden.models import gradients, language_model, two_ways
from tests.kit import F32, F64, refused
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.checkpointing.lengths import SHORTEST, even
from tinygraph.checkpointing.plan import WindowPlan
from tinygraph.rewriting import optimise
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values, feeds_for, gradient_graph


@pytest.fixture(scope="module")
def model():
    return gradients(language_model())


def scan(width=64, name="h"):
    """A wide elementwise recurrence: its memory is states and nothing else."""
    x = tg.sequence("x", (width,), "float64")
    w = tg.parameter("w", np.full(width, 0.5))
    before = tg.delay("before", shape=(width,), dtype="float64")
    h = tg.tanh(tg.exp(tg.sin(x)) + before * w, name=name)
    before.close(h)
    loss = tg.sum_over_time(tg.sum(tg.cos(h) * h))
    return tg.Graph({"loss": loss, "grad": tg.grad(loss, w)})


def peak(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestWhatIsAsked:
    @pytest.mark.parametrize("memory", ["chekpoint", "windows", True, 1.5, b"x", ()])
    def test_no_plan(self, model, memory):
        error = refused(
            tg.MemoryPlanError, "no memory plan", tg.compile, model, memory=memory
        )
        assert ("did you mean 'checkpoint'" in str(error)) == (memory == "chekpoint")
        assert "None" in str(error)
        assert "bytes" in str(error)

    @pytest.mark.parametrize("memory", [0, -5])
    def test_no_budget(self, model, memory):
        refused(tg.MemoryPlanError, "number of bytes", tg.compile, model, memory=memory)

    def test_not_by_the_interpreter(self, model):
        refused(
            tg.MemoryPlanError,
            "'interpret' keeps every value",
            lambda: tg.compile(model, "interpret", memory="checkpoint"),
        )

    def test_a_budget_that_cannot_be_met(self, model):
        run = tg.compile(model, memory=5000)
        feeds = feeds_for(model, 300)
        error = refused(tg.MemoryPlanError, "5000 bytes are too few", run, feeds)
        assert error.budget == 5000
        assert 5000 < error.least < 10**6
        assert_same_values(
            tg.compile(model, memory=error.least)(feeds), tg.compile(model)(feeds)
        )

    @pytest.mark.parametrize("memory", ["checkpoint", 10**6])
    def test_what_cannot_be_run_by_windows(self, memory):
        graph = two_ways()
        if memory != "checkpoint":
            refused(
                tg.MemoryPlanError,
                "cannot be run by windows.*mixes past and future: ahead, far",
                tg.compile,
                graph,
                memory=memory,
            )
            return
        feeds = feeds_for(graph, 70)
        run = tg.compile(graph, memory=memory)
        assert_same_values(run(feeds), tg.compile(graph)(feeds))
        assert "Memory: all steps at once: one loop mixes" in tg.explain(run)

    def test_values_as_long_as_their_own_axis(self):
        x = tg.sequence("x", (3,), "float64")
        keys = tg.stack(x)
        scores = tg.sum(keys * x, axis=-1)
        graph = tg.Graph({"y": tg.sum_over_time(tg.sum(tg.softmax(scores, -1) ** 2))})
        told = tg.explain(graph, memory="checkpoint")
        assert "is itself as long as that axis" in " ".join(told.split())
        feeds = feeds_for(graph, 200)
        run = tg.compile(graph, memory="checkpoint")
        assert_same_values(run(feeds), tg.compile(graph)(feeds))

    def test_a_graph_without_time(self):
        x = tg.placeholder("x", (3,))
        assert "per step" in tg.explain(tg.Graph(tg.exp(x)), memory="checkpoint")
        run = tg.compile(tg.exp(x), memory="checkpoint")
        np.testing.assert_allclose(run({"x": np.zeros(3, F32)})["output"], 1.0)


class TestLengths:
    @pytest.mark.parametrize("steps", [1, 2, 63, 64, 65, 96, 97, 997, 4096, 16384])
    def test_about_the_root_and_no_second_long_one(self, steps):
        length = even(steps)
        root = max(SHORTEST, steps**0.5)
        assert min(steps, root) <= length <= min(steps, 1.5 * root + 1.5)
        assert steps % length <= length / 4

    def test_short_sequences_run_whole(self, model):
        class Never(NumpyProgram):
            def run(self, binding, version):
                assert self.graph is whole
                return super().run(binding, version)

        whole = optimise(model).graph
        program = windowed(model, 70, Never)
        whole = program.plan.whole
        program.run(bind(model, feeds_for(model, 70)), None)

    def test_a_budget_takes_the_longest_windows_that_fit(self, model):
        plan = WindowPlan(optimise(model).graph)
        sizes = {"batch": 3, "t": 2000}
        most = plan.bytes(sizes)
        by = [plan.bytes(sizes, {"t": -(-2000 // n)}) for n in (2, 3, 4, 8)]
        assert by == sorted(by, reverse=True)
        assert by[-1] < most / 4
        told = tg.explain(model, sizes, memory=by[2])
        assert "4 windows of 500 steps of 't'" in told
        assert "which is what runs" in tg.explain(model, sizes, memory=most)


class TestWork:
    def test_the_sweeps_of_a_causal_model(self, model):
        states = ["lstm.0.c", "lstm.0.h"]
        assert sweeps(model) == [("forwards", "t", states), ("backwards", "t", [])]
        assert sweeps(language_model()) == [("forwards", "t", [])]

    def test_forward_is_computed_twice_and_the_rest_once(self, model):
        plan = WindowPlan(optimise(model).graph)
        times = Counter(node for sweep, _ in plan.windows for node in sweep.computed)
        assert set(times.values()) == {1, 2}
        tanh = [n for n in times if n.op.name == "tanh"]
        adjoint = [n for n in times if n.scope[:1] == ("gradient",)]
        assert {times[node] for node in tanh} == {2}
        matmuls = [n for n in adjoint if n.op.name == "matmul"]
        assert matmuls
        assert {times[node] for node in matmuls} == {1}

    def test_every_window_is_run_once_a_sweep(self):
        """9 windows backwards; forwards the last one, which nobody asks for, is not."""
        seen = []

        class Counting(NumpyProgram):
            def run(self, binding, version):
                seen.append((binding.start, binding.sizes.get("t")))
                return super().run(binding, version)

        graph = scan(2)
        program = windowed(graph, 11, Counting)
        program.run(bind(graph, feeds_for(graph, 95)), None)
        places = [(11 * i, 11 if i < 8 else 7) for i in range(9)]
        assert [place for place in seen if place[1] != 95] == places[:-1] + places[::-1]

    def test_a_bidirectional_model_stores_each_direction(self):
        x = tg.sequence("x", (2,), "float64")
        w = tg.parameter("w", np.full(2, 0.5))
        both = []
        for k in (1, -1):
            before = tg.delay(f"b{k}", steps=k, shape=(2,), dtype="float64")
            h = tg.tanh(x + before * w)
            before.close(h)
            both.append(h)
        loss = tg.sum_over_time(tg.sum(both[0] * both[1]))
        found = sweeps(tg.Graph({"loss": loss, "grad": tg.grad(loss, w)}))
        assert [way for way, _, _ in found] == ["forwards", "backwards", "forwards"]
        assert found[0][2] == ["b1"]
        assert "b-1" in found[1][2]


class TestBytes:
    def test_memory_grows_like_the_root(self):
        """Peaks at T = 1,024, 4,096, 16,384: plain × 4 each time, windows about × 2."""
        graph = scan()
        found = {}
        for memory in (None, "checkpoint"):
            for steps in (1024, 4096, 16384):
                feeds = feeds_for(graph, steps)
                run = tg.compile(graph, memory=memory)
                found[memory, steps] = peak(lambda run=run, feeds=feeds: run(feeds))
        assert found[None, 16384] > 3.5 * found[None, 4096] > 10 * found[None, 1024]
        assert found["checkpoint", 4096] < 2.5 * found["checkpoint", 1024]
        assert found["checkpoint", 16384] < 2.5 * found["checkpoint", 4096]
        assert found[None, 16384] > 10 * found["checkpoint", 16384]

    @pytest.mark.parametrize("count", [1, 3, 12])
    def test_what_is_planned_is_what_is_taken(self, count):
        graph = scan(256)
        steps = 3000
        plan = WindowPlan(optimise(graph).graph)
        length = -(-steps // count)
        planned = plan.bytes({"t": steps}, {"t": length})
        feeds = feeds_for(graph, steps)
        program = windowed(graph, length)
        taken = peak(lambda: program.run(bind(graph, feeds), None))
        assert 0.6 * planned < taken < 1.3 * planned

    def test_a_budget_is_kept(self):
        graph = scan(256)
        feeds = feeds_for(graph, 3000)
        budget = 4_000_000
        assert peak(lambda: tg.compile(graph)(feeds)) > 3 * budget
        run = tg.compile(graph, memory=budget)
        assert peak(lambda: run(feeds)) < 1.25 * budget
        assert_same_values(run(feeds), tg.compile(graph)(feeds))


class TestCalls:
    STEPS = 300

    def test_parameters_fed_and_updated(self, model):
        run = tg.compile(model, memory="checkpoint")
        plain = tg.compile(model)
        feeds = feeds_for(model, self.STEPS)
        other = feeds_for(model, self.STEPS, seed=1, parameters=True)
        assert_same_values(run(feeds), plain(feeds))
        assert_same_values(run(other), plain(other))
        assert_same_values(run(feeds), plain(feeds))
        for function in (run, plain):
            function.parameters.update({n: other[n] for n in function.parameters})
        assert_same_values(run(feeds), plain(feeds))

    def test_threads(self, model):
        run, plain = tg.compile(model, memory="checkpoint"), tg.compile(model)
        every = [feeds_for(model, self.STEPS + i, seed=i) for i in range(4)]
        wanted = [plain(feeds) for feeds in every]
        found = [None] * 4

        def work(i):
            for _ in range(3):
                found[i] = run(every[i])

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for got, right in zip(found, wanted, strict=True):
            assert_same_values(got, right)

    def test_overflow_is_silent_as_elsewhere(self):
        x = tg.sequence("x", (), F64)
        graph = gradient_graph(tg.Graph({"loss": tg.sum_over_time(tg.exp(x))}))
        found = tg.compile(graph, memory="checkpoint")({"x": np.full(300, 1e3)})
        assert np.isinf(found["loss"])

    def test_source_shows_the_loops_of_each_sweep(self, model):
        source = tg.compile(model, memory="checkpoint").source()
        assert "# sweep 1 of 2, forwards over 't'" in source
        assert "# sweep 2 of 2, backwards over 't'" in source
        assert source.count("def loop(") == 3


class TestExplaining:
    def test_what_is_stored_and_run_again(self, model):
        told = tg.explain(model, {"batch": 4, "t": 16384}, memory="checkpoint")
        assert tg.explain(model, {"batch": 4, "t": 16384}) in told
        said = told[told.index("Memory") :]
        assert "windows of about √T steps, in 2 sweeps" in said
        assert "stores at the edge of each window lstm.0.h, lstm.0.c" in said
        assert "128 windows of 128 steps of 't'" in said
        assert "of them again" in said

    def test_a_compiled_function_has_its_own(self, model):
        run = tg.compile(model, memory="checkpoint")
        assert tg.explain(run) == tg.explain(model, memory="checkpoint")
        refused(
            tg.MemoryPlanError,
            "compiled with memory='checkpoint', not 5",
            lambda: tg.explain(run, memory=5),
        )
