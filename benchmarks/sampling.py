"""6. sampling: one character after another, batch 1; tokens per second."""

from benchmarks.comparing import BASE, race_all, speed_bar
from benchmarks.judging import figure
from benchmarks.options import Options
from benchmarks.peers.numpy_sampling import likeliest
from benchmarks.problems import BLOCK, Arrays, SamplingProblem
from benchmarks.reporting import Report
from benchmarks.workers import Peer

PEERS = (
    Peer("tinygraph numpy, 256 a call", "tinygraph_sampling", "numpy 256"),
    Peer("tinygraph numpy, 1 a call", "tinygraph_sampling", "numpy 1"),
    Peer("tinygraph native, 256 a call", "tinygraph_sampling", "native 256"),
    Peer("tinygraph native, 1 a call", "tinygraph_sampling", "native 1"),
    Peer(BASE, "numpy_sampling"),
    Peer("torch LSTMCell loop", "torch_sampling", "LSTMCell"),
    Peer("torch nn.LSTM loop", "torch_sampling", "nn.LSTM"),
)
HIDDEN, QUICK = (128, 512), (16,)


def run(options: Options) -> Report:
    """Race at both sizes, on one thread."""
    problems = [SamplingProblem(H) for H in (QUICK if options.quick else HIDDEN)]
    report = Report("sampling")
    races = race_all(report, problems, _reference, PEERS, options.on_one_thread())
    rows = [["peer", *[race.problem.label for race in races]]]
    for peer in PEERS:
        if all(peer.name in race.entries for race in races):
            entries = [race.entries[peer.name] for race in races]
            rates = [figure(BLOCK / entry.quartiles()[1]) for entry in entries]
            rows.append([peer.name, *rates])
    report.tables["tokens per second"] = rows
    for race in races:
        for rival in ("torch LSTMCell loop", "torch nn.LSTM loop"):
            report.bars += speed_bar(race, "tinygraph native, 256 a call", rival, 5.0)
    return report


def _reference(problem: SamplingProblem) -> Arrays:
    return {"tokens": likeliest(problem, "float64")}
