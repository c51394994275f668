"""grad, vjp and jvp of folded graphs: the derivative of a cyclic graph is one."""

from collections.abc import Collection
from typing import Any, Literal, overload

from tinygraph.core.building import cast, constant
from tinygraph.core.errors import LossError, UnconnectedError
from tinygraph.core.leaves import is_leaf, made_of
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import topological_order
from tinygraph.ops.shaping import zeros_like
from tinygraph.semantics.autodiff.forward import Forward
from tinygraph.semantics.autodiff.paths import flows
from tinygraph.semantics.autodiff.per_step import at_each_step, lifts_of_parts
from tinygraph.semantics.autodiff.requests import (
    check_request,
    listed,
    matching,
    unconnected_error,
)
from tinygraph.semantics.autodiff.reverse import Reverse

__all__ = ["flows", "grad", "jvp", "vjp"]

Nodes = Collection[Node]
Unconnected = Literal["raise", "zeros"]


@overload
def grad(loss: Node, wrt: Node, unconnected: Unconnected = ...) -> Node: ...
@overload
def grad(loss: Node, wrt: Nodes, unconnected: Unconnected = ...) -> list[Node]: ...
def grad(
    loss: Node, wrt: Node | Nodes, unconnected: Unconnected = "raise"
) -> Node | list[Node]:
    """Return the gradient of a loss: a node for a node, a list for a list.

    It has exactly the type of its node: shape, dtype and time. For a per-step node
    it holds the total derivative at each step, every later effect through the
    recurrence included; `grad(loss, every_step(W))` is W's gradient per time step,
    also where the steps read only what is made of W, such as a gate's columns.

    Args:
        loss: float, shape (), static.
        wrt: any nodes: leaves, inner nodes, delays, members of a cycle.
        unconnected: "raise", or "zeros" where the loss does not depend on a node.

    Raises:
        LossError: the loss is not a float scalar with one value in all.
        UnconnectedError: the loss does not depend on a node of `wrt`.
        GradientError: a node of `wrt` is not float.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> tg.evaluate(tg.grad(w * w, w))
        array(6., dtype=float32)
    """
    if not isinstance(loss, Node):
        raise LossError(f"grad needs the node of a loss, not {loss!r}", loss=loss)
    value_type = loss.type
    if value_type.shape or value_type.time is not None or not value_type.is_float:
        how = (
            "reduce it over time: tg.mean_over_time, tg.sum_over_time or tg.last"
            if value_type.time is not None
            else "reduce it with tg.mean or tg.sum"
            if value_type.shape
            else "cast it to a float"
        )
        raise LossError(
            f"grad needs a float scalar with one value in all, but loss "
            f"{loss.label!r} is {value_type.describe()}, made at {loss.where}: {how}",
            loss=loss,
        )
    return vjp([loss], wrt, [cast(constant(1.0), value_type.dtype)], unconnected)


@overload
def vjp(
    outputs: Node | Nodes, wrt: Node, cotangents: Any, unconnected: Unconnected = ...
) -> Node: ...
@overload
def vjp(
    outputs: Node | Nodes, wrt: Nodes, cotangents: Any, unconnected: Unconnected = ...
) -> list[Node]: ...
def vjp(
    outputs: Node | Nodes,
    wrt: Node | Nodes,
    cotangents: Any,
    unconnected: Unconnected = "raise",
) -> Node | list[Node]:
    """Return Σ cotangentᵀ · ∂output/∂node for each node of `wrt`: reverse mode.

    Args:
        outputs: a node or several.
        wrt: a node or several; the result has its form.
        cotangents: as many as outputs, each of its output's type. An array or a
            number stands for a constant; a static one for the same at every step.
        unconnected: as of `grad`.

    Raises:
        ShapeError: a cotangent has another type than its output.
        UnconnectedError, GradientError: as of `grad`.

    Example:
        >>> x = tg.placeholder("x", (2,))
        >>> tg.evaluate(tg.vjp(x * x, x, x), {"x": [1.0, 3.0]})
        array([ 2., 18.], dtype=float32)
    """
    tops, targets = listed(outputs), listed(wrt)
    seeds = matching(tops, cotangents, "cotangent")
    check_request(targets, unconnected)
    order = topological_order(tops)
    inner = {node: parts for node in targets if (parts := lifts_of_parts(order, node))}
    lifts = dict.fromkeys(lift for parts in inner.values() for lift in parts)
    walk = Reverse(tops, [*targets, *lifts], seeds)
    results = walk.run()
    found = []
    for node in targets:
        reached = [lift for lift in inner.get(node, ()) if lift in results]
        if reached:
            images = at_each_step(order, node, reached)
            found.append(vjp(images, node, [results[x] for x in reached], "zeros"))
            continue
        if node not in walk.reaching and unconnected == "raise":
            raise unconnected_error(node, tops, walk.order)
        found.append(results[node] if node in results else zeros_like(node))
    made_of(found, filter(is_leaf, walk.order))
    return found[0] if isinstance(wrt, Node) else found


@overload
def jvp(
    outputs: Node, wrt: Node | Nodes, tangents: Any, unconnected: Unconnected = ...
) -> Node: ...
@overload
def jvp(
    outputs: Nodes, wrt: Node | Nodes, tangents: Any, unconnected: Unconnected = ...
) -> list[Node]: ...
def jvp(
    outputs: Node | Nodes,
    wrt: Node | Nodes,
    tangents: Any,
    unconnected: Unconnected = "zeros",
) -> Node | list[Node]:
    """Return Σ ∂output/∂node · tangent for each output: forward mode.

    The tangents run forwards with the loop; one tangent per parameter entry is
    real-time recurrent learning (Williams & Zipser, 1989).

    Args:
        outputs: a node or several; the result has its form.
        wrt: a node or several; each moves by its tangent, besides what it takes
            over from the others.
        tangents: as many as wrt, each of its node's type.
        unconnected: "zeros", or "raise" where an output depends on no node of wrt.

    Raises:
        ShapeError: a tangent has another type than its node.
        GradientError: a node of `wrt` is not float.
        UnconnectedError: an output depends on no node of `wrt`, which `unconnected`
            forbids.

    Example:
        >>> x = tg.placeholder("x", (2,))
        >>> tg.evaluate(tg.jvp(x * x, x, x), {"x": [1.0, 3.0]})
        array([ 2., 18.], dtype=float32)
    """
    tops, sources = listed(outputs), listed(wrt)
    seeds = matching(sources, tangents, "tangent")
    check_request(sources, unconnected)
    order = topological_order(tops)
    for node, seed in zip(sources, seeds, strict=True):
        lifts = lifts_of_parts(order, node)
        if lifts:
            images = at_each_step(order, node, lifts)
            sources = [*sources, *lifts]
            seeds = [*seeds, *jvp(images, node, seed)]
    moved = Forward(order, sources, seeds).run()
    found = []
    for node in tops:
        if node not in moved and unconnected == "raise":
            raise UnconnectedError(
                f"{node.describe()} depends on no node of wrt", node=node
            )
        found.append(moved[node] if node in moved else zeros_like(node))
    made_of(found, filter(is_leaf, order))
    return found[0] if isinstance(outputs, Node) else found
