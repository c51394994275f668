"""The long run over random graphs: the same for a seed, and a fault is made small."""

import numpy as np
import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.cases import case_of
from tests.fuzz.laws import LAWS, Law
from tests.fuzz.shrinking import shrunk
from tests.fuzz.trying import GROWTH, Tally, tried
from tinygraph.core.errors import LawError
from tinygraph.testing import as_code
from tinygraph.testing.choices import by_numbers, by_seed


def after(count, laws, seed=3, shrink=20.0):
    tally = Tally(seed)
    for _, _ in zip(range(count), tried(seed, laws, tally, 0, shrink), strict=False):
        pass
    return tally


@pytest.mark.parametrize("seed", range(5))
def test_a_case_is_its_choices(seed):
    choices = by_seed(seed)
    case = case_of(choices)
    again = case_of(by_numbers(choices.numbers))
    assert as_code(again.graph, *again.call[:1]) == as_code(case.graph, *case.call[:1])
    assert again.call[1:] == case.call[1:]


def test_no_choices_make_the_simplest_case():
    choices = by_numbers([])
    case = case_of(choices)
    assert set(choices.numbers) == {0}
    assert len(case.graph) < 20
    assert np.isfinite(case.values["loss"])


def test_a_run_depends_on_its_seed_alone():
    laws = [LAWS["definition"]]
    first, again, other = after(20, laws), after(20, laws), after(20, laws, seed=4)
    assert first.occurred.found == again.occurred.found != other.occurred.found
    assert first.graphs == first.held["definition"] == 20


def test_every_law_holds_and_says_something_on_some_graphs():
    often = [
        Law(law.name, 1, law.backend, law.check)
        for law in LAWS.values()
        if law.name not in ("native", "jax")
    ]
    tally = after(30, often)
    assert not tally.faults
    assert {*tally.held} == {law.name for law in often}


def test_what_occurred_is_counted_by_class():
    found = after(120, []).occurred.found
    assert {"k = +1", "k = -8", "of bool", "replicate"} <= {*found["delays"]}
    assert {"of both ways", "2 delays", "through tanh"} <= {*found["loops"]}
    assert {"float64", "float32", "int64", "bool"} <= {*found["dtypes"]}
    assert {"T = 1", "batch 1", "a delay of T or longer"} <= {*found["calls"]}
    assert "sum keepdims=False" in found["attributes"]
    assert found["ops"]["delay"] <= 120


def no_sine(case):
    for node in case.graph:
        if node.op.name == "sin":
            raise LawError(f"{node.describe()} is a sine", node=node)


def test_a_fault_is_made_small_and_printed_as_a_program(capsys):
    tally = after(60, [Law("no sine", 1, "interpret", no_sine)])
    (fault,) = tally.faults.values()
    assert fault.count == 60 - tally.held["no sine"] > 1
    printed = capsys.readouterr().out
    assert printed.startswith("law 'no sine', case ")
    program = printed[printed.index("import numpy") :]
    space = {}
    exec(program, space)
    assert "sin" in [node.op.name for node in space["graph"]]
    assert len(space["graph"]) < 25


def test_a_graph_that_does_not_grow_is_a_fault(monkeypatch):
    def broken(choices):
        choices.below(3)
        raise ZeroDivisionError("growth")

    monkeypatch.setattr("tests.fuzz.trying.case_of", broken)
    (fault,) = after(3, []).faults.values()
    assert (fault.law, fault.count) == (GROWTH, 3)


def test_shrinking_ends_at_the_least_that_breaks():
    def breaks(numbers):
        return numbers if sum(numbers) >= 5 and 3 in numbers else None

    assert sorted(shrunk([9, 9, 0, 3, 7, 1] * 5, breaks, 20.0)) == [2, 3]


def test_the_command_prints_counts_and_says_by_its_status_that_all_held(capsys):
    asked = ["--graphs", "15", "--law", "definition", "--law", "numpy"]
    assert main([*asked, "--seed", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("seed 1: 15 graphs in ")
    assert "law numpy: held 15" in printed
    assert "0 kinds of fault" in printed


@pytest.mark.nightly
def test_ten_minutes_of_graphs():
    assert main(["--seconds", "600"]) == 0
