"""What native code knows of an op: one rule per op, in one table.

The table stands here and not at the ops, for it is code generation for this backend: an
op can be declared, run and differentiated without it. An op that has no rule runs on
NumPy, and the program's report says so. Elementwise ops share one rule; their texts are
in `kernels.expressions`.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinygraph.backends.native.ir import composites, statements, values
from tinygraph.backends.native.ir.composites import GUMBEL, TOP
from tinygraph.backends.native.ir.indices import (
    Indices,
    aligned,
    mirrored,
    reshaped,
    sliced,
    transposed,
)
from tinygraph.backends.native.ir.statements import (
    Kind,
    Scope,
    Statement,
    greatest,
    least,
    mapped,
    one,
    reduced,
    zero,
)
from tinygraph.backends.native.kernels.expressions import (
    DTYPES,
    EXPRESSIONS,
    DType,
    converted,
    expression,
)
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import REGISTRY, Node, Op
from tinygraph.ops import indexing, joining, linalg, random, reductions, shaping
from tinygraph.ops.arithmetic import POWER
from tinygraph.ops.contracting import COLLECT, TOTAL
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.products import PROD
from tinygraph.ops.slicing import INDEX, PAD, PUT_SLICE
from tinygraph.ops.time import STEP_INDEX, SUM_OVER_TIME

Value = Callable[[Statement, Indices, Scope], str]
Target = Callable[[Statement, Indices, Scope], Indices]


@dataclass(frozen=True, kw_only=True)
class NativeRule:
    """How native code runs an op.

    Attributes:
        fits: whether the rule holds for a node; NumPy runs the others.
        statements: the statements that write a node, in order.
        value: the source of what a map computes at an index of its loops.
        target: the element that other statements than maps write.
        view: for what is not computed: where a node's element is read in its operand.
        reorders: a view whose rows are not rows of its operand.
        start: the source of what a node holds before elements are combined.
        combine: the elementwise op that combines two elements.
        reduces: elements are taken together along `axis`.
        averages: their sum is divided by their number.
        nonempty: to have no elements along `axis` is an error.
        decomposed: the node in terms of simpler ops, which then have rules.
    """

    fits: Callable[[Node], bool] = lambda node: True
    statements: Callable[[Node], list[Statement]] | None = None
    value: Value | None = None
    target: Target = values.same_target
    view: Callable[[Node, Indices], Indices] | None = None
    reorders: bool = False
    start: Callable[[Node], str] | None = None
    combine: str = "add"
    reduces: bool = False
    averages: bool = False
    nonempty: bool = False
    decomposed: Callable[[Node], Node] | None = None

    @property
    def sums(self) -> bool:
        """True for a sum along `axis`: parts of it may be added up later."""
        return self.reduces and self.combine == "add"


def _map(value: Value, fits: Callable[[Node], bool] = lambda node: True) -> NativeRule:
    return NativeRule(fits=fits, statements=mapped, value=value)


def _reduction(
    combine: str, start: Callable[[Node], str], nonempty: bool = False
) -> NativeRule:
    return NativeRule(
        statements=reduced,
        target=values.reduced_target,
        start=start,
        combine=combine,
        reduces=True,
        nonempty=nonempty,
    )


def _search(combine: str, start: Callable[[Node], str]) -> NativeRule:
    return NativeRule(
        statements=statements.searched,
        target=values.reduced_target,
        start=start,
        combine=combine,
        nonempty=True,
    )


def _reads_broadcast(node: Node, index: Indices) -> Indices:
    return aligned(node.inputs[0].type.shape, index)


def _reads_flipped(node: Node, index: Indices) -> Indices:
    x = node.inputs[0]
    return tuple(
        mirrored(place, dim) if i - x.ndim in node.attrs["axis"] else place
        for i, (place, dim) in enumerate(zip(index, x.type.shape, strict=True))
    )


def _counts_in_fixed_axes(node: Node) -> bool:
    """Return True unless a slice picks one place of an axis whose length is named."""
    items = zip(node.inputs[0].type.shape, node.attrs["items"], strict=True)
    return not any(isinstance(i, int) and isinstance(dim, str) for dim, i in items)


def _is_one_per_row(node: Node) -> bool:
    """Return True where one value is put into each row."""
    x, indices = node.inputs
    axis = node.attrs["axis"]
    lengths = {x.type.shape[axis], indices.type.shape[axis]}
    return x.ndim == indices.ndim and lengths == {1}


def _is_of_one_float_dtype(node: Node) -> bool:
    same = all(x.dtype == node.dtype for x in node.inputs)
    return node.dtype.kind == "f" and same


def _has_expression(node: Node) -> bool:
    known = node.op.name in EXPRESSIONS and REGISTRY.get(node.op.name) is node.op
    if not known or node.op.view:
        return False
    return _is_expressible(
        node.op.name, tuple(x.dtype for x in node.inputs), node.dtype
    )


@functools.cache
def _is_expressible(op: str, dtypes: tuple[DType, ...], result: DType) -> bool:
    names = [f"x{i}" for i in range(len(dtypes))]
    return expression(op, names, dtypes, result) is not None


@functools.cache
def _is_number(dtype: DType) -> bool:
    """Return True for an element type that generated code works on."""
    return dtype in DTYPES


ELEMENTWISE = _map(values.elementwise, _has_expression)
_BROADCAST = NativeRule(view=_reads_broadcast)

RULES: Mapping[Op, NativeRule] = {
    POWER: _map(values.elementwise, lambda node: node.dtype.kind == "f"),
    # views
    IDENTITY: _BROADCAST,
    shaping.BROADCAST_TO: _BROADCAST,
    shaping.BROADCAST_LIKE: _BROADCAST,
    shaping.TRANSPOSE: NativeRule(
        view=lambda node, index: transposed(node.attrs["axes"], index), reorders=True
    ),
    shaping.RESHAPE: NativeRule(
        view=lambda node, index: reshaped(
            node.inputs[0].type.shape, node.type.shape, index
        ),
        reorders=True,
    ),
    shaping.FLIP: NativeRule(view=_reads_flipped, reorders=True),
    INDEX: NativeRule(
        fits=_counts_in_fixed_axes,
        view=lambda node, index: sliced(
            node.attrs["items"], node.inputs[0].type.shape, index
        ),
    ),
    # reductions along axes
    reductions.SUM: _reduction("add", zero),
    reductions.MEAN: NativeRule(
        statements=statements.averaged,
        target=values.reduced_target,
        start=zero,
        reduces=True,
        averages=True,
    ),
    reductions.MAX: _reduction("maximum", least, nonempty=True),
    reductions.MIN: _reduction("minimum", greatest, nonempty=True),
    PROD: _reduction("multiply", one),
    TOP: _reduction("maximum", least),
    reductions.ARGMAX: _search("maximum", least),
    reductions.ARGMIN: _search("minimum", greatest),
    reductions.CUMSUM: _map(values.cumsum),
    # sums over all steps
    SUM_OVER_TIME: NativeRule(statements=statements.added, start=zero),
    TOTAL: NativeRule(
        statements=statements.added, target=values.reduced_target, start=zero
    ),
    COLLECT: NativeRule(
        statements=statements.collected, target=values.collect_target, start=zero
    ),
    # parts of a whole
    joining.CONCAT: NativeRule(
        statements=statements.joined, target=values.concat_target
    ),
    joining.STACK: NativeRule(statements=statements.joined, target=values.stack_target),
    PAD: NativeRule(
        statements=statements.inserted, target=values.pad_target, start=zero
    ),
    PUT_SLICE: NativeRule(
        statements=statements.inserted, target=values.slice_target, start=zero
    ),
    # indices found at run time
    indexing.ONE_HOT: _map(values.one_hot),
    indexing.TAKE: _map(values.take),
    indexing.TAKE_ALONG: _map(values.take_along),
    indexing.PUT_ALONG: _map(values.put_along, _is_one_per_row),
    indexing.SCATTER_ADD: NativeRule(
        statements=statements.scattered, target=values.scatter_target, start=zero
    ),
    # random numbers and the step
    random.UNIFORM: _map(values.uniform),
    random.NORMAL: _map(values.normal),
    random.BERNOULLI: _map(values.bernoulli),
    GUMBEL: _map(values.gumbel),
    STEP_INDEX: _map(values.step_index),
    # products
    linalg.MATMUL: NativeRule(
        fits=_is_of_one_float_dtype, statements=statements.multiplied
    ),
    # composites
    reductions.SOFTMAX: NativeRule(decomposed=composites.softmax),
    reductions.LOG_SOFTMAX: NativeRule(decomposed=composites.log_softmax),
    reductions.LOGSUMEXP: NativeRule(decomposed=composites.logsumexp),
    random.CATEGORICAL: NativeRule(decomposed=composites.categorical),
}


def rule_of(node: Node) -> NativeRule:
    """Return the rule of a node's op; the one of elementwise ops without their own."""
    return RULES.get(node.op, ELEMENTWISE)


