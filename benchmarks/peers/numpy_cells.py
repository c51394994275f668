"""The cells of one's own by hand in NumPy: which is which."""

from collections.abc import Callable

from benchmarks.peers.numpy_gru import GRU
from benchmarks.peers.numpy_peephole import Peephole
from benchmarks.peers.numpy_two_step import TwoStep
from benchmarks.peers.ready import Ready
from benchmarks.problems import Arrays, CellProblem

HAND_WRITTEN: dict[str, Callable[[CellProblem, str], Callable[[], Arrays]]] = {
    "peephole": Peephole,
    "gru": GRU,
    "two-step": TwoStep,
}


def hand_written(problem: CellProblem, dtype: str = "float32") -> Callable[[], Arrays]:
    """Return the function that computes the loss and all gradients."""
    return HAND_WRITTEN[problem.cell](problem, dtype)


def build(problem: CellProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    return Ready(hand_written(problem))
