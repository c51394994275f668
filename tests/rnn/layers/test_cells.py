"""Every cell equals plain NumPy: values, and the gradient of everything there is."""

import ast
import inspect

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers import plain_cells
from tinygraph_rnn import LAYERS, RNN, ConfigError, JordanRNN, ProjectedLSTM, cells

T, B, I, H = 4, 2, 3, 4
CELLS = [name for name in cells.__all__ if name.endswith("_cell")]


def made(kind, *, seed=1, **options):
    """A layer of this kind in float64."""
    rng = np.random.default_rng(seed)
    return LAYERS[kind](I, H, rng=rng, dtype="float64", **options)


def spread(layer, seed=2):
    """Random values for all of a layer's parameters, biases among them."""
    rng = np.random.default_rng(seed)
    return {p.name: rng.normal(size=p.shape) / 2 for p in layer.parameters}


@pytest.mark.parametrize("kind", LAYERS)
def test_values_and_all_gradients(kind):
    layer, step = made(kind), plain_cells.STEPS[kind]
    x = tg.sequence("x", ("batch", I), "float64")
    ct = tg.sequence("ct", ("batch", layer.output_size), "float64")
    init = [
        tg.placeholder(f"{state}0", ("batch", size), "float64")
        for state, size in zip(layer.state_names, layer.state_sizes, strict=True)
    ]
    h = layer(x, [init])
    wrt = [x, *init, *layer.parameters]
    found = tg.grad(tg.sum_over_time(tg.sum(h * ct)), wrt)
    rng = np.random.default_rng(0)
    feeds = {leaf.name: rng.normal(size=(B, leaf.shape[-1])) for leaf in init}
    feeds |= {"x": rng.normal(size=(T, B, I)), **spread(layer)}
    cts = rng.normal(size=(T, B, layer.output_size))
    outputs = dict(zip([leaf.name for leaf in wrt], found, strict=True))
    got = tg.compile({"h": h, **outputs})({**feeds, "ct": cts})

    def loss(xs, *others):
        states, weights = others[: len(init)], others[len(init) :]
        return (plain_cells.outputs(step, xs, states, weights) * cts).sum()

    values = [feeds[leaf.name] for leaf in wrt]
    want = plain_cells.outputs(
        step, values[0], values[1 : 1 + len(init)], values[1 + len(init) :]
    )
    np.testing.assert_allclose(got["h"], want, rtol=0, atol=1e-12)
    for leaf, gradient in zip(wrt, plain_cells.gradients(loss, values), strict=True):
        np.testing.assert_allclose(
            got[leaf.name], gradient, rtol=1e-9, atol=1e-11, err_msg=leaf.name
        )


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_short_and_says_where_it_is_from(name):
    cell = getattr(cells, name)
    (tree,) = ast.parse(inspect.getsource(cell)).body
    words = ast.get_docstring(tree)
    statements = tree.body[1:]
    assert statements[-1].end_lineno - statements[0].lineno < 15
    assert "Shapes" in words
    assert any(char.isdigit() for char in words), "a year"


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("size", ["input_size", "hidden_size", "num_layers"])
@pytest.mark.parametrize("wrong", [0, -3, 2.5, True])
def test_sizes(kind, size, wrong):
    sizes = {"input_size": 3, "hidden_size": 4, "num_layers": 1, size: wrong}
    with pytest.raises(ConfigError, match=f"{size} must be an int >= 1, not {wrong}"):
        LAYERS[kind](**sizes, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda **k: ProjectedLSTM(3, 4, proj_size=5, **k),
            "proj_size must be at m",
        ),
        (lambda **k: ProjectedLSTM(3, 4, proj_size=0, **k), "proj_size must be an int"),
        (
            lambda **k: JordanRNN(3, 4, output_size=-1, **k),
            "output_size must be an",
        ),
        (lambda **k: RNN(3, 4, nonlinearity="rellu", **k), "did you mean 'relu'"),
        (
            lambda **k: RNN(3, 4, dropout=1.0, **k),
            r"dropout must be in \[0, 1\)",
        ),
        (lambda **k: RNN(3, 4, zoneout=-0.1, **k), r"zoneout must be in \[0, 1\)"),
        (lambda **k: RNN(3, 4, weight_drop="x", **k), r"weight_drop must be in \[0, 1"),
        (
            lambda **k: RNN(3, 4, bidirectional=True, reverse=True, **k),
            "reverse must be False where bidirectional is True",
        ),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ConfigError, match=message):
        make(rng=np.random.default_rng(0))


def test_init_of_another_structure():
    layer = made("lstm", num_layers=2)
    x = tg.sequence("x", ("batch", I), "float64")
    with pytest.raises(ConfigError, match=r"init must hold \(h, c\) for each of 2 lay"):
        layer(x, [[0.0, 0.0]])
