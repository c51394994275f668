"""An encoder over one time axis, a decoder over another, from one definition.

The decoder reads the token before through an integer delay. As defined, that delay's
source is the decoder's own choice: free running. Teacher forcing gives the delay the
true tokens, scheduled sampling a coin between both; nothing else changes.
"""

from typing import Any, NamedTuple, final

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_choice, check_sizes
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.attention import AdditiveAttention, Attention, DotAttention
from tinygraph_rnn.layers.dense import Embedding, Linear
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.layers.sequences import lengths_mask, masked_mean

__all__ = ["ATTENTIONS", "EncoderDecoder"]

ATTENTIONS = ("none", "dot", "additive")

PREVIOUS = "previous"
"""The name of the delay through which the decoder reads the token before."""


@final
class _Leaves(NamedTuple):
    """The leaves of the true tokens and of both lengths."""

    source: Node
    target: Node
    source_lengths: Node | None
    target_lengths: Node | None


@final
class EncoderDecoder:
    """Sequence to sequence (Sutskever et al., 2014; Cho et al., 2014).

    Attributes:
        encoder, decoder: the recurrent layers.
        attention: how the decoder looks at all of the encoder's states, or None.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> model = rnn.EncoderDecoder(7, 9, 8, rng=rng)
        >>> [leaf.name for leaf in model.teacher_forced().sequences]
        ['source', 'target']
    """

    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        cell: str = "lstm",
        attention: str = "dot",
        start_token: int = 0,
        lengths: bool = False,
        rng: np.random.Generator,
        dtype: Any = "float32",
    ) -> None:
        """Make the layers.

        Args:
            source_vocabulary, target_vocabulary: how many tokens there are.
            hidden_size, num_layers: of encoder and decoder alike.
            cell: a key of `recurrent.LAYERS`.
            attention: "none", "dot" or "additive".
            start_token: what the decoder reads at its first step.
            lengths: whether rows have lengths of their own, fed as
                "source_lengths" and "target_lengths".
            rng: where first values come from.
            dtype: of weights and states.

        Raises:
            ConfigError: a setting makes no sense; names it.
        """
        check_sizes(
            source_vocabulary=source_vocabulary,
            target_vocabulary=target_vocabulary,
            hidden_size=hidden_size,
            num_layers=num_layers,
        )
        check_choice("cell", cell, LAYERS)
        check_choice("attention", attention, ATTENTIONS)
        check_sizes(0, start_token=start_token)
        if start_token >= target_vocabulary:
            raise ConfigError(
                f"start_token must be a token of the target, in [0, "
                f"{target_vocabulary}), not {start_token!r}"
            )
        self.start_token, self.lengths = start_token, lengths
        given: dict[str, Any] = {"rng": rng, "dtype": dtype}
        self._source_embedding = Embedding(
            source_vocabulary, hidden_size, name="source", **given
        )
        self._target_embedding = Embedding(
            target_vocabulary, hidden_size, name="target", **given
        )
        sizes = hidden_size, hidden_size, num_layers
        self.encoder = LAYERS[cell](*sizes, name="encoder", **given)
        self.decoder = LAYERS[cell](*sizes, name="decoder", **given)
        wide = self.decoder.output_size
        self.attention: Attention | None = None
        if attention == "dot":
            self.attention = DotAttention()
        elif attention == "additive":
            self.attention = AdditiveAttention(wide, wide, hidden_size, **given)
        seen = wide if self.attention is None else 2 * wide
        self._output = Linear(seen, target_vocabulary, name="output", **given)

    @property
    def parameters(self) -> list[Node]:
        """All parameter nodes, from the source to the output."""
        return [
            *self._source_embedding.parameters,
            *self._target_embedding.parameters,
            *self.encoder.parameters,
            *self.decoder.parameters,
            *self._output.parameters,
            *([] if self.attention is None else self.attention.parameters),
        ]

    def _leaves(self) -> _Leaves:
        lengths: list[Node | None] = [None, None]
        if self.lengths:
            names = ("source_lengths", "target_lengths")
            lengths = [tg.placeholder(name, ("batch",), "int64") for name in names]
        return _Leaves(
            tg.sequence("source", ("batch",), "int32", time="source"),
            tg.sequence("target", ("batch",), "int32", time="target"),
            *lengths,
        )

    def _defined(self, leaves: _Leaves) -> tg.Graph:
        """The one definition: free running; outputs "tokens" and "logits"."""
        encoded, states = self.encoder.forward(
            self._source_embedding(leaves.source), lengths=leaves.source_lengths
        )
        first = [[tg.last(state) for state in layer] for layer in states]
        previous = tg.delay(
            PREVIOUS,
            init=self.start_token,
            shape=("batch",),
            dtype="int32",
            time="target",
        )
        h = self.decoder(self._target_embedding(previous), first)
        if self.attention is not None:
            mask = None
            if leaves.source_lengths is not None:
                mask = tg.stack(lengths_mask(leaves.source_lengths, "source"))
            context, _ = self.attention(h, tg.stack(encoded), mask)
            h = tg.concat([h, context], -1)
        logits = self._output(h)
        tokens = tg.cast(tg.argmax(logits, axis=-1), "int32")
        previous.close(tokens)
        return tg.Graph({"tokens": tokens, "logits": logits})

    def free_running(self) -> tg.Graph:
        """Return the graph that reads what it wrote.

        Outputs "tokens" and "logits" from "source" alone; the call says how many
        steps: `run(feeds, steps={"target": n})`.
        """
        return self._defined(self._leaves())

    def teacher_forced(self) -> tg.Graph:
        """Return the graph that reads the true token before, from "target".

        Outputs "loss", the mean cross-entropy in nats, "tokens" and "logits".
        (Williams & Zipser, 1989.)
        """
        leaves = self._leaves()
        graph = tg.open_loop(self._defined(leaves), PREVIOUS, source=leaves.target)
        return self._with_loss(graph, leaves)

    def scheduled(self) -> tg.Graph:
        """Return the graph that reads the true token with probability "teacher".

        A coin per step and row chooses between it and the decoder's own (scheduled
        sampling: Bengio et al., 2015). Feeds: "source", "target" and the placeholder
        "teacher". Outputs as of `teacher_forced`.
        """
        leaves = self._leaves()
        graph = self._defined(leaves)
        coin = tg.bernoulli(
            tg.placeholder("teacher", cast=True),
            ("batch",),
            "bool",
            time="target",
            name="teacher coin",
        )
        read = tg.where(coin, leaves.target, graph["tokens"])
        mixed = tg.close_loop(graph, PREVIOUS, source=read)
        return self._with_loss(mixed, leaves)

    def _with_loss(self, graph: tg.Graph, leaves: _Leaves) -> tg.Graph:
        losses = tg.cross_entropy(graph["logits"], leaves.target)
        if leaves.target_lengths is None:
            loss = tg.mean_over_time(tg.mean(losses))
        else:
            loss = masked_mean(losses, lengths_mask(leaves.target_lengths, "target"))
        return tg.Graph({"loss": loss, **graph.outputs})
