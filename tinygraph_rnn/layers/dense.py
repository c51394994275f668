"""Layers: parameters, and the cell or formula they stand in, called on nodes.

A layer makes its parameters once, named `<name>.<weight>`; every call builds nodes
that share them.
"""

from collections.abc import Callable
from typing import Any, final

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_dtype, check_generator, check_sizes
from tinygraph_rnn.layers.initializers import Initializer, glorot_uniform, normal, zeros

__all__ = ["Embedding", "Linear", "ParameterFactory", "TiedLinear", "new_parameter"]


@final
class ParameterFactory(np.random.Generator):
    """Passed in place of a generator, makes parameters by `make` and draws no values.

    Attributes:
        make: name, shape, dtype and symbol → the parameter's node.
    """

    def __init__(
        self, make: Callable[[str, tuple[int, ...], Any, str | None], Node]
    ) -> None:
        super().__init__(np.random.PCG64(0))
        self.make = make


def new_parameter(
    name: str,
    initializer: Initializer,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    dtype: Any,
    symbol: str | None = None,
) -> Node:
    """Return a new parameter, with its first value from an initialiser.

    A `ParameterFactory` in place of a generator makes the parameter instead. Pictures
    write the symbol.

    Raises:
        ConfigError: rng is no generator, or dtype no float type.
    """
    check_generator(rng)
    check_dtype(dtype)
    if isinstance(rng, ParameterFactory):
        return rng.make(name, shape, dtype, symbol)
    return tg.parameter(name, initializer(rng, shape).astype(dtype), symbol=symbol)


@final
class Linear:
    """y = x W + b, with W (in_features, out_features) and b (out_features).

    Args:
        in_features, out_features: sizes of the last axis of x and of y.
        rng: of the first weights. W is uniform in ±√(6 / (in + out)) (Glorot & Bengio,
            2010), b is 0.
        name: the parameters are `<name>.weight` and `<name>.bias`.
        dtype: of the parameters: a float type.

    Raises:
        ConfigError: a size is no positive int, rng no generator, or dtype no float.

    Example:
        >>> linear = rnn.Linear(3, 4, rng=np.random.default_rng(0))
        >>> linear(tg.sequence("x", ("batch", 3)))
        <add: float32[batch, 4] (per step of 't')>
        >>> [node.name for node in linear.parameters]
        ['linear.weight', 'linear.bias']
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        rng: np.random.Generator,
        name: str = "linear",
        dtype: Any = "float32",
    ) -> None:
        check_sizes(in_features=in_features, out_features=out_features)
        shape = (in_features, out_features)
        self.weight = new_parameter(
            f"{name}.weight", glorot_uniform, rng, shape, dtype, "W"
        )
        self.bias = new_parameter(f"{name}.bias", zeros, rng, shape[1:], dtype, "b")

    def __call__(self, x: Node) -> Node:
        """Map x (..., in_features) to (..., out_features)."""
        with tg.scope("Linear"):
            return x @ self.weight + self.bias

    @property
    def parameters(self) -> list[Node]:
        """The weight and the bias."""
        return [self.weight, self.bias]


@final
class Embedding:
    """A table with one row of `features` numbers per token.

    Args:
        num_tokens: rows of the table; tokens are ints in [0, num_tokens).
        features: numbers of a row.
        rng: of the first weights. They are standard normal.
        name: the parameter is `<name>.weight`, (num_tokens, features).
        dtype: of the table: a float type.

    Raises:
        ConfigError: a size is no positive int, rng no generator, or dtype no float.

    Example:
        >>> embedding = rnn.Embedding(65, 8, rng=np.random.default_rng(0))
        >>> embedding(tg.sequence("tokens", ("batch",), "int32"))
        <take: float32[batch, 8] (per step of 't')>
    """

    def __init__(
        self,
        num_tokens: int,
        features: int,
        *,
        rng: np.random.Generator,
        name: str = "embedding",
        dtype: Any = "float32",
    ) -> None:
        check_sizes(num_tokens=num_tokens, features=features)
        shape = (num_tokens, features)
        self.weight = new_parameter(
            f"{name}.weight", normal(1.0), rng, shape, dtype, "E"
        )

    def __call__(self, tokens: Node) -> Node:
        """Map int tokens (...) to (..., features).

        As for `tg.take`, a negative token counts from the end; one out of range is a
        `tg.IndexRangeError` when the graph runs.
        """
        with tg.scope("Embed"):
            return tg.take(self.weight, tokens, axis=0)

    @property
    def parameters(self) -> list[Node]:
        """The table."""
        return [self.weight]


@final
class TiedLinear:
    """y = x Eᵀ + b, with E the table of an embedding (Press & Wolf, 2017)."""

    def __init__(
        self,
        embedding: Embedding,
        *,
        name: str = "tied",
        dtype: Any = "float32",
    ) -> None:
        check_dtype(dtype)
        self.embedding = embedding
        shape = embedding.weight.shape[:1]
        self.bias = tg.parameter(f"{name}.bias", np.zeros(shape, dtype), symbol="b")

    def __call__(self, x: Node) -> Node:
        """Map x (..., features) to (..., num_tokens).

        Raises:
            tg.ShapeError: x has other features than the embedding.
        """
        with tg.scope("Linear"):
            return x @ self.embedding.weight.T + self.bias

    @property
    def parameters(self) -> list[Node]:
        """The bias; the table is the embedding's."""
        return [self.bias]
