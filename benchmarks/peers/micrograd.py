"""An engine in the manner of micrograd (Karpathy, 2020): scalars, closures, a tape.

Only the ordering differs: it is iterative, since Python's recursion ends at depth 1000.
"""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from benchmarks.peers.ready import Ready
from benchmarks.problems import Arrays, ScalarProblem


def _nothing() -> None:
    pass


class Value:
    """A scalar that knows how it was made."""

    def __init__(self, data: float, children: Iterable["Value"] = (), op: str = ""):
        self.data = data
        self.grad = 0.0
        self._backward: Callable[[], None] = _nothing
        self._prev = set(children)
        self._op = op

    def __add__(self, other: "Value | float") -> "Value":
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def backward() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out._backward = backward
        return out

    def __mul__(self, other: "Value | float") -> "Value":
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def backward() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = backward
        return out

    def tanh(self) -> "Value":
        """Return its hyperbolic tangent."""
        t = math.tanh(self.data)
        out = Value(t, (self,), "tanh")

        def backward() -> None:
            self.grad += (1 - t * t) * out.grad

        out._backward = backward
        return out

    def backward(self) -> None:
        """Fill `grad` of all that this depends on."""
        self.grad = 1.0
        for value in reversed(_topological(self)):
            value._backward()


def _topological(root: Value) -> list[Value]:
    order: list[Value] = []
    visited = {root}
    stack: list[tuple[Value, Iterator[Value]]] = [(root, iter(root._prev))]
    while stack:
        value, children = stack[-1]
        for child in children:
            if child not in visited:
                visited.add(child)
                stack.append((child, iter(child._prev)))
                break
        else:
            order.append(value)
            stack.pop()
    return order


def build(problem: ScalarProblem, variant: str, threads: int) -> Ready:
    """Return the step; it builds the expression anew, as a tape must."""
    weights = {name: array.tolist() for name, array in problem.weights().items()}

    def step() -> Arrays:
        a, b = ([Value(number) for number in weights[name]] for name in "ab")
        loss = problem.expression(a, b, Value.tanh)
        loss.backward()
        gradients = {
            name: np.array([value.grad for value in values])
            for name, values in (("a", a), ("b", b))
        }
        return {"loss": np.asarray(loss.data), **gradients}

    return Ready(step)
