"""The recurrent language model, which predicts the next token."""

from typing import Any, final

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.dense import Embedding, Linear, TiedLinear
from tinygraph_rnn.layers.recurrent import LAYERS, RecurrentLayers
from tinygraph_rnn.layers.regularization import dropout, evaluating, label_smoothing
from tinygraph_rnn.models.config import SETTINGS, Config, check_settings

__all__ = ["LanguageModel"]

ARGUMENTS = tuple(name for name, each in SETTINGS.items() if each.of_model)
"""The settings of a run that are the model's."""


@final
class LanguageModel:
    """Embedding, recurrent layers, and a linear layer to logits (Graves, 2013).

    Attributes:
        embedding, recurrent, output: the layers, bottom to top.
        parameters: their parameter nodes.

    Args:
        vocabulary_size: how many tokens there are.
        cell, hidden_size, num_layers, learned_init, residual, tied: as of `Config`.
        dropout, input_dropout, variational, weight_drop, zoneout, label_smoothing: as
            of `Config`.
        rng: of the first weights.
        dtype: of the parameters: a float type.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> model = rnn.LanguageModel(65, cell="gru", hidden_size=8, rng=rng)
        >>> model.logits(tg.sequence("tokens", ("batch",), "int32"))
        <add: float32[batch, 65] (per step of 't')>
        >>> model.loss_graph()["loss"]
        <divide: float32[] (static)>
    """

    def __init__(
        self,
        vocabulary_size: int,
        *,
        cell: str = Config.cell,
        hidden_size: int = Config.hidden_size,
        num_layers: int = Config.num_layers,
        learned_init: bool = Config.learned_init,
        residual: bool = Config.residual,
        tied: bool = Config.tied,
        dropout: float = Config.dropout,
        input_dropout: float = Config.input_dropout,
        variational: bool = Config.variational,
        weight_drop: float = Config.weight_drop,
        zoneout: float = Config.zoneout,
        label_smoothing: float = Config.label_smoothing,
        rng: np.random.Generator,
        dtype: Any = Config.dtype,
    ) -> None:
        """Make the layers; the settings are those of `Config`.

        Raises:
            ConfigError: a setting makes no sense; names it.
        """
        check_sizes(vocabulary_size=vocabulary_size)
        check_settings(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            learned_init=learned_init,
            residual=residual,
            tied=tied,
            dropout=dropout,
            input_dropout=input_dropout,
            variational=variational,
            weight_drop=weight_drop,
            zoneout=zoneout,
            label_smoothing=label_smoothing,
        )
        self.dropout, self.input_dropout = dropout, input_dropout
        self.variational, self.label_smoothing = variational, label_smoothing
        self.embedding = Embedding(vocabulary_size, hidden_size, rng=rng, dtype=dtype)
        self.recurrent: RecurrentLayers[Any] = LAYERS[cell](
            hidden_size,
            hidden_size,
            num_layers,
            rng=rng,
            name=cell,
            dtype=dtype,
            learned_init=learned_init,
            residual=residual,
            dropout=dropout,
            variational=variational,
            weight_drop=weight_drop,
            zoneout=zoneout,
        )
        self.output: Linear | TiedLinear
        features = self.recurrent.output_size
        if not tied:
            self.output = Linear(
                features, vocabulary_size, rng=rng, name="output", dtype=dtype
            )
        elif features != hidden_size:
            raise ConfigError(
                f"tied needs as many outputs of the cell as the embedding has: {cell} "
                f"has {features}, the embedding {hidden_size}"
            )
        else:
            self.output = TiedLinear(self.embedding, name="output", dtype=dtype)
        self.parameters: list[Node] = [
            *self.embedding.parameters,
            *self.recurrent.parameters,
            *self.output.parameters,
        ]

    @classmethod
    def of(
        cls,
        config: Config,
        vocabulary_size: int,
        rng: np.random.Generator | None = None,
    ) -> "LanguageModel":
        """Return the model that a run's settings ask for.

        First values are of `rng`, by default one of the settings' seed.
        """
        return cls(
            vocabulary_size,
            rng=np.random.default_rng(config.seed) if rng is None else rng,
            **{name: getattr(config, name) for name in ARGUMENTS},
        )

    def logits(self, tokens: Node) -> Node:
        """Map per-step int tokens (batch) to logits of the next (batch, vocabulary).

        With dropout where the model has any; `evaluating` takes it out of a graph.
        """
        x = self._dropped(self.embedding(tokens), self.input_dropout, "input.dropout")
        h = self._dropped(self.recurrent(x), self.dropout, "output.dropout")
        return self.output(h)

    def _dropped(self, x: Node, rate: float, name: str) -> Node:
        return dropout(x, rate, name=name, variational=self.variational)

    def loss(self, tokens: Node, targets: Node, first_counted: int = 0) -> Node:
        """Return the mean cross-entropy over steps and batch, nats per token.

        Steps before `first_counted` of a call are read, but not counted.
        """
        logits = self.logits(tokens)
        with tg.scope("cross-entropy"):
            losses = label_smoothing(logits, targets, self.label_smoothing)
            step_loss = tg.mean(losses)
        with tg.scope("mean over time"):
            if not first_counted:
                return tg.mean_over_time(step_loss)
            step = tg.step_index() - tg.first(tg.step_index())
            counted = tg.where(step >= first_counted, step_loss, 0.0)
            steps = tg.extent("t") - first_counted
            return tg.sum_over_time(counted) / steps

    def loss_graph(self, first_counted: int = 0) -> tg.Graph:
        """Return the graph of "loss" from sequences "tokens" and "targets" (batch).

        `first_counted` is as of `loss`.
        """
        tokens = tg.sequence("tokens", ("batch",), "int32")
        targets = tg.sequence("targets", ("batch",), "int32")
        return tg.Graph({"loss": self.loss(tokens, targets, first_counted)})

    def evaluation_graph(self) -> tg.Graph:
        """Return the graph of the plain cross-entropy, without dropout."""
        tokens = tg.sequence("tokens", ("batch",), "int32")
        targets = tg.sequence("targets", ("batch",), "int32")
        losses = tg.cross_entropy(self.logits(tokens), targets)
        return evaluating(tg.Graph({"loss": tg.mean_over_time(tg.mean(losses))}))
