"""The testing kit: gradient checks, random graphs, and the laws of the engine.

    check_everything, check_cell     all laws that apply, by every backend
    check_op, check_rewrite          an op's declaration; what a rewrite keeps
    check_grads, check_vjp           derivatives against differences and jvp
    check_backward                   a backward pass written by hand, with NumPy
    check_unrolling ... check_reverse_time   the laws, for a graph of your own
    check_forms, restated            a graph written another way costs the same
    feeds_for                        deterministic feeds of the right shapes
    samples                          for each op, what it can be applied to
    arrays, acyclic_graphs, recurrent_graphs   Hypothesis strategies

The strategies need Hypothesis (`pip install hypothesis`); nothing else does.
"""

from typing import TYPE_CHECKING, Any

from tinygraph.testing.by_hand import check_backward
from tinygraph.testing.cells import check_cell
from tinygraph.testing.chunks import check_chunking, check_truncation
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.definition import check_definition, evaluate_plainly
from tinygraph.testing.describing import describe
from tinygraph.testing.everything import Checked, check_everything
from tinygraph.testing.extremes import extreme_feeds
from tinygraph.testing.feeding import feeds_for
from tinygraph.testing.forms import check_forms, restated
from tinygraph.testing.gradients import check_grads, check_vjp
from tinygraph.testing.laws import (
    check_backend,
    check_gradient_unrolling,
    check_gradients,
    check_pickling,
    check_unrolling,
    gradient_graph,
)
from tinygraph.testing.op_checks import check_op
from tinygraph.testing.op_samples import Operand, Sample, samples
from tinygraph.testing.programs import Call, as_code
from tinygraph.testing.rewrite_checks import check_rewrite
from tinygraph.testing.symmetries import check_batch_permutation, check_reverse_time
from tinygraph.testing.tolerances import TOLERANCES, Tolerance

if TYPE_CHECKING:
    from tinygraph.testing.strategies import acyclic_graphs, arrays, recurrent_graphs


__all__ = [
    "TOLERANCES",
    "Call",
    "Checked",
    "Operand",
    "Sample",
    "Tolerance",
    "acyclic_graphs",
    "arrays",
    "as_code",
    "assert_same_values",
    "check_backend",
    "check_backward",
    "check_batch_permutation",
    "check_cell",
    "check_chunking",
    "check_definition",
    "check_everything",
    "check_forms",
    "check_gradient_unrolling",
    "check_gradients",
    "check_grads",
    "check_op",
    "check_pickling",
    "check_reverse_time",
    "check_rewrite",
    "check_truncation",
    "check_unrolling",
    "check_vjp",
    "describe",
    "evaluate_plainly",
    "extreme_feeds",
    "feeds_for",
    "gradient_graph",
    "recurrent_graphs",
    "restated",
    "samples",
]

if not TYPE_CHECKING:  # a type checker would take it that every name exists

    def __getattr__(name: str) -> Any:
        """Import the strategies when they are first asked for."""
        if name not in ("acyclic_graphs", "arrays", "recurrent_graphs"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from tinygraph.testing import strategies

        return getattr(strategies, name)
