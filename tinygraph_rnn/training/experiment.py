"""One training run from its text to its folder: what `tinygraph-rnn train` does."""

import logging
import math
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.data.streams import Streams, split
from tinygraph_rnn.data.vocabularies import VOCABULARIES, AnyVocabulary
from tinygraph_rnn.errors import ConfigError, StorageError
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.models.memory_limits import check_memory
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.changes import changed_config, changes
from tinygraph_rnn.training.checkpoint_facts import (
    progress_of,
    random_stream_of,
    settings_of,
    text_of,
    vocabulary_of,
)
from tinygraph_rnn.training.checkpoint_shapes import check_fit
from tinygraph_rnn.training.distributed.group import ALONE, Group
from tinygraph_rnn.training.evaluation import Evaluator
from tinygraph_rnn.training.interrupts import StopRequest
from tinygraph_rnn.training.metrics import Metrics
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.trainer import Trainer
from tinygraph_rnn.training.warm_starts import WarmStart

__all__ = ["Experiment"]

_LOG = logging.getLogger("tinygraph")


@final
class Experiment:
    """A trainer, the texts it is trained and evaluated on, and its run folder.

    Attributes:
        folder, config, corpus, vocabulary, trainer: of this run.
        length: tokens of the text.
        opening: the text that training begins with.
        metrics: the rows written so far.
        changes: settings that changed when this run went on: name → (old, new); and
            "random", where masks come from another stream than before.
        saved: updates that the last checkpoint holds.
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
        memory: str | None = None,
        group: Group = ALONE,
        devices: int = 1,
    ) -> None:
        """Prepare a run; `epochs`, passes over the text, replace `config.updates`.

        `backend`, `memory` and `devices` are those of `Trainer`, and may be others when
        the run is resumed. Of a `group`, each process has a run folder; that of process
        0 is the run's.
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
        text = f"that of SHA-256 {corpus.fingerprint[:12]}..."
        group.agree({**config.as_facts(), "text": text, "backend": backend})
        self.folder, self.config, self.corpus = folder, config, corpus
        self.backend, self.group = backend, group
        sizes = config.batch_size, config.seq_length
        looked_at = (
            Streams.for_evaluation(held_out, *sizes) if config.held_out else None
        )
        part, reduce = (group.process, group.processes), group.reduce
        check_memory(
            config,
            len(self.vocabulary),
            all_steps=memory is None,
            processes=group.processes,
        )
        model = LanguageModel.of(config, len(self.vocabulary))
        shard = streams.shard(*part)
        over: dict[str, Any] = {"reduce": reduce, "devices": devices}
        self.trainer = Trainer(config, model, shard, backend, memory=memory, **over)
        self._evaluation: tuple[Evaluator, Streams] | None = None
        if looked_at is not None:
            known = self.trainer.parameters
            evaluator = Evaluator(model, known, backend, **over)
            self._evaluation = evaluator, looked_at.shard(*part)
        self.metrics: Metrics
        self.changes: Mapping[str, tuple[Any, Any]] = {}
        self.saved = 0
        self._seconds = 0.0

    @classmethod
    def new(
        cls,
        folder: RunFolder,
        config: Config,
        corpus: Corpus,
        epochs: int | None = None,
        backend: str = "auto",
        weights: WarmStart | None = None,
        memory: str | None = None,
        group: Group = ALONE,
        devices: int = 1,
    ) -> "Experiment":
        """Start a run in a folder that holds none; from trained `weights`, if any.

        Raises:
            CheckpointError: the folder holds a checkpoint already.
            StorageError: it cannot be written.
            ConfigError: the model does not fit into memory.
        """
        folder.check_unused()
        check_memory(config, all_steps=memory is None, processes=group.processes)
        with folder.created():
            kind = VOCABULARIES[config.tokens]
            vocabulary_of = kind.of if weights is None else weights.vocabulary
            vocabulary = vocabulary_of(corpus.pieces(), config.vocabulary_size)
            more = epochs, backend, memory, group, devices
            made = cls(folder, config, corpus, vocabulary, *more)
            if weights is not None:
                weights.load_into(made.trainer.parameters)
            made._agree_on_numbers()
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
        memory: str | None = None,
        group: Group = ALONE,
        devices: int = 1,
        **settings: Any,
    ) -> "Experiment":
        """Go on with a run where its checkpoint stands, exactly.

        Args:
            folder: of the run.
            text: where its text is now, if it moved.
            epochs: a new total of passes over the text, for `updates`.
            encoding, settings: as they are, or new; those in `changes.SHAPE`,
                `held_out` and `encoding` stay. The next row of the metrics notes
                what has changed.

        Raises:
            CheckpointError: no checkpoint, a damaged one, or another text.
            ConfigError: nothing is left to do, or a setting cannot change.
        """
        checkpoint = checkpoints.load(folder.checkpoint, check_fit)
        before = settings_of(checkpoint.facts)
        known = text_of(checkpoint.facts)["encoding"]
        config = changed_config(folder, before, known, encoding, **settings)
        done = progress_of(checkpoint.facts).done
        if epochs is None:
            _check_unfinished(folder, done, config)
        corpus = Corpus.from_facts(text_of(checkpoint.facts), text, folder.text)
        vocabulary = vocabulary_of(checkpoint.facts)
        more = epochs, backend, memory, group, devices
        made = cls(folder, config, corpus, vocabulary, *more)
        _check_unfinished(folder, done, made.config)
        made.trainer.restore(checkpoint)
        made.saved = done
        if made.trainer.has_stalled:
            raise ConfigError(
                f"the run in {str(folder.path)!r} stopped early after {done} updates: "
                f"{config.patience} looks brought no new best (patience). A greater "
                "--patience, or 0, goes on"
            )
        if epochs is not None and made.trainer.begun:
            raise ConfigError(
                f"since update {made.trainer.begun} the run in {str(folder.path)!r} "
                "reads the text in other pieces, so passes over it cannot be counted "
                "in all: give --updates instead of --epochs"
            )
        made._agree_on_numbers()
        made.changes = changes(before, made.config)
        stream = random_stream_of(checkpoint.facts)
        if made.trainer.draws and stream != tg.RANDOM_STREAM:
            made.changes = {**made.changes, "random": (stream, tg.RANDOM_STREAM)}
        if folder.last != folder.checkpoint:
            checkpoints.save(folder.last, checkpoint)
        made.metrics = Metrics(folder.metrics, up_to=done)
        return made

    def _agree_on_numbers(self) -> None:
        """Demand that all processes of the group have the same parameters."""
        if not self.group.is_alone:
            crc = 0
            for _, value in sorted(self.trainer.parameters.items()):
                crc = zlib.crc32(value.tobytes(), crc)
            checksum = {"the checksum of the parameters": f"{crc:08x}"}
            self.group.agree({"updates made": self.trainer.done, **checksum})

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
        except tg.NonFiniteError as problem:
            raise self._with_advice(problem) from None
        finally:
            self._seconds += time.monotonic() - start
        if self._stops(stop) and self.trainer.done > self.saved:
            self.save()

    def _stops(self, stop: StopRequest) -> bool:
        """Whether training stops: all processes of a group after the same update."""
        return bool(stop) if self.group.is_alone else self.trainer.is_asked_to_stop

    def _with_advice(self, problem: tg.NonFiniteError) -> tg.NonFiniteError:
        """Return the error without the script's line and with a command to run."""
        message, node = str(problem), problem.node
        if node is not None:
            message = message.replace(f", made at {node.where}", "")
        return tg.NonFiniteError(
            f"{message}. What was saved after update {self.saved} is intact; go on "
            f"from there with `tinygraph-rnn train --resume {self.folder.path} "
            f"--learning-rate {self.config.learning_rate / 10.0:g}`",
            update=problem.update,
            node=node,
            step=problem.step,
        )

    def _updates(self, progress: Progress, stop: StopRequest, before: float) -> None:
        """Make updates; `before` and the clock make the seconds of a row."""
        trainer, first = self.trainer, self.trainer.done + 1
        while trainer.done < self.config.updates and not self._stops(stop):
            trainer.share.asks_to_stop = bool(stop)
            update = trainer.update()
            row: dict[str, Any] = {"update": trainer.done, **update._asdict()}
            if trainer.done == first and self.changes:
                row["changed"] = dict(self.changes)
            progress.advance(update.loss)
            if self.folder.lock is not None:
                self.folder.lock.beat(trainer.done)
            due = self._due
            if due and self._evaluation is not None:
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
        if self._evaluation is not None:
            inside += self._evaluation[0].compiled_seconds
        return max(0.0, 1.0 - inside / self._seconds) if self._seconds else 0.0

    @property
    def _due(self) -> bool:
        done = self.trainer.done
        return done % self.config.evaluate_every == 0 or done == self.config.updates

    def evaluate(self) -> float:
        """Return bits per token on the held-out text.

        Raises:
            ConfigError: nothing is held out.
            tg.NonFiniteError: they are no finite number.
        """
        if self._evaluation is None:
            raise ConfigError("held_out is 0: there is no text to look at")
        evaluator, held_out = self._evaluation
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            bits = evaluator.bits_per_character(held_out)
        self._check_finite(math.isfinite(bits), "in the held-out loss")
        return bits

    def _check_finite(self, is_finite: bool, what: str) -> None:
        if not is_finite:
            done = self.trainer.done
            raise self.trainer.not_finite(f"{what} after update {done}", done)

    def save(self, path: Path | None = None) -> None:
        """Write the checkpoint, atomically; `path` for another than the last one.

        All processes of a group call this, process 0 writes.

        Raises:
            DistributedError: the processes no longer have the same parameters.
            StorageError: it cannot be written; the one before it is intact.
            tg.NonFiniteError: a weight is none; likewise.
        """
        self._check_finite(self.trainer.is_finite, "in the weights")
        facts = {
            "vocabulary": self.vocabulary.as_facts(),
            "text": self.corpus.as_facts(),
        }
        where = self.folder.last if path is None else path
        self._agree_on_numbers()
        made = self.trainer.checkpoint(facts)
        if self.group.is_first:
            checkpoints.save(where, made)
        if path is None:
            self.saved = self.trainer.done


def _check_unfinished(folder: RunFolder, done: int, config: Config) -> None:
    if done >= config.updates:
        raise ConfigError(
            f"the run in {str(folder.path)!r} has made {done} updates of "
            f"{config.updates}: give more --updates or --epochs, in all, to go on"
        )
