"""Trained weights that a new run begins with, on another text if need be."""

import os
from collections.abc import Iterable, Mapping
from typing import Any, final

import tinygraph as tg
from tinygraph_rnn.data.vocabularies import AnyVocabulary, Vocabulary, WordVocabulary
from tinygraph_rnn.errors import ConfigError, VocabularyError
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.training.changes import SHAPE
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.saved_model import SavedModel

__all__ = ["WarmStart"]

SHOWN = 8
"""New tokens that a message lists."""


@final
class WarmStart:
    """The model of a run or checkpoint, as the beginning of another run.

    Its shape and its vocabulary are kept; all else is that of the new run.

    Attributes:
        notes: lines for the user: what is new to the model.

    Raises:
        CheckpointError: there is no such checkpoint.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, extend_vocabulary: bool = False
    ) -> None:
        """Read the weights; `extend_vocabulary` lets tokens of the new text in."""
        self.path = path
        self.notes: list[str] = []
        self._saved = SavedModel(RunFolder(path).checkpoint)
        self._extends = extend_vocabulary

    def config(self, settings: Mapping[str, Any]) -> Config:
        """Return the new run's settings: those given, and the model's shape.

        Raises:
            ConfigError: a setting would change the shape; names it.
        """
        own = self._saved.config.as_facts()
        shape = {name: own[name] for name in SHAPE}
        if self._extends:
            shape["vocabulary_size"] = settings.get("vocabulary_size", 0)
        for name, value in shape.items():
            if settings.get(name, value) != value:
                raise ConfigError(
                    f"--init-from {str(self.path)!r} has {name} {value!r}, not "
                    f"{settings[name]!r}: its weights keep their shape. Leave it out"
                )
        return Config(**{**settings, **shape})

    def vocabulary(self, pieces: Iterable[str], size: int = 0) -> AnyVocabulary:
        """Return the model's vocabulary, extended where that is wanted.

        Args:
            pieces: the new text.
            size: of words, the most in all; 0: no limit.

        Raises:
            VocabularyError: characters are new, and it is not to be extended.
        """
        known = self._saved.vocabulary
        if isinstance(known, Vocabulary):
            return self._characters(known, pieces)
        if isinstance(known, WordVocabulary):
            return self._words(known, pieces, size)
        return known

    def load_into(self, parameters: tg.Parameters) -> None:
        """Write the trained values; rows of new tokens stay as they were drawn."""
        values = {}
        for name, trained in self._saved.parameters.items():
            value = parameters[name].copy()
            value[tuple(slice(size) for size in trained.shape)] = trained
            values[name] = value
        parameters.update(values)

    def _characters(self, known: Vocabulary, pieces: Iterable[str]) -> Vocabulary:
        new = sorted(set(Vocabulary.of(pieces).characters) - set(known.characters))
        if new and not self._extends:
            raise VocabularyError(
                f"the text has {len(new):,} characters that the model in "
                f"{str(self.path)!r} never saw: {_listed(new)}. --extend-vocabulary "
                "adds them",
                character=new[0],
            )
        return (
            Vocabulary(known.characters + "".join(new)) if self._added(new) else known
        )

    def _words(
        self, known: WordVocabulary, pieces: Iterable[str], size: int
    ) -> WordVocabulary:
        old = set(known.words)
        new = [word for word in WordVocabulary.of(pieces).words if word not in old]
        if not self._extends:
            if new:
                self.notes.append(
                    f"{len(new):,} words of the text are unknown to the model, and "
                    f"read as <unk>: {_listed(new)}. --extend-vocabulary adds them"
                )
            return known
        new = new[: max(size - len(old), 0)] if size else new
        return WordVocabulary([*known.words, *new]) if self._added(new) else known

    def _added(self, new: list[str]) -> bool:
        if new:
            self.notes.append(
                f"{len(new):,} {self._saved.vocabulary.unit}s are new to the model: "
                f"{_listed(new)}; their rows of the embedding and the output are drawn "
                "anew"
            )
        return bool(new)


def _listed(tokens: list[str]) -> str:
    shown = ", ".join(map(repr, tokens[:SHOWN]))
    return f"{shown}, ..." if len(tokens) > SHOWN else shown
