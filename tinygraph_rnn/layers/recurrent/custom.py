"""Bring your own cell."""

from collections.abc import Callable, Mapping
from typing import Any, final

from tinygraph import Node
from tinygraph_rnn.checking import (
    check_dtype,
    check_rates,
    check_sizes,
    explains_arguments,
)
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.recurrent.loop import (
    TIME_FIRST,
    States,
    StateSpec,
    check_per_step,
    recur,
)
from tinygraph_rnn.layers.sequences import way_of

__all__ = ["Recurrent"]

State = Mapping[str, Node]
Cell = Callable[[Node, State], tuple[Node, State]]


@final
class Recurrent:
    """Any function of (inputs, state) as a layer.

    The cell gets a node per step and a dict of states one step ago, and returns its
    output and the states now:

    >>> import tinygraph as tg
    >>> def counter(x, state):
    ...     total = state["total"] + x
    ...     return total / 2, {"total": total}
    >>> layer = Recurrent(counter, {"total": 3})
    >>> layer(tg.sequence("x", ("batch", 3)))
    <divide: float32[batch, 3] (per step of 't')>

    Attributes:
        cell: the function.
        state: name → shape of each state, the batch left out.
    """

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        cell: Cell,
        state: Mapping[str, int | tuple[int, ...]],
        *,
        name: str = "recurrent",
        dtype: Any = "float32",
        feature_axes: int = 1,
        reverse: bool = False,
        zoneout: float = 0.0,
    ) -> None:
        """Say what is carried.

        Args:
            cell: (inputs, state) → (output, state).
            state: name → size or shape, after the batch.
            name: prefix of the delays' names.
            dtype: of the states.
            feature_axes: how many trailing axes of the input are not the batch.
            reverse: from the last step to the first.
            zoneout: probability that a unit keeps its value.

        Raises:
            ConfigError: cell is no function, state no dict, a size no positive int,
                zoneout not in [0, 1), or dtype none (with zoneout: no float type).
        """
        check_rates(zoneout=zoneout)
        check_dtype(dtype, floating=zoneout > 0.0)
        check_sizes(0, feature_axes=feature_axes)
        if not callable(cell):
            raise ConfigError(
                "cell must be a function (inputs, state) -> (output, state), "
                f"not {cell!r}"
            )
        if not isinstance(state, Mapping):
            raise ConfigError(
                "state must be a dict of each state's name and size, such as "
                f"{{'h': 16}}, not {state!r}"
            )
        shapes = {
            key: size if isinstance(size, tuple) else (size,)
            for key, size in state.items()
        }
        for key, shape in shapes.items():
            for size in shape:
                check_sizes(**{f"state {key!r}": size})
        self.cell, self.state, self.name, self.dtype = cell, shapes, name, dtype
        self.feature_axes, self.reverse, self.zoneout = feature_axes, reverse, zoneout

    @explains_arguments(**TIME_FIRST)
    def __call__(
        self, x: Node, init: Mapping[str, Any] | None = None, **options: Any
    ) -> Node:
        """Return the cell's output at each step; arguments as of `forward`."""
        return self.forward(x, init, **options)[0]

    @explains_arguments(**TIME_FIRST)
    def forward(
        self,
        x: Node,
        init: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        lengths: Node | None = None,
        mask: Node | None = None,
        continues: Node | None = None,
    ) -> tuple[Node, dict[str, Node]]:
        """Return the output and the states at each step.

        Args:
            x: per step, (batch, ...).
            init: states before the first step, by name; zeros where not given.
            name: prefix of the delays' names, to call a layer twice in one graph.
            lengths, mask, continues: see `sequences.way_of`.

        Raises:
            tg.TimeAxisError: x has one value in all.
            ConfigError: the cell returns something else than an output and its
                states, init names an unknown state or is no dict, or x has fewer
                than `feature_axes` axes.
            MaskError: lengths, mask or continues do not fit x.
        """
        check_per_step(self.name, x)
        batch = self._batch(x)
        flags = lengths, mask, continues
        way = way_of(x, self.reverse, *flags, feature_axes=self.feature_axes)
        first = self._checked_init(init)
        called = self.name if name is None else name
        slots = [
            StateSpec(
                f"{called}.{key}",
                (*batch, *shape),
                self.dtype,
                first.get(key, 0.0),
                self.zoneout,
                key,
            )
            for key, shape in self.state.items()
        ]
        output, states = recur(self._step, x, slots, way, self.name)
        return output, dict(zip(self.state, states, strict=True))

    def _batch(self, x: Node) -> tuple[Any, ...]:
        """The axes of x that all states have too."""
        if x.ndim < self.feature_axes:
            raise ConfigError(
                f"{self.name}: feature_axes must be at most the {x.ndim} axes of "
                f"{x.describe()}, made at {x.where}, not {self.feature_axes}"
            )
        return x.shape[: x.ndim - self.feature_axes]

    def _checked_init(self, init: Any) -> dict[str, Any]:
        if init is None:
            return {}
        states = ", ".join(self.state)
        if not isinstance(init, Mapping):
            raise ConfigError(
                f"init must be a dict of the first values of {self.name}'s states "
                f"{states}, not {_shown(init)}"
            )
        unknown = ", ".join(str(key) for key in init if key not in self.state)
        if unknown:
            raise ConfigError(
                f"init names {unknown}, but the states of {self.name} are {states}"
            )
        return dict(init)

    def _step(self, x: Node, before: States) -> tuple[Node, States]:
        given = dict(zip(self.state, before, strict=True))
        result: Any = self.cell(x, given)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise self._wrong(f"returned {_shown(result)}")
        output, after = result
        if not isinstance(output, Node):
            raise self._wrong(f"returned the output {_shown(output)}")
        if not isinstance(after, Mapping) or after.keys() != given.keys():
            raise self._wrong(f"returned the state {_shown(after)}")
        for key, node in after.items():
            wanted = given[key].type
            if not isinstance(node, Node) or node.type != wanted:
                raise self._wrong(
                    f"returned for state {key!r} {_shown(node)}, not {wanted} (with "
                    f"feature_axes={self.feature_axes} a state begins with the axes "
                    f"{self._batch(x)} of {x.type})"
                )
        return output, tuple(after[key] for key in self.state)

    def _wrong(self, what: str) -> ConfigError:
        names = ", ".join(repr(key) for key in self.state)
        return ConfigError(
            f"{self.name}: the cell {what}; it must return (output, state) with one "
            f"node per state: a dict of {names}, each of the type it came with"
        )


def _shown(value: Any) -> str:
    if isinstance(value, Node):
        return f"{value.describe()}, made at {value.where}"
    if isinstance(value, Mapping):
        return f"a dict of {', '.join(map(repr, value)) or 'nothing'}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return repr(value)
