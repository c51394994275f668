"""A loop four times as large costs each stage four times as much, in lines run."""

import sys

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.native.fusion.grouping import group
from tinygraph.backends.native.fusion.groups import Group
from tinygraph.backends.native.ir import nests, storage
from tinygraph.backends.native.ir.lowering import lowered
from tinygraph.backends.native.ir.regions import Region
from tinygraph.rewriting import optimise
from tinygraph.scheduling.order import Loop, read_outside, schedule
from tinygraph.scheduling.planning import plan_loop

SMALL, TIMES, STRAIGHT = 12, 4, 1.25


def lines_in(stage, *args):
    """Return what a stage returns, and how many lines of ours it ran."""
    count = 0

    def line(frame, event, _):
        nonlocal count
        count += event == "line"
        return line

    def call(frame, event, _):
        return line if "tinygraph" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        found = stage(*args)
    finally:
        sys.settrace(before)
    return found, count


def elementwise(y, x, w, n):
    """One long body."""
    for i in range(n):
        y = tg.tanh(y * w[0] + x)
        y = y * x if i % 3 == 0 else y
    return y


def products(y, x, w, n):
    """Products, sums over rows and over the batch, and joins, in turn."""
    for i in range(n):
        y = tg.tanh(y @ w)
        y = y * tg.sum(y * x, axis=-1, keepdims=True)
        if i % 3 == 1:
            y = y - tg.mean(y, axis=0, keepdims=True)
        if i % 3 == 2:
            y = tg.concat([y[:, 2:], y[:, :2]], -1)
    return y


def looking_ahead(y, x, w, n):
    """Every part of the body reads the one before a step ahead."""
    for _ in range(n):
        y = tg.tanh(tg.delay(source=y, steps=-1) * w[0] + x)
    return y


def loops(y, x, w, n):
    """A loop after the other within the body: many states."""
    for i in range(n):
        before = tg.delay(f"h{i}", shape=("batch", 4))
        y = tg.tanh(y + before * w[0])
        before.close(y)
    return y


def stages_of(body, n):
    """Return the lines that each stage runs on a loop around a body of n parts."""
    x = tg.sequence("x", ("batch", 4))
    w = tg.parameter("w", np.full((4, 4), 0.1, "float32"))
    h_prev = tg.delay("h_prev", shape=("batch", 4), steps=n + 1)
    h = body(h_prev + x, x, w, n)
    h_prev.close(h)
    loss = tg.mean_over_time(tg.sum(h * h))
    counts = {}

    def stage(name, function, *args):
        found, lines = lines_in(function, *args)
        counts[name] = counts.get(name, 0) + lines
        return found

    slope = stage("grad", tg.grad, loss, w)
    graph = stage("verify", tg.Graph, {"loss": loss, "dw": slope})
    graph = stage("optimise", optimise, graph).graph
    graph = stage("lower", lowered, graph)
    plan = stage("schedule", schedule, graph)
    exported = read_outside(graph, plan)
    for task in plan.main:
        if isinstance(task, Loop):
            stage("plan", plan_loop, task, exported)
    for each in stage("group", group, graph, plan):
        if isinstance(each, Group):
            back = each.loop is not None and each.loop.backwards
            region = stage("region", Region, 0, each.time, back, each.nodes, {})
            found = stage("nests", nests.nests_of, region)
            stage("storage", storage.storage_of, region, found)
    return counts


@pytest.mark.parametrize("body", [elementwise, products, looking_ahead, loops])
def test_every_stage_is_linear_in_the_nodes_of_a_loop(body):
    stages_of(body, 2)
    small, large = stages_of(body, SMALL), stages_of(body, TIMES * SMALL)
    assert small.keys() == large.keys()
    steep = {
        name: (small[name], large[name])
        for name in small
        if large[name] > STRAIGHT * TIMES * small[name]
    }
    assert not steep


def test_tasks_are_told_apart_without_a_look_at_their_members():
    members = tuple(tg.sequence(f"x{i}", ()) for i in range(2))
    one, other = (Loop(members, (0, 0), False) for _ in range(2))
    assert len({one, other}) == 2