def is_elementwise(node: Node) -> bool:
    """Return True where generated code computes the node element by element."""
    rule = rule_of(node)
    return rule.value is values.elementwise and rule.fits(node)


def is_view(node: Node) -> bool:
    """Return True for what is read in place of being computed."""
    rule = RULES.get(node.op)
    return rule is not None and rule.view is not None and rule.fits(node)


def viewed(node: Node, index: Indices) -> Indices:
    """Return where a view reads its operand."""
    view = RULES[node.op].view
    assert view is not None
    return view(node, index)


def statements_of(node: Node) -> list[Statement] | None:
    """Return the statements that write a node, in order; None where there are none."""
    rule = rule_of(node)
    if not all(_is_number(x.dtype) for x in (node, *node.inputs)):
        return None
    if rule.statements is None or not rule.fits(node):
        return None
    return rule.statements(node)


def is_native(node: Node) -> bool:
    """Return True for a member of a loop that generated code can hold."""
    if not _is_number(node.dtype):
        return False
    return isinstance(node, Delay) or is_view(node) or statements_of(node) is not None


def start_of(node: Node) -> str:
    """Return the source of what a node holds before elements are combined."""
    start = rule_of(node).start
    assert start is not None
    return start(node)


def value_of(statement: Statement, index: Indices, scope: Scope) -> str:
    """Return the source of what a statement computes at the index of its loops."""
    node, kind = statement.node, statement.kind
    if kind is Kind.COPY:
        return scope.read(node, index, past=True)
    if kind is Kind.MAP:
        value = rule_of(node).value
        assert value is not None
        return value(statement, index, scope)
    x = node.inputs[statement.operand]
    text = scope.read(x, statements.source_index(statement, index))
    return text if kind is Kind.SEARCH else converted(text, x.dtype, node.dtype)


def target_of(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return which element of its node a statement writes at the index of its loops."""
    if statement.kind in (Kind.INSERT, Kind.ADD, Kind.REDUCE, Kind.SEARCH):
        return rule_of(statement.node).target(statement, index, scope)
    return index
