"""8. layers: LSTM, GRU and RNN as users call them, each against torch.nn."""

from dataclasses import replace

from benchmarks.comparing import judge_one_thread, race_all, speed_bar
from benchmarks.judging import Bar
from benchmarks.options import Options
from benchmarks.peers.tinygraph_layers import reference
from benchmarks.problems import LayerProblem
from benchmarks.racing import Race
from benchmarks.reporting import Report
from benchmarks.workers import Peer

TORCH = "torch.nn"
NATIVE = "tinygraph native"
PEERS = (
    Peer("tinygraph numpy", "tinygraph_layers", "numpy"),
    Peer(NATIVE, "tinygraph_layers", "native"),
    Peer(TORCH, "torch_layers"),
)
SIZE = (32, 256, 64)
QUICK = (4, 16, 8)
CELLS = ("LSTM", "GRU", "RNN")
BATCHES = (1, 16, 256)
INFERENCE, ONE, TWO = 1.2, 1.4, 1.3
"""How many times nn.LSTM's speed, for what."""


def problems(size: tuple[int, ...]) -> list[LayerProblem]:
    """Return the rows: each a small change of one layer's training."""
    batch, hidden, steps = size[:3]
    plain = {cell: LayerProblem(cell, batch, hidden, steps) for cell in CELLS}
    lstm = plain["LSTM"]
    return [
        *plain.values(),
        *(replace(each, layers=2) for each in plain.values()),
        *(replace(each, training=False) for each in plain.values()),
        replace(lstm, layers=2, training=False),
        replace(lstm, both_ways=True),
        replace(lstm, lengths=True),
        replace(lstm, dtype="float64"),
        *(replace(lstm, batch=other) for other in BATCHES if other != batch),
        *(replace(lstm, batch=other, training=False) for other in BATCHES[:2]),
    ]


def run(options: Options) -> Report:
    """Race with every row, with every setting of the threads."""
    sizes = options.sizes or ((QUICK,) if options.quick else (SIZE,))
    listed = [each for size in sizes for each in problems(size)]
    report = Report("layers")
    races = race_all(report, listed, reference, PEERS, options, TORCH)
    judge_one_thread(report, races, bars)
    return report


def bars(race: Race) -> list[Bar]:
    """Bars of layers on one thread: at the size that uses most of a core."""
    problem = race.problem
    assert isinstance(problem, LayerProblem)
    wanted = {
        LayerProblem("LSTM", *SIZE): ONE,
        LayerProblem("LSTM", *SIZE, layers=2): TWO,
        LayerProblem("LSTM", *SIZE, training=False): INFERENCE,
    }
    if problem not in wanted:
        return []
    return speed_bar(race, NATIVE, TORCH, wanted[problem])
