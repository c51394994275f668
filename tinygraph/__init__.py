"""tinygraph: autodiff for explicit graphs that may contain cycles, through delays.

The map, in the order of processing:

    nodes, leaves, delays, ops   build a graph
    graph, verification          is it legal?
    unrolling                    folded → acyclic over T steps
    autodiff                     grad, vjp, jvp: a graph again; value_and_grad
    looping, reversing, states   open and close loops, reverse time, carry state
    scheduling, backends         what runs once, what loops; run it
    windows                      run by stretches of steps, in less memory
    compiling                    compile, evaluate
    costing, explaining          the schedule in words: what hoists, what loops
    flowing                      norms of values and gradients, node by node
    files                        written whole or not at all
    drawing                      both pictures of one graph
    testing                      the laws, for graphs of your own

Examples in docstrings begin where these lines end:

    import numpy as np
    import tinygraph as tg
    import tinygraph_rnn as rnn
    from tinygraph import testing
"""

import importlib
from typing import TYPE_CHECKING, Any

from tinygraph import errors, ops
from tinygraph.autodiff import grad, jvp, vjp
from tinygraph.autodiff.labelled import gradients_in, value_and_grad
from tinygraph.building import apply, cast, constant
from tinygraph.delays import REPLICATE, Delay, delay
from tinygraph.errors import *
from tinygraph.graph import Graph
from tinygraph.leaves import parameter, placeholder, sequence
from tinygraph.looping import close_loop, open_loop
from tinygraph.nodes import MIXED, REDUCED, REGISTRY, Node, Op, register
from tinygraph.ops import *
from tinygraph.parameters import Parameters
from tinygraph.reversing import reverse_time
from tinygraph.sites import hide_frames_of, scope
from tinygraph.types import TensorType
from tinygraph.unrolling import Unrolled, unroll

if TYPE_CHECKING:
    from tinygraph.backends.interpreter import interpret
    from tinygraph.compiling import (
        CompiledFunction,
        compile,
        evaluate,
        first_nonfinite,
    )
    from tinygraph.drawing import Drawing, draw
    from tinygraph.explaining import explain
    from tinygraph.files import atomic_file
    from tinygraph.flowing import GradientFlow, gradient_flow
    from tinygraph.preferring import register_backend
    from tinygraph.states import Stateful, stateful

__version__ = "0.1.0"

__all__ = [
    *errors.__all__,
    *ops.__all__,
    "CompiledFunction",
    "Delay",
    "Drawing",
    "GradientFlow",
    "Graph",
    "MIXED",
    "Node",
    "Op",
    "Parameters",
    "REDUCED",
    "REGISTRY",
    "REPLICATE",
    "Stateful",
    "TensorType",
    "Unrolled",
    "apply",
    "atomic_file",
    "cast",
    "close_loop",
    "compile",
    "constant",
    "delay",
    "draw",
    "evaluate",
    "explain",
    "first_nonfinite",
    "grad",
    "gradient_flow",
    "gradients_in",
    "hide_frames_of",
    "interpret",
    "jvp",
    "open_loop",
    "parameter",
    "placeholder",
    "register",
    "register_backend",
    "reverse_time",
    "scope",
    "sequence",
    "stateful",
    "unroll",
    "value_and_grad",
    "vjp",
]


_LATER = {
    "CompiledFunction": "compiling",
    "Drawing": "drawing",
    "GradientFlow": "flowing",
    "Stateful": "states",
    "atomic_file": "files",
    "compile": "compiling",
    "draw": "drawing",
    "evaluate": "compiling",
    "explain": "explaining",
    "first_nonfinite": "compiling",
    "gradient_flow": "flowing",
    "interpret": "backends.interpreter",
    "register_backend": "preferring",
    "stateful": "states",
}


if not TYPE_CHECKING:  # a type checker would take it that every name exists

    def __getattr__(name: str) -> Any:
        """Import what runs and draws graphs when it is first asked for."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"tinygraph.{_LATER[name]}"), name)
        globals()[name] = value
        return value
