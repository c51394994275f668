"""3. forms: one model written in many ways, every way as fast as the best."""

from benchmarks.comparing import race_all
from benchmarks.judging import Bar
from benchmarks.options import Options
from benchmarks.peers.spellings import FORMS
from benchmarks.peers.tinygraph_forms import MODELS, SHARED, feeds_of, graph_of
from benchmarks.problems import Arrays, FormProblem
from benchmarks.racing import Race
from benchmarks.reporting import Report
from benchmarks.workers import Peer
from tinygraph import compile as compiled

BACKENDS = ("numpy", "native")
PEERS = tuple(
    Peer(f"{backend}, {form}", "tinygraph_forms", f"{backend}:{form}")
    for backend in BACKENDS
    for form in FORMS
)
SIZES = ((16, 128, 64, 65), (32, 256, 64, 65))
QUICK = ((4, 16, 8, 11),)
WITHIN = 1.05
"""How many times the best form's time every other one may take."""


def run(options: Options) -> Report:
    """Race with every model at every size, on one thread."""
    sizes = options.sizes or (QUICK if options.quick else SIZES)
    problems = [FormProblem(model, *size) for size in sizes for model in MODELS]
    report = Report("forms")
    base = f"{BACKENDS[0]}, {FORMS[0]}"
    alone = options.on_one_thread()
    for race in race_all(report, problems, _reference, PEERS, alone, base):
        report.bars += bars(race)
    return report


def _reference(problem: FormProblem) -> Arrays:
    results = compiled(graph_of(problem, FORMS[0]), "numpy")(feeds_of(problem))
    return {name: results[name] for name in ("loss", *SHARED)}


def bars(race: Race) -> list[Bar]:
    """Return for each form of each backend its time, relative to the best one's."""
    found = []
    for backend in BACKENDS:
        names = [name for name in race.entries if name.startswith(f"{backend}, ")]
        if not names:
            continue
        best = min(names, key=lambda name: race.entries[name].quartiles()[1])
        for name in names:
            wall, cpu = (race.speed(best, name, clock) for clock in (0, 1))
            assert wall is not None
            what = f"{name} {race.problem.label} : {best}"
            found.append(Bar(what, WITHIN, wall, most=True, cpu=cpu))
    return found
