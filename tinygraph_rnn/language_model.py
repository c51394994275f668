"""The recurrent language model: which character comes next?"""

from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.config import Config
from tinygraph_rnn.layers import Embedding, Linear
from tinygraph_rnn.recurrent import LSTM, RNN

__all__ = ["LanguageModel"]

_RECURRENT = {"lstm": LSTM, "rnn": RNN}


class LanguageModel:
    """Embedding, recurrent layers, and a linear layer to logits (Graves, 2013).

    Attributes:
        embedding, recurrent, output: the layers, bottom to top.
        parameters: their parameter nodes.
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        cell: str = "lstm",
        hidden_size: int = 128,
        num_layers: int = 1,
        rng: np.random.Generator,
        dtype: Any = "float32",
    ) -> None:
        self.embedding = Embedding(vocabulary_size, hidden_size, rng=rng, dtype=dtype)
        self.recurrent: LSTM | RNN = _RECURRENT[cell](
            hidden_size, hidden_size, num_layers, rng=rng, name=cell, dtype=dtype
        )
        self.output = Linear(
            hidden_size, vocabulary_size, rng=rng, name="output", dtype=dtype
        )
        self.parameters: list[Node] = [
            *self.embedding.parameters,
            *self.recurrent.parameters,
            *self.output.parameters,
        ]

    @classmethod
    def of(cls, config: Config, vocabulary_size: int) -> "LanguageModel":
        """Return the model that a run's settings ask for."""
        return cls(
            vocabulary_size,
            cell=config.cell,
            hidden_size=config.hidden_size,
            num_layers=config.num_layers,
            rng=np.random.default_rng(config.seed),
        )

    def logits(self, tokens: Node) -> Node:
        """Map per-step int tokens (batch) to logits of the next (batch, vocabulary)."""
        return self.output(self.recurrent(self.embedding(tokens)))

    def loss(self, tokens: Node, targets: Node) -> Node:
        """Return the mean cross-entropy over steps and batch, nats per character."""
        logits = self.logits(tokens)
        with tg.scope("Cross-entropy"):
            step_loss = tg.mean(tg.cross_entropy(logits, targets))
        with tg.scope("Mean over time"):
            return tg.mean_over_time(step_loss)

    def loss_graph(self) -> tg.Graph:
        """Return the graph of "loss" from sequences "tokens" and "targets" (batch)."""
        tokens = tg.sequence("tokens", ("batch",), "int32")
        targets = tg.sequence("targets", ("batch",), "int32")
        return tg.Graph({"loss": self.loss(tokens, targets)})
