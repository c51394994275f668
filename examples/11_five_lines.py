"""A training loop in five lines: a GRU learns to add what it read.

python examples/11_five_lines.py
"""

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn


def model() -> tuple[tg.Node, list[tg.Node]]:
    """Return the loss and the parameters of a GRU with one linear output."""
    rng = np.random.default_rng(0)
    gru = rnn.GRU(1, 16, rng=rng)
    write = rnn.Linear(16, 1, rng=rng)
    x = tg.sequence("x", ("batch", 1), cast=True)
    total = tg.placeholder("total", ("batch", 1), cast=True)
    error = write(tg.last(gru(x))) - total
    return tg.mean(tg.square(error)), [*gru.parameters, *write.parameters]


def main() -> None:
    """Train on random numbers and print the loss now and then."""
    rng = np.random.default_rng(1)
    loss, parameters = model()
    run = tg.compile(tg.value_and_grad(loss, parameters))
    optimizer = rnn.Adam(run.parameters, learning_rate=0.01)
    for step in range(401):
        x = rng.uniform(-1, 1, (8, 32, 1))
        found = optimizer.step(run, {"x": x, "total": x.sum(0)}, clip_norm=1.0)
        if step % 100 == 0:
            print(f"step {step}: loss {found:.4f}")


if __name__ == "__main__":
    main()
