"""tinygraph: autodiff for explicit graphs that may contain cycles, through delays.

The map, in the order of processing:

    nodes, leaves, delays, ops   build a graph
    graph, verification          is it legal?
    unrolling                    folded → acyclic over T steps
    autodiff                     grad, vjp, jvp: a graph again
    scheduling, backends         what runs once, what loops; run it
    compiling                    compile, evaluate
    drawing                      both pictures of one graph
    testing                      the laws, for graphs of your own
"""

from tinygraph.autodiff import grad, jvp, vjp
from tinygraph.backends.interpreter import interpret
from tinygraph.building import apply, cast, constant
from tinygraph.compiling import (
    CompiledFunction,
    compile,
    evaluate,
    first_nonfinite,
)
from tinygraph.delays import REPLICATE, Delay, delay
from tinygraph.errors import *  # noqa: F403
from tinygraph.graph import Graph
from tinygraph.leaves import parameter, placeholder, sequence
from tinygraph.nodes import MIXED, REDUCED, REGISTRY, Node, Op, register
from tinygraph.ops import *  # noqa: F403
from tinygraph.parameters import Parameters
from tinygraph.sites import hide_frames_of, scope
from tinygraph.types import TensorType
from tinygraph.unrolling import Unrolled, unroll

__version__ = "0.1.0"
