"""Law 5 for native code: what it gives is what the interpreter gives.

Machine code of hundreds of graphs; of thousands at night.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.golden.models import gradients, language_model
from tinygraph.backends.linking import recycling
from tinygraph.backends.native import program
from tinygraph.backends.native.frontend import functions, outlining, vector_calls
from tinygraph.backends.native.frontend.module import module_text
from tinygraph.backends.native.fusion import grouping
from tinygraph.backends.native.ir import sharding
from tinygraph.backends.native.machine import loader
from tinygraph.backends.numpy import rules_products
from tinygraph.rewriting import optimise
from tinygraph.runtime.blas import BlasThreads
from tinygraph.runtime.threads import run_all
from tinygraph.testing import (
    acyclic_graphs,
    assert_same_values,
    check_backend,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
)
from tinygraph_rnn import LSTM

by_axis = st.fixed_dictionaries({"t": st.integers(1, 5), "s": st.integers(1, 3)})
few_by_axis = st.fixed_dictionaries({"t": st.integers(1, 3), "s": st.integers(1, 2)})
"""A first step, a last one and one between: copies of a step make no other code."""
starts = st.integers(0, 3)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@settings(max_examples=200)
@given(graph=recurrent_graphs(random=True), steps=by_axis, start=starts)
def test_native_code_gives_what_the_interpreter_gives(graph, steps, start):
    check_backend(graph, "native", steps, start=start)


@settings(max_examples=100)
@given(graph=recurrent_graphs(random=True), steps=by_axis)
def test_native_code_of_gradients(graph, steps):
    check_backend(gradient_graph(graph), "native", steps)


@settings(max_examples=50)
@given(graph=recurrent_graphs(dtype="float32", random=True), steps=st.integers(1, 4))
def test_native_code_of_float32(graph, steps):
    check_backend(graph, "native", steps)


@settings(max_examples=50)
@given(graph=acyclic_graphs(random=True), steps=st.integers(1, 4))
def test_native_code_beside_cycles(graph, steps):
    check_backend(graph, "native", steps)


@settings(max_examples=60)
@given(graph=recurrent_graphs(random=True), steps=few_by_axis)
def test_native_code_of_graphs_without_time(graph, steps):
    """Few of the drawn ones are so large that they would be compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "WORTH", 1)
        folded = gradient_graph(graph)
        times = {time: steps[time] for time in folded.times}
        unrolled, feeds = tg.unroll(folded, times), feeds_for(folded, times)
        found = tg.compile(unrolled, "native")(feeds)
        assert_same_values(found, tg.interpret(unrolled, feeds), graph=unrolled)


def test_classes_drawn_in_an_unrolled_graph_are_those_of_their_steps(monkeypatch):
    monkeypatch.setattr(grouping, "WORTH", 1)
    classes = tg.categorical(tg.sequence("x", (3,), "float64"), name="classes")
    graph = tg.Graph({"classes": classes})
    unrolled, feeds = tg.unroll(graph, 8), {"x": np.zeros((8, 3))}
    found = tg.compile(unrolled, "native")(feeds, start=2, seed=5)
    wanted = tg.interpret(graph, feeds, start=2, seed=5)["classes"]
    np.testing.assert_array_equal(found["classes"], wanted)
    assert len(set(wanted.tolist())) > 1


@pytest.mark.nightly
@given(graph=recurrent_graphs(random=True), steps=by_axis, start=starts)
def test_native_code_on_thousands_of_graphs(graph, steps, start):
    check_backend(graph, "native", steps, start=start)


@pytest.mark.nightly
@settings(max_examples=1000)
@given(graph=recurrent_graphs(random=True), steps=by_axis)
def test_native_code_on_a_thousand_gradients(graph, steps):
    check_backend(gradient_graph(graph), "native", steps)


SIZES = [(1, 1), (3, 9), (0, 2), (17, 5), (2, 33)]
"""(batch, T)."""


