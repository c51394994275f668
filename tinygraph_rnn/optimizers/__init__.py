"""Optimisers, and the names by which configurations know them.

base        what optimisers share
descent     gradient descent, with or without momentum
adaptive    Adam, AdamW, RMSProp, AdaGrad
clipping    limits of gradients
schedules   the learning rate over the course of a run
"""

import functools
from collections.abc import Callable

from tinygraph_rnn.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from tinygraph_rnn.optimizers.base import Gradients, Optimizer
from tinygraph_rnn.optimizers.descent import SGD

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Gradients",
    "Optimizer",
    "RMSProp",
]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adam": Adam,
    "adamw": AdamW,
    "sgd": SGD,
    "momentum": functools.partial(SGD, momentum=0.9),
    "nesterov": functools.partial(SGD, momentum=0.9, nesterov=True),
    "rmsprop": RMSProp,
    "adagrad": AdaGrad,
}
"""Name → optimiser with its usual settings; takes parameters and `weight_decay=`."""
