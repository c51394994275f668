"""Checks what `docs/others.md` says of other packages, with those installed here.

    python -m docs.others

Each fact is a sentence of the page, word by word, and a function that is True where it
holds. A package that is not installed says nothing.
"""

import importlib.util
import sys
from collections.abc import Callable

FACTS: dict[str, dict[str, Callable[[], bool]]] = {}
"""Package → sentence → what is tried."""


def fact(package: str, sentence: str) -> Callable[[Callable[[], bool]], object]:
    """Enter the function below under a package and a sentence."""

    def enter(function: Callable[[], bool]) -> Callable[[], bool]:
        FACTS.setdefault(package, {})[sentence] = function
        return function

    return enter


@fact("torch", "A loop over `nn.LSTMCell` leaves a tape that grows with T.")
def tape_grows() -> bool:
    """Nodes of the tape behind four steps are more than behind two."""
    import torch

    cell = torch.nn.LSTMCell(2, 2)

    def length(steps: int) -> int:
        state = None
        for _ in range(steps):
            state = cell(torch.zeros(1, 2), state)
        assert state is not None
        seen, todo = set(), [state[0].grad_fn]
        while todo:
            each = todo.pop()
            if each is not None and each not in seen:
                seen.add(each)
                todo += [before for before, _ in each.next_functions]
        return len(seen)

    return length(8) - length(4) == length(12) - length(8) > 0


@fact("torch", "`torch.fx` traces such a loop into T copies of the cell.")
def fx_copies() -> bool:
    """A traced module has as many calls of the cell as steps."""
    import torch

    class Loop(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = torch.nn.RNNCell(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.cell(x)
            for _ in range(4):
                h = self.cell(x, h)
            return h

    nodes = torch.fx.symbolic_trace(Loop()).graph.nodes
    return sum(node.op == "call_module" for node in nodes) == 5


@fact("jax", "`lax.scan` is one equation of a jaxpr, whatever T is.")
def scan_is_one_equation() -> bool:
    """Three steps and three hundred have the same equations."""
    import jax
    from jax import numpy as jnp

    def total(xs: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda c, x: (c + x, c), jnp.float32(0), xs)[0]

    def names(steps: int) -> list[str]:
        jaxpr = jax.make_jaxpr(total)(jnp.zeros(steps))
        return [str(each.primitive) for each in jaxpr.eqns]

    return names(3) == names(300) and names(3).count("scan") == 1


@fact(
    "jax",
    "Its gradient is a second scan, which runs backwards.",
)
def gradient_is_a_scan() -> bool:
    """The jaxpr of a gradient holds two scans, one of them reversed."""
    import jax
    from jax import numpy as jnp

    def loss(w: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda c, x: (jnp.tanh(w * c + x), None), w, jnp.ones(5))[0]

    equations = jax.make_jaxpr(jax.grad(loss))(jnp.float32(1)).eqns
    ways = [e.params["reverse"] for e in equations if str(e.primitive) == "scan"]
    return sorted(ways) == [False, True]


@fact("keras", "`keras.layers.RNN` takes any cell with a `state_size` and a `call`.")
def any_cell() -> bool:
    """A cell of four lines runs."""
    import os

    os.environ.setdefault("KERAS_BACKEND", "numpy")
    import keras
    import numpy as np

    class Sum(keras.layers.Layer):
        state_size = output_size = 2

        def call(self, x: object, states: list[object]) -> tuple[object, list[object]]:
            total = states[0] + x  # type: ignore[operator]
            return total, [total]

    found = keras.layers.RNN(Sum())(np.ones((1, 3, 2), "float32"))
    return bool((np.asarray(found) == 3).all())


@fact("pytensor", "Taps of `scan` look back by any number of steps.")
def taps_look_back() -> bool:
    """Fibonacci's numbers, by two taps."""
    import pytensor
    from pytensor import tensor as pt

    first = pt.as_tensor([1, 1])
    found = pytensor.scan(
        lambda two, one: two + one,
        outputs_info=[{"initial": first, "taps": [-2, -1]}],
        n_steps=5,
        return_updates=False,
    )
    return found.eval(mode="FAST_COMPILE").tolist() == [2, 3, 5, 8, 13]


@fact("pytensor", "An output's taps that look ahead are refused.")
def taps_ahead_are_refused() -> bool:
    """It raises ValueError."""
    import pytensor
    from pytensor import tensor as pt

    try:
        pytensor.scan(
            lambda ahead: ahead,
            outputs_info=[{"initial": pt.as_tensor([1, 1]), "taps": [1]}],
            n_steps=3,
            return_updates=False,
        )
    except ValueError:
        return True
    return False


@fact("reservoirpy", "`a << b` is an edge with a delay of one step.")
def feedback() -> bool:
    """The edge back has the number 1, the one forwards 0."""
    from reservoirpy.nodes import Reservoir, Ridge

    reservoir, readout = Reservoir(3), Ridge()
    edges = ((reservoir >> readout) & (reservoir << readout)).edges
    return {(a is readout, delay) for a, delay, _ in edges} == {(False, 0), (True, 1)}


@fact("reservoirpy", "Readouts are fitted in one call, by ridge regression.")
def fitted_at_once() -> bool:
    """An echo state network learns to say what it is told."""
    import numpy as np
    from reservoirpy.nodes import Reservoir, Ridge

    model = Reservoir(20, seed=0) >> Ridge(1e-6)
    xs = np.sin(np.arange(200.0) / 5)[:, np.newaxis]
    return bool(np.abs(model.fit(xs, xs).run(xs) - xs)[50:].max() < 0.05)


@fact("torchlens", "Three calls of one cell in a recorded run are one layer.")
def loops_are_found() -> bool:
    """The record has one linear layer."""
    import torch
    import torchlens

    class Loop(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = torch.nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(3):
                x = torch.tanh(self.cell(x))
            return x

    labels = torchlens.trace(Loop(), torch.zeros(1, 2)).layer_labels
    return sum("linear" in label for label in labels) == 1


@fact("torchlens", "A record is drawn rolled or unrolled.")
def two_pictures() -> bool:
    """Its `draw` takes the name of the view."""
    import inspect

    import torchlens

    view = inspect.signature(torchlens.Trace.draw).parameters["view"]
    return "'rolled', 'unrolled'" in str(view.annotation)


def main() -> int:
    """Say of each fact whether it holds; 1 where one does not."""
    wrong = 0
    for package, facts in FACTS.items():
        there = importlib.util.find_spec(package) is not None
        for sentence, holds in facts.items():
            state = ("holds" if holds() else "WRONG") if there else "not installed"
            wrong += state == "WRONG"
            sys.stdout.write(f"{state:14}{package:12}{sentence}\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
