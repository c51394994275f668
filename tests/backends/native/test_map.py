"""Folders of native code list their files in an order in which they import one way."""

import ast
import re
from pathlib import Path

import pytest

from tinygraph.backends import native

FOLDER = Path(native.__file__).parent
LISTED = re.compile(r"^(\w+)  +\w", re.MULTILINE)


@pytest.mark.parametrize(
    "folder", ["", "kernels", "gemm", "ir", "fusion", "codegen", "frontend", "machine"]
)
def test_a_folder_lists_its_files_in_the_order_of_imports(folder):
    package = FOLDER / folder
    doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
    listed = LISTED.findall(doc)
    found = {path.stem for path in package.iterdir()} - {"__init__", "__pycache__"}
    assert sorted(listed) == sorted(found)
    here = ".".join(["tinygraph.backends.native", *([folder] if folder else [])])
    for i, name in enumerate(listed):
        files = package.glob(f"{name}/*.py" if not folder else f"{name}.py")
        if not folder and (package / f"{name}.py").exists():
            files = [package / f"{name}.py"]
        for path in files:
            text = path.read_text()
            for later in listed[i + 1 :]:
                whole = rf"from {here}\.{later}\b|from {here} import .*\b{later}\b"
                assert not re.search(whole, text), f"{path} imports {later}"
