"""tinygraph: autodiff for explicit graphs that may contain cycles, through delays.

The map: folders, in the order of processing.

    core            what a graph is: types, nodes, delays, the closed graph
    ops             the vocabulary: each op's rule, kernel and derivatives together
    semantics       what it means: interpreter, unrolling, gradients, state
    rewriting       the same meaning with a smaller cycle: an ordered list of passes
    scheduling      what runs once, what loops, where values live
    runtime         what every backend shares when a graph is called
    checkpointing   run by stretches of steps, in less memory
    backends        NumPy, native code, JAX, the interpreter, and their registry
    compiling       compile, evaluate: from a graph to a function
    explaining      the schedule in words; where numbers go wrong
    drawing         both pictures of one graph (needs core, ops and semantics alone)
    testing         the laws, for graphs of your own

The first three are an engine of their own that needs NumPy alone: `docs/core.md`.
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
from tinygraph.core.ranges import Range
from tinygraph.core.source_info import hide_frames_of, scope
from tinygraph.core.types import TensorType
from tinygraph.ops import *
from tinygraph.ops.philox import STREAM as RANDOM_STREAM
from tinygraph.semantics.autodiff import grad, jvp, vjp
from tinygraph.semantics.autodiff.labelled import gradients_in, value_and_grad
from tinygraph.semantics.loops import close_loop, open_loop
from tinygraph.semantics.reversal import reverse_time
from tinygraph.semantics.unrolling import Unrolled, unroll

if TYPE_CHECKING:
    from tinygraph.backends.registry import backend_names, register_backend
    from tinygraph.backends.to_jax import to_jax
    from tinygraph.compiling import CompiledFunction, compile, evaluate
    from tinygraph.drawing import Drawing, draw
    from tinygraph.drawing.output.files import atomic_file
    from tinygraph.explaining.diagnostics import (
        GradientFlow,
        first_nonfinite,
        gradient_flow,
    )
    from tinygraph.explaining.report import explain
    from tinygraph.runtime.progress import watch_compiling
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
    "RANDOM_STREAM",
    "REDUCED",
    "REGISTRY",
    "REPLICATE",
    "Stateful",
    "Range",
    "TensorType",
    "Unrolled",
    "apply",
    "atomic_file",
    "backend_names",
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
    "to_jax",
    "unroll",
    "value_and_grad",
    "vjp",
    "watch_compiling",
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
    "first_nonfinite": "explaining.diagnostics",
    "gradient_flow": "explaining.diagnostics",
    "interpret": "semantics.interpreter",
    "backend_names": "backends.registry",
    "register_backend": "backends.registry",
    "stateful": "semantics.state",
    "to_jax": "backends.to_jax",
    "watch_compiling": "runtime.progress",
}


if not TYPE_CHECKING:  # a type checker would take it that every name exists

    def __getattr__(name: str) -> Any:
        """Import what runs and draws graphs when it is first asked for."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"tinygraph.{_LATER[name]}"), name)
        globals()[name] = value
        return value
