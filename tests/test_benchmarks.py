"""The benchmarks compute what they say: every peer agrees; tables, JSON, SVG, bars."""

import contextlib
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from benchmarks import (
    __main__ as command,
)
from benchmarks import (
    cells,
    compiling,
    forms,
    layers,
    masks,
    reporting,
    sampling,
    scalars,
    training,
)
from benchmarks.charting import Lines, Rows
from benchmarks.growth import slope
from benchmarks.judging import Bar, figure
from benchmarks.options import Options
from benchmarks.peers import gemm_limit, tinygraph_forms
from benchmarks.peers.numpy_cells import hand_written
from benchmarks.peers.numpy_lm import HandWrittenLM
from benchmarks.peers.ready import SkipError
from benchmarks.peers.spellings import FORMS
from benchmarks.probes import compiling as probes
from benchmarks.probes.commands import train
from benchmarks.probes.memories import contest
from benchmarks.problems import (
    CELLS,
    CellProblem,
    FormProblem,
    LanguageModelProblem,
    MaskedProblem,
    SamplingProblem,
    ScalarProblem,
)
from benchmarks.racing import DisagreementError, Entry, Race, compare, run_race, stadium
from benchmarks.reporting import Report
from benchmarks.workers import Peer, WorkerProcess, environment
from benchmarks.working import Worker
from tinygraph.explaining.work import work

TINY = Options(threads=(1,), rounds=1, seconds=0.0, limit=120.0)
LM = LanguageModelProblem(3, 5, 7, 11)
RACES = {
    "train": (training, [LM]),
    "cells": (cells, [CellProblem(cell, 3, 5, 7) for cell in CELLS]),
    "scalar": (scalars, [ScalarProblem(3, 5)]),
    "sampling": (sampling, [SamplingProblem(6, 11)]),
    "layers": (layers, layers.problems((3, 5, 7))),
    "masks": (
        masks,
        [MaskedProblem(each, n, 3, 5, 7, 11) for each in masks.MASKS for n in (1, 2)],
    ),
}
OURS = {
    *("tinygraph_lm", "tinygraph_cells", "tinygraph_scalars", "tinygraph_sampling"),
    *("tinygraph_layers", "tinygraph_masks"),
}


class WorkerHere:
    """A worker without a process of its own, which only speeds need."""

    def __init__(self, peer):
        self.worker = Worker(peer.module, peer.variant or "-", 1)

    def ask(self, *request, limit=600.0):
        kind, value = self.worker.answer(request)
        if kind == "skip":
            raise SkipError(value)
        return value


