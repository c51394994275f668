"""What is tried: a random graph and how it is called, out of one list of numbers."""

import functools
from dataclasses import dataclass

import tinygraph as tg
from tinygraph.testing import Call, feeds_for
from tinygraph.testing.choices import Choices
from tinygraph.testing.strategies import grown
from tinygraph.testing.widening import wide_feeds, widened
from tinygraph.testing.wishes import wishes_for

STEPS = (3, 1, 2, 2, 4, 5, 8)
"""T of the time axis "t"; now and then shorter than a delay."""
BATCHES = (None, 1, 2)
"""The size of "batch"; None for one of 3, 4 and 5."""


@dataclass(frozen=True)
class Case:
    """A graph, and the numbers of one call.

    Attributes:
        smooth: no kinks, so that differences see what `grad` sees.
        causal: past delays only.
    """

    graph: tg.Graph
    smooth: bool
    causal: bool
    steps: dict[str, int]
    sizes: dict[str, int]
    start: int
    seed: int

    @functools.cached_property
    def feeds(self):
        steps = {time: self.steps[time] for time in self.graph.times}
        return feeds_for(self.graph, steps, seed=self.seed, sizes=self.sizes)

    @functools.cached_property
    def known(self):
        """T of the axes that the graph has."""
        return {time: self.steps[time] for time in self.graph.times}

    @property
    def call(self):
        return Call(self.feeds, self.known, self.start, self.seed)

    @property
    def even_feeds(self):
        return wide_feeds(self.feeds) if len(self.floats) > 1 else self.feeds

    @functools.cached_property
    def floats(self):
        """The widths of floats that occur."""
        return {node.dtype.itemsize for node in self.graph if node.type.is_float}

    @functools.cached_property
    def even(self):
        """The graph with floats of one width: float64 where there are several.

        A float64 made of float32 is no more exact than that, but tolerances go by the
        dtype of a result.
        """
        return widened(self.graph)[0] if len(self.floats) > 1 else self.graph

    @functools.cached_property
    def values(self):
        """What the interpreter gives."""
        return tg.interpret(self.graph, *self.call)


def case_of(choices: Choices) -> Case:
    """Return the case that these choices make; how it is called is chosen first."""

    def pick(options):
        return options[choices.below(len(options))]

    steps, batch = {"t": pick(STEPS), "s": pick((2, 1, 3))}, pick(BATCHES)
    start, seed = choices.below(4), choices.below(3)
    dtype = pick(("float64",) * 3 + ("float32",))
    smooth, causal = pick((False, False, False, True)), pick((False, False, True))
    least = steps["t"] if pick((False, False, True)) else 1
    delays, moves = pick((1, 1, 2, 3, 4)), pick((1, 2, 3, 4, 12))
    axes = pick((1, 1, 1, 2))
    wishes = _wishes(smooth, causal, delays, moves, dtype, axes, least)
    graph = grown(choices, wishes)
    sizes = {} if batch is None else {"batch": batch}
    return Case(graph, smooth, causal, steps, sizes, start, seed)


@functools.cache
def _wishes(smooth, causal, most_delays, most_moves, dtype, axes, least_steps):
    """Return wishes that leave all else open."""
    given = locals()
    plain = ("ops", "loops", "leaves", "shapes", "steps", "inits", "dtypes", "sizes")
    return wishes_for(**given, random=True, extremes=False, **dict.fromkeys(plain))
