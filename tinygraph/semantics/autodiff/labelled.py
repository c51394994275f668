"""A loss and its gradients as named outputs: what is compiled to train."""

from collections.abc import Collection, Mapping
from typing import Any

from tinygraph.core.errors import GradientError
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import topological_order
from tinygraph.semantics.autodiff import Unconnected, grad

__all__ = ["gradients_in", "value_and_grad"]

_GRADIENT = "gradient/"


def value_and_grad(
    loss: Node,
    parameters: Collection[Node] | Node | None = None,
    unconnected: Unconnected = "raise",
) -> dict[str, Node]:
    """Return a loss and its gradients by name, to be compiled and trained.

    The names are "loss" and, for each parameter, "gradient/" and its name. Further
    outputs may stand beside them: `tg.compile({**tg.value_and_grad(loss), "h": h})`.

    Args:
        loss: float, shape (), static.
        parameters: those to train; by default all float ones the loss depends on.
        unconnected: "raise", or "zeros" where the loss does not depend on one.

    Raises:
        GradientError: a node is no parameter, or there is none.
        LossError, UnconnectedError: as of `grad`.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> run = tg.compile(tg.value_and_grad(w * w), backend="numpy")
        >>> {name: float(value) for name, value in run().items()}
        {'loss': 9.0, 'gradient/w': 6.0}
    """
    if parameters is None:
        grad(loss, [])
        order = topological_order([loss])
        wrt = [node for node in order if node.op is PARAMETER and node.type.is_float]
    else:
        wrt = [parameters] if isinstance(parameters, Node) else list(parameters)
    _demand_parameters(wrt)
    gradients = grad(loss, wrt, unconnected)
    if not wrt:
        raise GradientError(
            f"value_and_grad: loss {loss.label!r}, made at {loss.where}, depends on no "
            "parameter that could be trained: make one with tg.parameter",
            node=loss,
        )
    named = zip(wrt, gradients, strict=True)
    return {"loss": loss, **{f"{_GRADIENT}{leaf.label}": ct for leaf, ct in named}}


def _demand_parameters(nodes: list[Any]) -> None:
    for node in nodes:
        if not isinstance(node, Node) or node.op is not PARAMETER:
            shown = node.describe() if isinstance(node, Node) else repr(node)
            raise GradientError(
                f"value_and_grad trains parameters, and {shown} is none: make it with "
                "tg.parameter, or use tg.grad for gradients of other nodes"
            )


def gradients_in(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameter name → gradient, from what `value_and_grad` gave when run.

    Args:
        outputs: name → array; those that are no gradients are left out.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> run = tg.compile(tg.value_and_grad(w * w), backend="numpy")
        >>> tg.gradients_in(run())
        {'w': array(6., dtype=float32)}
    """
    return {
        name.removeprefix(_GRADIENT): array
        for name, array in outputs.items()
        if name.startswith(_GRADIENT)
    }
