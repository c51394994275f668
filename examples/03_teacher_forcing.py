"""Teacher forcing and free running from one definition, by opening the loop.

A model that feeds its own output back is trained on the true values instead: its
delay gets another source, and nothing else changes.
"""

import numpy as np

import tinygraph as tg


def model() -> tg.Graph:
    """y[t] = y[t-1] w₁ + y[t-2] w₂: a recurrence that predicts a wave."""
    w = tg.parameter("w", np.zeros(2))
    one = tg.delay("one_ago", shape=("batch",), dtype="float64")
    two = tg.delay("two_ago", shape=("batch",), dtype="float64", steps=2)
    y = (one * w[0] + two * w[1]).named("y")
    one.close(y)
    two.close(y)
    return tg.Graph({"y": y})


def forced(graph: tg.Graph) -> tg.Graph:
    """Return the graph that reads the true values where it read its own."""
    truth = tg.sequence("truth", ("batch",), "float64")
    opened = tg.open_loop(tg.open_loop(graph, "one_ago", truth), "two_ago", truth)
    error = tg.square(opened["y"] - truth)
    loss = tg.mean_over_time(tg.mean(error))
    (w,) = opened.parameters
    return tg.Graph({"loss": loss, "dw": tg.grad(loss, w)})


def main() -> None:
    """Fit a sine wave with the loop open, then run it with the loop closed."""
    wave = np.sin(0.4 * np.arange(60))[:, np.newaxis]
    graph = model()
    train = tg.compile(forced(graph))
    for _ in range(400):
        out = train({"truth": wave})
        train.parameters.update({"w": train.parameters["w"] - 0.5 * out["dw"]})
    print(f"loss with the loop open: {out['loss']:.2e}")

    free = tg.stateful(graph)
    run = tg.compile(free, parameters=train.parameters)
    state = {
        "state/one_ago": wave[59:60],
        "state/two_ago": wave[58:60],
    }
    told = run(state, steps=20)["y"][:, 0]
    true = np.sin(0.4 * np.arange(60, 80))
    print(f"20 steps with the loop closed: error {np.abs(told - true).max():.2e}")


if __name__ == "__main__":
    main()
