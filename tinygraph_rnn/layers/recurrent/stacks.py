"""Layers of one cell on top of one another, one way or both."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_rates, check_sizes, explains_arguments
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.layers.dense import new_parameter
from tinygraph_rnn.layers.initializers import (
    Initializer,
    glorot_uniform,
    orthogonal,
    zeros,
)
from tinygraph_rnn.layers.recurrent.loop import (
    TIME_FIRST,
    States,
    StateSpec,
    check_per_step,
    recur,
)
from tinygraph_rnn.layers.recurrent.weights import SYMBOLS, Shapes, W
from tinygraph_rnn.layers.regularization import dropout, weight_drop
from tinygraph_rnn.layers.sequences import Way, way_of

__all__ = ["RecurrentLayers"]

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class RecurrentLayers(abc.ABC, Generic[W]):
    """`num_layers` layers of one cell; each reads the output of the one below it.

    A subclass names its states (the first is the output) and gives the type and shapes
    of its weights and one step of its cell.

    Attributes:
        layers: the weights of each layer, from the bottom up; with `bidirectional`
            each layer has two, forward and reverse, as in PyTorch.
        output_size: features of the output.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> layers = rnn.LSTM(3, 4, num_layers=2, rng=rng, bidirectional=True)
        >>> layers.output_size, len(layers.layers)
        (8, 4)
        >>> layers(tg.sequence("x", ("batch", 3)))
        <concat: float32[batch, 8] (per step of 't')>
    """

    state_names: ClassVar[tuple[str, ...]]
    cell_name: ClassVar[str]
    short_name: ClassVar[str]
    recurrent_fields: ClassVar[tuple[str, ...]] = ("h",)
    size_attributes: ClassVar[Mapping[str, str]] = {}
    """State → the attribute that holds its features, where that is not hidden_size."""
    symbols: ClassVar[Mapping[str, str]] = SYMBOLS
    """Weight → what pictures write for it; by default its name."""
    weights: type[W]

    @explains_arguments(**TIME_FIRST)
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        rng: np.random.Generator,
        name: str | None = None,
        dtype: Any = "float32",
        bidirectional: bool = False,
        reverse: bool = False,
        residual: bool = False,
        dropout: float = 0.0,
        variational: bool = False,
        zoneout: float = 0.0,
        weight_drop: float = 0.0,
        learned_init: bool = False,
    ) -> None:
        """Make the weights.

        Args:
            input_size, hidden_size, num_layers: at least 1.
            rng: where first values come from.
            name: prefix of all names; by default that of the kind of layer.
            dtype: of weights and states.
            bidirectional: read both ways; outputs side by side (Schuster &
                Paliwal, 1997).
            reverse: read from the last step to the first.
            residual: from the second layer up, add the input to the output.
            dropout: share of units dropped between two layers.
            variational: dropout with one mask for all steps.
            zoneout: probability that a unit keeps its value from the step before.
            weight_drop: share of the recurrent weights dropped, for all steps.
            learned_init: make the states before the first step parameters.

        Raises:
            ConfigError: a size, a rate, rng or dtype makes no sense; names it.
        """
        check_sizes(
            input_size=input_size, hidden_size=hidden_size, num_layers=num_layers
        )
        check_rates(dropout=dropout, zoneout=zoneout, weight_drop=weight_drop)
        if bidirectional and reverse:
            raise ConfigError("reverse must be False where bidirectional is True")
        self.hidden_size, self.num_layers, self.dtype = hidden_size, num_layers, dtype
        self.name = self.short_name if name is None else name
        self.bidirectional, self.reverse = bidirectional, reverse
        self.residual, self.learned_init = residual, learned_init
        self.dropout, self.variational = dropout, variational
        self.zoneout, self.weight_drop = zoneout, weight_drop
        self.directions = 2 if bidirectional else 1
        self.output_size = self.directions * self.state_sizes[0]
        self.layers: list[W] = []
        self._initial_states: list[tuple[Any, ...]] = []
        for place in range(num_layers * self.directions):
            inputs = input_size if place < self.directions else self.output_size
            self._make_layer(place, inputs, rng)

    def _make_layer(self, place: int, inputs: int, rng: np.random.Generator) -> None:
        prefix = self._prefix(place)
        made = [
            new_parameter(
                f"{prefix}.{what}",
                initializer,
                rng,
                shape,
                self.dtype,
                self._symbol(self.symbols.get(what), place),
            )
            for what, (initializer, shape) in self.shapes(inputs).items()
        ]
        self.layers.append(self.weights(*made))
        first: list[Any] = [0.0] * len(self.state_names)
        if self.learned_init:
            first = [
                new_parameter(
                    f"{prefix}.{state}_0",
                    zeros,
                    rng,
                    (size,),
                    self.dtype,
                    self._symbol(f"{state}⁰", place),
                )
                for state, size in zip(self.state_names, self.state_sizes, strict=True)
            ]
        self._initial_states.append(tuple(first))

    def _prefix(self, place: int, name: str | None = None) -> str:
        depth, back = divmod(place, self.directions)
        return f"{name or self.name}.{depth}{'.reverse' if back else ''}"

    def _symbol(self, symbol: str | None, place: int) -> str | None:
        """How pictures write a symbol in one layer: h, h⁽²⁾, →h or ←h⁽²⁾."""
        if symbol is None:
            return None
        depth, back = divmod(place, self.directions)
        arrow = ("→", "←")[back] if self.bidirectional else ""
        layer = f"⁽{depth + 1}⁾".translate(_RAISED) if self.num_layers > 1 else ""
        return f"{arrow}{symbol}{layer}"

    @property
    def state_sizes(self) -> tuple[int, ...]:
        """Features of each state."""
        attributes = (self.size_attributes.get(name) for name in self.state_names)
        return tuple(getattr(self, each or "hidden_size") for each in attributes)

    @abc.abstractmethod
    def shapes(self, inputs: int) -> Shapes:
        """Return the weights of one layer with `inputs` features below it."""

    def packed(
        self, inputs: int, blocks: int, bias: Initializer = zeros
    ) -> dict[str, tuple[Initializer, tuple[int, ...]]]:
        """Return the weights x, h and b of `blocks` gates side by side.

        Args:
            inputs: features that the layer reads.
            blocks: how many gates.
            bias: how a gate's bias begins.
        """
        wide = blocks * self.hidden_size
        return {
            "weight_x": (glorot_uniform, (inputs, wide)),
            "weight_h": (orthogonal, (self.state_sizes[0], wide)),
            "bias": (bias, (wide,)),
        }

    @abc.abstractmethod
    def step(self, x: Node, before: States, w: W) -> States:
        """Return the states of one layer now, from those one step ago."""

    @explains_arguments(**TIME_FIRST)
    def __call__(
        self,
        x: Node,
        init: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
        *,
        lengths: Any = None,
        mask: Node | None = None,
        continues: Node | None = None,
    ) -> Node:
        """Return the output (batch, output_size) at each step; see `forward`."""
        options = {"lengths": lengths, "mask": mask, "continues": continues}
        return self.forward(x, init, name, **options)[0]

    def states(
        self,
        x: Node,
        init: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
        **options: Any,
    ) -> list[States]:
        """Return all states of all layers at each step; `init` is as of `forward`."""
        return self.forward(x, init, name, **options)[1]

    @explains_arguments(**TIME_FIRST)
    def forward(
        self,
        x: Node,
        init: Sequence[Sequence[Any]] | None = None,
        name: str | None = None,
        *,
        lengths: Any = None,
        mask: Node | None = None,
        continues: Node | None = None,
    ) -> tuple[Node, list[States]]:
        """Return the output of the top layer and the states of all, at each step.

        In padding the output is 0 and states stand still, so `tg.last` of a state
        is the one after each row's own last step.

        Args:
            x: per step, (batch, input).
            init: for each of `layers` its states before the first step; by
                default zeros, or the learned ones.
            name: prefix of the delays' names, to call a layer twice in one graph.
            lengths: ints (batch), static: how many steps of each row count.
            mask: instead of lengths, bool per step (batch): which steps count.
            continues: bool per step (batch): False where a row starts anew.

        Raises:
            tg.TimeAxisError: x has one value in all.
            tg.DTypeError: x is of a wider type than the layer.
            ConfigError: init has not one tuple of states per layer.
            MaskError: lengths, mask or continues do not fit x.
        """
        check_per_step(self.name, x)
        self._check_dtype(x)
        first = self._checked_init(init)
        way = way_of(x, self.reverse, lengths, mask, continues)
        above: list[States] = []
        for depth in range(0, len(self.layers), self.directions):
            if depth and self.dropout:
                prefix = self._prefix(depth, name)
                x = dropout(
                    x,
                    self.dropout,
                    name=f"{prefix}.dropout",
                    variational=self.variational,
                )
            outputs = []
            for place in range(depth, depth + self.directions):
                output, now = self._run(place, x, first[place], way, name)
                above.append(now)
                outputs.append(output)
            output = outputs[0] if len(outputs) == 1 else tg.concat(outputs, -1)
            x = x + output if self.residual and depth else output
        return x, above

    def _run(
        self, place: int, x: Node, init: Sequence[Any], way: Way, name: str | None
    ) -> tuple[Node, States]:
        prefix = self._prefix(place, name)
        if place % self.directions:
            way = replace(way, reverse=True)
        slots = [
            StateSpec(
                f"{prefix}.{state}",
                (*x.shape[:-1], size),
                self.dtype,
                value,
                self.zoneout,
                self._symbol(state, place),
            )
            for state, size, value in zip(
                self.state_names, self.state_sizes, init, strict=True
            )
        ]
        w = self._dropped(self.layers[place], prefix)

        def step(x: Node, before: States) -> tuple[Node, States]:
            now = self.step(x, before, w)
            return now[0], now

        return recur(step, x, slots, way, self._scope(place))

    def _dropped(self, w: W, prefix: str) -> W:
        """The weights, with entries of the recurrent ones dropped."""
        if not self.weight_drop:
            return w
        fields = [
            weight_drop(node, self.weight_drop, name=f"{prefix}.{field}.dropped")
            if field in self.recurrent_fields
            else node
            for field, node in zip(w._fields, w, strict=True)
        ]
        return self.weights(*fields)

    def _checked_init(
        self, init: Sequence[Sequence[Any]] | None
    ) -> Sequence[Sequence[Any]]:
        if init is None:
            return self._initial_states
        try:
            given = [len(states) for states in init]
            shown = f"{given} states"
        except TypeError:
            given, shown = [], repr(init)
        if given != [len(self.state_names)] * len(self.layers):
            names = ", ".join(self.state_names)
            raise ConfigError(
                f"init must hold ({names}) for each of {len(self.layers)} layers of "
                f"{self.name}, a list of lists such as [[{names}]], not {shown}"
            )
        return init

    def _check_dtype(self, x: Node) -> None:
        wide = np.result_type(x.dtype, self.dtype)
        if wide != self.dtype:
            own = np.dtype(self.dtype)
            raise tg.DTypeError(
                f"{self.name}: {x.describe()}, made at {x.where}, makes {wide} of "
                f"weights and states of dtype {own}: use tg.cast(x, '{own}'), or give "
                f"the layer dtype='{wide}'"
            )

    def _scope(self, place: int) -> str:
        depth, back = divmod(place, self.directions)
        number = f" {depth + 1}" if len(self.layers) > self.directions else ""
        return f"{self.cell_name}{number}{' reversed' if back else ''}"

    @property
    def parameters(self) -> list[Node]:
        """All weights, from the bottom layer up; after them learned initial states."""
        weights = [weight for layer in self.layers for weight in layer]
        if not self.learned_init:
            return weights
        return weights + [state for states in self._initial_states for state in states]