@contextlib.contextmanager
def indoors(peers, threads, options):
    """A stadium in this process: libraries are imported once, garbage stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.working.gc.collect", int)
        yield {peer: WorkerHere(peer) for peer in peers}


@pytest.mark.parametrize("name", RACES)
def test_every_peer_agrees_in_float32(name):
    """Those of scalars in processes, as they race; all others here."""
    module, problems = RACES[name]
    peers = [peer for peer in module.PEERS if not peer.compiles]
    where = stadium if module is scalars else indoors
    with where(peers, 1, TINY) as workers:
        for problem in problems:
            known = getattr(module, "_reference", None) or module.reference
            race = run_race(problem, known(problem), workers, 1, TINY)
            for peer in peers:
                if peer.module in OURS and "native" not in peer.variant:
                    assert peer.name in race.entries, race.skipped
                if peer.name in race.skipped:
                    reason = race.skipped[peer.name]
                    assert reason.startswith(("not installed", "no backend"))
                    assert "\n" not in reason
            for peer_name, entry in race.entries.items():
                assert entry.error is None or entry.error < 1e-5, (problem, peer_name)
                assert entry.quartiles()[1] > 0


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_hand_written_cells_agree_with_differences(cell, steps):
    problem = CellProblem(cell, 2, 3, steps, seed=3)
    run = hand_written(problem, "float64")
    gradients = run()
    for name, array in (*run.weights.items(), ("x", run.x)):
        check_gradient(run, array, gradients[name])


@pytest.mark.parametrize("fold", [False, True])
def test_hand_written_language_model_agrees_with_differences(fold):
    run = HandWrittenLM(LanguageModelProblem(2, 3, 3, 4), fold, "float64")
    gradients = run()
    for name, array in run.weights.items():
        check_gradient(run, array, gradients[name])


def check_gradient(run, array, gradient):
    """Compare with a central difference along a random direction."""
    direction = np.random.default_rng(0).standard_normal(array.shape)
    losses = []
    for sign in (1, -2, 1):
        array += sign * 1e-5 * direction
        losses.append(float(run()["loss"]))
    slope_found = (losses[0] - losses[1]) / 2e-5
    assert np.vdot(gradient, direction) == pytest.approx(slope_found, rel=1e-6)


@pytest.mark.parametrize("model", tinygraph_forms.MODELS)
def test_every_form_agrees_and_costs_the_same(model):
    """By count, at a size where weights are small beside what is computed."""
    problem = FormProblem(model, 3, 32, 4, 33)
    sizes = {"batch": 64, "t": 64, "source": 64}
    feeds, found = tinygraph_forms.feeds_of(problem), {}
    for form in FORMS:
        run = tg.compile(tinygraph_forms.graph_of(problem, form), "numpy")
        results = run(feeds)
        shared = {name: results[name] for name in ("loss", *tinygraph_forms.SHARED)}
        costs = [amount.at(sizes).number for amount in work(run.report())]
        found[form] = shared, np.array(costs)
    wanted, least = found[FORMS[0]]
    for form, (results, costs) in found.items():
        assert compare(form, results, wanted) is not None
        assert (costs < 1.05 * least).all(), (form, costs / least)


def test_bars_of_forms_are_relative_to_the_best_of_their_backend():
    race = Race(FormProblem("LSTM", 3, 5, 7, 11), 1)
    for name, seconds in (("numpy, a", 1.0), ("numpy, b", 1.2), ("native, a", 0.1)):
        race.entries[name] = Entry(0.0, 0.0, {}, [[(seconds, seconds)]])
    got = {bar.what.split(" LSTM")[0]: (bar.got, bar.met) for bar in forms.bars(race)}
    assert got["numpy, b"] == (pytest.approx(1.2), False)
    assert got["numpy, a"] == got["native, a"] == (1.0, True)


def test_every_peer_has_its_module():
    for module, _ in RACES.values():
        for peer in module.PEERS:
            found = importlib.util.find_spec(f"benchmarks.peers.{peer.module}")
            assert found is not None, peer


def test_a_peer_that_is_not_installed_is_skipped_with_a_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "benchmarks.peers.jax_lm", raising=False)
    monkeypatch.delitem(sys.modules, "benchmarks.peers.jax_steps", raising=False)
    assert Worker("jax_lm", "-", 1).answer(("build", LM)) == (
        "skip",
        "not installed: jax",
    )


def test_a_peer_that_fails_is_skipped_with_a_line():
    kind, line = Worker("torch_lm", "-", 1).answer(("turn", 0.0, 1))
    assert kind == "skip"
    assert line.startswith("failed: AssertionError() (working.py:")


def test_a_peer_that_takes_too_long_is_stopped():
    worker = WorkerProcess(Peer("slow", "numpy_lm"), 1)
    with pytest.raises(SkipError, match="no answer within 0 s"):
        worker.ask("build", LM, limit=0.0)
    assert worker.stopped
    with pytest.raises(SkipError, match="no answer within 0 s"):
        worker.ask("build", LM)


def test_a_worker_that_dies_is_reported():
    worker = WorkerProcess(Peer("dead", "numpy_lm"), 1)
    worker.stop()
    with pytest.raises(SkipError, match=r"its process ended \(-9\)"):
        worker.ask("build", LM)


def test_threads_are_set_before_anything_is_imported():
    one, two = environment(1), environment(2)
    assert one["OPENBLAS_NUM_THREADS"] == one["NPROC"] == "1"
    assert "--xla_cpu_multi_thread_eigen=false" in one["XLA_FLAGS"]
    assert two["OMP_NUM_THREADS"] == "2"


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"loss": np.ones(()), "W": np.full(3, 1.1)}, "W is off by 1.0e-01"),
        ({"loss": np.ones(()), "W": np.ones((3, 1))}, "W has shape"),
        ({"loss": np.ones(())}, "returned .'W'. too many or too few"),
        ({"loss": np.array(np.nan), "W": np.ones(3)}, "loss is off by nan"),
    ],
)
def test_a_peer_that_disagrees_stops_the_race(results, message):
    wanted = {"loss": np.ones(()), "W": np.ones(3)}
    with pytest.raises(DisagreementError, match=message):
        compare("peer", results, wanted)


def test_speed_is_the_median_over_rounds_of_the_ratio_within_a_round():
    race = Race(LM, 1)
    race.entries["a"] = Entry(0.0, None, {}, [[(1.0, 1.0)], [(2.0, 1.0)], [(9.0, 1.0)]])
    race.entries["b"] = Entry(0.0, None, {}, [[(3.0, 2.0)], [(6.0, 2.0)], [(9.0, 2.0)]])
    assert race.speed("a", "b") == 3.0
    assert race.speed("a", "b", clock=1) == 2.0
    assert race.speed("a", "nobody") is None


def test_bars_know_their_direction():
    assert Bar("fast", 0.95, 0.95).met
    assert not Bar("fast", 0.95, 0.94).met
    assert Bar("small", 50, 49, most=True).met
    assert Bar("small", 50, 51, True, "ms").row == [
        "small",
        "≤ 50 ms",
        "51 ms",
        "",
        "MISSED",
    ]


def test_figures_are_short():
    assert [figure(x) for x in (0.01234, 12.34, 1234.5, 2.5e7)] == [
        "0.0123",
        "12.3",
        "1,234",
        "2.5e+07",
    ]


def test_a_table_is_markdown():
    assert reporting.table([["peer", "ms"], ["us", "1.2"], ["them", "12"]]) == (
        "| peer |  ms |\n| ---- | --: |\n| us   | 1.2 |\n| them |  12 |"
    )


def test_slope_is_that_of_the_logarithms():
    assert slope([(1, 99), (10, 7), (100, 70), (1000, 700)]) == pytest.approx(1.0)
    assert slope([(1, 1), (100, 10)]) == pytest.approx(0.5)


def test_the_gemm_limit_is_a_fixed_list():
    T, B, H, V = 64, 16, 128, 65
    loops = 2 * T * B * H * 4 * H + T * B * H * 4 * H
    output = 3 * T * B * H * V
    assert gemm_limit.flops(LanguageModelProblem(B, H, T, V)) == 2 * (
        loops + output + 3 * V * H * 4 * H
    )
    assert gemm_limit.products(LanguageModelProblem(1, 64, 64, 65))[6][1] == 64


def test_reports_are_written(tmp_path):
    pytest.importorskip("matplotlib")
    report = Report("train", {"sizes": [["peer", "ms"], ["us", "1"]]})
    report.bars.append(Bar("us : them", 1.0, 2.0, cpu=1.5))
    report.notes += ["jax skipped", "jax skipped"]
    report.data.append({"peer": "us"})
    groups = {"(1, 2)": {"tinygraph": (1.0, 2.0, 3.0), "GEMM limit": (0.1, 0.2, 0.3)}}
    report.charts.append(Rows("rows", "Races", groups))
    report.charts.append(Lines("lines", "Growth", "T", "s", {"us": [(1, 1), (2, 2)]}))
    text = reporting.text(report)
    assert "1 of 1 bars met" in text
    assert text.count("jax skipped") == 1
    paths = reporting.write(report, tmp_path)
    assert [path.name for path in paths] == [
        "train.md",
        "train.json",
        "train-rows.svg",
        "train-lines.svg",
    ]
    assert paths[0].read_text().startswith(text)
    facts = json.loads(paths[1].read_text())
    assert facts["bars"][0]["met"] is True
    assert facts["machine"]["versions"]["numpy"] == np.__version__
    first = [path.read_bytes() for path in paths[2:]]
    reporting.write(report, tmp_path)
    assert [path.read_bytes() for path in paths[2:]] == first
    assert all(b"<svg" in each for each in first)


def test_the_command_says_what_an_update_takes():
    found = train((2, 4, 20), "checkpoint", 3)
    assert found["memory"] == "checkpoint"
    assert found["update"] >= 0
    assert found["resident"] > 2**20
    with pytest.raises(SkipError, match="hidden_size must be an int >= 1"):
        train((2, 0, 20), None, 2)


def test_plans_for_memory_take_turns():
    plain, windows = contest((2, 16, 2000, 5), "numpy", (None, "checkpoint"), 1)
    assert (plain["memory"], windows["memory"]) == (None, "checkpoint")
    assert plain["peak"] > 4 * windows["peak"] > 0
    assert min(plain["run"], windows["run"], plain["cpu"], windows["cpu"]) > 0
    with pytest.raises(SkipError, match="no memory plan"):
        contest((1, 2, 3, 4), "numpy", ("nothing",), 1)


def test_the_command_prints_and_writes(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    where = ["--output", str(tmp_path)]
    few = ["--rounds", "1", "--seconds", "0", "--peers", "micrograd", "tinygraph numpy"]
    assert command.main(["scalar", "--quick", *few, *where]) == 0
    printed = capsys.readouterr().out
    assert "nodes per second" in printed
    assert "micrograd-style" in printed
    assert "autograd" not in printed
    names = sorted(path.name for path in Path(tmp_path).iterdir())
    assert names == ["scalar-threads-1.svg", "scalar.json", "scalar.md"]


def test_sizes_are_read():
    options = command._options(
        command._parser().parse_args(["train", "--sizes", "1,2,3,4", "--threads", "1"])
    )
    assert options.sizes == ((1, 2, 3, 4),)
    assert options.threads == (1,)


def test_first_compilations_are_timed_stage_by_stage():
    found = compiling.timed(compiling.ROOT, "chain", 2, 120.0)
    assert [*found] == ["imports", "build", "compile"]
    assert all(seconds > 0 for pair in found.values() for seconds in pair)
    assert compiling.timed(compiling.ROOT, "no such graph", 2, 120.0) is None


@pytest.mark.parametrize("name", probes.GRAPHS)
def test_every_graph_of_the_compile_benchmark_has_gradients(name):
    outputs = probes.GRAPHS[name](4)
    assert len(outputs) > 1
    tg.Graph(outputs)
