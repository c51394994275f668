"""A trained model, read from its checkpoint."""

import os
from collections.abc import Mapping
from typing import Any, final

import tinygraph as tg
from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.layers.dense import ParameterFactory
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.checkpoint_facts import settings_of, text_of, vocabulary_of
from tinygraph_rnn.training.checkpoint_shapes import check_fit
from tinygraph_rnn.training.checkpoints import Checkpoint

__all__ = ["SavedModel", "restore_parameters"]


@final
class SavedModel:
    """What a checkpoint holds, ready for use.

    Attributes:
        checkpoint: as read.
        config, vocabulary, model, parameters: of the trained model.

    Raises:
        CheckpointError: the file is missing, damaged or foreign.

    Example:
        >>> try:
        ...     rnn.SavedModel("nothing.ckpt")
        ... except rnn.CheckpointError as error:
        ...     print(error)
        cannot read the checkpoint 'nothing.ckpt': No such file or directory
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.checkpoint = checkpoints.load(path, check_fit)
        self.config = settings_of(self.checkpoint.facts)
        self.vocabulary = vocabulary_of(self.checkpoint.facts)
        saved = ParameterFactory(self._saved)
        self.model = LanguageModel.of(self.config, len(self.vocabulary), saved)
        self.parameters = tg.Parameters(
            {node.label: node.attrs["value"] for node in self.model.parameters}
        )
        restore_parameters(self.parameters, self.checkpoint)

    @property
    def text_facts(self) -> Mapping[str, Any]:
        """What the checkpoint notes about the training text."""
        return text_of(self.checkpoint.facts)

    def _saved(
        self, name: str, shape: tuple[int, ...], dtype: Any, symbol: str | None
    ) -> tg.Node:
        """A parameter with its value in the checkpoint, which is known to fit."""
        return tg.parameter(name, self.checkpoint.parameters[name], symbol=symbol)


def restore_parameters(parameters: tg.Parameters, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's values in place.

    Raises:
        CheckpointError: names, shapes or dtypes are not those of the model.
    """
    if set(checkpoint.parameters) != set(parameters):
        odd = ", ".join(sorted(set(checkpoint.parameters) ^ set(parameters))[:10])
        raise CheckpointError(f"the checkpoint is of another model: {odd}")
    try:
        parameters.update(checkpoint.parameters)
    except tg.ParameterError as problem:
        raise CheckpointError(
            f"the checkpoint is of another model: {problem}"
        ) from None
