"""The list of passes: every rewrite, in the order in which a round applies them."""

from collections.abc import Collection

from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.rewriting import (
    blocks,
    columns,
    contracting,
    embedding,
    factoring,
    gates,
    half_angles,
    layouts,
    logistic,
    merging,
    one_hot,
    pads,
    parts,
    regrouping,
    sharing,
    sibling_sums,
    siblings,
    signs,
    simplifying,
    slices_early,
    unrolled,
    vectors,
    wholes,
)
from tinygraph.rewriting.driver import Rewrite, Rewritten, until_none_fires

NORMAL = (
    Rewrite("siblings to vectors", siblings.vectors, exact=False),
    Rewrite("sum siblings", sibling_sums.sum_siblings, exact=False),
    Rewrite("lift late", simplifying.lift_late, exact=True),
    Rewrite("fold constants", simplifying.fold_constants, exact=True),
    Rewrite("drop identities", simplifying.drop_identities, exact=True),
    Rewrite("multiply by one", simplifying.multiply_by_one, exact=True),
    Rewrite("broadcast constant", simplifying.broadcast_constant, exact=True),
    Rewrite("add zero", simplifying.add_zero, exact=False),
    Rewrite("subtract instead of negate", signs.subtract_negative, exact=True),
    Rewrite("negate late", signs.negate_late, exact=True),
    Rewrite("negate sums late", signs.negate_sum, exact=False),
    Rewrite("divide by logistic", logistic.divide_by_logistic, exact=False),
    Rewrite("logistic slope", logistic.logistic_slope, exact=False, bounded=True),
    Rewrite("multiply by inverse", half_angles.multiply_by_inverse, exact=True),
    Rewrite("tanh to logistic", half_angles.tanh_to_logistic, exact=False),
    Rewrite(
        "half-angle slope", half_angles.half_angle_slope, exact=False, bounded=True
    ),
    Rewrite("merge shapings", simplifying.merge_shapings, exact=True),
    Rewrite("slice under transpose", slices_early.slice_under_transpose, exact=True),
    Rewrite("sum before slice", slices_early.sum_before_slice, exact=True),
    Rewrite("weights right", layouts.weights_right, exact=False),
    Rewrite("transpose late", layouts.transpose_late, exact=True),
    Rewrite("rows flat", layouts.rows_flat, exact=True),
    Rewrite("transpose early", simplifying.transpose_early, exact=False),
    Rewrite("pads to concat", pads.pads_to_concat, exact=False),
    Rewrite("pad late", pads.pad_late, exact=False),
    Rewrite("sum terms over time", pads.sum_terms_over_time, exact=False),
    Rewrite("reshape late", blocks.reshape_late, exact=True),
    Rewrite("cut blocks", blocks.cut_blocks, exact=True),
    Rewrite("stack in blocks", blocks.stack_in_blocks, exact=True),
    Rewrite("sum before blocks", blocks.sum_before_blocks, exact=True),
    Rewrite("columns to rows", vectors.columns_to_rows, exact=False),
    Rewrite("sum outer products", vectors.sum_outer_products, exact=False),
    Rewrite("join blocks", blocks.join_blocks, exact=True),
    Rewrite("join slices", simplifying.join_slices, exact=True),
    Rewrite("join alike", wholes.join_alike, exact=False),
    Rewrite("numbers apart", parts.numbers_apart, exact=False),
    Rewrite("multiply a number", parts.multiply_number, exact=False),
    Rewrite("broadcast late", parts.broadcast_late, exact=True),
    Rewrite("join transposes", wholes.join_transposes, exact=True),
    Rewrite("concat of concat", wholes.concat_of_concat, exact=True),
    Rewrite("take one-hot rows", one_hot.take_one_hot, exact=False),
    Rewrite("slice before product", merging.slice_before_product, exact=False),
    Rewrite("merge products", merging.merge_products, exact=False),
    Rewrite("slice before sum", merging.slice_before_sum, exact=True),
    Rewrite("columns as read", columns.columns_as_read, exact=False),
    Rewrite("regroup sums", regrouping.regroup_sums, exact=False),
    Rewrite("pack sums", gates.pack_sums, exact=True),
    Rewrite("merge sums of products", merging.merge_sums, exact=False),
    Rewrite("slice of concat", merging.slice_of_concat, exact=True),
    Rewrite("split concat", merging.split_concat, exact=False),
    Rewrite("share", sharing.share, exact=True),
)
"""What brings a graph to its normal form, whatever way it was written."""

CHOICES = (
    Rewrite("sum of one element", simplifying.sum_of_one, exact=False),
    Rewrite("contract over time", contracting.contract_over_time, exact=False),
    Rewrite("contract forwards", layouts.contract_forwards, exact=False),
    Rewrite("collect over time", contracting.collect_over_time, exact=False),
    Rewrite("contract all", unrolled.contract_all, exact=False),
    Rewrite("contract the whole", unrolled.contract_the_whole, exact=False),
    Rewrite("multiply all", unrolled.multiply_all, exact=False),
    Rewrite("sum before product", contracting.sum_before_product, exact=False),
    Rewrite("sum all at once", contracting.sum_at_once, exact=False),
    Rewrite("collect one-hot rows", one_hot.collect_one_hot, exact=False),
    Rewrite("contract by scatter", embedding.contract_by_scatter, exact=False),
    Rewrite("multiply parts", parts.multiply_parts, exact=False),
    Rewrite("contract parts", parts.contract_parts, exact=False),
    Rewrite("take concats apart", parts.take_apart, exact=False),
    Rewrite("sum parts", wholes.sum_parts, exact=False),
    Rewrite("sum the whole", wholes.sum_the_whole, exact=False),
    Rewrite("fold the embedding", embedding.fold_embedding, exact=False),
    Rewrite("fold the bias", embedding.fold_bias, exact=True, saves_calls=True),
    Rewrite("scatter before product", embedding.scatter_before_product, exact=False),
    Rewrite("factor sums", factoring.factor_sums, exact=False, bounded=True),
    Rewrite("pack gates", gates.pack_gates, exact=False, saves_calls=True),
    Rewrite("regroup products", regrouping.regroup_products, exact=False, bounded=True),
)
"""What finds cheaper work for a graph in normal form."""

PASSES = (*NORMAL, *CHOICES)
"""In this order; a rewrite that is not in this tuple is never applied."""

REWRITES = {each.name: each for each in PASSES}

SAVE_CALLS = tuple(each.name for each in PASSES if each.saves_calls)
"""What a backend leaves out whose calls cost nothing."""

MIXES_STATES = ("siblings to vectors",)
"""What lays alike states side by side, where they are not elementwise any more."""


def optimise(
    graph: Graph,
    without: Collection[str] = (),
    *,
    verify_each: bool = False,
    fast: bool = False,
) -> Rewritten:
    """Apply every rewrite until none fires.

    Args:
        without: names of rewrites to leave out.
        verify_each: verify the graph after every rewrite, not only after the last.
        fast: what needs bounds is rewritten without them too.

    Raises:
        TinygraphError: an unknown name, or rules that do not come to an end.
    """
    unknown = [name for name in without if name not in REWRITES]
    if unknown:
        raise TinygraphError(
            f"no rewrite is named {unknown[0]!r}; there are {', '.join(REWRITES)}"
        )
    normal = [each for each in NORMAL if each.name not in without]
    chosen = [each for name, each in REWRITES.items() if name not in without]
    return until_none_fires(graph, normal, chosen, verify_each=verify_each, fast=fast)
