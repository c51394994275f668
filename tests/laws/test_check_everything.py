"""check_everything: the law that does not hold is named; those without a say, too."""

import re

import pytest

import tinygraph as tg
from tests.laws.faults import QUICK, Wrong, WrongGradients, refused
from tests.laws.test_kit import recurrence, square
from tinygraph.backends.interpret import InterpretedProgram
from tinygraph.testing import check_everything

pytestmark = pytest.mark.usefixtures("own_registry")


def noisy():
    """A loop with random numbers, per step."""
    x = tg.sequence("x", ("batch", 2))
    before = tg.delay("before", shape=("batch", 2))
    noise = tg.uniform((2,), name="noise")
    h = tg.tanh(x + 0.5 * before + noise)
    before.close(h)
    return tg.Graph({"h": h, "loss": tg.sum_over_time(tg.sum(h))})


BACKEND_FAULTS = {
    "start": "backend 'wrong' = the interpreter",
    "seed": "call 2 of backend 'wrong' = the interpreter",
    "NaN": "backend 'wrong' at NaN values",
    "infinite": "backend 'wrong' at infinite values",
    "one row": "backend 'wrong', one row = the interpreter",
}


@pytest.mark.parametrize("fault", BACKEND_FAULTS)
def test_faults_of_a_backend_are_named(fault):
    Wrong.enter(fault)
    x = tg.sequence("x", ("batch", 2))
    graph = noisy() if fault in ("start", "seed") else {"y": tg.relu(x)}
    found = refused(BACKEND_FAULTS[fault], check_everything, graph, backends=["wrong"])
    assert found.__notes__[0].startswith("while checking the law: ")
    assert "As a program:" in str(found)


def test_faults_of_windows_and_gradients_are_named(monkeypatch):
    WrongGradients.enter("gradients")
    found = refused(
        "memory='checkpoint'", check_everything, noisy(), backends=["wrong"]
    )
    assert found.__notes__ == ["while checking the law: memory by wrong"]
    WrongGradients.fault = ""
    monkeypatch.setattr(
        "tinygraph.testing.everything._Trial._memory", lambda self, backend: None
    )
    found = refused("law 5, call 1", check_everything, noisy(), backends=["wrong"])
    assert found.__notes__ == ["while checking the law: gradients by wrong"]


def backwards(graph, steps):
    return tg.unroll(tg.reverse_time(graph), steps)


def forgetful(graph):
    carried = tg.stateful(graph)
    state = carried["state/before"]
    return tg.Graph({**carried.outputs, "state/before": state * 0.5})


LAW_FAULTS = {
    "unrolling": ("laws.unroll", backwards),
    "reversed time": ("symmetries.reverse_time", lambda graph: graph),
    "chunks": ("chunks.stateful", forgetful),
    "truncated gradients": ("chunks._cut", lambda graph, chunk: graph),
}


@pytest.mark.parametrize("law", LAW_FAULTS)
def test_the_law_that_does_not_hold_is_named(law, monkeypatch):
    where, fault = LAW_FAULTS[law]
    monkeypatch.setattr(f"tinygraph.testing.{where}", fault)
    with pytest.raises(tg.LawError) as caught:
        check_everything(recurrence("float64"), backends=[])
    assert caught.value.__notes__ == [f"while checking the law: {law}"]


def test_laws_that_say_nothing_are_told_with_why():
    x = tg.sequence("x", ("batch", 2))
    ahead = tg.delay("ahead", source=x, steps=-1)
    other = tg.last(tg.sequence("s", (2,), time="s"))
    doubled = square(infer=lambda x: x)(x)
    graph = {"y": tg.softmax(ahead + doubled, axis=0) + other, "loss": x}
    found = check_everything(graph, backends=["interpret"])
    assert found.held == (
        *("unrolling", "unrolling from another start", "reversed time"),
        *("values by interpret", "one row by interpret"),
        "extreme values by interpret",
    )
    silent = {
        "definition": "it does not know wrong: float32",
        "pickling": "the op of wrong: .* is not registered",
        "permuted rows of 'batch'": "check_batch_permutation says nothing here",
        "chunks": "those of the graph are: t, s",
        "gradients": r"x: float32\[batch, 2\] is no static float scalar",
        "unrolled gradients": "is no static float scalar",
        "truncated gradients": "is no static float scalar",
        "memory by interpret": "memory= is not for backend 'interpret'",
        "chunks by interpret": "it cuts one time axis",
        "gradients by interpret": "is no static float scalar",
    }
    assert list(found.silent) == list(silent)
    for name, why in silent.items():
        assert re.search(why, found.silent[name])
    assert str(found).count("\n") == 1 + len(silent)


def test_what_a_missing_backend_needs_is_told():
    tg.register_backend("far", InterpretedProgram, missing=lambda: "it needs a cable")
    found = check_everything({"y": tg.placeholder("x") * 2}, backends=["far"])
    assert found.silent["far"] == "it needs a cable"
    assert "no output is named 'loss'" in found.silent["gradients"]
    assert "those of the graph are: none" in found.silent["chunks"]


def test_steps_that_a_graph_must_have_are_left_whole():
    x = tg.sequence("x", (), "float64")
    loss = tg.at(x, 2) + tg.at(x, -3)
    found = check_everything({"loss": loss}, 5, backends=QUICK)
    assert "less than the 3 steps" in found.silent["chunks"]
    unrolled = tg.Graph({"y": tg.unroll({"y": tg.sequence("x") * 2}, 3).outputs["y"]})
    assert unrolled.fixed_steps or unrolled.times == []
