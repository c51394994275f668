"""The linear maps of a cell's gates, each with its own columns of packed weights.

Parameters are packed as PyTorch packs them, all gates side by side; a cell is written
gate by gate, as textbooks write it. The optimiser lays the products together again.
"""

from typing import NamedTuple, final

import tinygraph as tg
from tinygraph import Node

__all__ = ["Linear"]

_RAISED = {"f": "ᶠ", "g": "ᵍ", "i": "ⁱ", "n": "ⁿ", "o": "ᵒ", "r": "ʳ", "z": "ᶻ"}


@final
class Linear(NamedTuple):
    """x W + h U + b of each gate of a cell.

    Attributes:
        gates: a letter for each gate, in the order in which their columns are packed.
        x, h, b: W (input, gates·hidden), U (hidden, gates·hidden) and b (gates·hidden).
        n: U of the candidate (hidden, hidden), where it is not packed in `h`.

    Example:
        >>> w = rnn.LSTM(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> Linear("ifgo", w.x, w.h, w.b).w("f")
        <index 'Wᶠ': float32[3, 4] (static)>
    """

    gates: str
    x: Node
    h: Node
    b: Node
    n: Node | None = None

    def beside(self, x: Node, h: Node) -> Node:
        """Return [x, h], for `joined`.

        Raises:
            tg.ShapeError: x or h has another number of features than the weights take.
        """
        _check(x, self.x)
        _check(h, self.h)
        return tg.concat([x, h], axis=-1)

    def __call__(self, gate: str, x: Node, h: Node) -> Node:
        """Return x W + h U + b.

        Raises:
            tg.ShapeError: x or h has another number of features than the weights take.
        """
        _check(x, self.x)
        _check(h, self.n if gate == "n" and self.n is not None else self.h)
        with tg.scope(f"Linear {gate}"):
            return x @ self.w(gate) + h @ self.u(gate) + self.bias(gate)

    def joined(self, gate: str, xh: Node) -> Node:
        """Return [x, h] [W; U] + b: x and h side by side, W upon U."""
        with tg.scope(f"Linear {gate}"):
            w, u = self.w(gate), self.u(gate)
            both = tg.concat([w, u], axis=0).named(f"{w.name}, {u.name}")
            return xh @ both + self.bias(gate)

    def w(self, gate: str) -> Node:
        """Return what is applied to the input."""
        return _columns("W", self.x, self.gates, gate)

    def u(self, gate: str) -> Node:
        """Return what is applied to the state."""
        if self.n is None:
            return _columns("U", self.h, self.gates, gate)
        packed = self.gates.replace("n", "")
        return self.n if gate == "n" else _columns("U", self.h, packed, gate)

    def bias(self, gate: str) -> Node:
        """Return what is added."""
        return _columns("b", self.b, self.gates, gate)


def _check(x: Node, weight: Node) -> None:
    if x.shape[-1:] == weight.shape[:1]:
        return
    features = x.shape[-1] if x.shape else "no"
    raise tg.ShapeError(
        f"{x.describe()}, made at {x.where}, has {features} features, but "
        f"{weight.describe()}, made at {weight.where}, takes {weight.shape[0]}"
    )


def _columns(symbol: str, packed: Node, gates: str, gate: str) -> Node:
    """Return one gate's columns, named as books write them: Wᶠ, of a layer Wᶠ⁽²⁾."""
    if gates == gate:
        return packed
    part = tg.split(packed, len(gates), axis=-1)[gates.index(gate)]
    head, bracket, layer = (packed.symbol or symbol).partition("⁽")
    return part.named(head + _RAISED[gate] + bracket + layer)
