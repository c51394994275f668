"""check_everything: all laws that apply to a graph, by all backends there are."""

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from tinygraph.backends.registry import BACKENDS, find
from tinygraph.checkpointing.policy import CHECKPOINT
from tinygraph.checkpointing.sweeps import obstacle
from tinygraph.compiling import compile
from tinygraph.core.errors import InapplicableLawError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.nodes import REGISTRY
from tinygraph.testing.chunks import check_chunking, check_truncation
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.definition import check_definition, is_known
from tinygraph.testing.extremes import extreme_feeds
from tinygraph.testing.feeding import Steps, feeds_for, restricted, steps_by_axis
from tinygraph.testing.gradients import check_grads
from tinygraph.testing.laws import (
    Feeds,
    check_backend,
    check_gradient_unrolling,
    check_pickling,
    check_unrolling,
    float_leaves,
    gradient_graph,
    run,
)
from tinygraph.testing.programs import Call
from tinygraph.testing.symmetries import check_batch_permutation, check_reverse_time

REFERENCE = "interpret"
Law = Callable[[], None]


@dataclass(frozen=True)
class Checked:
    """What was checked: the laws that hold, and those that say nothing, with why.

    Attributes:
        held: names of the laws that hold.
        silent: name of a law → why it says nothing about the graph.

    Example:
        >>> print(testing.Checked(("unrolling",), {"chunks": "a future delay: d"}))
        1 law holds: unrolling
        1 law says nothing:
          chunks: a future delay: d
    """

    held: tuple[str, ...]
    silent: Mapping[str, str]

    def __str__(self) -> str:
        lines = [_counted(len(self.held), "law holds", "laws hold")]
        lines[0] += f": {', '.join(self.held)}"
        if self.silent:
            lines.append(_counted(len(self.silent), "law says", "laws say"))
            lines[-1] += " nothing:"
        lines += [f"  {name}: {why}" for name, why in self.silent.items()]
        return "\n".join(lines)


def check_everything(
    graph: GraphLike,
    steps: Steps = 4,
    feeds: Feeds = None,
    *,
    backends: Collection[str] | None = None,
    loss: str = "loss",
    start: int = 0,
    seed: int = 0,
) -> Checked:
    """Check every law that says something about a graph; say which do not, and why.

    Values against the definition in plain loops, pickling, unrolling, another start and
    seed, reversed time, permuted batches, chunks, truncated gradients, gradients
    against differences and jvp to second order and against those of the unrolled graph;
    and for every backend values, one row, extreme values, `memory=`, chunks, gradients.

    Args:
        graph: folded, or named outputs to make one of.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        backends: by name; by default all that are registered and installed.
            Compiling native code takes seconds for each form of the graph.
        loss: the output that is differentiated, a static float scalar.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: the first law that does not hold; a note of it says which.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> checked = testing.check_everything({"y": y}, backends=["numpy"])
        >>> checked.held[:4]
        ('definition', 'pickling', 'unrolling', 'unrolling from another start')
        >>> checked.silent["gradients"]
        "no output is named 'loss'"
    """
    whole = as_graph(graph)
    given = feeds_for(whole, steps, seed=seed) if feeds is None else feeds
    trial = _Trial(whole, steps, restricted(given, whole), loss, start, seed)
    laws = [*trial.laws(), *trial.derivatives()]
    missing: dict[str, str] = {}
    for name in _backends(backends):
        problem = find(name).missing()
        if problem is None:
            laws += trial.laws_of(name)
        else:
            missing[name] = problem
    checked = _tried(laws)
    return Checked(checked.held, {**checked.silent, **missing})


def _backends(asked: Collection[str] | None) -> list[str]:
    if asked is not None:
        return list(asked)
    return [name for name in BACKENDS if name != REFERENCE]


def _tried(laws: list[tuple[str, Law]]) -> Checked:
    held, silent = [], {}
    for name, law in laws:
        try:
            law()
        except InapplicableLawError as why:
            silent[name] = why.message
        except Exception as problem:
            problem.add_note(f"while checking the law: {name}")
            raise
        else:
            held.append(name)
    return Checked(tuple(held), silent)


