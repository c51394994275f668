"""The table of all ops, made from their declarations when the site is built."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import tinygraph as tg
from tinygraph import testing
from tinygraph.backends.native.ir.rules import RULES, is_view, rule_of, statements_of
from tinygraph.core.delays import DELAY

HEAD = ("op", "NumPy", "derivative", "all steps at once", "native code")
NUMPY = {"cast": "x.astype", "index": "x[...]"}
OTHERWISE = ("identity", "put_along_axis", "pad")
"""What NumPy means by these names is something else, or takes other arguments."""


def connect(app: Any) -> None:
    """Let a page hold the table."""
    app.add_directive("op-table", OpTable)


class OpTable(SphinxDirective):
    """All registered ops but leaves, by name."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        lines = ["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
        lines += ["| " + " | ".join(row) + " |" for row in rows()]
        container = nodes.container()
        source = self.get_source_info()[0]
        self.state.nested_parse(
            StringList(lines, source), self.content_offset, container
        )
        return container.children


def rows() -> Iterator[tuple[str, ...]]:
    """Yield what the table says of each op."""
    for name, op in sorted(tg.REGISTRY.items()):
        if not op.leaf and op is not DELAY:
            yield told(name), numpy_name(op), derivative(op), at_once(op), native(op)


def told(name: str) -> str:
    """Return the op's name, with a link where it is a public function."""
    if name in tg.__all__:
        return f"{{py:obj}}`{name} <tinygraph.{name}>`"
    return name


def numpy_name(op: tg.Op) -> str:
    """Return what NumPy calls the same function."""
    if op.name in NUMPY:
        return f"`{NUMPY[op.name]}`"
    same = hasattr(np, op.name) and not op.random and op.name not in OTHERWISE
    return f"`np.{op.name}`" if same else ""


def derivative(op: tg.Op) -> str:
    """Return which derivatives the op declares."""
    which = " and ".join(k for k in ("vjp", "jvp") if getattr(op, k) is not None)
    fixed = ", ".join(str(place + 1) for place in op.constant_in)
    if not which:
        return "zero"
    return which + (f"; zero in operand {fixed}" if fixed else "")


def at_once(op: tg.Op) -> str:
    """Return how the op runs on all steps where it stands on no cycle."""
    return "a rule of its own" if op.over_time is not None else "its kernel"


def applied(sample: testing.Sample) -> tg.Node:
    """Return the op on sequences, where it may be given some."""
    alone = any(each.per_step for each in sample.operands) or sample.op == "every_step"
    return sample.apply(*sample.leaves(() if alone else range(len(sample.operands))))


def stays_in_time(node: tg.Node) -> bool:
    """Return True for what can stand on a cycle: a value per step, of one per step."""
    first = node.inputs[0] if node.inputs else node
    return node.time is not None and first.time is not None


def native(op: tg.Op) -> str:
    """Return what native code has for the op, tried on its samples."""
    rule = RULES.get(op)
    if rule is not None and rule.decomposed is not None:
        return "yes, in parts"
    found = [node for s in testing.samples(op) if (node := applied(s)).op is op]
    if not any(
        node.time and (not node.inputs or node.inputs[0].time) for node in found
    ):
        return "outside every loop"
    if any(is_view(node) for node in found):
        return "read in place"
    written = [rule_of(node) and statements_of(node) is not None for node in found]
    if not any(written):
        return "NumPy's kernel"
    return "yes" if all(written) else "yes, for some types and arguments"
