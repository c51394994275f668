"""The docstring of every package lists what stands in it, a line each."""

import re
from pathlib import Path

import pytest

import tinygraph_rnn

ROOT = Path(tinygraph_rnn.__file__).parent
PACKAGES = sorted(path.parent for path in ROOT.rglob("__init__.py"))


def name_of(package):
    return ".".join(package.relative_to(ROOT.parent).parts)


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_a_package_lists_its_files(package):
    text = (package / "__init__.py").read_text().split('"""')[1]
    listed = re.findall(r"^(\w+) {2,}\S", text, re.MULTILINE)
    entries = {
        path.stem
        for path in package.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    for entry in sorted(entries - {"__init__", "__main__"}):
        assert listed.count(entry) == 1, entry
