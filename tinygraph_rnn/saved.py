"""A trained model, out of its checkpoint."""

import os
from typing import Any

import tinygraph as tg
from tinygraph_rnn import checkpoints
from tinygraph_rnn.checkpoints import Checkpoint
from tinygraph_rnn.config import Config
from tinygraph_rnn.errors import CheckpointError
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.vocabulary import as_vocabulary

__all__ = ["SavedModel", "restore_parameters"]


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
        self.checkpoint = checkpoints.load(path)
        self.config = Config.from_facts(self.checkpoint.facts["config"])
        self.vocabulary = as_vocabulary(self.checkpoint.facts["vocabulary"])
        self.model = LanguageModel.of(self.config, len(self.vocabulary))
        self.parameters = tg.Parameters(
            {node.label: node.attrs["value"] for node in self.model.parameters}
        )
        restore_parameters(self.parameters, self.checkpoint)

    @property
    def text_facts(self) -> dict[str, Any]:
        """What the checkpoint notes about the training text."""
        facts: dict[str, Any] = self.checkpoint.facts["text"]
        return facts


def restore_parameters(parameters: tg.Parameters, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's values in place.

    Raises:
        CheckpointError: names, shapes or dtypes are not those of the model.
    """
    if set(checkpoint.parameters) != set(parameters):
        odd = ", ".join(sorted(set(checkpoint.parameters) ^ set(parameters)))
        raise CheckpointError(f"the checkpoint is of another model: {odd}")
    try:
        parameters.update(checkpoint.parameters)
    except tg.ParameterError as problem:
        raise CheckpointError(
            f"the checkpoint is of another model: {problem}"
        ) from None
