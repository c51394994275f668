"""2. cells: recurrences of one's own, from their definitions, against everybody."""

from benchmarks.comparing import BASE, judge_one_thread, race_all, speed_bar
from benchmarks.judging import Bar
from benchmarks.options import Options
from benchmarks.peers.numpy_cells import hand_written
from benchmarks.problems import CELLS, TRAINING_SIZES, Arrays, CellProblem
from benchmarks.racing import Race
from benchmarks.reporting import Report
from benchmarks.workers import Peer

PEERS = (
    Peer("tinygraph numpy", "tinygraph_cells", "numpy"),
    Peer("tinygraph native", "tinygraph_cells", "native"),
    Peer(BASE, "numpy_cells"),
    Peer("torch loop", "torch_cells", "loop"),
    Peer("torch.compile", "torch_cells", "compile", compiles=True),
    Peer("JAX scan", "jax_cells"),
)
QUICK = ((4, 16, 8),)
RIVALS = ("JAX scan", "torch loop", "torch.compile")


def run(options: Options) -> Report:
    """Race with every cell, at every size, with every setting of the threads."""
    sizes = options.sizes or (QUICK if options.quick else TRAINING_SIZES)
    problems = [CellProblem(cell, *size[:3]) for size in sizes for cell in CELLS]
    report = Report("cells")
    races = race_all(report, problems, _reference, PEERS, options)
    judge_one_thread(report, races, bars)
    return report


def _reference(problem: CellProblem) -> Arrays:
    return hand_written(problem, "float64")()


def bars(race: Race) -> list[Bar]:
    """What issues 3 and 4 ask for, for one cell at one size, on one thread."""
    found = speed_bar(race, "tinygraph numpy", BASE, 0.95)
    smallest = race.problem.label.endswith(str(TRAINING_SIZES[0][:3]))
    for rival in RIVALS:
        least = 2.0 if smallest else 1.3
        found += speed_bar(race, "tinygraph native", rival, least)
    return found
