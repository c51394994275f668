"""Plans and flat loop programs: where members live, what a step calls, call by call."""

import time

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import loop_of, weight
from tinygraph.rewriting import optimise
from tinygraph.scheduling.order import Loop, read_outside, schedule
from tinygraph.scheduling.planning import plan_loop, takes_out
from tinygraph.testing import (
    assert_same_values,
    check_backend,
    feeds_for,
    gradient_graph,
)
from tinygraph.testing.feeding import steps_by_axis
from tinygraph_rnn import LanguageModel

F64 = "float64"


def x(shape=(2, 3), name="x", dtype=F64):
    return tg.sequence(name, shape, dtype)


def agrees(outputs, steps=(3,), calls=3):
    """Call after call with other feeds, the values are the interpreter's."""
    graph = tg.Graph(outputs)
    for without in ([], list(tg.compile(graph).fired)):
        run = tg.compile(graph, without=without)
        for t in steps:
            known = steps_by_axis(graph, t)
            for seed in range(calls):
                feeds = feeds_for(graph, t, seed=seed)
                wanted = tg.interpret(graph, feeds, known)
                law = f"call {seed} with T = {t}"
                assert_same_values(run(feeds, known), wanted, law=law)


def plans(outputs):
    """The plan of every loop of a graph as it is, in order."""
    graph = outputs if isinstance(outputs, tg.Graph) else tg.Graph(outputs)
    order = schedule(graph)
    exported = read_outside(graph, order)
    return [plan_loop(task, exported) for task in order.main if isinstance(task, Loop)]


class TestWhereMembersLive:
    def test_a_state_is_long_and_shares_its_delay_s_slots(self):
        def body(d):
            return tg.tanh(tg.sin(d) + x())

        (h,) = loop_of(body, (2, 3), steps=2)
        (plan,) = plans({"h": h})
        assert list(plan.long) == [h]
        assert [delay.steps for delay in plan.halo[h]] == [2]
        assert len(plan.slots) == 1, "sin and the sum, one over the other"

    def test_views_live_in_what_they_show(self):
        def body(d):
            a, b = tg.split(tg.sin(d) + x((2, 6)), 2, axis=-1)
            return tg.concat([tg.tanh(a.T).T, b * 2.0], -1)

        (h,) = loop_of(body, (2, 6))
        (plan,) = plans({"h": h})
        assert [node.op.name for node in plan.views].count("index") == 2
        assert [node.op.name for node in plan.within] == ["multiply"]
        assert all(each.node.op.name != "index" for each in plan.instructions)

    def test_a_part_joined_twice_is_there_twice(self):
        def body(d):
            a = tg.tanh(x((2,)) + d[:2])
            return tg.concat([a, a], -1)

        (h,) = loop_of(body, (4,))
        (plan,) = plans({"h": h})
        assert not plan.within
        agrees({"h": h})

    def test_a_part_of_two_wholes_and_of_another_dtype(self):
        def body(d):
            a, b = tg.tanh(x() + d[:, :3]), tg.cast(tg.sin(d[:, :3]), "float32")
            return tg.concat([a, b], -1) + tg.concat([b, a], -1)

        agrees({"h": loop_of(body, (2, 6))[0]})

    def test_a_narrow_part_is_read_as_it_is_and_joined_as_the_whole(self):
        """Read from within the float64 whole, the product would not overflow."""
        kept = []

        def body(d):
            narrow = tg.sin(tg.cast(d[:1], "float32")) + np.float32(3e38)
            kept.append(narrow * np.float32(10.0))
            return tg.tanh(tg.concat([narrow, d[1:]], -1) + x((3,)))

        (h,) = loop_of(body, (3,))
        agrees({"h": h, "product": kept[0]})

    def test_a_concat_of_one_part_of_a_named_length(self):
        init = tg.placeholder("h0", ("batch", "words"), F64)
        d = tg.delay("d", init=init)
        d.close(tg.tanh(tg.concat([d * 0.5], -1) + x(("batch", "words"))))
        agrees({"d": d})
        e = tg.delay("e", init=init)
        e.close(tg.concat([tg.concat([tg.sin(e)], 0)], 1))
        agrees({"e": e}, steps=(1, 2))

    def test_a_concat_along_the_rows(self):
        def body(d):
            parts = [tg.sin(d[:1]), x((1, 3), "y"), tg.cos(d[2:]) + x((2, 3))]
            return tg.concat(parts, 0)

        agrees({"h": loop_of(body, (4, 3))[0]})

    def test_scalars(self):
        agrees({"h": loop_of(lambda d: tg.tanh(d + x(())) * 2.0, ())[0]}, (1, 4))

    def test_slots_are_reused_by_shape_and_dtype(self):
        def body(d):
            y = d
            for _ in range(6):
                y = tg.sin(tg.reshape(tg.cos(y), (3, 2)))
                y = tg.reshape(y, (2, 3))
            return tg.tanh(y + tg.cast(tg.cast(y, "float32"), F64))

        (h,) = loop_of(body, (2, 3))
        (plan,) = plans({"h": h})
        assert len(plan.slots) <= 5
        agrees({"h": h})

    def test_reversed_and_transposed_views_are_not_overwritten_half_way(self):
        def body(d):
            a = tg.sin(d)
            return tg.tanh(a[::-1].T + a) + tg.exp(a[:, ::-1]) * 0.1

        agrees({"h": loop_of(body, (3, 3))[0], "x": x()})


