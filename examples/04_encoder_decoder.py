"""Two time axes: an encoder over the source, a decoder with attention over it.

The encoder's states leave their time as one tensor ("source", ...); at each step of
"target" the decoder looks at all of them.
"""

import numpy as np

import tinygraph as tg


def recurrent(x: tg.Node, name: str, size: int, time: str, rng: np.random.Generator):
    """Return the states (batch, size) of an Elman RNN over `time`."""
    W = tg.parameter(f"{name}.W", rng.normal(size=(x.shape[-1], size)) / 4)
    U = tg.parameter(f"{name}.U", rng.normal(size=(size, size)) / 4)
    with tg.scope(name):
        shape = ("batch", size)
        before = tg.delay(f"{name}.h", shape=shape, dtype="float64", time=time)
        h = tg.tanh(x @ W + before @ U)
        before.close(h)
    return h


def attend(query: tg.Node, memory: tg.Node) -> tg.Node:
    """Return per row of query (batch, n) mean of memory (source, batch, n)."""
    with tg.scope("attention"):
        scores = tg.sum(query * memory, axis=-1)  # (source, batch)
        weights = tg.softmax(scores, axis=0)
        return tg.sum(tg.expand_dims(weights, -1) * memory, axis=0)


def main() -> None:
    """Run it, and take the gradient through both loops."""
    rng = np.random.default_rng(0)
    source = tg.sequence("x", ("batch", 5), "float64", time="source")
    target = tg.sequence("y", ("batch", 5), "float64", time="target")
    encoded = tg.stack(recurrent(source, "encoder", 8, "source", rng))
    decoded = recurrent(target, "decoder", 8, "target", rng)
    context = attend(decoded, encoded)
    loss = tg.mean_over_time(tg.mean(tg.square(context)))

    graph = tg.Graph({"loss": loss})
    gradients = tg.grad(loss, graph.parameters)
    names = [node.label for node in graph.parameters]
    run = tg.compile(dict(zip(names, gradients, strict=True)))
    out = run({"x": rng.normal(size=(7, 2, 5)), "y": rng.normal(size=(4, 2, 5))})
    for name, value in out.items():
        print(f"{name}: gradient {value.shape}, norm {np.linalg.norm(value):.3f}")


if __name__ == "__main__":
    main()
