"""1. train, with masks: dropout, zoneout and weight drop against nn.LSTM's dropout."""

from benchmarks.comparing import judge_one_thread, race_all, speed_bar
from benchmarks.judging import Bar
from benchmarks.options import Options
from benchmarks.peers.tinygraph_masks import reference
from benchmarks.problems import MaskedProblem
from benchmarks.racing import Race
from benchmarks.reporting import Report
from benchmarks.workers import Peer

TORCH = "torch nn.LSTM, dropout"
NATIVE = "tinygraph native"
PEERS = (
    Peer("tinygraph numpy", "tinygraph_masks", "numpy"),
    Peer(NATIVE, "tinygraph_masks", "native"),
    Peer(TORCH, "torch_masks"),
)
SIZE = (32, 256, 64, 65)
QUICK = (4, 16, 8, 11)
MASKS = ((), (("dropout", 0.3),), (("zoneout", 0.1),), (("weight_drop", 0.3),))
WANTED = {1: 1.85, 2: 1.5}
"""How many times nn.LSTM's speed with dropout, by the number of layers."""


def race_masks(report: Report, options: Options) -> list[Race]:
    """Race with one and two layers, with each kind of mask and without; add bars."""
    size = QUICK if options.quick else SIZE
    problems = [MaskedProblem(masks, n, *size) for n in WANTED for masks in MASKS]
    races = race_all(report, problems, reference, PEERS, options, TORCH, "masks-")
    judge_one_thread(report, races, bars)
    return races


def bars(race: Race) -> list[Bar]:
    """Bars of the model with dropout, on one thread and at the full size."""
    problem = race.problem
    assert isinstance(problem, MaskedProblem)
    full = (problem.batch, problem.hidden, problem.steps, problem.vocabulary) == SIZE
    if not full or dict(problem.masks).keys() != {"dropout"}:
        return []
    return speed_bar(race, NATIVE, TORCH, WANTED[problem.layers])
