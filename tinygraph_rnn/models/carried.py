"""Compiled functions that take the state of the last call and return the next one."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph import Node

__all__ = ["Carried", "Compiler", "State"]

Compiler = Callable[..., Any]
"""What is called as `tg.compile` is, and returns what is called as its functions."""

State = dict[str, NDArray[Any]]
"""`state/<delay>` → the delay's last values; what `tg.stateful` carries."""

_STATE, _BEGINS = "state/", "begins"


@final
class Carried:
    """A graph compiled so that its delays' values are handed from call to call.

    Gradients do not flow from one call into the one before it: calls on consecutive
    chunks are truncated backpropagation through time (Williams & Peng, 1990). Gradients
    of learned initial states are 0 but in calls without a state, where streams begin.

    Attributes:
        graph: what was compiled: outputs, states and gradients.
        parameters: the values, shared between functions where given.
        seconds: time spent in calls of the compiled function so far.
    """

    def __init__(
        self,
        graph: tg.Graph,
        parameters: tg.Parameters | None = None,
        gradients_of: str | None = None,
        wrt: Sequence[Node] = (),
        backend: str = "auto",
        *,
        fast: bool = False,
        memory: str | int | None = None,
        compiler: Compiler | None = None,
    ) -> None:
        """Compile `graph`, with gradients of its output `gradients_of`, if any.

        `backend`, `fast` and `memory` are those of `tg.compile`, or of what is given
        in its place.
        """
        self._folded = graph
        stateful: tg.Graph = tg.stateful(graph)
        learned = _learned(graph, wrt)
        self._learns = bool(learned)
        if learned:
            leaves = {leaf.name: leaf for leaf in stateful.placeholders}
            begins = tg.placeholder(_BEGINS, (), "bool")
            stateful = stateful.replace(
                {
                    leaves[name]: tg.where(begins, first, leaves[name])
                    for name, first in learned.items()
                }
            )
        outputs = dict(stateful.outputs)
        if gradients_of is not None:
            outputs = tg.value_and_grad(outputs[gradients_of], wrt) | outputs
        self.graph = tg.Graph(outputs)
        options: dict[str, Any] = {"fast": fast, "memory": memory}
        made_by = tg.compile if compiler is None else compiler
        self._run = made_by(self.graph, backend, parameters, **options)
        self.parameters: tg.Parameters = self._run.parameters
        self.seconds = 0.0

    def start(self, feeds: Mapping[str, Any], **call: Any) -> State:
        """Return the state before the first step; `feeds` say the batch.

        Args:
            call: `steps`, `start` and `seed`, on which a random state depends.
        """
        known = self.parameters
        return dict(self._folded.initial_state(feeds, parameters=known, **call))

    def fed(
        self, feeds: Mapping[str, Any], state: State | None, **call: Any
    ) -> dict[str, Any]:
        """Return all that a call reads: `feeds`, and the state or the first one."""
        read = {**feeds, **(self.start(feeds, **call) if state is None else state)}
        return read | ({_BEGINS: np.array(state is None)} if self._learns else {})

    def __call__(
        self, feeds: Mapping[str, Any], state: State | None = None, **call: Any
    ) -> tuple[dict[str, NDArray[Any]], State]:
        """Run from `state`; return the outputs and the state after the last step.

        Args:
            feeds: by name, states not among them.
            state: from the call before, or from `start`; None where streams begin.
            call: `steps`, `start` and `seed` as of every compiled function.
        """
        read = self.fed(feeds, state, **call)
        begin = time.perf_counter()
        outputs = self._run(read, **call)
        self.seconds += time.perf_counter() - begin
        after = {name: outputs.pop(name) for name in read if name.startswith(_STATE)}
        return outputs, after


def _learned(graph: tg.Graph, wrt: Sequence[Node]) -> dict[str, Node]:
    """State name → the init, for past delays whose init depends on any of `wrt`."""
    return {
        f"{_STATE}{name}": delay.slot
        for delay, name in graph.delay_names.items()
        if delay.steps > 0
        and delay.slot is not None
        and not set(wrt).isdisjoint(tg.Graph(delay.slot))
    }
