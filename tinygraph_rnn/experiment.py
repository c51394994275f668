"""One training run from its text to its folder: what `tinygraph-rnn train` does."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinygraph_rnn import checkpoints
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.config import Config
from tinygraph_rnn.data import Streams, split
from tinygraph_rnn.errors import ConfigError, StorageError
from tinygraph_rnn.evaluation import Evaluator
from tinygraph_rnn.folders import RunFolder
from tinygraph_rnn.interrupts import StopRequest
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.metrics import Metrics
from tinygraph_rnn.progress import Progress
from tinygraph_rnn.texts import Corpus
from tinygraph_rnn.training import Trainer
from tinygraph_rnn.vocabulary import VOCABULARIES, AnyVocabulary, as_vocabulary

__all__ = ["Experiment"]

_LOG = logging.getLogger("tinygraph")


class Experiment:
    """A trainer, the texts it learns from and is judged on, and its run folder.

    Attributes:
        folder, config, corpus, vocabulary, trainer: of this run.
        length: tokens of the text.
        opening: the text that training begins with.
        metrics: the rows written so far.
        backend: what runs the graphs; see `tg.compile`.

    Raises:
        DataError: the text is too short for the configuration.
    """

    def __init__(
        self,
        folder: RunFolder,
        config: Config,
        corpus: Corpus,
        vocabulary: AnyVocabulary,
        epochs: int | None = None,
        backend: str = "auto",
    ) -> None:
        """Prepare a run; `epochs`, passes over the text, replace `config.updates`.

        `backend` is that of `tg.compile`, and may be another when the run is resumed.
        """
        if epochs is not None:
            check_sizes(epochs=epochs)
        self.vocabulary = vocabulary
        encoded = corpus.encoded(vocabulary, folder.tokens)
        self.length = len(encoded)
        self.opening = self.vocabulary.decode(encoded[:40])
        tokens, held_out = split(encoded, config.held_out)
        streams = Streams(tokens, config.batch_size, config.seq_length, config.stride)
        if epochs is not None:
            config = replace(config, updates=epochs * streams.whole_chunks)
        self.folder, self.config, self.corpus = folder, config, corpus
        self.backend = backend
        sizes = config.batch_size, config.seq_length
        looked_at = (
            Streams.for_evaluation(held_out, *sizes) if config.held_out else None
        )
        model = LanguageModel.of(config, len(self.vocabulary))
        self.trainer = Trainer(config, model, streams, backend)
        self._looks: tuple[Evaluator, Streams] | None = None
        if looked_at is not None:
            evaluator = Evaluator(model, self.trainer.parameters, backend)
            self._looks = evaluator, looked_at
        self.metrics: Metrics
        self._seconds = 0.0

    @classmethod
    def new(
        cls,
        folder: RunFolder,
        config: Config,
        corpus: Corpus,
        epochs: int | None = None,
        backend: str = "auto",
    ) -> "Experiment":
        """Start a run in a folder that holds none.

        Raises:
            CheckpointError: the folder holds a checkpoint already.
            StorageError: it cannot be written.
        """
        folder.check_unused()
        with folder.created():
            kind = VOCABULARIES[config.tokens]
            vocabulary = kind.of(corpus.pieces(), config.vocabulary_size)
            made = cls(folder, config, corpus, vocabulary, epochs, backend)
            made.metrics = Metrics(folder.metrics)
            made.save()
        return made

    @classmethod
    def resumed(
        cls,
        folder: RunFolder,
        text: str | None = None,
        epochs: int | None = None,
        encoding: str | None = None,
        backend: str = "auto",
        **settings: Any,
    ) -> "Experiment":
        """Go on with a run where its checkpoint stands, exactly.

        Args:
            folder: of the run.
            text: where its text is now, if it moved.
            epochs: a new total of passes over the text, for `updates`.
            encoding, settings: `updates`, a new total; all others as they are.

        Raises:
            CheckpointError: no checkpoint, a damaged one, or another text.
            ConfigError: nothing is left to do, or a setting is another than the run's.
        """
        checkpoint = checkpoints.load(folder.checkpoint)
        config = _wanted(folder, checkpoint.facts, encoding, settings)
        done = checkpoint.facts["done"]
        if epochs is None:
            _check_unfinished(folder, done, config)
        corpus = Corpus.from_facts(checkpoint.facts["text"], text, folder.text)
        vocabulary = as_vocabulary(checkpoint.facts["vocabulary"])
        made = cls(folder, config, corpus, vocabulary, epochs, backend)
        _check_unfinished(folder, done, made.config)
        made.trainer.restore(checkpoint)
        if made.trainer.has_stalled:
            raise ConfigError(
                f"the run in {str(folder.path)!r} stopped early after {done} updates: "
                f"{config.patience} looks brought no new best (patience)"
            )
        made.metrics = Metrics(folder.metrics, up_to=done)
        return made

    def train(self, progress: Progress, stop: StopRequest) -> None:
        """Make the updates that are left, or those until someone asks to stop.

        Looks at the held-out text and saves as often as `config.evaluate_every`
        says, the best so far apart; saves before it returns. Stops early where
        `config.patience` looks brought no new best.
        """
        before = self.metrics.rows[-1]["seconds"] if self.metrics.rows else 0.0
        start = time.monotonic()
        try:
            self._updates(progress, stop, before - start)
        finally:
            self._seconds += time.monotonic() - start
        if stop:
            self.save()

    def _updates(self, progress: Progress, stop: StopRequest, before: float) -> None:
        """Make updates; `before` and the clock make the seconds of a row."""
        trainer = self.trainer
        while trainer.done < self.config.updates and not stop:
            update = trainer.update()
            row: dict[str, Any] = {"update": trainer.done, **update._asdict()}
            progress.advance(update.loss)
            if self.folder.lock is not None:
                self.folder.lock.beat(trainer.done)
            due = self._due
            if due and self._looks is not None:
                row["held_out"] = self.evaluate()
                trainer.held_out.append(row["held_out"])
                progress.evaluated(row["held_out"])
            row["seconds"] = round(before + time.monotonic(), 3)
            self._note(row)
            if due:
                if trainer.is_best:
                    self.save(self.folder.best)
                self.save()
                if trainer.has_stalled:
                    return

    def _note(self, row: Mapping[str, Any]) -> None:
        """Add a row to the metrics; training goes on where that fails."""
        complete = not self.metrics.unwritten
        try:
            self.metrics.add(row)
        except StorageError as problem:
            if complete:
                _LOG.warning("%s; training goes on, and tries again", problem)

    @property
    def share_outside(self) -> float:
        """Share of `train`'s time outside compiled functions: data, optimiser, ..."""
        inside = self.trainer.compiled_seconds
        if self._looks is not None:
            inside += self._looks[0].compiled_seconds
        return max(0.0, 1.0 - inside / self._seconds) if self._seconds else 0.0

    @property
    def _due(self) -> bool:
        done = self.trainer.done
        return done % self.config.evaluate_every == 0 or done == self.config.updates

    def evaluate(self) -> float:
        """Return bits per token on the held-out text.

        Raises:
            ConfigError: nothing is held out.
        """
        if self._looks is None:
            raise ConfigError("held_out is 0: there is no text to look at")
        evaluator, held_out = self._looks
        return evaluator.bits_per_character(held_out)

    def save(self, path: Path | None = None) -> None:
        """Write the checkpoint, atomically; `path` for another than the last one.

        Raises:
            StorageError: it cannot be written; the one before it is intact.
        """
        facts = {
            "vocabulary": self.vocabulary.as_facts(),
            "text": self.corpus.as_facts(),
        }
        where = self.folder.checkpoint if path is None else path
        checkpoints.save(where, self.trainer.checkpoint(facts))


def _wanted(
    folder: RunFolder,
    facts: Mapping[str, Any],
    encoding: str | None,
    settings: Mapping[str, Any],
) -> Config:
    """The settings of a checkpoint, with a new total of updates and nothing else."""
    config, known = Config.from_facts(facts["config"]), facts["text"]["encoding"]
    wanted = replace(config, **settings)
    own = {**config.as_facts(), "encoding": known}
    asked = {**wanted.as_facts(), "encoding": encoding or known}
    for name, value in asked.items():
        if name != "updates" and value != own[name]:
            raise ConfigError(
                f"the run in {str(folder.path)!r} has {name} {own[name]!r}, not "
                f"{value!r}: with --resume only --updates or --epochs, --text and "
                "--threads may change. Leave it out, or train a new run"
            )
    return wanted


def _check_unfinished(folder: RunFolder, done: int, config: Config) -> None:
    if done >= config.updates:
        raise ConfigError(
            f"the run in {str(folder.path)!r} has made {done} updates of "
            f"{config.updates}: give more --updates or --epochs, in all, to go on"
        )