def test_language_model_and_its_gradients_at_odd_sizes():
    graph = gradients(language_model())
    run, reference = tg.compile(graph, "native"), tg.compile(graph, "numpy")
    for batch, steps in SIZES:
        feeds = feeds_for(graph, steps, sizes={"batch": batch})
        found, wanted = run(feeds), reference(feeds)
        assert_same_values(found, wanted, kind="gradients", law=f"{batch} rows")
        assert np.isnan(found["loss"]) == (batch == 0)


def test_one_row_and_one_column():
    x = tg.sequence("x", ("batch", 1))
    h_prev = tg.delay("h_prev", shape=("batch", 1))
    h = tg.tanh(x + h_prev @ tg.parameter("u", np.full((1, 1), 0.5, "float32")))
    h_prev.close(h)
    run = tg.compile({"h": h}, "native")
    xs = np.linspace(-1, 1, 5, dtype="float32").reshape(5, 1, 1)
    assert_same_values(run({"x": xs}), tg.interpret(run.graph, {"x": xs}))


def test_feeds_in_any_order_of_memory():
    x = tg.sequence("x", ("batch", 6), "float64")
    y_prev = tg.delay("y_prev", shape=("batch", 6), dtype="float64")
    y = tg.tanh(x + y_prev)
    y_prev.close(y)
    run = tg.compile({"y": y}, "native")
    whole = np.random.default_rng(0).normal(size=(8, 10, 6))
    frozen = whole.copy()
    frozen.flags.writeable = False
    views = [whole[::2, ::-1], np.asfortranarray(whole), whole[:, 3:7], frozen]
    for xs in views:
        before = xs.copy()
        assert_same_values(run({"x": xs}), tg.interpret(run.graph, {"x": xs}))
        np.testing.assert_array_equal(xs, before)


@pytest.mark.parametrize("fed", ["x", "W"])
def test_feeds_that_are_fields_of_records(fed):
    """Their numbers stand five bytes apart."""
    x = tg.sequence("x", ("batch", 24))
    h_prev = tg.delay("h_prev", shape=("batch", 24))
    h = tg.tanh(x + h_prev @ tg.parameter("W", np.eye(24, dtype="float32")))
    h_prev.close(h)
    run = tg.compile({"h": h}, "native")
    feeds = feeds_for(run.graph, 3, parameters=True)
    records = np.zeros(feeds[fed].shape, [("flag", "i1"), ("number", "f4")])
    for sign in (1, -1):
        records["number"] = sign * feeds[fed]
        changed = feeds | {fed: records["number"]}
        assert_same_values(run(changed), tg.interpret(run.graph, changed))
    reused = feeds | {fed: records["number"]}
    for scale in (0.5, 0.25):
        records["number"] *= scale
        assert_same_values(run(reused), tg.interpret(run.graph, reused))


def test_nan_and_infinities_pass_as_in_numpy():
    x = tg.sequence("x", (6,))
    s_prev = tg.delay("s_prev", shape=(6,))
    s = tg.maximum(x, 0.5 * s_prev)
    s_prev.close(s)
    outputs = {"s": s, "soft": tg.softmax(s), "top": tg.max(s, axis=-1)}
    run = tg.compile(outputs, "native")
    xs = np.array([[np.nan, 1, 2, np.inf, -np.inf, 0], [0, 1, np.nan, 3, 4, 5]])
    feeds = {"x": xs.astype("float32")}
    assert_same_values(run(feeds), tg.interpret(run.graph, feeds))


def test_a_wrong_index_names_its_node():
    table = tg.parameter("E", np.arange(12.0).reshape(4, 3))
    i = tg.sequence("i", (2,), "int64")
    d = tg.delay("d", shape=(2,), dtype="int64")
    rows = tg.take(table, d + i)
    d.close(i)
    run = tg.compile({"rows": tg.tanh(rows)}, "native")
    with pytest.raises(IndexError, match="index 99 is out of bounds") as caught:
        run({"i": np.full((3, 2), 99)})
    assert "in take: float64[2], made at test_law.py" in str(caught.value)
    assert run({"i": np.ones((3, 2), int)})["rows"].shape == (3, 2)


def test_no_steps_is_the_same_error_as_everywhere():
    x = tg.sequence("x", (2,))
    run = tg.compile({"y": tg.tanh(x)}, "native")
    with pytest.raises(tg.StepsError, match="T = 0 steps"):
        run({"x": np.zeros((0, 2), "float32")})


