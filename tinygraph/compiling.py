"""compile: a graph and a backend make a function; evaluate: one value at once.

compile → `rewriting.optimise` → `registry[backend](graph)` → a program. With `memory=`,
`checkpointing.policy` makes a program that runs the backend's programs by windows. A
call binds its feeds to the leaves, then runs the program.
"""

from collections.abc import Collection, Mapping
from typing import Any

from tinygraph.backends import registry
from tinygraph.checkpointing.policy import Memory, check_memory, checkpointed
from tinygraph.core.errors import BackendError, IndexRangeError, ParameterError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.nodes import Node
from tinygraph.core.parameters import Parameters
from tinygraph.rewriting import optimise
from tinygraph.runtime.binding_cache import Binder
from tinygraph.runtime.blas import check_threads
from tinygraph.runtime.program import Program, Report
from tinygraph.runtime.progress import Progress, watch_compiling
from tinygraph.semantics.binding import Array, Feeds, Steps
from tinygraph.semantics.blame import located


class CompiledFunction:
    """A graph ready to be called with feeds; see `compile`.

    Attributes:
        graph: what it runs.
        backend: the name of the backend that runs it.
        parameters: the values of the parameters; share them between functions.
        optimised: the graph as the backend runs it, after the rewrites.
        fired: name of a rewrite → how many nodes it replaced.
        memory: None, "checkpoint" or a budget of bytes.
        threads: how many a call may use; None: as many as BLAS may.
        fast: True where finite values may become infinite or NaN; see `compile`.
        parallel: None or "time".

    Args:
        without: names of rewrites that were left out.

    Example:
        >>> w = tg.parameter("w", 2.0)
        >>> run = tg.compile({"y": w * w}, "numpy")
        >>> run.parameters.update({"w": 3.0})
        >>> run()
        {'y': array(9., dtype=float32)}
    """

    def __init__(
        self,
        graph: Graph,
        backend: str,
        parameters: Parameters,
        without: Collection[str] = (),
        memory: Memory = None,
        threads: int | None = None,
        *,
        fast: bool = False,
        parallel: str | None = None,
    ) -> None:
        self._asked = (backend, tuple(without))
        self.graph = graph
        self.parameters = parameters
        self.memory = memory
        self.threads = threads
        self.fast = fast
        self.parallel = parallel
        self._bind = Binder(graph, parameters)

        chosen = registry.find(backend, parallel)
        self.backend = chosen.name

        self.optimised = graph
        self.fired: Mapping[str, int] = {}
        if chosen.rewrites:
            rewritten = optimise(graph, [*without, *chosen.without], fast=fast)
            self.optimised, self.fired = rewritten.graph, rewritten.fired

        forgiving = backend == registry.AUTO
        make = registry.maker(chosen, forgiving=forgiving, threads=threads)
        self._program: Program = (
            make(self.optimised)
            if memory is None
            else checkpointed(self.optimised, make, memory)
        )

    def __call__(
        self,
        feeds: Feeds | None = None,
        steps: Steps = None,
        start: int = 0,
        seed: int = 0,
        *,
        cast: bool = False,
    ) -> dict[str, Array]:
        """Run the graph.

        Args:
            feeds: arrays by leaf or by name; time first, `(T, *shape)`, for a
                sequence. A parameter fed here is overridden for this call.
            steps: T where no sequence fixes it: an int, or a dict by time axis.
            start: absolute number of the first step, so that chunks continue.
            seed: of the random ops.
            cast: arrays may be rounded to a leaf's floats, as float64 to float32.

        Returns:
            The outputs by name, arrays of the caller's own; `(T, *shape)` for a
            per-step output.

        Raises:
            FeedError: the feeds do not fit the graph's leaves.
            IndexRangeError: an index is out of range.
        """
        version = -1
        while version != self.parameters.version:  # another thread may update them
            version = self.parameters.version
            binding = self._bind(feeds, steps, start, seed, cast)
        try:
            return self._program.run(binding, None if binding.overridden else version)
        except IndexRangeError as problem:
            raise located(problem, self.graph) from None

    def source(self) -> str:
        """Return the Python source of the loops, one function each.

        Where a loop mixes past and future, its first and last iterations have
        functions of their own. A graph without cycles has none.
        """
        return self._program.source()

    def report(self) -> Report:
        """Return what runs, part by part: what `tg.explain` puts into words."""
        return self._program.report()

    def __reduce__(self) -> tuple[Any, ...]:
        """Compile the graph anew where it is loaded or copied, for what is there."""
        backend, without = self._asked
        about = (self.graph, backend, self.parameters, without)
        ways = (self.memory, self.threads, self.fast, self.parallel)
        return _compiled_anew, (*about, *ways)

    def __repr__(self) -> str:
        return f"<compiled {self.graph!r}, backend {self.backend!r}>"


def _compiled_anew(*about: Any) -> CompiledFunction:
    """Compile what was pickled; what is older has no `parallel`."""
    *first, fast, parallel = about if len(about) == 8 else (*about, None)
    return compile(*first, fast=fast, parallel=parallel)


