"""Frames: where values stand outside loops, what is computed when, what it takes."""

import numpy as np
import pytest

import tinygraph as tg
from tests.backends.test_loops import language_model
from tests.kit import close
from tinygraph.backends.linking.arena import ALIGNMENT, Arena
from tinygraph.core import building
from tinygraph.core.nodes import Op
from tinygraph.rewriting import REWRITES, optimise
from tinygraph.scheduling.horizontal import calls, expansion, made_once, siblings
from tinygraph.scheduling.order import Loop, read_outside, schedule
from tinygraph.scheduling.planning import plan_loop

ALL = list(REWRITES)


def frame_of(run):
    """The frame that a compiled function keeps after its first call."""
    (frame,) = run._program.frames._free.values()
    return frame


def compiled(outputs, without=ALL):
    return tg.compile(outputs, backend="numpy", without=without)


class TestArena:
    def test_blocks_begin_with_a_cache_line(self):
        arena = Arena()
        blocks = [arena.take(size) for size in (1, 63, 65, 5000, 0)]
        assert all(b.memory.ctypes.data % ALIGNMENT == 0 for b in blocks)
        assert [len(b.memory) for b in blocks] == [64, 64, 128, 5056, 64]

    def test_the_smallest_that_fits_is_used_again(self):
        arena = Arena()
        large, small = arena.take(4096), arena.take(2048)
        before = arena.nbytes
        arena.give(large)
        arena.give(small)
        assert arena.take(2000) is small
        assert arena.take(2500) is large
        assert arena.nbytes == before

    def test_none_that_is_more_than_twice_too_large(self):
        arena = Arena()
        arena.give(arena.take(4096))
        assert len(arena.take(1024).memory) == 1024

    def test_blocks_in_use_never_overlap(self):
        arena, rng, used = Arena(), np.random.default_rng(0), []
        for _ in range(300):
            if used and rng.random() < 0.4:
                arena.give(used.pop(rng.integers(len(used))))
            used.append(arena.take(int(rng.integers(1, 3000))))
            spans = sorted((b.memory.ctypes.data, len(b.memory)) for b in used)
            ends = [start + size for start, size in spans[:-1]]
            assert all(e <= s for e, (s, _) in zip(ends, spans[1:], strict=True))


class TestMemory:
    def chain(self, length):
        y = tg.sequence("x", ("batch", 50))
        for _ in range(length):
            y = tg.tanh(y)
        return {"y": tg.sum_over_time(tg.sum(y))}

    def test_a_chain_of_any_length_takes_one_place(self):
        feeds = {"x": np.ones((40, 10, 50), "float32")}
        sizes = []
        for length in (3, 30):
            run = compiled(self.chain(length))
            run(feeds)
            sizes.append(frame_of(run).nbytes)
        assert sizes[0] == sizes[1] < 1.1 * feeds["x"].nbytes

    def test_what_is_read_later_is_not_written_over(self):
        x = tg.sequence("x", (3,), "float64")
        early = tg.sin(x)
        late = tg.tanh(tg.tanh(tg.tanh(early)))
        both = early[..., 0:2] * late[..., 1:3]
        feed = np.linspace(-1, 1, 12).reshape(4, 3)
        run = compiled({"y": tg.sum_over_time(both)})
        a, b = np.sin(feed), np.tanh(np.tanh(np.tanh(np.sin(feed))))
        for _ in range(2):
            close(run({"x": feed})["y"], (a[:, :2] * b[:, 1:]).sum(0))

    @pytest.mark.parametrize("steps", [64, 256])
    def test_the_language_model_plans_less_than_it_computes(self, steps):
        graph = language_model()
        run = tg.compile(graph, backend="numpy")
        tokens = np.zeros((steps, 4), "int32")
        run({"tokens": tokens, "targets": tokens})
        whole = sum(
            4 * steps * int(np.prod([4 if d == "batch" else d for d in node.shape]))
            for node in run.optimised.nodes
            if node.time is not None and node.dtype == "float32"
        )
        assert frame_of(run).nbytes < 0.5 * whole


