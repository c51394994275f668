"""The loop of all recurrent layers: a step between delays; padding, resets, zoneout."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, final

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.layers.regularization import keep_mask
from tinygraph_rnn.layers.sequences import Way

__all__ = ["TIME_FIRST", "StateSpec", "States", "check_per_step", "recur"]

TIME_FIRST = {
    "batch_first": "time is no axis of a shape. The batch is the first axis of each "
    "step, (batch, features), and all steps are fed as (steps, batch, features): "
    "np.swapaxes(x, 0, 1) brings (batch, steps, features) into that order"
}
"""An argument that layers of other libraries have, and what to do instead."""

States = tuple[Node, ...]
"""The states of one layer, per step; the first is mostly the output."""

Step = Callable[[Node, States], tuple[Node, States]]


@final
class StateSpec(NamedTuple):
    """A state of a loop: its delay's name, shape, dtype, init and symbol; zoneout."""

    name: str
    shape: tuple[Any, ...]
    dtype: Any
    init: Any = 0.0
    zoneout: float = 0.0
    symbol: str | None = None


def check_per_step(name: str, x: Node) -> str:
    """Return the time axis of a layer's input.

    Raises:
        tg.TimeAxisError: it has none, or is no node.
    """
    if not isinstance(x, Node):
        raise tg.TimeAxisError(
            f"{name}: x must be a node with one value per step, such as "
            f"tg.sequence('x', shape), not {type(x).__name__}: arrays are fed when the "
            "graph runs"
        )
    if x.time is None:
        raise tg.TimeAxisError(
            f"{name}: {x.describe()}, made at {x.where}, has one value in "
            "all, but a recurrent layer wants one per step: use tg.sequence, "
            "tg.unstack or tg.every_step"
        )
    return x.time


def recur(
    step: Step, x: Node, slots: Sequence[StateSpec], way: Way, scope: str
) -> tuple[Node, States]:
    """Feed a step its own states of one step ago; return the output and the states.

    In padding states stand still and the output is 0; what padding holds, NaN even,
    reaches neither values nor gradients.
    """
    time = check_per_step(scope, x)
    if way.mask is not None:
        x = _or_zero(way.mask, x)
    delays = [
        tg.delay(
            slot.name,
            init=slot.init,
            shape=slot.shape,
            dtype=slot.dtype,
            time=time,
            steps=-1 if way.reverse else 1,
            symbol=slot.symbol,
        )
        for slot in slots
    ]
    with tg.scope(scope):
        before = _restarted(delays, way, time)
        output, now = step(x, before)
        at_first = bool(now) and output is now[0]
        now = tuple(map(_zoned_out, slots, before, now))
        output = now[0] if at_first else output
    if way.mask is not None:
        mask = way.mask
        now = tuple(
            tg.where(_beside(mask, state), state, past)
            for state, past in zip(now, before, strict=True)
        )
        output = _or_zero(mask, output)
    for delay, source in zip(delays, now, strict=True):
        delay.close(source)
    return output, now


def _restarted(delays: Sequence[tg.Delay], way: Way, time: str) -> States:
    """The states a step sees: where a row starts anew, the init."""
    if way.continues is None:
        return tuple(delays)
    goes_on = way.continues
    if way.reverse:
        goes_on = tg.delay(source=goes_on, steps=-1, init=True, time=time)
    return tuple(
        tg.where(_beside(goes_on, delay), delay, delay.slot) for delay in delays
    )


def _zoned_out(slot: StateSpec, before: Node, now: Node) -> Node:
    """Keep each unit as it was with probability `zoneout` (Krueger et al., 2017)."""
    if slot.zoneout == 0.0:
        return now
    keep = keep_mask(slot.zoneout, now, f"{slot.name}.zoneout")
    return keep * before + (1.0 - keep) * now


def _or_zero(flags: Node, x: Node) -> Node:
    """Return x where the flag of its row is set, else 0 (False), in x's dtype."""
    return tg.where(_beside(flags, x), x, np.zeros((), x.dtype))


def _beside(flags: Node, x: Node) -> Node:
    """Return flags (batch) with axes of size 1 added, to be as many as those of x."""
    for _ in range(x.ndim - flags.ndim):
        flags = tg.expand_dims(flags, -1)
    return flags
