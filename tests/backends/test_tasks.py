"""Tasks of linked programs: what each reads and writes, and what is recorded when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.rewriting.cells import cell_graphs
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.tasks import last_reads, needed
from tinygraph.backends.native.program import NativeProgram
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.backends.numpy.tasks import NodeTask
from tinygraph.rewriting import optimise
from tinygraph.semantics.binding import Binding
from tinygraph.testing import gradient_graph, recurrent_graphs

programs = pytest.mark.parametrize(
    "make",
    [NumpyProgram, NativeProgram],
    ids=["numpy", "native"],
)


@programs
@given(st.one_of(cell_graphs(), recurrent_graphs(random=True)))
@settings(max_examples=30)
def test_what_a_task_reads_was_written_by_one_before(make, graph):
    program = make(optimise(gradient_graph(graph)).graph)
    written = set()
    for task in (*program.prologue, *program.tasks):
        assert {*task.reads} <= written
        assert {*task.bound} <= {*task.reads}
        assert all({*nodes} <= {*task.reads} for nodes in task.adjacent)
        written.update(task.writes)
    assert {*program.graph.outputs.values()} <= written


def chain():
    """x, sin x, tanh sin x, and their product, as tasks."""
    x = tg.sequence("x", (2,))
    y = tg.sin(x)
    z = tg.tanh(y)
    return [NodeTask(node) for node in (x, y, z, y * z)]


def test_a_node_dies_after_its_last_reader():
    tasks = chain()
    x, y, z, product = (task.node for task in tasks)
    assert last_reads(tasks, [product]) == [[], [x], [], [y, z]]
    assert last_reads(tasks, [y, product]) == [[], [x], [], [z]]


def test_a_prologue_holds_what_is_needed():
    tasks = chain()
    assert needed(tasks, [tasks[2].node]) == tasks[:3]
    assert needed(tasks, []) == []


def test_calls_are_recorded_in_the_prologue_while_it_is_open():
    linker = Linker(Binding({}, {}, 0, 0, ()))
    first, second, third = (np.zeros(()) for _ in range(3))
    linker.call(np.copyto, [first, 1.0], None)
    with linker.prologue():
        linker.call(np.copyto, [second, 2.0], None)
    linker.call(np.copyto, [third, 3.0], None)
    frame = linker.finish({})
    assert [args[1] for _, args, _ in frame.prologue] == [2.0]
    assert [args[1] for _, args, _ in frame.main] == [1.0, 3.0]
    frame.run(Binding({}, {}, 0, 0, ()), version=1)
    second[...] = 0
    frame.run(Binding({}, {}, 0, 0, ()), version=1)
    assert (first, second, third) == (1, 0, 3)
