"""Every tolerance of the kit and of tinygraph's own tests, in one table.

Errors are measured against the size of the whole array: |got - wanted| may be at
most relative · |wanted| + absolute · max(1, greatest |wanted|). The row is that of the
narrowest float on the way to a result.
"""

from typing import Any, NamedTuple

import numpy as np


class Tolerance(NamedTuple):
    """How far two results may be apart.

    Example:
        >>> testing.TOLERANCES["values", "float64"]
        Tolerance(relative=1e-09, absolute=1e-12)
    """

    relative: float
    absolute: float


EXACT = "exact"
"""One way to compute one value, twice: bit for bit."""
VALUES = "values"
"""Two ways to compute one value: other order of sums, other GEMM shapes."""
GRADIENTS = "gradients"
"""Two exact methods for one derivative: unrolled and folded, reverse and forward."""
DIFFERENCES = "differences"
"""An exact derivative against central differences (float64 only)."""

TOLERANCES: dict[tuple[str, str], Tolerance] = {
    (EXACT, "float16"): Tolerance(0.0, 0.0),
    (EXACT, "float32"): Tolerance(0.0, 0.0),
    (EXACT, "float64"): Tolerance(0.0, 0.0),
    (VALUES, "float16"): Tolerance(5e-3, 5e-3),
    (VALUES, "float32"): Tolerance(1e-4, 1e-5),
    (VALUES, "float64"): Tolerance(1e-9, 1e-12),
    (GRADIENTS, "float16"): Tolerance(2.5e-2, 2.5e-2),
    (GRADIENTS, "float32"): Tolerance(5e-4, 5e-5),
    (GRADIENTS, "float64"): Tolerance(1e-8, 1e-11),
    (DIFFERENCES, "float64"): Tolerance(1e-5, 1e-7),
}
"""(Kind of comparison, dtype) → what two results may differ by; integers never do."""

STEP = 3e-6
"""The step h of central differences in float64: error about h² f'''/6 + 1e-16 f/h."""


def tolerance(kind: str, dtype: Any) -> Tolerance:
    """Return the tolerance for a kind of comparison; exact for ints and bools."""
    found = np.dtype(dtype)
    if found.kind != "f":
        return Tolerance(0.0, 0.0)
    return TOLERANCES[kind, found.name]