class TestDelays:
    @pytest.mark.parametrize("k", [1, 2, 3, -1, -2, -3])
    @pytest.mark.parametrize("kind", ["init", "history", "replicate"])
    def test_longer_and_shorter_than_the_sequence(self, k, kind):
        options = {
            "init": {"init": tg.placeholder("s", (3,), F64)},
            "history": {"history": tg.placeholder("s", (abs(k), 2, 3), F64)},
            "replicate": {"init": tg.REPLICATE},
        }[kind]
        if kind == "replicate":
            source = x(name="z")
            d = tg.delay("d", source=source, steps=k, init=tg.REPLICATE)
            e = tg.delay("e", steps=k, shape=(2, 3), dtype=F64)
            e.close(tg.sin(e) + d)
            agrees({"e": e, "d": d}, steps=range(1, 6))
            return
        d = tg.delay("d", steps=k, shape=(2, 3), dtype=F64, **options)
        h = tg.tanh(d + x())
        d.close(h)
        agrees({"h": h, "d": d}, steps=range(1, 6))

    def test_two_delays_of_one_source_that_disagree_about_the_slots(self):
        h0, g0 = (tg.placeholder(name, (2, 3), F64) for name in ("h0", "g0"))
        d, e = tg.delay("d", init=h0), tg.delay("e", steps=2, init=g0)
        h = tg.tanh(d - e + x())
        d.close(h)
        e.close(h)
        (plan,) = plans({"h": h})
        assert [len(sharing) for sharing in plan.halo.values()] == [1]
        agrees({"h": h, "d": d, "e": e}, steps=range(1, 6))

    @pytest.mark.parametrize("init", [0.5, "given"])
    @pytest.mark.parametrize("backend", ["numpy", "native"])
    def test_delays_of_one_source_that_agree_share_its_buffer(self, backend, init):
        """Which look each way by several steps, the furthest neither first nor last."""
        slot = tg.placeholder("s", (3,), F64) if init == "given" else tg.constant(0.5)
        ks = (1, 4, 2, -2, -3, -1)
        back = [tg.delay(f"d{k}", steps=k, init=slot, shape=(2, 3)) for k in ks[:3]]
        h = tg.tanh(back[0] - back[1] * back[2] + x((2, 3), dtype=back[0].dtype))
        for delay in back:
            delay.close(h)
        ahead = [tg.delay(f"a{k}", source=h, steps=k, init=slot) for k in ks[3:]]
        graph = tg.Graph({"h": h, "far": back[1], "y": tg.add_n(*ahead)})
        if init == "given":
            (plan,) = plans(graph)
            assert [each.steps for each in plan.halo[h]] == [1, 4, 2]
        assert "else:" not in tg.compile(graph, backend).source(), "slots of its own"
        for steps in range(1, 7):
            check_backend(graph, backend, steps)

    def test_delays_in_a_row(self):
        d = tg.delay("d", shape=(2,), dtype=F64, init=1.0)
        e = tg.delay("e", source=d, steps=2, init=2.0)
        f = tg.delay("f", source=e, init=3.0)
        d.close(tg.tanh(f + x((2,))))
        agrees({"d": d, "e": e, "f": f}, steps=range(1, 7))

    def test_past_and_future_in_one_loop(self):
        """Iterations run members at other steps: prologue and epilogue included."""
        far = tg.delay("far", steps=3, shape=(2,), dtype=F64)
        ahead = tg.delay("ahead", steps=-1, shape=(2,), dtype=F64)
        a = tg.tanh(far + x((2,)))
        ahead.close(a)
        b = tg.sin(ahead) + tg.stop_gradient(a)
        far.close(b)
        (plan,) = plans({"b": b})
        assert max(plan.loop.lags) > 0
        agrees({"a": a, "b": b, "far": far}, steps=range(1, 7))

    def test_a_value_read_an_iteration_later(self):
        """c at step t is needed when iteration t + 1 makes b[t]; no delay keeps it."""
        far = tg.delay("far", steps=3, shape=(2,), dtype=F64)
        ahead = tg.delay("ahead", steps=-1, shape=(2,), dtype=F64)
        c = tg.cos(far + x((2,)))
        ahead.close(tg.tanh(c))
        b = tg.sin(ahead) * c
        far.close(b)
        (plan,) = plans({"b": b})
        assert c in plan.long
        agrees({"b": b}, steps=range(1, 7))

    def test_a_view_of_a_delay_with_slots_of_its_own_is_made_in_every_call(self):
        """Its delay's source is a view, so the delay has no buffer to share."""
        history = tg.placeholder("s", (1, 2, 3), F64)
        d = tg.delay("d", steps=-1, history=history)
        turned = tg.transpose(d)
        d.close(tg.broadcast_to(tg.tanh(tg.sum(turned, -1) + x((3,))), (2, 3)))
        agrees({"turned": turned})