@dataclass(frozen=True)
class _Trial:
    """A graph and how it is called; yields the laws by name, to be called."""

    graph: Graph
    steps: Steps
    feeds: Mapping[str, object]
    loss: str
    start: int
    seed: int

    def laws(self) -> Iterator[tuple[str, Law]]:
        """Yield what the reference must obey."""
        call, part = (self.graph, self.steps, self.feeds), functools.partial
        start, seed = self.start, self.seed
        yield "definition", self._definition
        yield "pickling", self._pickling
        yield "unrolling", part(check_unrolling, *call, start=start, seed=seed)
        again = part(check_unrolling, *call, start=start + 3, seed=seed + 1)
        yield "unrolling from another start", again
        yield "reversed time", part(check_reverse_time, *call, seed=seed)
        for dim in self._named():
            permuted = part(check_batch_permutation, self.graph, dim, *call[1:])
            yield f"permuted rows of {dim!r}", part(permuted, start=start, seed=seed)
        yield "chunks", part(self._chunks, REFERENCE)

    def derivatives(self) -> Iterator[tuple[str, Law]]:
        """Yield what the gradient of the loss must obey."""

        def differences() -> None:
            self._demand_loss()
            check_grads(
                self.graph,
                self.feeds,
                loss=self.loss,
                steps=self.steps,
                start=self.start,
                seed=self.seed,
            )

        def unrolled() -> None:
            self._demand_loss()
            call = self.graph, self.steps, self.feeds
            how = self.start, self.seed
            check_gradient_unrolling(*call, loss=self.loss, start=how[0], seed=how[1])

        yield "gradients", differences
        yield "unrolled gradients", unrolled
        yield "truncated gradients", self._truncated

    def laws_of(self, backend: str) -> Iterator[tuple[str, Law]]:
        """Yield what a backend must obey."""
        how = {"start": self.start, "seed": self.seed}
        check = functools.partial(check_backend, self.graph, backend, self.steps)
        yield f"values by {backend}", functools.partial(check, self.feeds, **how)
        if self._named():
            yield f"one row by {backend}", functools.partial(self._one_row, backend)
        yield f"extreme values by {backend}", functools.partial(self._extreme, backend)
        yield f"memory by {backend}", functools.partial(self._memory, backend)
        yield f"chunks by {backend}", functools.partial(self._chunks, backend)
        yield f"gradients by {backend}", functools.partial(self._gradients, backend)

    def _named(self) -> list[str]:
        return [dim for dim in self.graph.dims if dim not in self.graph.times]

    def _definition(self) -> None:
        for node in self.graph:
            if not is_known(node):
                raise InapplicableLawError(f"it does not know {node.describe()}")
        call = self.graph, REFERENCE, self.steps, self._all()
        check_definition(*call, start=self.start, seed=self.seed)

    def _all(self) -> dict[str, object]:
        return {**feeds_for(self.graph, self.steps, seed=self.seed), **self.feeds}

    def _pickling(self) -> None:
        for node in self.graph:
            if REGISTRY.get(node.op.name) is not node.op:
                raise InapplicableLawError(
                    f"the op of {node.describe()} is not registered"
                )
        check_pickling(self.graph, self.steps, start=self.start, seed=self.seed)

    def _one_row(self, backend: str) -> None:
        sizes = dict.fromkeys(self._named(), 1)
        feeds = feeds_for(self.graph, self.steps, seed=self.seed, sizes=sizes)
        self._same(backend, feeds, "one row")

    def _extreme(self, backend: str) -> None:
        function = compile(self.graph, backend)
        known = steps_by_axis(self.graph, self.steps)
        extremes = extreme_feeds(self.graph, self.steps, seed=self.seed)
        for kind, feeds in extremes.items():
            assert_same_values(
                function(feeds, known, self.start, self.seed),
                run(self.graph, feeds, known, self.start, self.seed),
                law=f"backend {backend!r} at {kind} values = the interpreter",
                graph=self.graph,
                call=Call(feeds, known, self.start, self.seed),
            )

    def _same(self, backend: str, feeds: Mapping[str, object], what: str) -> None:
        call = (feeds, self.steps, self.start, self.seed)
        assert_same_values(
            run(self.graph, *call, backend),
            run(self.graph, *call),
            law=f"backend {backend!r}, {what} = the interpreter",
            graph=self.graph,
            call=Call(*call),
        )

    def _memory(self, backend: str) -> None:
        if not find(backend).windows:
            raise InapplicableLawError(f"memory= is not for backend {backend!r}")
        graph = self._gradient_graph() if self._without_loss() is None else self.graph
        why = obstacle(graph)
        if why is not None:
            raise InapplicableLawError(f"the graph cannot be run by windows: {why}")
        known = steps_by_axis(graph, self.steps)
        call = (self.feeds, known, self.start, self.seed)
        assert_same_values(
            compile(graph, backend, memory=CHECKPOINT)(*call),
            run(graph, *call),
            kind="gradients",
            law=f"backend {backend!r} with memory={CHECKPOINT!r} = the interpreter",
            graph=graph,
            call=Call(*call),
        )

    def _chunks(self, backend: str) -> None:
        check_chunking(
            self.graph,
            self._divisible(2),
            self.feeds,
            start=self.start,
            seed=self.seed,
            backend=backend,
        )

    def _divisible(self, parts: int) -> int:
        """Return T of a graph whose time can be cut into chunks."""
        graph = self.graph
        if len(graph.times) != 1:
            listed = ", ".join(graph.times) or "none"
            raise InapplicableLawError(
                f"it cuts one time axis, but those of the graph are: {listed}"
            )
        (time,) = graph.times
        steps = steps_by_axis(graph, self.steps)[time]
        if graph.fixed_steps:
            raise InapplicableLawError(f"the graph is made for T = {steps}")
        least = max((found[0] for found in graph.least_steps.values()), default=1)
        if steps // parts < least:
            raise InapplicableLawError(
                f"chunks of T = {steps} have less than the {least} steps that the "
                "graph takes at least"
            )
        return steps

    def _without_loss(self) -> str | None:
        """Return why there is no gradient; None where there is one."""
        node = self.graph.outputs.get(self.loss)
        if node is None:
            return f"no output is named {self.loss!r}"
        if not node.type.is_float or node.shape or node.time:
            return f"{node.describe()} is no static float scalar"
        return None if float_leaves(self.graph) else "no leaf is a float"

    def _demand_loss(self) -> None:
        why = self._without_loss()
        if why is not None:
            raise InapplicableLawError(why)

    def _truncated(self) -> None:
        self._demand_loss()
        steps = self._divisible(2)
        call = (self.graph, steps, self.feeds)
        chunk = max(steps // 2, 1)
        check_truncation(*call, chunk=chunk, loss=self.loss, seed=self.seed)

    def _gradient_graph(self) -> Graph:
        return gradient_graph(self.graph, None, self.loss)

    def _gradients(self, backend: str) -> None:
        self._demand_loss()
        graph = self._gradient_graph()
        how = {"start": self.start, "seed": self.seed}
        check_backend(graph, backend, self.steps, self.feeds, **how)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