def test_source_can_be_read():
    text = tg.compile(language_model(), "native").source()
    assert "def region_0(start, seed, first, last, n_t, n_batch" in text
    assert "# tanh" in text
    compile(text, "source", "exec")


@pytest.mark.parametrize(("dtype", "most"), [("float32", 3), ("float64", 7)])
def test_few_long_formulas_share_a_row_loop(dtype, most):
    """In float32; the constants of more do not stay in registers."""
    x = tg.sequence("x", ("batch", 8), dtype)
    y = x
    for op in (tg.tanh, tg.sigmoid, tg.exp, tg.tanh, tg.sigmoid, tg.tanh, tg.sigmoid):
        y = op(y * 0.5)
    source = tg.compile(tg.Graph({"y": y}), "native").source()
    loops = source.split("for j in")[1:]
    counts = [
        sum(each.count(f"{f}(") for f in ("tanh", "sigmoid", "exp")) for each in loops
    ]
    assert sum(counts) == 7
    assert max(counts) == most
    check_backend(tg.Graph({"y": y}), "native", 3)


def share_among(patch, threads):
    """Let even the smallest loops share out their rows, and fill a caller's arrays."""
    patch.setattr(recycling, "LEAST", 0)
    patch.setattr(sharding, "LEAST", 0)
    patch.setattr(rules_products, "LARGE", 1)
    patch.setattr(rules_products, "SHARED", 1)
    patch.setattr(BlasThreads, "size", lambda self: threads)


@settings(max_examples=60)
@given(graph=recurrent_graphs(random=True), steps=by_axis)
def test_native_code_in_shards(graph, steps):
    with pytest.MonkeyPatch.context() as patch:
        share_among(patch, 3)
        check_backend(graph, "native", steps)


def test_shards_give_the_same_gradients_twice(monkeypatch):
    graph = gradients(language_model())
    feeds = feeds_for(graph, 9, sizes={"batch": 7})
    alone = tg.compile(graph, "native")(feeds)
    share_among(monkeypatch, 2)
    run = tg.compile(graph, "native")
    first, second = run(feeds), run(feeds)
    assert_same_values(first, alone, kind="gradients", law="shards = the whole")
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)


def test_products_outside_loops_are_shared_by_the_same_threads(monkeypatch):
    """The weights' gradients: each thread computes some of their rows."""
    cut = []

    def noted(tasks):
        cut.append(len(tasks))
        return run_all(tasks)

    share_among(monkeypatch, 3)
    monkeypatch.setattr(rules_products, "run_all", noted)
    graph = gradients(language_model())
    feeds = feeds_for(graph, 9, sizes={"batch": 7})
    found = tg.compile(graph, "native")(feeds)
    assert cut
    assert set(cut) == {3}
    cut.clear()
    alone = tg.compile(graph, "native", threads=1)(feeds)
    assert not cut
    assert_same_values(found, alone, kind="gradients", law="shared = alone")


def functions_of(outputs):
    made = program.NativeProgram(optimise(tg.Graph(outputs)).graph)
    return made.functions


def test_a_recurrence_is_cut_along_its_batch_only():
    whole = gradients(language_model())
    assert [f.shard for f in functions_of(whole.outputs)] == ["batch"] * 3
    x = tg.sequence("x", ("batch", 2))
    h_prev = tg.delay("h_prev", shape=("batch", 2))
    mixed = tg.tanh(x + h_prev - tg.mean(h_prev, axis=0, keepdims=True))
    h_prev.close(mixed)
    assert [f.shard for f in functions_of({"h": mixed})] == [None]


