"""Which tests can see a fault: those that enter its function, the likeliest first."""

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.mutation.fault import Fault

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Entry = tuple[float, Sequence[str]]
Record = Mapping[str, Entry]


def function_of(text: str, fault: Fault) -> int | None:
    """Return the first line of the function whose body an edit changes.

    Lines count from 1, as a code object does: a decorator is a line of its function.
    None where the edit is in no body: it is read when the module is imported.
    """
    begin = len(fault.old)
    while not fault.new.startswith(fault.old[:begin]):
        begin -= 1
    at = text.index(fault.old) + begin
    line = text.count("\n", 0, at) + 1
    column = len(text[text.rfind("\n", 0, at) + 1 : at].encode())
    found = None
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Function) and _in_body(node, (line, column)):
            found = node  # walked from the outside in
    if found is None:
        return None
    decorators = [] if isinstance(found, ast.Lambda) else found.decorator_list
    return min(each.lineno for each in (found, *decorators))


def _in_body(function: Function, place: tuple[int, int]) -> bool:
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    begin = (body[0].lineno, body[0].col_offset)
    end = (function.end_lineno or 0, function.end_col_offset or 0)
    return begin <= place <= end


def ordered(record: Record, place: str, kills: Mapping[str, float]) -> list[str]:
    """Return the tests that can see a fault, those that may see it soonest first.

    What promises most in a second comes first, as jobs of known weight and length are
    put in order (Smith, 1956): a test that saw much before, or one that is short.

    Args:
        record: test → (its seconds, the functions that it enters).
        place: the function, as `file:line`.
        kills: how many faults near this one each test saw before.

    Returns:
        the tests that enter the function; all of them where none does, as of code that
        is compiled or read when a module is imported.
    """
    entering = [name for name, (_, entered) in record.items() if place in entered]

    def promise(name: str) -> float:
        return (kills.get(name, 0.0) + 0.05) / (record[name][0] + 0.01)

    return sorted(entering or record, key=promise, reverse=True)


def named(record: Record, fault: Fault) -> Counter[str]:
    """Return the tests that name what the edit is about, an op for instance.

    Each counts as one that saw a fault: a table that is read when a module is imported
    is entered by all tests or none, and `[argmin]` is the one for the row of argmin.
    """
    words = {word for word in _words(f"{fault.old} {fault.new}") if len(word) > 2}
    return Counter(name for name in record if words & _words(name.partition("[")[2]))


def _words(text: str) -> set[str]:
    return set(re.findall("[a-z_]+", text.lower()))


def first(tests: Sequence[str], record: Record, seconds: float) -> list[str]:
    """Return the first of some tests, as many as take so long together."""
    total, count = 0.0, 0
    for name in tests:
        total += record[name][0]
        if count and total > seconds:
            break
        count += 1
    return list(tests[:count])


def place_of(root: Path, fault: Fault) -> str:
    """Return the function of a fault as `file:line`; line 0 for none."""
    path = fault.found_in(root)
    if path is None:
        return ""
    line = function_of(path.read_text("utf-8"), fault) or 0
    return f"{path.relative_to(root).as_posix()}:{line}"
