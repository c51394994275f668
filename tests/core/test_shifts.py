"""The slots of a delay: all ways to say where one reads agree."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.core.shifts import (
    handed_on,
    repeated_step,
    repeating_code,
    room,
    shift,
    slot_at,
    slot_code,
    slots_beside,
)

CASES = [(k, total) for k in (-5, -3, -1, 1, 2, 5) for total in range(1, 9)]


def read_at(k, total):
    """What is read at each step: ("source", step) or ("slot", number)."""
    found = []
    for t in range(total):
        slot = slot_at(t, k, total)
        found.append(("source", t - k) if slot is None else ("slot", slot))
    return found


@pytest.mark.parametrize(("k", "total"), CASES)
def test_each_step_reads_the_line_of_slots_and_source_k_steps_away(k, total):
    """Slots before or after the source make one line: the delay is it, moved by k."""
    source = [("source", t) for t in range(total)]
    slots = [("slot", i) for i in range(abs(k))]
    line = slots + source if k > 0 else source + slots
    assert read_at(k, total) == (line[:total] if k > 0 else line[-total:])
    before, after = room([k])
    assert (before, after) == ((k, 0) if k > 0 else (0, -k))
    assert line[slots_beside(k, before, total)] == slots
    assert line[before : before + total] == source


@pytest.mark.parametrize(("k", "total"), CASES)
def test_all_steps_at_once(k, total):
    source, slots = np.arange(total), 100 + np.arange(abs(k))
    found, all_steps = np.full(total, -1), shift(k, total)
    found[all_steps.moved] = source[all_steps.source]
    found[all_steps.outside] = slots[all_steps.slots]
    wanted = [i + 100 * (kind == "slot") for kind, i in read_at(k, total)]
    assert found.tolist() == wanted


@pytest.mark.parametrize(("k", "total"), CASES)
def test_generated_code_says_the_same(k, total):
    inside, slot = slot_code(k)
    for t, (kind, number) in enumerate(read_at(k, total)):
        names = {"t": t, "steps": total, "max": max, "min": min}
        assert eval(inside, names) is (kind == "source")
        if kind == "slot":
            assert eval(slot, names) == number
        repeated = repeated_step(k, total) if kind == "slot" else number
        assert eval(repeating_code(k), names) == repeated


@pytest.mark.parametrize(("k", "total"), CASES)
def test_a_stretch_hands_on_the_slots_of_the_next(k, total):
    """Cut anywhere: slots of the second part (k < 0: the first) come from the other."""
    xs = np.arange(1.0, total + 1)
    x = tg.sequence("x", (), "float64")
    y = tg.delay(source=x, steps=k, history=-1.0 - np.arange(abs(k)))
    wanted = tg.evaluate(y, {"x": xs})
    slots = -1.0 - np.arange(abs(k))
    for cut in range(1, total):
        parts = [xs[:cut], xs[cut:]]
        near = parts[0] if k > 0 else parts[1]
        line = [slots, near] if k > 0 else [near, slots]
        between = np.concatenate(line)[handed_on(k)]
        outside = [slots, between] if k > 0 else [between, slots]
        found = [
            tg.evaluate(tg.delay(source=x, steps=k, history=own), {"x": part})
            for part, own in zip(parts, outside, strict=True)
        ]
        np.testing.assert_array_equal(np.concatenate(found), wanted)


def test_room_is_that_of_the_farthest():
    assert room([1, 3, -2]) == (3, 2)
    assert room([]) == (0, 0)
