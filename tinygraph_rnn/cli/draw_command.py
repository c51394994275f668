"""`tinygraph-rnn draw`: a picture of a cell or of the language model."""

import argparse

from tinygraph_rnn.cli.draw_options import drawing_options
from tinygraph_rnn.cli.pictures import picture_graph, save_picture
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.training.terminal import say

__all__ = ["draw"]

MOST_STEPS_DRAWN = 1000


def draw(options: argparse.Namespace) -> int:
    """Write a picture of a cell or of the language model."""
    if options.steps is not None and options.steps > MOST_STEPS_DRAWN:
        raise ConfigError(
            f"--steps must be at most {MOST_STEPS_DRAWN}, not {options.steps}: nobody "
            "can look at a longer picture"
        )
    graph, chosen = picture_graph(options.cell), drawing_options(options)
    save_picture(graph, options.output, options.steps, dpi=options.dpi, **chosen)
    say(f"wrote {options.output}")
    return 0
