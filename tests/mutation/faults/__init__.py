"""The faults, by area."""

from tests.mutation.fault import Fault
from tests.mutation.faults import (
    compiled,
    derivatives,
    graphs,
    layers,
    rewrites,
    running,
)

FAULTS: list[Fault] = [
    *derivatives.FAULTS,
    *graphs.FAULTS,
    *rewrites.FAULTS,
    *running.FAULTS,
    *compiled.FAULTS,
    *layers.FAULTS,
]
