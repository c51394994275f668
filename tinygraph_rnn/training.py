"""Training by truncated backpropagation through time, exactly resumable."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import tinygraph as tg
from tinygraph_rnn.carrying import Carried, State, gradients_in
from tinygraph_rnn.checkpoints import Checkpoint
from tinygraph_rnn.config import Config
from tinygraph_rnn.data import Streams
from tinygraph_rnn.language_model import LanguageModel
from tinygraph_rnn.optimizers import OPTIMIZERS, Optimizer, clip_by_global_norm
from tinygraph_rnn.saved import restore_parameters
from tinygraph_rnn.schedules import SCHEDULES

__all__ = ["Trainer", "Update"]


class Update(NamedTuple):
    """What one update did; `loss` in nats per character, before the update."""

    loss: float
    gradient_norm: float
    learning_rate: float


class Trainer:
    """A model, its optimiser, and the place in the text where training stands.

    Everything that decides the next update is in `config`, the parameters, the
    optimiser's state, the carried state and `done`: a checkpoint holds just these,
    so a resumed run equals an uninterrupted one bit for bit.

    Attributes:
        model, config, streams, parameters, optimizer: as trained.
        done: updates made so far.
    """

    def __init__(self, config: Config, model: LanguageModel, streams: Streams) -> None:
        self.config, self.model, self.streams = config, model, streams
        self._step = Carried(
            model.loss_graph(), gradients_of="loss", wrt=model.parameters
        )
        self.parameters = self._step.parameters
        self.optimizer: Optimizer = OPTIMIZERS[config.optimizer](self.parameters)
        self.done = 0
        self._state: State = {}

    @property
    def characters_per_update(self) -> int:
        """Steps times streams of one chunk."""
        return self.streams.batch_size * self.streams.seq_length

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        factor = SCHEDULES[self.config.schedule](self.done / self.config.updates)
        return self.config.learning_rate * factor

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def update(self) -> Update:
        """Read one chunk and move the parameters once.

        Raises:
            tg.NonFiniteError: the loss or a gradient is NaN or infinite; names the
                first node and step. Parameters and state are as before the call.
        """
        index = self.done % self.streams.whole_chunks
        feeds = self.streams[index]._asdict()
        state = self._state if index else self._step.start(feeds)
        call = {"start": self.done * self.config.seq_length, "seed": self.config.seed}
        outputs, after = self._step(feeds, state, **call)
        loss = float(outputs["loss"])
        gradients, norm = clip_by_global_norm(
            gradients_in(outputs), self.config.grad_clip
        )
        if not (math.isfinite(loss) and math.isfinite(norm)):
            self._explain({**feeds, **state}, call)
        rate = self.learning_rate
        self.optimizer.update(self.parameters, gradients, rate)
        self._state = after
        self.done += 1
        return Update(loss, norm, rate)

    def _explain(self, feeds: Mapping[str, Any], call: Mapping[str, int]) -> None:
        where = tg.first_nonfinite(
            self._step.graph, feeds, parameters=self.parameters, **call
        )
        what = "the gradient norm overflowed"
        if where is not None:
            node, step = where
            when = "" if step is None else f" at step {step} of the chunk"
            what = f"first in {node.describe()}, made at {node.where},{when}"
        raise tg.NonFiniteError(
            f"NaN or infinity in update {self.done + 1}: {what}. Lower the learning "
            "rate or the gradient clip; nothing was changed by this update.",
            update=self.done + 1,
            node=where and where[0],
            step=where and where[1],
        )

    def checkpoint(self, facts: Mapping[str, Any]) -> Checkpoint:
        """Return all that `restore` needs, with more `facts` to keep beside it."""
        return Checkpoint(
            {**facts, "config": self.config.as_facts(), "done": self.done},
            dict(self.parameters),
            self.optimizer.state,
            self._state,
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was made.

        Raises:
            CheckpointError: it is of another model or optimiser.
        """
        restore_parameters(self.parameters, checkpoint)
        self.optimizer.load(checkpoint.optimizer)
        self._state = dict(checkpoint.state)
        self.done = int(checkpoint.facts["done"])
