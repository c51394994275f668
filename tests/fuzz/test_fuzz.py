"""The long run over random graphs: the same for a seed, and a fault is made small."""

import numpy as np
import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.cases import case_of
from tests.fuzz.laws import LAWS, Law
from tests.fuzz.sharing import Share, shares, tally_of
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
    asked += ["--processes", "1"]
    assert main([*asked, "--seed", "1"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("seed 1: 15 graphs in ")
    assert "law numpy: held 15" in printed
    assert "0 kinds of fault" in printed


def test_shares_are_the_whole_and_no_case_is_tried_twice():
    whole = Share(3, ("definition",), 5, 1, 11, 600.0, 20.0, True)
    for count in (1, 2, 3, 20):
        parts = shares(whole, count)
        assert sum(part.graphs for part in parts) == 11
        numbers = [n for p in parts for n in range(p.first, 1000, p.stride)[: p.graphs]]
        assert sorted(numbers) == list(range(5, 16))
        assert [part.speaks for part in parts].count(True) == 1


def test_what_processes_found_is_added_up():
    law = Law("no sine", 1, "interpret", no_sine)
    whole, other = after(20, [law]), after(20, [law], seed=4)
    held, nodes = whole.held["no sine"], whole.occurred.nodes
    counts = [tally.occurred.found["ops"]["tanh"] for tally in (whole, other)]
    faults = [
        fault.count for tally in (whole, other) for fault in tally.faults.values()
    ]
    for tally in (whole, other):
        tally.stop()
    used = whole.used + other.used
    whole.add(other)
    assert whole.graphs == 40
    assert whole.used == used
    assert whole.held["no sine"] == held + other.held["no sine"]
    assert whole.occurred.nodes == nodes + other.occurred.nodes
    assert whole.occurred.found["ops"]["tanh"] == sum(counts)
    assert sum(fault.count for fault in whole.faults.values()) == sum(faults)


def test_two_processes_find_what_one_does():
    whole = Share(3, ("definition",), 0, 1, 6, 600.0, 20.0, False)
    one, two = (tally_of(shares(whole, count)) for count in (1, 2))
    assert two.occurred.found == one.occurred.found
    assert two.held == one.held
    assert two.used > 0


@pytest.mark.nightly
def test_ten_minutes_of_graphs():
    assert main(["--seconds", "600"]) == 0
