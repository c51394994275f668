"""Pictures of the package's cells speak the language of textbooks."""

import itertools
import re

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph.drawing.model.texts import Moment
from tinygraph_rnn import LAYERS
from tinygraph_rnn.cli.pictures import picture_graph

LSTM = {"input iₜ\nσ", "forget fₜ\nσ", "candidate gₜ\ntanh", "output oₜ\nσ"}
GATES = {
    "lstm": LSTM,
    "lstm-peephole": LSTM,
    "lstm-coupled": LSTM - {"forget fₜ\nσ"},
    "lstm-projected": LSTM,
    "lstm-layer-norm": LSTM,
    "gru": {"reset rₜ\nσ", "update zₜ\nσ", "candidate ñₜ\ntanh"},
    "gru-reset-before": {"reset rₜ\nσ", "update zₜ\nσ", "candidate ñₜ\ntanh"},
    "mgu": {"forget fₜ\nσ", "candidate ñₜ\ntanh"},
    "rnn": set(),
    "indrnn": set(),
    "jordan": {"hₜ\ntanh"},
}
LINEAR = {"Linear i", "Linear f", "Linear g", "Linear o"}
SUMS = {
    "lstm": LINEAR,
    "lstm-peephole": LINEAR | {"+ pⁱ c", "+ pᶠ c", "+ pᵒ c"},
    "lstm-coupled": LINEAR - {"Linear f"},
    "lstm-projected": LINEAR | {"P m"},
    "lstm-layer-norm": {"LN(W x) + LN(U h) + b", "LN(c)"},
    "gru": {"Linear r", "Linear z", "Wⁿ x + bⁿ", "Uⁿ h + cⁿ"},
    "gru-reset-before": {"Linear r", "Linear z", "Linear n"},
    "mgu": {"Linear f", "Linear n"},
    "rnn": set(),
    "indrnn": set(),
    "jordan": set(),
}


def of_gates(gates):
    """W, U and b of each gate."""
    return {symbol + gate for symbol in "WUb" for gate in gates}


def joined(gates):
    """The same where x and h are side by side, and so W and U."""
    return {f"b{gate}" for gate in gates} | {f"W{gate}, U{gate}" for gate in gates}


WEIGHTS = {
    "lstm": joined("ⁱᶠᵍᵒ"),
    "lstm-peephole": joined("ⁱᶠᵍᵒ") | {"pⁱ", "pᶠ", "pᵒ"},
    "lstm-coupled": joined("ⁱᵍᵒ"),
    "lstm-projected": joined("ⁱᶠᵍᵒ") | {"P"},
    "lstm-layer-norm": {"W", "U", "b", "γˣ", "γʰ", "γᶜ", "βᶜ"},
    "gru": of_gates("ʳᶻⁿ") | {"cⁿ"},
    "gru-reset-before": of_gates("ʳᶻⁿ"),
    "mgu": of_gates("ᶠⁿ"),
    "indrnn": {"W", "u", "b"},
    "jordan": {"W", "U", "b", "V", "c"},
}
MOST_BOXES = {
    "lstm": 17,
    "lstm-layer-norm": 14,
    "lstm-peephole": 21,
    "lstm-projected": 18,
}
"""As many as in pictures that are made by hand: the slide of the LSTM has 17."""


def drawn(graph, role=None, **options):
    """The texts of the boxes, of one role or of all."""
    boxes = tg.draw(graph, **options).picture.boxes.values()
    return [box.label.at(Moment()) for box in boxes if role in (None, box.role)]


def stack(kind, layers=1, **options):
    rng = np.random.default_rng(0)
    layer = LAYERS[kind](3, 4, layers, rng=rng, **options)
    return tg.Graph({"y": layer(tg.sequence("x", ("batch", 3)))})


@pytest.mark.parametrize("kind", LAYERS)
def test_gates_sums_and_states_have_their_names(kind):
    graph = picture_graph(kind)
    assert set(drawn(graph, "gate")) - {"mₜ\n×"} == GATES[kind]
    assert set(drawn(graph, "module")) == SUMS[kind]
    names = LAYERS[kind].state_names
    assert set(drawn(graph, "state")) == {f"{name}ₜ" for name in names}
    held = {f"{name}ₜ₋₁" for name in names}
    assert set(drawn(graph, "held")) <= held
    texts = drawn(graph)
    assert not [text for text in texts if re.search(r"\[|\.|_", text)]
    assert len(texts) <= MOST_BOXES.get(kind, 16)


@pytest.mark.parametrize("kind", LAYERS)
def test_weights_are_letters_with_the_gate_above(kind):
    found = drawn(picture_graph(kind), "parameter", collapse=None)
    assert set(found) == WEIGHTS.get(kind, {"W", "U", "b"})
    assert len(found) == len(set(found))


def test_slices_of_a_packed_product_are_in_the_boxes_of_their_gates():
    graph = picture_graph("lstm-layer-norm")
    assert [node.op.name for node in graph].count("index") >= 3
    assert not [text for text in drawn(graph, collapse=None) if "[" in text]


