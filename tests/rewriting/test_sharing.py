"""Common subexpressions: what is computed once, and what must not be merged."""

import numpy as np

import tinygraph as tg
from tests.rewriting.kit import fires, loop_of, ops, stays, weight
from tinygraph.rewriting import sharing
from tinygraph.rewriting.facts import Facts


def x(shape=(2, 3), dtype="float64", name="x"):
    return tg.sequence(name, shape, dtype)


def test_the_same_op_on_the_same_inputs():
    a = x()
    graph = fires("share", {"y": tg.tanh(a) * 2, "z": tg.tanh(a) + 1}, 1)
    assert ops(graph)["tanh"] == 1


def test_what_stands_on_shared_nodes_is_shared_in_one_go():
    a = x()
    left, right = (tg.sin(tg.tanh(a * 2.0)) for _ in range(2))
    graph = fires("share", {"y": left, "z": right * left})
    assert ops(graph)["sin"] == ops(graph)["tanh"] == 1


def test_the_first_name_stays():
    a = x()
    graph = fires("share", {"y": tg.tanh(a, name="act"), "z": tg.tanh(a) + 1}, 1)
    assert graph["act"] is graph.outputs["y"]


def test_equal_constants():
    a = x()
    graph = fires("share", {"y": a * 2.0, "z": a + tg.constant(np.array(2.0))})
    assert ops(graph)["constant"] == 1
    one, two = (tg.constant(np.arange(3.0)) for _ in range(2))
    assert ops(fires("share", {"y": a * one, "z": a + two}))["constant"] == 1


def test_delays_of_one_source_and_init():
    a = x()
    graph = fires("share", {f"y{i}": tg.delay(source=a, steps=2) * i for i in (2, 3)})
    assert len(graph.delays) == 1


def test_within_a_cycle():
    a = x()
    (h,) = loop_of(lambda d: tg.tanh(d + a) * tg.tanh(d + a), (2, 3))
    assert ops(fires("share", {"h": h}))["tanh"] == 1


def test_not_other_attributes_dtypes_or_order():
    a, b = x(), x(name="b")
    stays(
        "share",
        {
            "last": tg.sum(a, axis=-1),
            "first": tg.sum(a, axis=0),
            "kept": tg.sum(a, axis=-1, keepdims=True),
            "minus": a - b,
            "sunim": b - a,
            "32": tg.cast(a, "float32"),
            "16": tg.cast(a, "float16"),
        },
    )


def test_not_zeros_of_two_signs():
    a = x(())
    one, other = tg.constant(np.array(0.0)), tg.constant(np.array(-0.0))
    stays("share", {"up": a / one, "down": a / other})


def test_not_delays_that_differ():
    a, zero, five = x(()), *map(tg.constant, (np.array(0.0), np.array(5.0)))
    stays(
        "share",
        {
            "one": tg.delay(source=a, steps=1, init=zero),
            "two": tg.delay(source=a, steps=2, init=zero),
            "ahead": tg.delay(source=a, steps=-1, init=zero),
            "same": tg.delay(source=a, steps=1, init=tg.REPLICATE),
            "five": tg.delay(source=a, steps=1, init=five),
        },
    )


def test_not_leaves_and_not_random_nodes():
    p = tg.parameter("p", np.float64(0.5))
    q = tg.parameter("q", np.float64(0.5))
    stays("share", {"p": x(()) * p * q})
    drawn = [tg.normal((2,), "float64", name=f"n{i}") for i in range(2)]
    logits = tg.every_step(weight("w", 3))
    labels = [tg.categorical(logits, name=f"c{i}") for i in range(2)]
    stays("share", {f"{i}": node for i, node in enumerate([*drawn, *labels])})


def test_many_slices_of_one_array_are_looked_at_once_each(monkeypatch):
    """Of one op and one input, told apart by attributes: no pair is compared."""
    read = []
    plain = sharing.frozen
    monkeypatch.setattr(
        sharing, "frozen", lambda attrs: read.append(attrs) or plain(attrs)
    )
    a = tg.placeholder("a", (500,))
    slices = [a[i] for i in range(500)] + [a[499]]
    found = sharing.share(Facts({f"{i}": node for i, node in enumerate(slices)}))
    assert found == {slices[500]: slices[499]}
    assert len(read) <= len(slices) + 1
