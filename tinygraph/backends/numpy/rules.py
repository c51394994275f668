"""Ops for which there is a better call than their kernel's or `Op.over_time`."""

from collections.abc import Callable

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.rules_indexing import link_put_along, link_take_along
from tinygraph.backends.numpy.rules_products import (
    link_collect,
    link_concat,
    link_contract,
    link_matmul,
    link_one_matmul,
    link_sum_over_time,
    link_take,
    link_total,
)
from tinygraph.core.nodes import Node, Op
from tinygraph.ops.contracting import COLLECT, CONTRACT, TOTAL
from tinygraph.ops.indexing import PUT_ALONG, TAKE, TAKE_ALONG
from tinygraph.ops.joining import CONCAT
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.time import SUM_OVER_TIME

Rule = Callable[[Linker, Node], bool]
"""False: this node has no better way."""

ALL_STEPS: dict[Op, Rule] = {
    MATMUL: link_matmul,
    CONTRACT: link_contract,
    TAKE: link_take,
    SUM_OVER_TIME: link_sum_over_time,
    CONCAT: link_concat,
    COLLECT: link_collect,
    TOTAL: link_total,
    TAKE_ALONG: link_take_along,
    PUT_ALONG: link_put_along,
}
"""By what one call makes all steps. The table stands here and not at the ops because it
says what is fast in NumPy, in terms of linkers, which ops know nothing of; an op that
is not in it runs all the same."""

ONE_VALUE: dict[Op, Rule] = {MATMUL: link_one_matmul}
"""The same for what has no steps."""
