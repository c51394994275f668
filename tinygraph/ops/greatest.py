"""max_n: the greatest of any number of nodes, what max_over_time is when unrolled."""

import functools
from typing import Any

import numpy as np

from tinygraph.core.building import cast
from tinygraph.core.nodes import Node, Op, register
from tinygraph.core.types import TensorType
from tinygraph.ops.arithmetic import add_n
from tinygraph.ops.comparing import equal
from tinygraph.ops.elementwise import alike, countable, each_more


def _max_n_type(*types: TensorType) -> TensorType:
    return alike(*types)[0]


def _hits(y: Node) -> list[Node]:
    dtype = y.type.dtype
    hits = [countable(cast(equal(x, y), dtype)) for x in y.inputs]
    total = hits[0] if len(hits) == 1 else add_n(*hits)
    return [cast(hit / total, dtype) for hit in hits]


def _max_n_jvp(y: Node, tangents: Any) -> Node:
    parts = [
        share * tangent
        for share, tangent in zip(_hits(y), tangents, strict=True)
        if tangent is not None
    ]
    return parts[0] if len(parts) == 1 else add_n(*parts)


MAX_N = register(
    Op(
        "max_n",
        infer=_max_n_type,
        impl=lambda *arrays: functools.reduce(np.maximum, arrays),
        vjp=lambda y, ct: tuple(ct * share for share in _hits(y)),
        jvp=_max_n_jvp,
        bounds=lambda y, x, *more: x.through(
            lambda *ends: functools.reduce(np.maximum, ends), *more
        ),
        flops=each_more,
    )
)
