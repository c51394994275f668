"""check_cell: cells of the house obey all laws, faults of others are named."""

import numpy as np
import pytest

import tinygraph as tg
from tests.laws.faults import QUICK, planted, refused
from tests.laws.test_kit import square, wrong_vjp
from tinygraph.testing import check_cell
from tinygraph_rnn import cells
from tinygraph_rnn.layers import recurrent

CELLS = {
    "rnn": (cells.rnn_cell, recurrent.RNN, "h"),
    "lstm": (cells.lstm_cell, recurrent.LSTM, "hc"),
    "gru": (cells.gru_cell, recurrent.GRU, "h"),
    "indrnn": (cells.indrnn_cell, recurrent.IndRNN, "h"),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_obey_all_laws(name):
    cell, layer, state = CELLS[name]
    weights = layer(3, 4, rng=np.random.default_rng(0)).layers[0]
    found = check_cell(
        cell, 3, dict.fromkeys(state, 4), weights=weights, backends=QUICK
    )
    assert not found.silent
    assert {"chunks", "truncated gradients", "permuted rows of 'batch'"} <= {
        *found.held
    }


def looped(function):
    """A cell whose state is a function of input and state."""

    def cell(x, state):
        h = function(x, state["h"])
        return h, {"h": h}

    return cell


def test_a_cell_with_a_memory_of_two_axes():
    def cell(x, state):
        memory = 0.5 * state["memory"] + tg.expand_dims(x, -1) * tg.expand_dims(x, -2)
        count = state["count"] + tg.flip(x, 0)[:, :1]
        return tg.sum(memory, axis=-1) + count, {"memory": memory, "count": count}

    found = check_cell(cell, 3, {"memory": (3, 3), "count": (1,)}, backends=[])
    assert list(found.silent) == ["permuted rows of 'batch'"]


CELL_FAULTS = {
    "order 1: .*central differences give": looped(
        lambda x, h: tg.tanh(x) + tg.stop_gradient(h)
    ),
    "order 1: .*jvp give": looped(lambda x, h: x + 0.1 * square(vjp=wrong_vjp)(h)),
    "law 7, rows": looped(
        lambda x, h: x + 0.5 * tg.apply(planted("flip", rows=None), h, axis=(-2,))
    ),
    r"gets the state h: float32\[batch, 4\], but returns it as float64": looped(
        lambda x, h: tg.cast(x + h, "float64")
    ),
    r"must return \(output, states\), .*not Node": lambda x, state: x,
    r"must return \(output, states\), .*not \['Node', 'Node'\]": lambda x, h: (x, x),
    "returns no state 'h', but g": lambda x, state: (x, {"g": x}),
    "law 5, call 1 of backend 'numpy'": looped(
        lambda x, h: 0.1 * h + square(over_time=lambda y, a, s: a[0])(x)
    ),
}


@pytest.mark.parametrize("law", CELL_FAULTS)
def test_faults_of_a_cell_are_named(law):
    refused(law, check_cell, CELL_FAULTS[law], 4, 4, backends=QUICK)