def test_in_a_picture_of_variables_each_gate_has_its_weights_beside_its_lines():
    picture = tg.draw(picture_graph("lstm"), collapse="variables").picture
    texts = {box.key: box.label.text for box in picture.boxes.values()}
    found = {(texts[wire.tail], texts[wire.head]): wire.label for wire in picture.wires}
    assert found["x", "forget f"] == "Wᶠ"
    assert sorted(wire.label for wire in picture.wires if wire.label) == sorted(
        symbol + gate for symbol in "WU" for gate in "ⁱᶠᵍᵒ"
    )


def test_a_slice_stays_where_no_name_says_which_part_it_is():
    x = tg.sequence("x", (2,)) @ tg.parameter("W", np.zeros((2, 4), "float32"))
    a, b = tg.split(x, 2, axis=-1)
    shown = drawn({"y": tg.tanh(a).named("first"), "z": tg.tanh(b)})
    assert "[2:4]" in shown
    assert "[0:2]" not in shown
    whole = tg.sequence("x", (4,))
    parts = tg.split(whole, 2, axis=-1)
    named = {"y": tg.tanh(parts[0]).named("a") + tg.tanh(parts[1]).named("b")}
    assert {"[0:2]", "[2:4]"} <= set(drawn(named))
    product = {"y": (a * b).named("c") * 2.0}
    assert {"[0:2]", "[2:4]"} <= set(drawn(product))


def test_layers_and_directions_are_in_the_symbols():
    assert {"h⁽¹⁾ₜ", "h⁽²⁾ₜ"} <= set(drawn(stack("gru", 2)))
    assert {"→hₜ", "←hₜ"} <= set(drawn(stack("gru", bidirectional=True)))
    both = drawn(stack("lstm", 2, bidirectional=True), "state")
    assert sorted(both) == sorted(
        f"{way}{name}⁽{layer}⁾ₜ" for way in "→←" for name in "ch" for layer in "¹²"
    )
    assert "W⁽²⁾" in drawn(stack("rnn", 2), collapse=None)
    assert "→U⁽¹⁾" in drawn(stack("rnn", 2, bidirectional=True), collapse=None)
    first = tg.draw(stack("rnn", 2, learned_init=True), steps=2).picture.loops
    assert [loop.initial_values for loop in first] == [("h⁰⁽¹⁾",), ("h⁰⁽²⁾",)]


def test_one_box_for_several_layers_says_which_states_it_has():
    found = drawn(stack("lstm", 4))
    assert {"LSTM cell ×4", "h⁽¹⁻⁴⁾ₜ", "c⁽¹⁻⁴⁾ₜ"} <= set(found)
    assert len(found) == 4


@pytest.mark.parametrize("options", [{"zoneout": 0.1}, {"residual": True}, {}])
def test_a_state_is_called_by_its_symbol_whatever_stands_around_it(options):
    assert "h⁽²⁾ₜ" in drawn(stack("lstm", 2, **options), "state")


def test_names_of_saved_values_stay():
    layer = rnn.GRU(3, 4, rng=np.random.default_rng(0))
    assert [node.name for node in layer.parameters] == [
        "gru.0.weight_x",
        "gru.0.weight_h",
        "gru.0.bias",
        "gru.0.bias_n",
    ]
    assert [delay.name for delay in stack("lstm").delays] == ["lstm.0.h", "lstm.0.c"]


def test_a_state_of_a_cell_of_ones_own_is_called_by_its_key():
    def counter(x, state):
        total = state["total"] + x
        return total / 2, {"total": total}

    layer = rnn.Recurrent(counter, {"total": 3})
    graph = tg.Graph({"y": layer(tg.sequence("x", ("batch", 3)))})
    assert "totalₜ" in drawn(graph, "state")


def rows(graph, step=None, **options):
    """Box → its place, of a folded picture or of one step of an unfolded one."""
    page = tg.draw(graph, **options).page
    shapes = [shape for shape in page.shapes if shape.step == step]
    return {shape.box: shape.rect for shape in shapes}


@pytest.mark.dot
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("collapse", ["auto", None])
def test_boxes_stand_in_the_same_order_folded_and_unfolded(kind, collapse):
    graph = picture_graph(kind)
    folded = rows(graph, collapse=collapse)
    unfolded = rows(graph, 1, steps=3, collapse=collapse)
    for one, other in itertools.combinations(unfolded, 2):
        pairs = [(at[one], at[other]) for at in (folded, unfolded)]
        if all(abs(a.y - b.y) < 1 for a, b in pairs):
            assert len({a.x < b.x for a, b in pairs}) == 1, (one, other)


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "lstm-peephole"])
def test_an_opened_cell_shows_no_slices_of_packed_products(kind):
    boxes = tg.draw(picture_graph(kind), collapse=None).picture.boxes.values()
    texts = [box.label.still for box in boxes]
    assert not [text for text in texts if "[" in text]
    assert [text for text in texts if text in ("matmul", "×")]