def compile(
    graph: GraphLike,
    backend: str = "auto",
    parameters: Parameters | None = None,
    without: Collection[str] = (),
    memory: Memory = None,
    threads: int | None = None,
    *,
    fast: bool = False,
    parallel: str | None = None,
    progress: Progress | None = None,
) -> CompiledFunction:
    """Return a function that runs the graph: feeds in, a dict of outputs out.

    Its values are those of `tg.interpret` but for rounding: what the graph's own
    definition makes finite is finite.

    Args:
        graph: a Graph, or named outputs to make one of.
        backend: "numpy", "native" (native code), "jax", "interpret" (the
            reference), one of `register_backend`, or "auto": native code where
            llvmlite is installed, else NumPy.
        parameters: shared values; by default the parameters' own defaults.
        without: names of rewrites to leave out, to bisect a fault.
        memory: None keeps the values of all steps; "checkpoint" runs windows of about
            √T steps and computes their values again for the gradient, in O(√T) memory;
            an int is a budget in bytes for activations (feeds, parameters and outputs
            are not counted), kept by windows where all steps at once need more.
        threads: how many a call may use; None: as many as BLAS may, and never more.
            Loops of small products run on one thread in any case. It is the BLAS of
            the process that is limited while a call runs.
        fast: rewrites that need bounds are applied where these are not known too: the
            ones tagged `bounded`, which multiply factors from outside a loop with each
            other first, so that numbers beyond the root of the largest (10¹⁹ in
            float32) or the smallest may become infinite, NaN or 0. Loops of LSTMs and
            GRUs gain nothing, since their gates have bounds; peepholes, layer
            normalisation and products of several inputs do.
        parallel: "time", for backend "jax": cycles whose states are affine, element by
            element, run at all steps at once; `explain` says why the others do not.
        progress: is told the share that is done, 0 to 1, where it takes seconds; see
            `watch_compiling`.

    Raises:
        BackendError: there is no such backend, or it needs a package, or it refuses;
            `threads`, `fast`, `parallel` or `progress` is none of what it may be.
        MemoryPlanError: `memory` is none of these, or a budget for a graph that cannot
            be run by windows. A call raises it where the budget is too small.
        ParameterError: `parameters` lacks one of the graph's, or its shape differs.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> run = tg.compile({"y": y}, "numpy")
        >>> run({"x": [1.0, 2.0, 3.0]})
        {'y': array([1., 3., 6.], dtype=float32)}
    """
    whole = as_graph(graph)
    chosen = registry.find(backend, parallel)
    shared = Parameters.of(whole) if parameters is None else parameters
    if not isinstance(shared, Parameters):
        raise ParameterError(
            f"parameters must be tg.Parameters, not {type(shared).__name__}: "
            "tg.Parameters(values) makes them of a dict"
        )
    _check_shared(whole, shared)
    check_memory(memory, chosen.name, windows=chosen.windows)
    check_threads(threads)
    if not isinstance(fast, bool):
        raise BackendError(f"fast must be True or False, not {fast!r}")
    about = (whole, backend, shared, without, memory, threads)
    if progress is None:
        return CompiledFunction(*about, fast=fast, parallel=parallel)
    with watch_compiling(progress):
        return CompiledFunction(*about, fast=fast, parallel=parallel)


def _check_shared(graph: Graph, shared: Parameters) -> None:
    """Refuse shared parameters that lack one of the graph's, or have it otherwise."""
    for leaf in graph.parameters:
        value = shared.get(leaf.label)
        if value is None:
            raise ParameterError(
                f"the shared parameters lack {leaf.label!r}, made at {leaf.where}; "
                f"they hold {', '.join(shared) or 'nothing'}"
            )
        if value.shape != leaf.type.shape or value.dtype != leaf.type.dtype:
            raise ParameterError(
                f"parameter {leaf.describe()} is {value.dtype}{value.shape} in the "
                "shared parameters"
            )


def evaluate(
    node: Any,
    feeds: Feeds | None = None,
    steps: Steps = None,
    start: int = 0,
    seed: int = 0,
    *,
    cast: bool = False,
) -> Any:
    """Return the value of a node, or a list of values for a list of nodes.

    The arguments are those of a compiled function.

    Args:
        node: a node, or a list of nodes.
        feeds: by leaf or by name; `(T, *shape)` for a sequence.
        steps: T, where no sequence fixes it: an int, or a dict by time axis.
        start: absolute number of the first step.
        seed: of the random ops.
        cast: arrays may be rounded to a leaf's floats, as float64 to float32.

    Raises:
        FeedError: the feeds do not fit the leaves the nodes depend on.

    Example:
        >>> x = tg.placeholder("x")
        >>> tg.evaluate(x * x, {"x": 3.0})
        array(9., dtype=float32)
    """
    nodes = [node] if isinstance(node, Node) else list(node)
    graph = Graph({str(i): each for i, each in enumerate(nodes)})
    run = compile(graph, "numpy")
    values = list(run(feeds, steps, start, seed, cast=cast).values())
    return values[0] if isinstance(node, Node) else values
