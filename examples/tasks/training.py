"""Train one network on one task, stopped by a validation set, judged on a test set."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph_rnn import (
    LAYERS,
    AdamW,
    Linear,
    clip_by_global_norm,
    evaluating,
    lengths_mask,
)

from .task import Feeds, Task


@dataclass(frozen=True)
class Setting:
    """How to train: the network, Adam (decoupled decay), the budget in sequences.

    With `decay` the learning rate falls in a straight line to 0 at the end of the
    budget. `chrono` steps are to be remembered from the start, see `chrono_bias`.
    """

    cell: str = "lstm"
    hidden_size: int = 16
    learning_rate: float = 5e-3
    batch_size: int = 32
    sequences: int = 50_000
    check_every: int = 2_000
    decay: bool = True
    chrono: int = 0
    weight_decay: float = 0.0
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of it.

    `sequences` were read until the validation set ended training, or in all.
    `validation` is the lowest share of it that was wrong; with the weights of the
    last such moment the test set was judged. `test` is None where it was not looked at.
    """

    task: str
    cell: str
    seed: int
    solved: bool
    sequences: int
    validation: float
    test: float | None = None
    note: str = ""


def build(
    task: Task, setting: Setting, rng: np.random.Generator
) -> tuple[tg.Graph, list[tg.Node]]:
    """Return the graph of "loss" and "answer", and the parameters."""
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


def chrono_bias(rng: np.random.Generator, hidden: int, steps: int) -> np.ndarray:
    """Return an LSTM's first bias: f = log U(1, steps - 1), i = -f, g = o = 0.

    Units then forget at rates that suit up to `steps` steps (Tallec & Ollivier, 2018).
    """
    forget = np.log(rng.uniform(1.0, steps - 1.0, hidden))
    rest = np.zeros(2 * hidden)
    return np.concatenate([-forget, forget, rest]).astype("float32")


class Trainer:
    """A network, its optimiser, and the number of sequences it has `seen`."""

    def __init__(self, task: Task, setting: Setting, rng: np.random.Generator) -> None:
        self.task, self.setting, self.seen = task, setting, 0
        graph, parameters = build(task, setting, rng)
        gradients = tg.grad(graph["loss"], parameters)
        self._named = {p.label: g for p, g in zip(parameters, gradients, strict=True)}
        self._step = tg.compile({"loss": graph["loss"], **self._named}, threads=1)
        self.parameters = self._step.parameters
        answering = evaluating(tg.Graph({"answer": graph["answer"]}))
        self._answering = tg.compile(answering, parameters=self.parameters, threads=1)
        if setting.chrono:
            bias = chrono_bias(rng, setting.hidden_size, setting.chrono)
            self.parameters.update({f"{LAYERS[setting.cell].short_name}.0.bias": bias})
        self._adam = AdamW(self.parameters, weight_decay=setting.weight_decay)

    def learn(self, rng: np.random.Generator) -> None:
        """Read one batch and move the weights; gradient norm at most 1."""
        setting = self.setting
        feeds = self.task.batch(rng, setting.batch_size)
        out = self._step(feeds, seed=self.seen)
        clipped, _ = clip_by_global_norm({n: out[n] for n in self._named}, 1.0)
        left = 1.0 - self.seen / setting.sequences if setting.decay else 1.0
        rate = setting.learning_rate * max(left, 0.0)
        self._adam.update(self.parameters, clipped, rate)
        self.seen += setting.batch_size

    def run(self, feeds: Feeds) -> dict[str, np.ndarray]:
        """Answer held-out sequences; their targets are not fed."""
        return self._answering({name: feeds[name] for name in ("x", "lengths")})


def train(task: Task, setting: Setting, seed: int, test: bool = True) -> Result:
    """Train until the validation set is right; then judge the test set, once.

    First weights, batches, validation set, test set and the set that batches are
    taken from (where there is one) each have a stream of their own; the same seed
    gives the same result. Without `test`, as in tuning, the test set is not made.
    """
    streams = np.random.SeedSequence(seed).spawn(5)
    first, learning, validating, testing, known = map(np.random.default_rng, streams)
    task.prepare(known)
    trainer = Trainer(task, setting, first)
    validation, lowest, best = task.validation(validating), np.inf, {}
    right = 0
    stopped = task.stop_at is None
    while trainer.seen < setting.sequences:
        until = min(trainer.seen + setting.check_every, setting.sequences)
        while trainer.seen < until:
            trainer.learn(learning)
        error = task.error(trainer.run, validation)
        right = right + 1 if task.stop_at is not None and error <= task.stop_at else 0
        if error < lowest or right:
            lowest = error
            best = {name: np.array(w) for name, w in trainer.parameters.items()}
        if right == task.checks:
            stopped = True
            break
    result = Result(task.name, setting.cell, seed, stopped, trainer.seen, float(lowest))
    if not test:
        return result
    trainer.parameters.update(best)
    feeds = task.test(testing)
    error = task.error(trainer.run, feeds)
    return replace(
        result,
        solved=stopped and error <= task.solved_at,
        test=error,
        note=task.note(trainer.run, feeds),
    )
