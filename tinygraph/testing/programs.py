"""A graph as a program that can be pasted and run: what a failing property prints."""

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.ops.random import RandomKey
from tinygraph.ops.time import EXTENT

_HEAD = ("import numpy as np", "", "import tinygraph as tg")
_KEYS = "from tinygraph.ops.random import RandomKey"


class Call(NamedTuple):
    """With what a graph is called.

    Attributes:
        feeds: by leaf or by name.
        steps: T where no sequence fixes it, by axis or one for all.
        start, seed: as of a compiled function.

    Example:
        >>> graph = tg.Graph({"y": tg.tanh(tg.placeholder("x"))})
        >>> call = testing.Call({"x": np.float32(0)}, seed=1)
        >>> print(testing.as_code(graph, **call._asdict()).splitlines()[-1])
        print(tg.interpret(graph, feeds, seed=1))
    """

    feeds: Mapping[Any, Any]
    steps: Any = None
    start: int = 0
    seed: int = 0


def as_code(
    graph: Graph,
    feeds: Mapping[Any, Any] | None = None,
    seed: int = 0,
    *,
    steps: Any = None,
    start: int = 0,
) -> str:
    """Return a program that builds a folded graph again and, given feeds, runs it.

    Args:
        feeds: of a call, by leaf or by name; its last line then prints the outputs.
        seed, steps, start: of that call.

    Raises:
        TinygraphError: the graph is unrolled, or holds an op that is not registered.

    Example:
        >>> x = tg.sequence("x")
        >>> b = tg.delay("b", shape=())
        >>> graph = tg.Graph({"y": b.close(tg.tanh(b + x)).source})
        >>> print(testing.as_code(graph, {"x": np.ones(2, "float32")}))
        import numpy as np
        <BLANKLINE>
        import tinygraph as tg
        <BLANKLINE>
        b = tg.delay("b", init=tg.constant(np.array(0.0, "float32")), shape=())
        x = tg.sequence("x", (), "float32", "t")
        n3 = tg.add(b, x)
        n4 = tg.tanh(n3)
        b.close(n4)
        graph = tg.Graph({"y": n4})
        feeds = {"x": np.array([1.0, 1.0], "float32")}
        print(tg.interpret(graph, feeds))
    """
    writer = _Writer(graph)
    body = list(writer.lines())
    keys = [_KEYS] if any("RandomKey(" in line for line in body) else []
    run = [] if feeds is None else list(_run(Call(feeds, steps, start, seed)))
    return "\n".join([*_HEAD, *keys, "", *body, *run])


def printed(graph: Graph) -> str:
    """Return a graph as Hypothesis shows it: as a program where there is one."""
    try:
        return f"{graph!r}\n{as_code(graph)}\n"
    except TinygraphError:
        return repr(graph)


def _run(call: Call) -> Iterator[str]:
    named = {
        key.label if isinstance(key, Node) else str(key): np.asarray(value)
        for key, value in call.feeds.items()
    }
    listed = ", ".join(
        f"{_quoted(name)}: {_array(value)}" for name, value in named.items()
    )
    yield f"feeds = {{{listed}}}"
    extra = [
        f", {name}={value!r}"
        for name, value in (("steps", call.steps), ("start", call.start))
        if value
    ]
    seed = f", seed={call.seed}" if call.seed else ""
    yield f"print(tg.interpret(graph, feeds{''.join(extra)}{seed}))"


