"""Dropout in its kinds, and the switch from training to evaluation.

All of it draws masks by `keep_mask`; `evaluating` replaces every such mask by its
mean. So dropout becomes the identity, and zoneout the mean of both states.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_rates

__all__ = ["dropout", "evaluating", "keep_mask", "label_smoothing", "weight_drop"]

_SUFFIX = ".mask"


def keep_mask(rate: float, like: Node, name: str, *, every_step: bool = True) -> Node:
    """Return ones with probability `rate`, else zeros, in the type of `like`.

    Args:
        rate: the probability of a one.
        like: whose shape, dtype and time the mask has.
        name: unique in a graph; seeds the mask.
        every_step: False for one mask for all steps.

    Example:
        >>> x = tg.placeholder("x", (8,))
        >>> tg.evaluate(rnn.keep_mask(0.5, x, "mask"), seed=1)
        array([1., 0., 1., 0., 0., 1., 1., 1.], dtype=float32)
    """
    return tg.bernoulli(
        tg.constant(np.asarray(rate, like.dtype)),
        like.shape,
        like.dtype,
        time=like.time if every_step else None,
        name=name + _SUFFIX,
    )


def dropout(x: Node, rate: float, *, name: str, variational: bool = False) -> Node:
    """Set a share `rate` of x to zero, the rest divided by 1 − rate.

    (Srivastava et al., 2014.) New units at each step, or, `variational`, the same
    for all steps of a call (Gal & Ghahramani, 2016).

    Args:
        x: (..., features), per step or static.
        rate: in [0, 1); 0 returns x.
        name: unique in a graph; seeds the mask.
        variational: one mask for all steps.

    Raises:
        ConfigError: the rate is not in [0, 1).

    Example:
        >>> x = tg.sequence("x", (8,))
        >>> dropped = rnn.dropout(x, 0.5, name="drop")
        >>> tg.evaluate(dropped, {"x": np.ones((1, 8), "float32")}, seed=1)
        array([[0., 2., 2., 2., 2., 2., 0., 2.]], dtype=float32)
    """
    check_rates(dropout=rate)
    if rate == 0.0:
        return x
    with tg.scope("Dropout"):
        share = 1.0 - float(rate)
        keep = keep_mask(share, x, name, every_step=not variational)
        return x * (keep / share)


def weight_drop(weight: Node, rate: float, *, name: str) -> Node:
    """Drop single weights, the same for all steps of a call (Merity et al., 2018).

    Args:
        weight: static.
        rate: in [0, 1); 0 returns the weight.
        name: unique in a graph; seeds the mask.

    Raises:
        ConfigError: the rate is not in [0, 1).

    Example:
        >>> w = tg.parameter("w", np.ones((2, 4), "float32"))
        >>> tg.evaluate(rnn.weight_drop(w, 0.5, name="drop"), seed=1)
        array([[0., 2., 2., 2.],
               [2., 2., 0., 2.]], dtype=float32)
    """
    check_rates(weight_drop=rate)
    return dropout(weight, rate, name=name)


def label_smoothing(
    logits: Node, labels: Node, smoothing: float, *, ignore_label: int | None = None
) -> Node:
    """Return the cross-entropy with a share `smoothing` spread over all classes.

    (Szegedy et al., 2016, section 7.) logits (..., classes), labels (...): (...).

    Args:
        logits: (..., classes), floats.
        labels: (...), integers in [0, classes).
        smoothing: the share.
        ignore_label: the label of rows that do not count: their loss is 0. The mean
            over the others is `masked_mean(losses, tg.not_equal(labels, ...))`.

    Raises:
        ConfigError: smoothing is not in [0, 1).

    Example:
        >>> logits = tg.constant([[4.0, 0.0]])
        >>> tg.evaluate(rnn.label_smoothing(logits, tg.constant([0]), 0.1))
        array([0.21814993])
    """
    check_rates(label_smoothing=smoothing)
    right = tg.cross_entropy(logits, labels, ignore_label=ignore_label)
    if smoothing == 0.0:
        return right
    spread = -tg.mean(tg.log_softmax(logits), axis=-1)
    if ignore_label is not None:
        spread = tg.where(tg.equal(labels, ignore_label), 0.0, spread)
    share = float(smoothing)
    return (1.0 - share) * right + share * spread


def evaluating(graph: tg.Graph | Mapping[str, Node]) -> tg.Graph:
    """Return the graph for evaluation: every mask replaced by its mean.

    The graph given stays as it is: it is the one to train with.

    Example:
        >>> x = tg.placeholder("x", (2,))
        >>> dropped = tg.Graph({"y": rnn.dropout(x, 0.5, name="drop")})
        >>> tg.interpret(rnn.evaluating(dropped), {"x": [1.0, 2.0]})
        {'y': array([1., 2.], dtype=float32)}
    """
    whole = graph if isinstance(graph, tg.Graph) else tg.Graph(graph)
    means: dict[Any, Any] = {
        node: _mean(node)
        for node in whole.nodes
        if node.op.name == "bernoulli" and node.label.endswith(_SUFFIX)
    }
    return whole.replace(means) if means else whole


def _mean(mask: Node) -> Node:
    (rate,) = mask.inputs
    return tg.broadcast_to(rate, mask.shape)