@settings(max_examples=60)
@given(graph=recurrent_graphs(random=True), steps=by_axis)
def test_native_code_where_numpy_runs_most_of_it(graph, steps):
    """As in a graph too large to be compiled: loops and nodes of both kinds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "MOST", 12)
        check_backend(gradient_graph(graph), "native", steps)


def test_a_graph_without_time_is_compiled_once_for_all_steps():
    """Every step of an unrolled model is a function, all alike but at the ends."""
    graph, made = language_model(), []
    for steps in (6, 12):
        functions = functions_of(tg.unroll(graph, steps).outputs)
        assert len(functions) >= steps
        made.append({loader.code_of(each) for each in functions})
    assert len(made[0]) == len(made[1])
    few = tg.tanh(tg.placeholder("x", (2,))) * 2
    assert not functions_of({"y": few})


@settings(max_examples=20)
@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]), steps=by_axis)
def test_native_code_whose_row_loops_are_functions(data, dtype, steps):
    """As in a graph of thousands of nodes; long formulas are called."""
    graph = data.draw(recurrent_graphs(random=True, dtype=dtype))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", "off")
        patch.setattr(functions, "MANY", 0)
        patch.setattr(outlining, "LONG", 1)
        patch.setattr(vector_calls, "MANY", 1)
        check_backend(gradient_graph(graph), "native", steps)


def long_loop(parts):
    """One loop of so many parts, with a parameter each, and all gradients."""
    y = past = tg.delay("past", shape=("batch", 4))
    weights = [tg.parameter(f"w{i}", np.full(4, 0.9, "float32")) for i in range(parts)]
    for w in weights:
        y = tg.tanh(y * w + tg.sequence("x", ("batch", 4)) if y is past else y * w)
    past.close(y)
    loss = tg.mean_over_time(tg.mean(y))
    slopes = dict(zip((w.label for w in weights), tg.grad(loss, weights), strict=True))
    return {"loss": loss, **slopes}


def test_many_long_formulas_share_row_loops_as_other_statements_do():
    loops = [f.source.count("for j in") for f in functions_of(long_loop(65))]
    assert loops[0] == 2


def test_row_loops_of_large_functions_are_functions_and_of_others_not(monkeypatch):
    made = functions_of(long_loop(120))
    assert "row0" not in module_text(made)
    monkeypatch.setattr(functions, "MANY", 100)
    text = module_text(made)
    assert text.count("call void @") == text.count(".row") / 2 >= 2


def test_totals_of_one_shape_begin_in_one_loop():
    (source,) = {f.source for f in functions_of(long_loop(40)) if f.region.backwards}
    before, _ = source.split("for i in range(steps)")
    assert before.count("# total") == 40
    assert before.count("for i0 in") == 2


def test_names_of_any_kind():
    long = "my\nbatch"
    x = tg.sequence("x\nraise SystemExit", (long, 3), time='"""t')
    before = tg.delay("d\x00\"'é", shape=(long, 3), time='"""t')
    y = tg.tanh(x + before, name="y\r\n1 / 0")
    before.close(y)
    run = tg.compile({"y": y}, "native")
    feeds = {x: np.ones((4, 2, 3), "float32")}
    assert_same_values(run(feeds), tg.interpret(run.graph, feeds))
    assert "y\\r\\n1 / 0" in run.source()


def test_a_training_run_has_the_same_loss_curve():
    x, target = tg.sequence("x", ("batch", 4)), tg.sequence("target", ("batch", 3))
    rng = np.random.default_rng(0)
    layer = LSTM(4, 8, rng=rng)
    w = tg.parameter("w", rng.normal(size=(8, 3)).astype("float32") * 0.3)
    loss = tg.mean(tg.mean_over_time(tg.square(layer(x) @ w - target)))
    weights = tg.Graph(loss).parameters
    outputs = {"loss": loss}
    outputs |= {p.label: tg.grad(loss, p) for p in weights}
    feeds = {"x": rng.normal(size=(20, 6, 4)).astype("float32")}
    feeds["target"] = np.tanh(np.cumsum(feeds["x"][..., :3], 0) / 2)
    curves = {}
    for backend in ("numpy", "native"):
        run, curve = tg.compile(outputs, backend), []
        for _ in range(300):
            out = run(feeds)
            curve.append(float(out["loss"]))
            old = run.parameters
            old.update({p.label: old[p.label] - 0.1 * out[p.label] for p in weights})
        curves[backend] = curve
    assert curves["numpy"][-1] < 0.9 * curves["numpy"][0]
    np.testing.assert_allclose(curves["native"], curves["numpy"], rtol=1e-3)
