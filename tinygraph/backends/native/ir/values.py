"""What the statements of single ops compute at one index, and which element they write.

Python source, written for a `Scope`: one that notes reads, or one that writes code.
"""

from tinygraph.backends.native.ir.indices import (
    ZERO,
    Index,
    Indices,
    aligned,
    replaced,
    sliced,
)
from tinygraph.backends.native.ir.statements import (
    Scope,
    Statement,
    dtype_name,
    source_index,
    zero,
)
from tinygraph.backends.native.kernels.expressions import converted, expression

LONGEST = 64
"""Operands in one line: a longer sum is written in several."""


def elementwise(statement: Statement, index: Indices, scope: Scope) -> str:
    """Return the text of an elementwise op."""
    node = statement.node
    texts = [scope.read(x, aligned(x.type.shape, index)) for x in node.inputs]
    dtypes = [x.dtype for x in node.inputs]
    while len(texts) > LONGEST:
        part = expression(node.op.name, texts[:LONGEST], dtypes[:LONGEST], node.dtype)
        assert part is not None
        texts[:LONGEST] = [scope.named(part, node)]
        dtypes[:LONGEST] = [node.dtype]
    found = expression(node.op.name, texts, dtypes, node.dtype)
    assert found is not None
    return found


def one_hot(statement: Statement, index: Indices, scope: Scope) -> str:
    """1 where the last place is the number, else 0."""
    found = scope.read(statement.node.inputs[0], index[:-1])
    return f"{dtype_name(statement.node)}({found} == {index[-1]})"


def take(statement: Statement, index: Indices, scope: Scope) -> str:
    """The element whose place along `axis` is read from the indices."""
    x, indices = statement.node.inputs
    first = len(index) + statement.node.attrs["axis"] + 1 - indices.ndim
    at = index[first : first + indices.ndim]
    dim = x.type.shape[statement.node.attrs["axis"]]
    place = scope.checked(scope.read(indices, at), at, dim, statement.node)
    return scope.read(x, (*index[:first], place, *index[first + indices.ndim :]))


def take_along(statement: Statement, index: Indices, scope: Scope) -> str:
    """The element of the same row whose place is read from the indices."""
    x, indices = statement.node.inputs
    axis = statement.node.attrs["axis"]
    at = aligned(indices.type.shape, index)
    dim = x.type.shape[axis]
    place = scope.checked(scope.read(indices, at), at, dim, statement.node)
    return scope.read(x, replaced(aligned(x.type.shape, index), axis, place))


def put_along(statement: Statement, index: Indices, scope: Scope) -> str:
    """The value where the place is the row's index, else 0."""
    node = statement.node
    values, indices = node.inputs
    axis = node.attrs["axis"]
    at = replaced(aligned(indices.type.shape, index), axis, ZERO)
    dim = node.type.shape[axis]
    place = scope.checked(scope.read(indices, at), at, dim, node)
    of_value = replaced(aligned(values.type.shape, index), axis, ZERO)
    value = scope.read(values, of_value)
    return f"select({place} == {index[axis]}, {value}, {zero(node)})"


def cumsum(statement: Statement, index: Indices, scope: Scope) -> str:
    """The running sum so far, and one element more."""
    node = statement.node
    (x,), axis = node.inputs, node.attrs["axis"][0]
    value = converted(scope.read(x, index), x.dtype, node.dtype)
    place = index[axis]
    before = scope.read(node, replaced(index, axis, place.plus(-1)))
    return f"({before} if {place} > 0 else {zero(node)}) + {value}"


def bernoulli(statement: Statement, index: Indices, scope: Scope) -> str:
    """1 with the probability that the operand gives."""
    node = statement.node
    (p,) = node.inputs
    given = scope.read(p, aligned(p.type.shape, index))
    drawn = f"chance({scope.random_bits(node, index, 32)})"
    return f"{dtype_name(node)}({drawn} < {given})"


def uniform(statement: Statement, index: Indices, scope: Scope) -> str:
    """A number in [0, 1), of 24 bits for float32 and of 53 for float64."""
    node = statement.node
    if node.dtype.itemsize == 4:
        return f"uniform({scope.random_bits(node, index, 32)})"
    return f"uniform_64({scope.random_bits(node, index, 64)})"


def normal(statement: Statement, index: Indices, scope: Scope) -> str:
    """A standard normal number."""
    node = statement.node
    name = "normal" if node.dtype.itemsize == 4 else "normal_64"
    return f"{name}({scope.random_bits(node, index, 64)})"


def gumbel(statement: Statement, index: Indices, scope: Scope) -> str:
    """The noise that turns an argmax into a draw."""
    return f"gumbel({scope.random_bits(statement.node, index, 32)})"


def step_index(statement: Statement, index: Indices, scope: Scope) -> str:
    """The absolute number of the step."""
    return scope.step()


def reduced_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return where an operand's element goes when its axes are summed away."""
    index, node = source_index(statement, index), statement.node
    axis, n = node.attrs["axis"], len(index)
    if node.attrs.get("keepdims", False):
        return tuple(ZERO if i - n in axis else p for i, p in enumerate(index))
    return tuple(p for i, p in enumerate(index) if i - n not in axis)


def same_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return the element with the index of the operand's."""
    return index


def scatter_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return the element whose place along `axis` is read from the indices."""
    node = statement.node
    indices, axis = node.inputs[0], node.attrs["axis"]
    first = len(index) + axis + 1 - indices.ndim
    at = index[first : first + indices.ndim]
    place = scope.checked(scope.read(indices, at), at, node.type.shape[axis], node)
    return (*index[:first], place, *index[first + indices.ndim :])


def collect_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return an element of the row whose number is read from the indices."""
    node, at = statement.node, index[:-1]
    indices = node.inputs[0]
    found = scope.read(indices, at[len(at) - indices.ndim :])
    return (scope.checked(found, at, node.type.shape[0], node), index[-1])


def concat_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return where an operand's element stands behind the operands before it."""
    node, axis = statement.node, statement.node.attrs["axis"]
    before = [x.type.shape[axis] for x in node.inputs[: statement.operand]]
    offset = sum(size for size in before if isinstance(size, int))
    return replaced(index, axis, index[axis].plus(offset))


def stack_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return an operand's element in the slice of the new axis that is its own."""
    at = statement.node.attrs["axis"] + len(index) + 1
    return (*index[:at], Index(offset=statement.operand), *index[at:])


def pad_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return where an element stands behind the padding."""
    widths = statement.node.attrs["pad_width"]
    return tuple(p.plus(b) for p, (b, _) in zip(index, widths, strict=True))


def slice_target(statement: Statement, index: Indices, scope: Scope) -> Indices:
    """Return where an element stands that a slice took."""
    node = statement.node
    return sliced(node.attrs["items"], node.type.shape, index)
