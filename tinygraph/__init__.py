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

from tinygraph import ops
from tinygraph.core import errors
from tinygraph.core.building import apply, cast, constant
from tinygraph.core.delays import REPLICATE, Delay, delay
from tinygraph.core.errors import *
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import parameter, placeholder, sequence
from tinygraph.core.nodes import MIXED, REDUCED, REGISTRY, Node, Op, register
from tinygraph.core.parameters import Parameters
from tinygraph.core.source_info import hide_frames_of, scope
from tinygraph.core.types import TensorType
from tinygraph.ops import *
from tinygraph.semantics.autodiff import grad, jvp, vjp
from tinygraph.semantics.autodiff.labelled import gradients_in, value_and_grad
from tinygraph.semantics.loops import close_loop, open_loop
from tinygraph.semantics.reversal import reverse_time
from tinygraph.semantics.unrolling import Unrolled, unroll

if TYPE_CHECKING:
    from tinygraph.backends.registry import register_backend
    from tinygraph.compiling import (
        CompiledFunction,
        compile,
        evaluate,
        first_nonfinite,
    )
    from tinygraph.drawing import Drawing, draw
    from tinygraph.drawing.output.files import atomic_file
    from tinygraph.explaining.diagnostics import GradientFlow, gradient_flow
    from tinygraph.explaining.report import explain
    from tinygraph.semantics.interpreter import interpret
    from tinygraph.semantics.state import Stateful, stateful

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
    "GradientFlow": "explaining.diagnostics",
    "Stateful": "semantics.state",
    "atomic_file": "drawing.output.files",
    "compile": "compiling",
    "draw": "drawing",
    "evaluate": "compiling",
    "explain": "explaining.report",
    "first_nonfinite": "compiling",
    "gradient_flow": "explaining.diagnostics",
    "interpret": "semantics.interpreter",
    "register_backend": "backends.registry",
    "stateful": "semantics.state",
}


if not TYPE_CHECKING:  # a type checker would take it that every name exists

    def __getattr__(name: str) -> Any:
        """Import what runs and draws graphs when it is first asked for."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"tinygraph.{_LATER[name]}"), name)
        globals()[name] = value
        return value
