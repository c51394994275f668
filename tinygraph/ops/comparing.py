"""Comparison and logic: NumPy's binary ufuncs that give bools."""

from typing import Any

import numpy as np

from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.core.operators import FUNCTIONS
from tinygraph.ops.elementwise import elementwise

EQUAL = elementwise("equal", np.equal)
NOT_EQUAL = elementwise("not_equal", np.not_equal)
LESS = elementwise("less", np.less)
LESS_EQUAL = elementwise("less_equal", np.less_equal)
GREATER = elementwise("greater", np.greater)
GREATER_EQUAL = elementwise("greater_equal", np.greater_equal)
LOGICAL_AND = elementwise("logical_and", np.logical_and)
LOGICAL_OR = elementwise("logical_or", np.logical_or)
LOGICAL_XOR = elementwise("logical_xor", np.logical_xor)


def equal(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 == x2, element by element (`==` compares nodes by identity).

    Example:
        >>> tg.evaluate(tg.equal([1, 2, 3], 2))
        array([False,  True, False])
    """
    return apply(EQUAL, x1, x2, name=name)


def not_equal(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 != x2, element by element.

    Example:
        >>> tg.evaluate(tg.not_equal([1, 2, 3], 2))
        array([ True, False,  True])
    """
    return apply(NOT_EQUAL, x1, x2, name=name)


def less(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 < x2.

    Example:
        >>> tg.evaluate(tg.less([1, 2, 3], 2))
        array([ True, False, False])
    """
    return apply(LESS, x1, x2, name=name)


def less_equal(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 <= x2.

    Example:
        >>> tg.evaluate(tg.less_equal([1, 2, 3], 2))
        array([ True,  True, False])
    """
    return apply(LESS_EQUAL, x1, x2, name=name)


def greater(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 > x2.

    Example:
        >>> tg.evaluate(tg.greater([1, 2, 3], 2))
        array([False, False,  True])
    """
    return apply(GREATER, x1, x2, name=name)


def greater_equal(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 >= x2.

    Example:
        >>> tg.evaluate(tg.greater_equal([1, 2, 3], 2))
        array([False,  True,  True])
    """
    return apply(GREATER_EQUAL, x1, x2, name=name)


def logical_and(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """True where both are non-zero; `&` on nodes.

    Example:
        >>> tg.evaluate(tg.logical_and([True, True, False], [True, False, False]))
        array([ True, False, False])
    """
    return apply(LOGICAL_AND, x1, x2, name=name)


def logical_or(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """True where one is non-zero; `|` on nodes.

    Example:
        >>> tg.evaluate(tg.logical_or([True, True, False], [True, False, False]))
        array([ True,  True, False])
    """
    return apply(LOGICAL_OR, x1, x2, name=name)


def logical_xor(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """True where exactly one is non-zero; `^` on nodes.

    Example:
        >>> tg.evaluate(tg.logical_xor([True, True, False], [True, False, False]))
        array([False,  True, False])
    """
    return apply(LOGICAL_XOR, x1, x2, name=name)


FUNCTIONS.update(
    less=less,
    less_equal=less_equal,
    greater=greater,
    greater_equal=greater_equal,
    logical_and=logical_and,
    logical_or=logical_or,
    logical_xor=logical_xor,
)
