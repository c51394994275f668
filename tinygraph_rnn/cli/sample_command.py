"""`tinygraph-rnn sample`: text that a model makes up."""

import argparse
from collections.abc import Mapping
from typing import Any

from tinygraph_rnn.cli.countdown import Countdown
from tinygraph_rnn.cli.inputs import named_run
from tinygraph_rnn.cli.options import option_name
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.models.beam_search import BeamSearch
from tinygraph_rnn.models.sampling import Sampler
from tinygraph_rnn.training.saved_model import SavedModel
from tinygraph_rnn.training.terminal import write

__all__ = ["TEMPERATURE", "sample"]

TEMPERATURE = 0.7
"""Below 1: a model trained for minutes then makes fewer mistakes."""

DEFAULTS: Mapping[str, Any] = {
    "temperature": TEMPERATURE,
    "top_k": 0,
    "top_p": 1.0,
    "seed": 0,
}
"""Option of how tokens are drawn → its value where it is not given."""


def sample(options: argparse.Namespace) -> int:
    """Print text that the model makes up, as it makes it up."""
    given = {name: getattr(options, name) for name in DEFAULTS}
    given = {name: value for name, value in given.items() if value is not None}
    if options.beam is not None and given:
        unused = ", ".join(map(option_name, given))
        raise ConfigError(
            f"--beam searches the likeliest text and draws nothing: {unused} would not "
            "count, leave it out"
        )
    saved = SavedModel(named_run(options).checkpoint)
    parts = saved.model, saved.vocabulary, saved.parameters, options.backend or "auto"
    if options.beam is not None:
        search = BeamSearch(*parts)
        with Countdown(options.length, "tokens of the search") as report:
            found = search.search(
                options.length, prompt=options.prompt, width=options.beam, report=report
            )
        write(f"{options.prompt}{found[0].text}", end="\n")
        return 0
    chosen = {**DEFAULTS, **given}
    pieces = Sampler(*parts).stream(options.length, prompt=options.prompt, **chosen)
    write(options.prompt)
    for piece in pieces:
        write(piece)
    write("\n")
    return 0
