"""1. train: loss and all gradients of the LSTM language model, against everybody."""

from benchmarks.comparing import BASE, race_all, speed_bar
from benchmarks.judging import Bar
from benchmarks.masks import race_masks
from benchmarks.options import Options
from benchmarks.peers.numpy_lm import HandWrittenLM
from benchmarks.problems import TRAINING_SIZES, Arrays, LanguageModelProblem
from benchmarks.racing import Race
from benchmarks.reporting import Report
from benchmarks.workers import Peer

LIMIT = "GEMM limit"
PEERS = (
    Peer("tinygraph numpy", "tinygraph_lm", "numpy"),
    Peer("tinygraph native", "tinygraph_lm", "native"),
    Peer(BASE, "numpy_lm", "plain"),
    Peer("hand-written NumPy, folded", "numpy_lm", "folded"),
    Peer("torch nn.LSTM", "torch_lm", "nn.LSTM"),
    Peer("torch LSTMCell loop", "torch_lm", "LSTMCell"),
    Peer("torch.compile", "torch_lm", "compile", compiles=True),
    Peer("JAX scan", "jax_lm"),
    Peer("tinygraph jax", "tinygraph_jax"),
    Peer("autograd", "autograd_lm", largest=16 * 128 * 64),
    Peer(LIMIT, "gemm_limit"),
)
QUICK = ((1, 16, 8, 11), (4, 32, 8, 11))
FEW = (2.5, 1.3, 1.3, 1.3)
"""Issue 4: how many times nn.LSTM's speed, by size."""


def run(options: Options) -> Report:
    """Race at every size with every setting of the threads."""
    sizes = options.sizes or (QUICK if options.quick else TRAINING_SIZES)
    problems = [LanguageModelProblem(*size) for size in sizes]
    report = Report("train")
    races = race_all(report, problems, _reference, PEERS, options)
    for race in races:
        if race.threads == 1:
            report.bars += numpy_bars(race) + native_bars(race) + jax_bars(race)
    report.bars += threads_bars(races)
    if options.sizes is None:
        race_masks(report, options)
    return report


def _reference(problem: LanguageModelProblem) -> Arrays:
    return HandWrittenLM(problem, fold=False, dtype="float64")()


def numpy_bars(race: Race) -> list[Bar]:
    """Issue 3's bars for the NumPy backend at one size, on one thread."""
    ours, rank = "tinygraph numpy", _rank(race)
    wanted = [(BASE, 0.95)]
    if rank == 0:
        wanted += [("torch nn.LSTM", 0.75), ("torch LSTMCell loop", 4.0)]
    if rank == 3:
        wanted.append(("torch nn.LSTM", 0.9))
    if rank is not None and rank > 0:
        wanted.append(("JAX scan", 1.0))
    return [
        bar for rival, least in wanted for bar in speed_bar(race, ours, rival, least)
    ]


def native_bars(race: Race) -> list[Bar]:
    """Issue 4's bars for the native backend at one size, on one thread."""
    ours, rank = "tinygraph native", _rank(race)
    if rank is None:
        return []
    bars = speed_bar(race, ours, "torch nn.LSTM", FEW[rank])
    share = (None, 0.65, 0.6, 0.7)[rank]
    if share is not None:
        bars += speed_bar(race, ours, LIMIT, share)
    for rival in ("JAX scan", "torch.compile", "torch LSTMCell loop"):
        bars += speed_bar(race, ours, rival, 1.3)
    return bars


def jax_bars(race: Race) -> list[Bar]:
    """Lowered, at most 1.1 times the time of the scan written by hand."""
    if _rank(race) is None:
        return []
    return speed_bar(race, "tinygraph jax", "JAX scan", 1 / 1.1)


def threads_bars(races: list[Race]) -> list[Bar]:
    """All threads beside one, at the two larger sizes."""
    single = {race.problem: race for race in races if race.threads == 1}
    bars = []
    for race in races:
        rank = _rank(race)
        if race.threads == 1 or rank is None or rank < 2 or race.problem not in single:
            continue
        for ours, least in (("tinygraph numpy", 1.0), ("tinygraph native", 1.65)):
            if ours in race.entries and ours in single[race.problem].entries:
                one = single[race.problem].entries[ours].quartiles()[1]
                ratio = one / race.entries[ours].quartiles()[1]
                what = f"{ours} {race.problem.label}, all threads : one"
                bars.append(Bar(what, least, ratio))
    return bars


def _rank(race: Race) -> int | None:
    """Return the place of a race's size in the fixed list, None elsewhere."""
    labels = [LanguageModelProblem(*size).label for size in TRAINING_SIZES]
    label = race.problem.label
    return labels.index(label) if label in labels else None