class TestResults:
    def test_a_later_call_overwrites_nothing_handed_out(self):
        (h,) = loop_of(lambda d: tg.tanh(d + x()), (2, 3))
        graph = tg.Graph(
            {"h": h, "again": tg.identity(h), "last": tg.last(h), "cut": h[:, 1:]}
        )
        run = tg.compile(graph)
        first = run(feeds_for(graph, 4, seed=0))
        kept = {name: value.copy() for name, value in first.items()}
        run(feeds_for(graph, 4, seed=1))
        run(feeds_for(graph, 2, seed=2))
        for name in kept:
            np.testing.assert_array_equal(first[name], kept[name])

    def test_what_is_handed_out_may_be_written_to(self):
        w = weight("w", 2, 3)
        (h,) = loop_of(lambda d: tg.tanh(d + x() * w), (2, 3))
        outputs = {"h": h, "w": tg.identity(w), "twice": w * 2.0, "c": tg.constant(1.0)}
        graph = tg.Graph({**outputs, "x": x(name="z")})
        run = tg.compile(graph)
        feeds = feeds_for(graph, 3)
        wanted = run(feeds)
        for value in run(feeds).values():
            value[...] = 99.0
        assert_same_values(run(feeds), wanted)
        assert not np.any(feeds["z"] == 99.0)

    def test_an_output_fed_back_as_a_feed(self):
        (h,) = loop_of(lambda d: tg.tanh(d + x()), (2, 3))
        graph = tg.Graph({"h": h})
        run = tg.compile(graph)
        feeds = feeds_for(graph, 3)
        for _ in range(3):
            wanted = tg.interpret(graph, feeds)
            found = run(feeds)
            assert_same_values(found, wanted)
            feeds = {"x": found["h"]}

    def test_a_kernel_s_error_names_the_user_s_node(self):
        table = weight("E", 4, 3)

        def body(d):
            return tg.take(table, d + tg.sequence("i", (2,), "int64"), axis=0)

        d = tg.delay("d", shape=(2,), dtype="int64")
        rows = tg.take(table, d + tg.sequence("i", (2,), "int64"), axis=0)
        d.close(tg.argmax(rows.named("rows"), axis=-1) + 1)
        run = tg.compile({"d": d, "rows": rows})
        with pytest.raises(IndexError) as found:
            run({"i": np.full((3, 2), 7)})
        assert "in take: float64[2, 3], made at test_loops.py" in str(found.value)

    def test_a_failed_call_leaves_the_next_ones_right(self):
        d = tg.delay("d", shape=(2,), dtype="int64")
        i = tg.sequence("i", (2,), "int64")
        rows = tg.take(weight("E", 4, 3), (d + i) % 5, axis=0)
        d.close(tg.argmax(rows, axis=-1))
        run = tg.compile({"rows": rows})
        good, bad = np.zeros((3, 2), int), np.full((3, 2), 4)
        wanted = run({"i": good})
        with pytest.raises(IndexError):
            run({"i": bad})
        assert_same_values(run({"i": good}), wanted)


