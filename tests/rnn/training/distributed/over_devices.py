"""What eight virtual devices of one process find; see test_devices.

`python over_devices.py`: prints JSON. JAX learns of the devices before it is imported.
"""

import json
import os
import sys

os.environ["XLA_FLAGS"] = " ".join(
    [os.environ.get("XLA_FLAGS", ""), "--xla_force_host_platform_device_count=8"]
)

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph_rnn.training.distributed.devices import Devices

TEXT = "the quick brown fox jumps over the lazy dog; " * 60
VOCABULARY = rnn.Vocabulary.of(TEXT)
CONFIG = rnn.Config(
    hidden_size=8, seq_length=6, batch_size=16, dropout=0.2, learned_init=True
)


def trainer(backend, devices=1, **shard):
    """Return a trainer of 16 rows."""
    streams = rnn.Streams(VOCABULARY.encode(TEXT), 16, 6)
    model = rnn.LanguageModel.of(CONFIG, len(VOCABULARY))
    return rnn.Trainer(CONFIG, model, streams, backend, devices=devices)


def losses(made):
    """Return the losses of 50 updates."""
    return [made.update().loss for _ in range(50)]


def batch_over_devices():
    """Train by eight devices and by none; how are states placed?"""
    many = trainer("jax", 8)
    found = losses(many)
    run = many._step._run
    begins = {"begins": np.array(False)}
    feeds = {**many.streams[0]._asdict(), **many._state, **begins}
    placed = {
        name: run._devices.placed(value, run._axes[name])
        for name, value in feeds.items()
    }
    outputs = run._run(placed, run._placed_parameters(), seed=1)
    spread = outputs["state/lstm.0.h"].sharding
    return {
        "many": found,
        "one": losses(trainer("numpy")),
        "state on devices": len(spread.device_set),
        "state of each": spread.shard_shape((1, 16, 8)),
        "held out": rnn.Evaluator(many.model, many.parameters, "jax", devices=8)
        .score(rnn.Streams.for_evaluation(VOCABULARY.encode(TEXT), 3, 6))
        .nats,
        "held out, one": rnn.Evaluator(many.model, many.parameters, "numpy")
        .score(rnn.Streams.for_evaluation(VOCABULARY.encode(TEXT), 3, 6))
        .nats,
    }


def gates_over_devices():
    """The columns of all weights of the gates lie on four devices: docs/scaling.md."""
    model = rnn.LanguageModel.of(CONFIG, len(VOCABULARY))
    graph = model.evaluation_graph()
    loss = tg.Graph(tg.value_and_grad(graph["loss"], model.parameters))
    chunk = rnn.Streams(VOCABULARY.encode(TEXT), 16, 6)[0]._asdict()
    values = tg.Parameters.of(loss)
    mesh = Mesh(np.array(jax.devices()[:4]), ("hidden",))
    columns = {
        "lstm.0.weight_h": Spec(None, "hidden"),
        "lstm.0.weight_x": Spec(None, "hidden"),
        "lstm.0.bias": Spec("hidden"),
    }
    placed = {
        name: jax.device_put(
            np.array(value), NamedSharding(mesh, columns.get(name, Spec()))
        )
        for name, value in values.items()
    }
    run = tg.to_jax(loss)
    found, wanted = run(chunk, placed), tg.compile(loss, "numpy")(chunk)
    return {
        name: float(np.abs(np.asarray(found[name]) - value).max())
        for name, value in wanted.items()
    }


def refusals():
    """Return what is said where devices make no sense."""
    said = []
    for ask in (
        lambda: Devices(9),
        lambda: trainer("jax", 3),
        lambda: Devices(2).compile(tg.Graph({"y": tg.constant(1.0)}), "jax", memory=9),
    ):
        try:
            ask()
        except rnn.ConfigError as problem:
            said.append(str(problem))
    return said


if __name__ == "__main__":
    json.dump(
        {
            "batch": batch_over_devices(),
            "gates": gates_over_devices(),
            "refusals": refusals(),
        },
        sys.stdout,
    )
