"""Train one network on one task until it is solved, or the budget is spent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

import tinygraph as tg
from tinygraph_rnn import (
    LAYERS,
    Adam,
    Linear,
    clip_by_global_norm,
    evaluating,
    lengths_mask,
)

Feeds = dict[str, np.ndarray]
Run = Callable[[Feeds], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Setting:
    """How to train: the network, Adam, and the budget in sequences.

    With `decay` the learning rate falls in a straight line to 0 at the end of the
    budget.
    """

    cell: str = "lstm"
    hidden_size: int = 16
    learning_rate: float = 5e-3
    batch_size: int = 32
    sequences: int = 50_000
    check_every: int = 2_000
    decay: bool = True
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of it.

    `sequences` were read until the task was solved, or in all; `error` is the lowest
    share of test sequences that were wrong.
    """

    task: str
    cell: str
    seed: int
    solved: bool
    sequences: int
    error: float
    note: str = ""


class Task(Protocol):
    """A source of sequences and a judge of answers.

    Attributes:
        name, inputs, outputs: features of x and of the answer.
        every_step: whether there is an answer at each step, or after the last only.
        horizon: the reach at which training ends.
    """

    name: str
    inputs: int
    outputs: int
    every_step: bool
    horizon: float

    def batch(self, rng: np.random.Generator, rows: int) -> Feeds:
        """Return "x" (T, rows, inputs), "lengths" (rows) and "target"."""

    def target(self) -> tg.Node:
        """Return the leaf "target", per step where answers are."""

    def losses(self, answer: tg.Node, target: tg.Node) -> tg.Node:
        """Return one loss per row (per step where answers are)."""

    def error(self, run: Run, rng: np.random.Generator) -> float:
        """Return the share of wrong test sequences."""

    def solved(self, error: float) -> bool:
        """Say whether that is what the paper calls solved."""

    def reach(self, run: Run) -> float:
        """Return how far a network that solves the task goes; `horizon` ends it."""

    def note(self, best: float) -> str:
        """Return what else is worth saying, given the best reach."""


def build(task: Task, setting: Setting, seed: int) -> tuple[tg.Graph, list[tg.Node]]:
    """Return the graph of "loss" and "answer", and the parameters."""
    rng = np.random.default_rng(seed)
    layer = LAYERS[setting.cell](
        task.inputs, setting.hidden_size, rng=rng, **dict(setting.options)
    )
    output = Linear(layer.output_size, task.outputs, rng=rng, name="output")
    x = tg.sequence("x", ("batch", task.inputs))
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    target = task.target()
    h, states = layer.forward(x, lengths=lengths)
    if task.every_step:
        answer = output(h)
        mask = lengths_mask(lengths)
        per_row = tg.sum_over_time(tg.where(mask, task.losses(answer, target), 0.0))
        loss = tg.sum(per_row) / tg.sum_over_time(tg.sum(tg.cast(mask, "float32")))
    else:
        answer = output(tg.last(states[-1][0]))
        loss = tg.mean(task.losses(answer, target))
    graph = tg.Graph({"loss": loss, "answer": answer})
    return graph, [*layer.parameters, *output.parameters]


def train(task: Task, setting: Setting, seed: int) -> Result:
    """Train until solved; the same seed gives the same result."""
    graph, parameters = build(task, setting, seed)
    gradients = tg.grad(graph["loss"], parameters)
    named = {p.label: g for p, g in zip(parameters, gradients, strict=True)}
    step = tg.compile({"loss": graph["loss"], **named})
    answering = tg.compile(
        evaluating(tg.Graph({"answer": graph["answer"]})), parameters=step.parameters
    )
    adam, rng = Adam(step.parameters), np.random.default_rng(seed + 1000)

    def run(feeds: Feeds) -> dict[str, np.ndarray]:
        leaves = ("x", "lengths")
        return answering({name: feeds[name] for name in leaves})

    seen, lowest, solved_after, best = 0, 1.0, 0, 0.0
    while seen < setting.sequences:
        for _ in range(max(1, setting.check_every // setting.batch_size)):
            out = step(task.batch(rng, setting.batch_size), seed=seen)
            clipped, _ = clip_by_global_norm({n: out[n] for n in named}, 1.0)
            left = max(1.0 - seen / setting.sequences, 0.0) if setting.decay else 1.0
            adam.update(step.parameters, clipped, setting.learning_rate * left)
            seen += setting.batch_size
        error = task.error(run, np.random.default_rng(99))
        lowest = min(lowest, error)
        if task.solved(error):
            solved_after = solved_after or seen
            best = max(best, task.reach(run))
            if best >= task.horizon:
                break
    return Result(
        task.name,
        setting.cell,
        seed,
        bool(solved_after),
        solved_after or seen,
        lowest,
        task.note(best),
    )
