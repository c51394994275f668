"""Training by truncated backpropagation through time, exactly resumable."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.data.streams import Streams
from tinygraph_rnn.errors import CheckpointError, ConfigError
from tinygraph_rnn.models.carried import Carried, State
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.models.language_model import LanguageModel
from tinygraph_rnn.optimizers import OPTIMIZERS, Optimizer
from tinygraph_rnn.optimizers.clipping import clip_by_global_norm, clip_by_value
from tinygraph_rnn.optimizers.schedules import SCHEDULES, warmed_up
from tinygraph_rnn.training.changes import CUTS_TEXT, changes
from tinygraph_rnn.training.checkpoint_facts import progress_of, settings_of
from tinygraph_rnn.training.checkpoints import Checkpoint
from tinygraph_rnn.training.distributed.devices import compiler
from tinygraph_rnn.training.distributed.reduction import Reduce
from tinygraph_rnn.training.distributed.sharing import Share
from tinygraph_rnn.training.saved_model import restore_parameters

__all__ = ["Trainer", "Update"]


_SEED_STRIDE = 2654435761
"""The distance of the seeds of masks of two runs whose own seeds are neighbours."""


@final
class Update(NamedTuple):
    """What one update did; `loss` in nats per token, before the update."""

    loss: float
    gradient_norm: float
    learning_rate: float


@final
class Trainer:
    """A model, its optimiser, and the place in the text where training stands.

    TBPTT(k₁, k₂) (Williams & Peng, 1990): an update reads `config.seq_length` = k₂
    steps, of which k₁ = `config.new_steps` are new; the loss counts the new ones, and
    gradients flow back through all.

    Everything that decides the next update is in `config`, the parameters, the
    optimiser's state, the carried state, `done` and `held_out`: a checkpoint holds
    just these, so a resumed run equals an uninterrupted one bit for bit.

    Many processes train as one where each has a `shard` of the streams, and `reduce`
    takes a flat NumPy array and returns, to each of them, the sum of those that all
    gave. It is called once an update, with Σ rows · gradient of all parameters and, at
    the end, rows · loss, the rows and a wish to stop; and for each state of a
    checkpoint. Shards may be unequal. Parameters and losses are the same everywhere,
    and those of one process but for rounding; the carried state stays with its rows.

    Attributes:
        model, config, streams, parameters, optimizer: as trained.
        share: the rows of this process.
        is_asked_to_stop: whether a process wished it, as of the last update.
        done: updates made so far.
        begun: the updates made before the streams were last cut anew; mostly 0.
        held_out: what each look at the held-out text found, in bits.

    Raises:
        ConfigError: the streams are cut otherwise than the config says, a process has
            none of them, or devices cannot share them equally.

    Example:
        >>> text = "abracadabra" * 20
        >>> vocabulary = rnn.Vocabulary.of(text)
        >>> config = rnn.Config(hidden_size=4, batch_size=2, seq_length=5, updates=3)
        >>> streams = rnn.Streams(vocabulary.encode(text), 2, 5)
        >>> model = rnn.LanguageModel.of(config, len(vocabulary))
        >>> trainer = rnn.Trainer(config, model, streams)
        >>> update = trainer.update()
        >>> trainer.done
        1
    """

    def __init__(
        self,
        config: Config,
        model: LanguageModel,
        streams: Streams,
        backend: str = "auto",
        *,
        fast: bool = False,
        reduce: Reduce | None = None,
        memory: str | int | None = None,
        devices: int = 1,
    ) -> None:
        """Start a training; `backend`, `fast`, `memory` are those of `tg.compile`.

        With the backend jax, so many `devices` share the rows of the batch.
        """
        if (streams.seq_length, streams.stride) != (
            config.seq_length,
            config.new_steps,
        ):
            raise ConfigError(
                f"streams of seq_length {streams.seq_length} and stride "
                f"{streams.stride} are not those of the config: "
                f"{config.seq_length} and {config.new_steps}"
            )
        self.config, self.model, self.streams = config, model, streams
        self.share = Share(streams, reduce)
        self.is_asked_to_stop = False
        made_by = compiler(devices, backend, len(streams.rows))
        old = config.seq_length - config.new_steps
        self._step = Carried(
            self.share.graph(model.loss_graph(first_counted=old)),
            gradients_of="loss",
            wrt=model.parameters,
            backend=backend,
            fast=fast,
            memory=memory,
            compiler=made_by,
        )
        self.parameters = self._step.parameters
        self._onward: Carried | None = None
        if old:
            onward = self.share.graph(model.loss_graph())
            self._onward = Carried(
                onward, self.parameters, backend=backend, compiler=made_by
            )
        self.optimizer: Optimizer = OPTIMIZERS[config.optimizer](
            self.parameters, weight_decay=config.weight_decay
        )
        self.done = self.begun = 0
        self.held_out: list[float] = []
        self._state: State = {}

    @property
    def characters_per_update(self) -> int:
        """New steps times streams of one chunk."""
        return self.streams.batch_size * self.streams.stride

    @property
    def compiled_seconds(self) -> float:
        """Time spent in compiled functions so far."""
        onward = 0.0 if self._onward is None else self._onward.seconds
        return self._step.seconds + onward

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        config = self.config
        share = self.done / config.updates
        factor = SCHEDULES[config.schedule](share, self.held_out)
        return config.learning_rate * factor * warmed_up(self.done, config.warmup)

    @property
    def is_best(self) -> bool:
        """Whether the last look at the held-out text found less than all before."""
        return bool(self.held_out) and self.held_out[-1] < min(
            self.held_out[:-1], default=math.inf
        )

    @property
    def has_stalled(self) -> bool:
        """Whether `config.patience` looks have gone by since the best one."""
        if not self.config.patience or not self.held_out:
            return False
        best = self.held_out.index(min(self.held_out))
        return len(self.held_out) - 1 - best >= self.config.patience

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def update(self) -> Update:
        """Read one chunk and move the parameters once.

        Raises:
            tg.NonFiniteError: the loss or a gradient is NaN or infinite; names the
                first node and step. Parameters and state are as before the call.
        """
        config = self.config
        index = (self.done - self.begun) % self.streams.whole_chunks
        chunk = self.streams[index]._asdict()
        feeds = {**chunk, **self.share.feeds}
        state = self._state if index else None
        call = {
            "start": self.done * config.new_steps,
            "seed": (config.seed * _SEED_STRIDE + self.done) % 2**32,
        }
        outputs, after = self._step(feeds, state, **call)
        if self._onward is not None:
            new = {name: read[: config.new_steps] for name, read in chunk.items()}
            after = self._onward({**new, **self.share.feeds}, state, **call)[1]
        loss, gradients, stops = self.share.totals(outputs)
        gradients, norm = clip_by_global_norm(gradients, config.grad_clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._explain(self._step.fed(feeds, state, **call), call)
        if config.clip_value:
            gradients = clip_by_value(gradients, config.clip_value)
        rate = self.learning_rate
        self.optimizer.update(self.parameters, gradients, rate)
        self._state = after
        self.is_asked_to_stop = stops > 0
        self.done += 1
        return Update(loss, norm, rate)

    def _explain(self, feeds: Mapping[str, Any], call: Mapping[str, Any]) -> None:
        where = tg.first_nonfinite(
            self._step.graph, feeds, parameters=self.parameters, **call
        )
        what = "the gradient norm overflowed"
        if len(self.share.rows) < self.share.count:
            what += ", or it began in the rows of another process"
        if where is not None:
            node, step = where
            when = "" if step is None else f", at step {step} of the chunk"
            what = f"first in {node.describe()}, made at {node.where}{when}"
        raise self.not_finite(
            f"in update {self.done + 1}: {what}; the update changed nothing",
            self.done + 1,
            *(where or ()),
        )

    def not_finite(
        self,
        what: str,
        update: int,
        node: tg.Node | None = None,
        step: int | None = None,
    ) -> tg.NonFiniteError:
        """Return the error about a NaN or an infinity, with the settings to blame.

        Args:
            what: where it was met, in words.
            update, node, step: the same as data; None where it has none.
        """
        config = self.config
        return tg.NonFiniteError(
            f"NaN or infinity {what}. Lower the learning rate (--learning-rate "
            f"{config.learning_rate:g}) or the gradient clip (--grad-clip "
            f"{config.grad_clip:g})",
            update=update,
            node=node,
            step=step,
        )

    @property
    def is_finite(self) -> bool:
        """Whether all that a checkpoint would hold are finite numbers."""
        kept = (*self.parameters.values(), *self.optimizer.state.values())
        return all(np.isfinite(array).all() for array in (*kept, *self._state.values()))

    def checkpoint(self, facts: Mapping[str, Any]) -> Checkpoint:
        """Return all that `restore` needs, with more `facts` to keep beside it.

        With `reduce`, all processes must call this: the states of all rows are in it.
        """
        own = {
            "config": self.config.as_facts(),
            "done": self.done,
            "begun": self.begun,
            "held_out": list(self.held_out),
            "random": tg.RANDOM_STREAM,
        }
        return Checkpoint(
            {**facts, **own},
            dict(self.parameters),
            self.optimizer.state,
            self.share.whole(self._state, self._step.graph),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was made, by the settings of now.

        Another optimiser begins with an empty state. Streams that are cut otherwise
        than before begin at the start of the text.

        Raises:
            CheckpointError: it is of another model, optimiser or batch.
        """
        held = progress_of(checkpoint.facts)
        restore_parameters(self.parameters, checkpoint)
        before = changes(settings_of(checkpoint.facts), self.config)
        if "optimizer" not in before:
            self.optimizer.load(checkpoint.optimizer)
        self.done = self.begun = held.done
        if before.keys().isdisjoint(CUTS_TEXT):
            if held.done > held.begun:
                self._check_state(checkpoint.state)
                self._state = self.share.own(checkpoint.state, self._step.graph)
            self.begun = held.begun
        self.held_out = held.held_out

    @property
    def draws(self) -> bool:
        """Whether an update draws random numbers: masks of dropout and the like."""
        return any(node.op.random for node in self._step.graph.nodes)

    def _check_state(self, state: Mapping[str, Any]) -> None:
        first = {**self.streams[0]._asdict(), **self.share.feeds}
        wanted = self.share.shapes(self._step.start(first), self._step.graph)
        if {name: (a.shape, a.dtype) for name, a in state.items()} != wanted:
            raise CheckpointError(
                "the stored state of the streams is not one of this model and batch: "
                "the checkpoint is damaged, or was not written by tinygraph-rnn"
            )
