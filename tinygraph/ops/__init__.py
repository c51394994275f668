"""The vocabulary: one file per family, an op's rule, kernel and derivatives together.

Names are NumPy's.
"""

from tinygraph.ops.arithmetic import (
    add,
    add_n,
    clip,
    divide,
    equal,
    floor_divide,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    not_equal,
    power,
    remainder,
    subtract,
    where,
)
from tinygraph.ops.functions import (
    abs,
    ceil,
    cos,
    exp,
    expm1,
    floor,
    identity,
    isfinite,
    log,
    log1p,
    logical_not,
    named,
    negative,
    relu,
    round,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    square,
    stop_gradient,
    tanh,
)
from tinygraph.ops.indexing import (
    one_hot,
    put_along_axis,
    scatter_add,
    take,
    take_along_axis,
)
from tinygraph.ops.joining import concat, split
from tinygraph.ops.linalg import matmul
from tinygraph.ops.losses import cross_entropy
from tinygraph.ops.random import bernoulli, categorical, normal, uniform
from tinygraph.ops.reductions import (
    argmax,
    argmin,
    cumsum,
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    softmax,
    sum,
)
from tinygraph.ops.shaping import (
    broadcast_like,
    broadcast_to,
    expand_dims,
    flip,
    reshape,
    squeeze,
    transpose,
    zeros_like,
)
from tinygraph.ops.slicing import pad
from tinygraph.ops.time import (
    every_step,
    extent,
    first,
    last,
    max_over_time,
    mean_over_time,
    stack,
    step_index,
    sum_over_time,
    unstack,
)

__all__ = sorted(
    name
    for name, value in globals().items()
    if callable(value) and not name.startswith("_")
)
