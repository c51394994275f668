"""Pages that are notebooks, run cell by cell as the site runs them."""

import ast
import re
from pathlib import Path
from typing import Any, NamedTuple

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^:[\w-]+:.*\n", re.MULTILINE)


class Cell(NamedTuple):
    """A cell of code, and the number of the line before its first one."""

    code: str
    line: int


def cells(page: str) -> list[Cell]:
    """Return the cells of code of a page, their options left out."""
    found = []
    for match in CELL.finditer(page):
        options = 0
        code = match[1]
        while option := OPTION.match(code):
            code = code[option.end() :]
            options += 1
        found.append(Cell(code, page.count("\n", 0, match.start(1)) + options))
    return found


def run(path: Path) -> list[Any]:
    """Run a page's cells in order, in one namespace; return the value of each.

    What a cell ends in is shown as a notebook shows it, so pictures are placed.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in cells(path.read_text("utf-8")):
        tree = ast.parse("\n" * cell.line + cell.code, str(path))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, str(path), "exec"), names)
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
        if hasattr(value, "_repr_mimebundle_"):
            assert "image/svg+xml" in value._repr_mimebundle_(), f"{path}: no picture"
        shown.append(value)
    return shown