class _Writer:
    """Writes one line a node; a delay before its source, which closes it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names: dict[Node, str] = {}

    def lines(self) -> Iterator[str]:
        for i, node in enumerate(_in_order(self.graph.nodes)):
            if node.origin is not None:
                raise TinygraphError(
                    f"{node.describe()} is a copy that `unroll` made: give the folded "
                    "graph, and unroll it in the program"
                )
            text = self._made(node)
            if node.op is CONSTANT and len(text) < 50:
                self.names[node] = text
                continue
            self.names[node] = self._name(node, i)
            yield f"{self.names[node]} = {text}"
        for delay in self.graph.delays:
            yield f"{self.names[delay]}.close({self.names[delay.source]})"
        outputs = self.graph.outputs.items()
        listed = ", ".join(f"{_quoted(k)}: {self.names[v]}" for k, v in outputs)
        yield f"graph = tg.Graph({{{listed}}})"

    def _name(self, node: Node, number: int) -> str:
        """Return the node's own name where that can be a variable's, else a number."""
        name = node.name or ""
        plain = re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*", name)
        taken = {*self.names.values(), "np", "tg", "graph", "feeds", "RandomKey"}
        if (
            not plain
            or keyword.iskeyword(name)
            or name in taken
            or node.op is EVERY_STEP
        ):
            return f"n{number}"
        return f"n{number}" if re.fullmatch(r"n\d+", name) else name

    def _made(self, node: Node) -> str:
        attrs, name = node.attrs, node.op.name
        if node.op is CONSTANT:
            scalar = attrs["scalar"]
            weak = node.weak and scalar is not None
            return f"tg.constant({repr(scalar) if weak else _array(attrs['value'])})"
        if node.op.leaf:
            return self._leaf(node)
        if isinstance(node, Delay):
            return self._delay(node)
        parts = [self.names[x] for x in node.inputs]
        if node.op is EVERY_STEP:
            return f"tg.every_step({parts[0]}, {_quoted(attrs['time'])})"
        if node.op is EXTENT:
            return f"tg.extent({_quoted(attrs['dim'])})"
        if REGISTRY.get(name) is not node.op:
            raise TinygraphError(
                f"{node.describe()}, made at {node.where}: its op is not registered, "
                "so a program cannot name it"
            )
        called = [] if node.name is None else [f"name={_quoted(node.name)}"]
        if not attrs and not called and _is_called(node):
            return f"tg.{name}({', '.join(parts)})"
        listed = [f"{key}={_value(value)}" for key, value in attrs.items()]
        inside = [f'tg.REGISTRY["{name}"]', *parts, *listed, *called]
        return f"tg.apply({', '.join(inside)})"

    def _leaf(self, node: Node) -> str:
        assert node.name is not None
        if "value" in node.attrs:
            parts = [_quoted(node.name), _array(node.attrs["value"]), *_symbol(node)]
            return f"tg.parameter({', '.join(parts)})"
        parts = [_quoted(node.name), _value(node.shape), _quoted(node.dtype.name)]
        parts += [] if node.time is None else [_quoted(node.time)]
        parts += ["cast=True"] if node.attrs.get("cast") else []
        parts += _symbol(node)
        return f"tg.{node.op.name}({', '.join(parts)})"

    def _delay(self, node: Delay) -> str:
        parts = [] if node.name is None else [_quoted(node.name)]
        if node.slot is None:
            parts.append("init=tg.REPLICATE")
        else:
            parts.append(f"{node.outside}={self.names[node.slot]}")
        parts += [] if node.steps == 1 else [f"steps={node.steps}"]
        parts.append(f"shape={_value(node.shape)}")
        if node.slot is None or node.slot.dtype != node.dtype:
            parts.append(f"dtype={_quoted(node.dtype.name)}")
        parts += [] if node.time == "t" else [f"time={_quoted(node.time or '')}"]
        parts += _symbol(node)
        return f"tg.delay({', '.join(parts)})"


def _symbol(node: Node) -> list[str]:
    return [] if node.symbol is None else [f"symbol={_quoted(node.symbol)}"]


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    """Return nodes so that each stands after its inputs, a delay after its slot."""
    made: dict[Node, None] = {}
    for root in nodes:
        stack = [root]
        while stack:
            node = stack[-1]
            needed = node.inputs[1:] if isinstance(node, Delay) else node.inputs
            missing = [x for x in needed if x not in made]
            if missing and node not in made:
                stack += missing
                continue
            made.setdefault(stack.pop())
    return list(made)


def _is_called(node: Node) -> bool:
    """Return True if the function of the op's name makes just this node.

    Some make a simpler one where they can: `broadcast_like` of a fixed shape does.
    """
    import tinygraph

    if node.op.name not in tinygraph.__all__:
        return False
    try:
        made = getattr(tinygraph, node.op.name)(*node.inputs)
    except (TinygraphError, TypeError):
        return False
    same = isinstance(made, Node) and made.op is node.op and not made.attrs
    return bool(same and made.inputs == node.inputs)


def _quoted(text: str) -> str:
    return f'"{text}"' if re.fullmatch(r"[\w /.\-]*", text) else repr(text)


def _value(value: Any) -> str:
    """Return an attribute as Python writes it."""
    if isinstance(value, np.dtype):
        return f'np.dtype("{value.name}")'
    if isinstance(value, RandomKey):
        return f"RandomKey({_quoted(value.name)})"
    if isinstance(value, tuple):
        inside = ", ".join(map(_value, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, np.generic):
        return repr(value.item())
    return _quoted(value) if isinstance(value, str) else repr(value)


def _array(array: Any) -> str:
    """Return an array so that all its numbers come back."""
    listed = repr(array.tolist())
    listed = re.sub(r"\b(nan|inf)\b", r"np.\1", listed)
    if array.size == 0:
        return f'np.zeros({array.shape}, "{array.dtype.name}")'
    return f'np.array({listed}, "{array.dtype.name}")'