def language_model(cell="lstm", **options):
    settings = {"hidden_size": 16, "num_layers": 1, **options}
    rng = np.random.default_rng(0)
    model = LanguageModel(11, cell=cell, rng=rng, **settings)
    return gradient_graph(model.loss_graph())


def counts(plan):
    """(GEMMs, other calls) of a step."""
    gemms = sum(each.node.op.name == "matmul" for each in plan.instructions)
    return gemms, len(plan.instructions) - gemms


class TestTheLanguageModel:
    """The bounds of the design; times are noise in CI, counts are not."""

    def plans(self, **options):
        return plans(optimise(language_model(**options)).graph)

    def test_kernel_calls_per_step(self):
        forward, backward = self.plans()
        assert not forward.loop.backwards
        assert backward.loop.backwards
        assert counts(forward)[0] == counts(backward)[0] == 1
        assert counts(forward)[1] <= 12
        assert counts(backward)[1] <= 9

    def test_every_call_of_a_step_writes_in_place(self):
        """Nothing is allocated within a step: each kernel takes `out`."""
        for plan in self.plans():
            for each in plan.instructions:
                assert takes_out(each.node.op), each.node
                assert not each.node.attrs

    def test_buffers(self):
        """Per step of a row: c, h, tanh(c), z and their adjoints; two scratch rows."""
        forward, backward = self.plans()
        hidden = 16

        def width(nodes):
            return sum(node.shape[-1] for node in nodes) / hidden

        assert width(forward.long) <= 7
        assert width(backward.long) <= 6
        assert width(forward.slots) <= 6
        assert width(backward.slots) <= 2

    def test_an_rnn(self):
        forward, backward = self.plans(cell="rnn")
        assert counts(forward) == (1, 2)
        assert counts(backward)[0] == 1
        assert counts(backward)[1] <= 3

    def test_layers_are_loops_of_their_own(self):
        found = self.plans(num_layers=2)
        assert [plan.loop.backwards for plan in found] == [False, False, True, True]
        for plan in found:
            gemms, others = counts(plan)
            assert gemms == 1
            assert others <= (9 if plan.loop.backwards else 12)

    def test_nodes(self):
        graph = language_model()
        assert len(graph) <= 191  # gate by gate
        assert len(optimise(graph).graph) <= 125

    def test_building_is_independent_of_the_number_of_steps(self):
        """No T appears before the call: the same nodes, tasks and programs."""
        run = tg.compile(language_model())
        size = len(run.graph)
        for steps in (1, 3, 50, 400):
            ids = np.zeros((steps, 2), "int32")
            run({"tokens": ids, "targets": ids})
        assert len(run.graph) == size

    def test_building_is_quick(self):
        """The design says 50 ms; four times that here, the best of five."""
        best = np.inf
        for _ in range(5):
            start = time.process_time()
            tg.compile(language_model())
            best = min(best, time.process_time() - start)
        assert best < 0.2


def test_a_part_of_two_rows_lies_in_one():
    """`d * a` lies in the first concat: nothing stands behind it in the second."""
    x = tg.sequence("x", (2,), "float64")
    d = tg.delay("d", shape=(2,), dtype="float64")
    shared, other = d * tg.cos(x), d * tg.sin(x)
    first = tg.tanh(tg.concat([d + 1, shared], axis=-1))
    second = tg.sin(tg.concat([shared, other], axis=-1))
    d.close(tg.tanh(first[:2] + first[2:] + second[:2] * second[2:] + x))
    check_backend(tg.Graph({"d": d.source}), "numpy")
