"""Attention: a weighted mean of an encoder's states, made anew at each step.

The memory is static: an encoder's states stacked over their own time axis.
"""

from typing import Any, Protocol, final

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_sizes
from tinygraph_rnn.errors import MaskError
from tinygraph_rnn.layers.dense import new_parameter
from tinygraph_rnn.layers.initializers import glorot_uniform, zeros

__all__ = ["AdditiveAttention", "Attention", "DotAttention"]

_NEVER = -1e30
"""A score so low that its weight is 0, and finite."""


class Attention(Protocol):
    """What a decoder asks of attention.

    Attributes:
        parameters: its parameter nodes.
    """

    parameters: list[Node]

    def __call__(
        self, query: Node, memory: Node, mask: Node | None = None
    ) -> tuple[Node, Node]:
        """Return context (batch, n) and weights (source, batch)."""


@final
class DotAttention:
    """The score is the product of query and memory (Luong et al., 2015, "dot").

    Query (batch, n) and memory (source, batch, n) have as many features; there are no
    parameters. A call gives the context (batch, n) and the weights (source, batch).

    Example:
        >>> query = tg.sequence("query", ("batch", 4), time="target")
        >>> memory = tg.placeholder("memory", ("source", "batch", 4))
        >>> context, weights = rnn.DotAttention()(query, memory)
        >>> context.shape, weights.shape
        (('batch', 4), ('source', 'batch'))
    """

    def __init__(self) -> None:
        self.parameters: list[Node] = []

    def __call__(
        self, query: Node, memory: Node, mask: Node | None = None
    ) -> tuple[Node, Node]:
        """Return the weighted mean of the memory, and the weights.

        Args:
            query: (batch, n), per step.
            memory: (source, batch, n), static.
            mask: (source, batch), static, bool: False where memory is padding.

        Returns:
            Context (batch, n) and weights (source, batch), which sum to 1.
        """
        with tg.scope("Attention"):
            return _attend(tg.sum(query * memory, axis=-1), memory, mask)


@final
class AdditiveAttention:
    """The score is v·tanh(q W + m U + b) (Bahdanau et al., 2015, appendix A.1.2).

    Args:
        query_size: features of the query.
        memory_size: features of the memory.
        hidden_size: units between.
        rng: of the first weights.
        name: of the parameters, before a dot.
        dtype: of the parameters: a float type.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> query = tg.sequence("query", ("batch", 3), time="target")
        >>> memory = tg.placeholder("memory", ("source", "batch", 5))
        >>> context, weights = rnn.AdditiveAttention(3, 5, 4, rng=rng)(query, memory)
        >>> context.shape, weights.shape
        (('batch', 5), ('source', 'batch'))
    """

    def __init__(
        self,
        query_size: int,
        memory_size: int,
        hidden_size: int,
        *,
        rng: np.random.Generator,
        name: str = "attention",
        dtype: Any = "float32",
    ) -> None:
        check_sizes(
            query_size=query_size, memory_size=memory_size, hidden_size=hidden_size
        )
        made = [
            new_parameter(f"{name}.{what}", initializer, rng, shape, dtype, symbol)
            for what, symbol, initializer, shape in (
                ("weight_query", "W", glorot_uniform, (query_size, hidden_size)),
                ("weight_memory", "U", glorot_uniform, (memory_size, hidden_size)),
                ("bias", "b", zeros, (hidden_size,)),
                ("weight_score", "v", glorot_uniform, (hidden_size, 1)),
            )
        ]
        self.weight_query, self.weight_memory, self.bias, self.weight_score = made
        self.parameters: list[Node] = made

    def __call__(
        self, query: Node, memory: Node, mask: Node | None = None
    ) -> tuple[Node, Node]:
        """Return the weighted mean of the memory, and the weights; see DotAttention."""
        with tg.scope("Attention"):
            keys = memory @ self.weight_memory + self.bias
            hidden = tg.tanh(query @ self.weight_query + keys)
            scores = tg.squeeze(hidden @ self.weight_score, -1)
            return _attend(scores, memory, mask)


def _attend(scores: Node, memory: Node, mask: Node | None) -> tuple[Node, Node]:
    if mask is not None:
        if mask.dtype != bool or mask.shape != memory.shape[:2] or mask.time:
            raise MaskError(
                f"mask must be bool, static, of shape {memory.shape[:2]}, not "
                f"{mask.describe()}, made at {mask.where}"
            )
        scores = tg.where(mask, scores, _NEVER)
    weights = tg.softmax(scores, axis=0)
    return tg.sum(tg.expand_dims(weights, -1) * memory, axis=0), weights
