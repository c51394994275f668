"""Whether a checkpoint's arrays are those its settings ask for, before one is read."""

from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import shown
from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.layers.dense import ParameterFactory
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.training.checkpoint_facts import (
    progress_of,
    settings_of,
    text_of,
    vocabulary_of,
)
from tinygraph_rnn.training.file_headers import Layout

__all__ = ["check_fit"]

Layouts = Mapping[str, Layout]


def check_fit(facts: Mapping[str, Any], layouts: Layouts) -> None:
    """Compare the layouts in a header with the facts beside them; `load` calls it.

    The model is made of parameters without values, and given up at the first one that
    the header lacks: the work is bounded by the header, whatever the settings say.

    Raises:
        CheckpointError: an array is missing, one too many, or of another shape or
            dtype than the settings ask for; or a fact is not what it should be.
    """
    config, vocabulary = settings_of(facts), vocabulary_of(facts)
    text_of(facts)
    progress_of(facts)
    parameters = {
        name.removeprefix("parameters/"): layout
        for name, layout in layouts.items()
        if name.startswith("parameters/")
    }

    def valueless(
        name: str, shape: tuple[int, ...], dtype: Any, symbol: str | None
    ) -> tg.Node:
        _compare(name, Layout(np.dtype(dtype), shape), parameters)
        return tg.placeholder(name, shape, dtype, symbol=symbol)

    try:
        model = LanguageModel.of(config, len(vocabulary), ParameterFactory(valueless))
    except ConfigError as problem:
        raise CheckpointError(f"the checkpoint's settings: {problem}") from None
    asked = {leaf.label: leaf for leaf in model.parameters}
    for name, leaf in asked.items():
        _compare(name, Layout(leaf.dtype, tuple(map(int, leaf.shape))), parameters)
    for name in parameters:
        if name not in asked:
            raise _another(f"it holds a parameter {shown(name)}")
    _check_optimizer(layouts, parameters)
    _check_states(layouts, config.batch_size)


def _compare(name: str, wanted: Layout, found: Layouts) -> None:
    if name not in found:
        raise _another(f"it has no parameter {name}")
    if found[name] != wanted:
        raise _another(f"{name} is {found[name]}, not {wanted}")


def _check_optimizer(layouts: Layouts, parameters: Layouts) -> None:
    """What an optimiser keeps is of a parameter's layout, or a number."""
    for name, layout in layouts.items():
        family, _, rest = name.partition("/")
        parameter = rest.partition("/")[2]
        if family == "optimizer" and layout not in (
            parameters.get(parameter),
            Layout(layout.dtype, ()),
        ):
            raise _another(f"{shown(name)} is {layout}")


def _check_states(layouts: Layouts, batch_size: int) -> None:
    """States are of as many rows as streams are read."""
    for name, layout in layouts.items():
        if name.startswith("state/") and batch_size not in layout.shape:
            raise _another(f"{shown(name)} is {layout}, for batches of {batch_size}")


def _another(what: str) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint is of another model than its settings ask for: {what}. It is "
        "damaged, or was not written by tinygraph-rnn"
    )
