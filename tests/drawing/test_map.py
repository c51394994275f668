"""Each folder of drawing lists its files in an order in which they import one way."""

import ast
from pathlib import Path

import pytest

import tinygraph as tg

FOLDER = Path(tg.__file__).parent / "drawing"


def listed_in(text):
    lines = (text or "").splitlines()
    return [line.split()[0] for line in lines if line.startswith("    ")]


def imported(path):
    """Return the modules that a file imports, by their full names."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("folder", ["model", "layout", "output", "web"])
def test_a_folder_lists_its_files_in_the_order_of_processing(folder):
    package = FOLDER / folder
    listed = listed_in(
        ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    )
    assert sorted(listed) == sorted(
        path.stem for path in package.glob("*.py") if path.stem != "__init__"
    )
    for i, name in enumerate(listed):
        later = {f"tinygraph.drawing.{folder}.{other}" for other in listed[i + 1 :]}
        assert not later & set(imported(package / f"{name}.py")), name
