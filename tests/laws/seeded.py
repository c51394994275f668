"""Random graphs by number, for tests that count what graphs hold.

They are what Hypothesis draws, by other choices and in a quarter of the time: nothing
has to shrink where no law is tried.
"""

import functools
import inspect

from tinygraph.testing import recurrent_graphs
from tinygraph.testing.choices import by_seed
from tinygraph.testing.strategies import grown
from tinygraph.testing.wishes import wishes_for

OPEN = {
    name: parameter.default
    for name, parameter in inspect.signature(recurrent_graphs).parameters.items()
}


@functools.cache
def seeded_graphs(count, **wishes):
    """Return graphs number 0, 1, ...; wishes are those of `recurrent_graphs`."""
    asked = wishes_for(**OPEN | wishes)
    return [grown(by_seed(number), asked) for number in range(count)]
