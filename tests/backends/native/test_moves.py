"""What stands beside a loop and moves into it; what a call has left to do."""

import numpy as np

import tinygraph as tg
from tests.golden.models import gradients, language_model
from tinygraph.backends.native.fusion import moves
from tinygraph.backends.native.ir import nests
from tinygraph.backends.native.program import NativeProgram
from tinygraph.rewriting import SAVE_CALLS, optimise
from tinygraph.testing import assert_same_values, feeds_for


def recurrence(size=4):
    """h = tanh(x W + h U) over rows of a batch; return x, U and h."""
    x = tg.sequence("x", ("batch", size))
    w, u = (tg.parameter(n, 0.1 * np.ones((size, size), "float32")) for n in "WU")
    h_prev = tg.delay("h_prev", shape=("batch", size))
    h = tg.tanh(x @ w + h_prev @ u)
    h_prev.close(h)
    return x, u, h


def program_of(outputs):
    rewritten = optimise(tg.Graph(outputs), SAVE_CALLS)
    return NativeProgram(rewritten.graph)


def functions_of(outputs):
    return program_of(outputs).functions


def right(outputs, steps=4):
    graph = tg.Graph(outputs)
    feeds = feeds_for(graph, steps)
    found = tg.compile(graph, "native")(feeds)
    assert_same_values(found, tg.interpret(graph, feeds), law="native = interpreted")


def test_elementwise_work_and_its_sum_follow_the_loop():
    _, _, h = recurrence()
    outputs = {"loss": tg.mean_over_time(tg.mean(h * h))}
    (only,) = functions_of(outputs)
    assert only.shard == "batch"
    right(outputs)


def test_a_loop_and_its_adjoint_are_two_functions():
    _, u, h = recurrence()
    loss = tg.mean_over_time(tg.mean(h * h))
    outputs = {"loss": loss, "dU": tg.grad(loss, u)}
    forwards, backwards = functions_of(outputs)
    assert (forwards.region.backwards, backwards.region.backwards) == (False, True)
    right(outputs)


def test_sums_of_two_loops_join_the_later_one():
    """Peepholes: Σ of a cotangent of one loop times a state of the other."""
    x = tg.sequence("x", ("batch", 3))
    p = tg.parameter("p", np.full(3, 0.3, "float32"))
    c_prev = tg.delay("c_prev", shape=("batch", 3))
    c = tg.tanh(x + p * c_prev)
    c_prev.close(c)
    loss = tg.mean_over_time(tg.mean(c * c))
    outputs = {"loss": loss, "dp": tg.grad(loss, p)}
    assert len(functions_of(outputs)) == 2
    right(outputs)


def test_a_concat_is_written_where_its_parts_are():
    x, _, h = recurrence()
    outputs = {"pair": tg.concat([h, x, -h], -1)}
    (only,) = functions_of(outputs)
    assert {node.op.name for node in only.region.long} == {"tanh", "concat"}
    right(outputs)


def test_what_mixes_rows_does_not_cost_a_loop_its_shards():
    _, _, h = recurrence()
    worst = tg.max(h * h, axis=0)
    loop, beside = functions_of({"worst": worst})
    assert (loop.shard, beside.shard) == ("batch", None)
    right({"worst": worst})


def test_nothing_follows_what_is_not_there_in_time():
    """The second loop reads the first one's sum over time: neither may move."""
    x, _, h = recurrence()
    total = tg.every_step(tg.sum_over_time(h))
    second = tg.delay("second", shape=("batch", 4))
    y = tg.tanh(second + total * x)
    second.close(y)
    outputs = {"y": y, "loss": tg.mean_over_time(tg.mean(y * h))}
    first, last = functions_of(outputs)
    assert first.region.number < last.region.number
    right(outputs)


def test_a_group_that_would_grow_too_large_stays(monkeypatch):
    _, _, h = recurrence()
    graph = {"loss": tg.mean_over_time(tg.mean(h * h))}
    places = []
    before = moves.move
    monkeypatch.setattr(
        moves, "move", lambda found, largest: places.append(found) or before(found, 1)
    )
    assert len(functions_of(graph)) == 2
    assert places


def test_slots_that_are_numbers_are_written_natively():
    graph = gradients(language_model())
    program = program_of(graph.outputs)
    assert [len(f.filled) for f in program.functions] == [2, 0, 2]
    run = tg.compile(graph, "native")
    run(feeds_for(graph, 3))
    (frame,) = run._program.frames._free.values()
    copied = {n.op.name for f, _, n in frame.main if f is np.copyto}
    assert "delay" not in copied


def test_slots_that_are_fed_are_copied():
    x = tg.sequence("x", ("batch", 2))
    h0 = tg.placeholder("h0", ("batch", 2))
    h_prev = tg.delay("h_prev", init=h0, steps=2)
    h = tg.tanh(x + h_prev)
    h_prev.close(h)
    assert [f.filled for f in functions_of({"h": h})] == [[]]
    right({"h": h})


def test_views_of_parameters_are_made_once_while_the_arrays_stay():
    _, u, h = recurrence()
    loss = tg.mean_over_time(tg.mean(h * h))
    run = tg.compile({"loss": loss, "dU": tg.grad(loss, u)}, "native")
    feeds = feeds_for(run.graph, 3)
    before = run(feeds)
    (frame,) = run._program.frames._free.values()
    supply = next(s for n, s in frame.late.items() if n is u)
    held = [arguments[place] for arguments, place, _ in supply.patches]
    run.parameters.update({})
    run(feeds)
    assert all(a[p] is h for h, (a, p, _) in zip(held, supply.patches, strict=True))
    run.parameters.update({"U": 2 * run.parameters["U"]})
    after = run(feeds)
    assert not np.allclose(before["dU"], after["dU"])
    given = {**feeds, "U": run.parameters["U"] / 2}
    assert_same_values(run(given), before)
    assert_same_values(run(feeds), after)


def test_a_parameter_fed_anew_may_be_written_to_between_calls():
    """A fed array is read at every call, even where the loop needs a copy of it."""
    x = tg.sequence("x", ("batch", 70, 70))
    w = tg.parameter("W", np.ones((70, 70), "float32"))
    before = tg.delay("before", shape=("batch", 70, 70))
    h = tg.tanh(x + before * w)
    before.close(h)
    run = tg.compile({"h": h}, "native")
    feeds = feeds_for(run.graph, 3) | {"W": np.full((70, 70), 0.01, "float32").T}
    for _ in range(2):
        assert_same_values(run(feeds), tg.interpret(run.graph, feeds))
        feeds["W"][...] *= 3


def test_a_long_row_loop_is_cut(monkeypatch):
    """Of one that is much longer no vectors are made; the values stay."""
    monkeypatch.setattr(nests, "LONGEST", 5)
    x = tg.sequence("x", ("batch", 4))
    ws = [tg.parameter(f"w{i}", np.full(4, 0.1 * i, "float32")) for i in range(9)]
    h_prev = tg.delay("h_prev", shape=("batch", 4))
    h = h_prev + x
    for w in ws:
        h = tg.tanh(h * w + x)
    h_prev.close(h)
    loss = tg.mean_over_time(tg.mean(h * h))
    outputs = {"loss": loss, "dw": tg.grad(loss, ws[0]), "h": h}
    for function in functions_of(outputs):
        made = nests.nests_of(function.region)
        assert max(len(row.statements) for n in made for row in n.row_loops) == 5
    right(outputs)