class TestWhatIsComputedWhen:
    @pytest.fixture
    def counted(self):
        calls = []

        def look(x):
            calls.append(np.shape(x))
            return np.array(x)

        op = Op("look", infer=lambda x: x, impl=look)
        return calls, lambda node: building.apply(op, node)

    def test_what_depends_on_sizes_alone_is_computed_once(self, counted):
        calls, look = counted
        x = tg.sequence("x", ("batch",))
        run = compiled({"y": tg.sum(tg.last(x)) / look(tg.extent("t") * 1.0)})
        for _ in range(3):
            close(run({"x": np.ones((4, 2), "float32")})["y"], 0.5)
        assert len(calls) == 1
        run({"x": np.ones((5, 2), "float32")})
        assert len(calls) == 2

    def test_outputs_are_computed_into_arrays_of_the_callers_own(self):
        x = tg.sequence("x", (3,), "float64")
        run = compiled({"y": tg.tanh(x)})
        first = run({"x": np.ones((2, 3))})["y"]
        assert first.base is None
        frame = frame_of(run)
        assert not any(np.shares_memory(first, a) for a in frame.arrays.values())

    def test_feeds_and_results_are_let_go_after_a_call(self):
        x = tg.sequence("x", (3,), "float64")
        run = compiled({"y": tg.tanh(x)})
        run({"x": np.ones((2, 3))})
        frame = frame_of(run)
        assert frame.state.binding is None
        patches = [p for s in frame.late.values() for p in s.patches]
        assert patches
        assert all(arguments[i] is None for arguments, i, _ in patches)

    def test_weights_of_a_loop_lie_in_one_piece(self):
        h = tg.delay("h", shape=(2, 3), dtype="float64")
        weight = tg.parameter("W", np.arange(9.0).reshape(3, 3))
        y = tg.tanh(h @ weight.T + 1.0)
        h.close(y)
        run = compiled({"y": y})
        run({}, steps=4)
        segment = next(f for f, _, node in frame_of(run).main if node is None)
        (constants,) = [a[0] for f, a, n in frame_of(run).main if f is segment]
        squares = [c for c in constants if getattr(c, "shape", None) == (3, 3)]
        assert [c.flags.c_contiguous for c in squares] == [True]


class TestCallsOfAStep:
    def groups(self):
        graph = optimise(language_model()).graph
        order = schedule(graph)
        exported, made = read_outside(graph, order), made_once(graph, order)
        loops = [task for task in order.main if isinstance(task, Loop)]
        plans = [plan_loop(loop, exported) for loop in loops]
        return [(plan, calls(plan, made)) for plan in plans]

    def test_the_lstm_s_adjoint_takes_seven(self):
        """1 GEMM and 6 ufuncs: what an expert writes by hand."""
        (_, forward), (plan, backward) = self.groups()
        assert (len(forward), len(backward)) == (10, 7)
        (found,) = [s for g in backward if (s := siblings(plan, g)) is not None]
        assert len(found.parts) == 3

    def test_composite_kernels_are_ufuncs(self):
        x, y = (tg.sequence(name, (2,)) for name in "xy")
        assert len(expansion(tg.sigmoid(x))) == 4
        assert len(expansion(tg.add_n(x, y, x))) == 2
        assert expansion(tg.tanh(x)) == []
        assert expansion(tg.sigmoid(tg.sequence("i", (2,), "int32"))) == []

    def test_siblings_with_a_feed_are_called_one_by_one(self):
        """What the user feeds stands where it stands."""
        a, b = (tg.sequence(name, (2, 3), "float64") for name in "ab")
        h = tg.delay("h", shape=(2, 6), dtype="float64")
        left = h[..., 0:3]
        y = tg.tanh(tg.concat([left * a, left * b], -1) + 0.1)
        h.close(y)
        rng = np.random.default_rng(0)
        feeds = {name: rng.normal(size=(4, 2, 3)) for name in "ab"}
        close(compiled({"y": y})(feeds)["y"], tg.interpret({"y": y}, feeds)["y"])

    def test_siblings_side_by_side_give_what_the_interpreter_gives(self):
        a, b = (tg.sequence(name, (2, 3), "float64") for name in "ab")
        h = tg.delay("h", shape=(2, 6), dtype="float64", init=0.3)
        left = h[..., 0:3]
        y = tg.tanh(tg.concat([left * tg.sin(a), left * tg.sin(b)], -1) + 0.1)
        h.close(y)
        rng = np.random.default_rng(0)
        run = compiled({"y": y})
        for steps in (1, 4, 4, 2):
            feeds = {name: rng.normal(size=(steps, 2, 3)) for name in "ab"}
            close(run(feeds)["y"], tg.interpret({"y": y}, feeds)["y"])
        assert run.source().count("# 'multiply'") == 1
