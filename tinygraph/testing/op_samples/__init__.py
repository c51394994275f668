"""Samples: for each op what it can be applied to, in one public table.

    model                       what a sample is
    kinds                       the kinds of numbers
    pointwise, along, over_time the rows of the table, by what the ops do

Kernel tests, every backend, and the moves of random graphs read the same rows.
"""

from tinygraph.core.errors import UnknownNameError
from tinygraph.core.nodes import Op
from tinygraph.testing.op_samples import along, over_time, pointwise
from tinygraph.testing.op_samples.kinds import KINDS
from tinygraph.testing.op_samples.model import Operand, Sample

__all__ = ["KINDS", "SAMPLES", "Operand", "Sample", "samples"]

_TABLES = (pointwise.USES, along.USES, over_time.USES)
SAMPLES: dict[str, tuple[Sample, ...]] = {
    op: tuple(found) for table in _TABLES for op, found in table.items()
}
"""Op → its samples, the simplest first; no op has rows in two files."""


def samples(op: Op | str) -> tuple[Sample, ...]:
    """Return the samples of an op of tinygraph, the simplest first.

    Args:
        op: an op or its name. Leaves have none: they are applied to nothing.

    Raises:
        UnknownNameError: the table does not know it.

    Example:
        >>> sorted({sample.attrs["axis"] for sample in testing.samples("concat")})
        [-3, -2, -1]
    """
    name = op.name if isinstance(op, Op) else op
    if name not in SAMPLES:
        raise UnknownNameError(
            f"no samples of an op {name!r}; there are of: {', '.join(sorted(SAMPLES))}"
        )
    return SAMPLES[name]
