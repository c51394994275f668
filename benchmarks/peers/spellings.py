"""Recurrences as people write them: the same numbers, spelled in different ways.

A `Spelling` says how affine maps and gates are written; a cell says what is computed
with them. All spellings hold the same weights, drawn once per name, cut or joined as
the spelling wants them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import Node


def by_hand(x: Node) -> Node:
    """Return the logistic function from its definition."""
    return 1.0 / (1.0 + tg.exp(-x))


@dataclass
class Spelling:
    """How a model is written.

    Attributes:
        form: the name, of `FORMS`.
        hidden: the width of every state and of every gate.
        parameters: name → node, in the order in which they are made.
        given: name → numbers, of what is not drawn by its name.
    """

    form: str
    hidden: int
    parameters: dict[str, Node] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)

    def weight(self, name: str, *shape: int) -> Node:
        """Return a parameter; the same numbers for a name, whatever the form."""
        return self.leaf(name, self.numbers(name, *shape))

    def numbers(self, name: str, *shape: int) -> Any:
        """Return what was given for a name, else numbers drawn by it."""
        if name in self.given:
            return self.given[name]
        rng = np.random.default_rng(sum(map(ord, name)))
        scale = shape[0] ** -0.5 if len(shape) == 2 else 0.1
        return (scale * rng.standard_normal(shape)).astype("float32")

    def leaf(self, name: str, values: Any) -> Node:
        """Return a parameter of these values, made once."""
        if name not in self.parameters:
            self.parameters[name] = tg.parameter(name, np.ascontiguousarray(values))
        return self.parameters[name]

    def sigmoid(self, x: Node) -> Node:
        """Return the logistic function: an op, or by hand."""
        return by_hand(x) if self.form == "torch" else tg.sigmoid(x)

    def embedded(self, name: str, tokens: Node, vocabulary: int, width: int) -> Node:
        """Return the rows of a table: taken, or as a product with a one-hot row."""
        table = self.weight(name, vocabulary, width)
        if self.form == "one-hot":
            return tg.one_hot(tokens, vocabulary) @ table
        return tg.take(table, tokens, axis=0)

    def gates(self, name: str, parts: Sequence[Node], count: int) -> list[Node]:
        """Return `count` sums of products of the parts, each with a bias."""
        return _WAYS.get(self.form, _packed)(self, name, list(parts), count)


def _arrays(
    way: Spelling, name: str, parts: list[Node], columns: int
) -> tuple[list[Any], Any]:
    """Return the packed weights of each part, and the packed bias."""
    weights = [
        way.numbers(f"{name}.{i}", int(part.shape[-1]), columns)
        for i, part in enumerate(parts)
    ]
    return weights, way.numbers(f"{name}.b", columns)


def _packed(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    return _cut(_affine(way, name, parts, count), count)


def _cut(z: Node, count: int) -> list[Node]:
    return list(tg.split(z, count, axis=-1)) if count > 1 else [z]


def _affine(way: Spelling, name: str, parts: list[Node], count: int) -> Node:
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    leaves = [way.leaf(f"{name}.{i}", w) for i, w in enumerate(weights)]
    total = parts[0] @ leaves[0]
    for part, leaf in zip(parts[1:], leaves[1:], strict=True):
        total = total + part @ leaf
    return total + way.leaf(f"{name}.b", bias)


def _torch(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    """Weights by row, a bias for each product."""
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    total = None
    for i, (part, w) in enumerate(zip(parts, weights, strict=True)):
        leaf = way.leaf(f"{name}.{i}", w.T)
        own = way.leaf(f"{name}.b{i}", bias / len(parts))
        term = part @ leaf.T + own
        total = term if total is None else total + term
    assert total is not None
    return _cut(total, count)


def _reshaped(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    z = _affine(way, name, parts, count)
    if count == 1:
        return [z]
    z = tg.reshape(z, (*z.shape[:-1], count, way.hidden))
    return [z[:, k] for k in range(count)]


def _concat(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    joined = way.leaf(f"{name}.w", np.concatenate(weights))
    whole = tg.concat(parts, axis=-1) if len(parts) > 1 else parts[0]
    return _cut(whole @ joined + way.leaf(f"{name}.b", bias), count)


def _per_gate(values: Any, count: int) -> list[Any]:
    return np.split(values, count, axis=-1)


def _concat_per_gate(
    way: Spelling, name: str, parts: list[Node], count: int
) -> list[Node]:
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    own = _per_gate(np.concatenate(weights), count)
    found = []
    for k, (w, b) in enumerate(zip(own, _per_gate(bias, count), strict=True)):
        whole = tg.concat(parts, axis=-1) if len(parts) > 1 else parts[0]
        found.append(
            whole @ way.leaf(f"{name}.w[{k}]", w) + way.leaf(f"{name}.b[{k}]", b)
        )
    return found


def _textbook(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    found = []
    for k in range(count):
        total = None
        for i, (part, w) in enumerate(zip(parts, weights, strict=True)):
            term = part @ way.leaf(f"{name}.{i}[{k}]", _per_gate(w, count)[k])
            total = term if total is None else total + term
        assert total is not None
        found.append(total + way.leaf(f"{name}.b[{k}]", _per_gate(bias, count)[k]))
    return found


def _ones(way: Spelling, name: str, parts: list[Node], count: int) -> list[Node]:
    """The bias is the last row of the weights, read by a column of ones."""
    weights, bias = _arrays(way, name, parts, count * way.hidden)
    joined = way.leaf(f"{name}.w", np.concatenate([*weights, bias[None]]))
    column = tg.ones_like(parts[0][..., :1])
    return _cut(tg.concat([*parts, column], axis=-1) @ joined, count)


_WAYS: dict[str, Callable[[Spelling, str, list[Node], int], list[Node]]] = {
    "torch": _torch,
    "reshaped": _reshaped,
    "concat": _concat,
    "concat per gate": _concat_per_gate,
    "textbook": _textbook,
    "ones": _ones,
}

FORMS = ("packed", *_WAYS, "one-hot")
