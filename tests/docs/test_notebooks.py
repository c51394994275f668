"""Notebooks of the site: what their cells show is what a kernel sends."""

import json
import os
import re

import pytest

from tests.docs.pages import ROOT

HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
CELLS = (
    "import sys, warnings\nimport matplotlib.pyplot as plt\nimport tinygraph as tg",
    "print('to', end=' ')\nprint('read')",
    "print('aside', file=sys.stderr)",
    "x = tg.sequence('x', (2,))\nx",
    "display(1, x)\nprint(_)\nplt.plot([1, 2])\n'a value'",
    "warnings.warn('look')\nwarnings.warn('old', DeprecationWarning)\nNone",
    "print(tg.Graph({'y': tg.tanh(x)}))\n__name__, sys.modules['__main__'].x is x",
    "import os\nopen('here').read(), sys.path[0], plt.get_backend(), 1 + 1;",
    "_, len(In), Out[5], (lambda: 0).__code__.co_filename.rpartition(os.sep)[2]",
)


@pytest.fixture
def page(tmp_path):
    """Write a page of some cells; return its path."""
    pytest.importorskip("myst_nb", reason="needs the extra docs")
    pytest.importorskip("ipykernel", reason="needs the extra docs")
    (tmp_path / "here").write_text("what stands beside the page")

    def write(*cells):
        path = tmp_path / "page.md"
        blocks = [f"\nWords.\n\n```{{code-cell}}\n{cell}\n```\n" for cell in cells]
        path.write_text(HEAD + "".join(blocks))
        return path

    return write


def outputs_of(notebook):
    """Return count and outputs of all cells; numbers of processes are left out."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    text = json.dumps([(cell.execution_count, cell.outputs) for cell in cells])
    return json.loads(re.sub(r"ipykernel_\d+", "ipykernel", text))


def test_outputs_are_those_of_a_kernel(page, monkeypatch):
    from docs.site import notebooks

    nbclient = pytest.importorskip("nbclient", reason="needs the package nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    path = page(*CELLS)
    ((_, ours),) = notebooks.executed([path])
    ((_, theirs),) = notebooks.executed([path])
    for cell in theirs.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = nbclient.NotebookClient(theirs, timeout=60, kernel_name="python3")
    client.execute(cwd=str(path.parent), env={**os.environ})
    assert outputs_of(ours) == outputs_of(theirs)
    assert ours.metadata.kernelspec == theirs.metadata.kernelspec


def test_a_cell_that_fails_ends_the_build(page):
    from sphinx.errors import SphinxError

    from docs.site import notebooks

    path = page("one = 1", "one / 0\nprint('never')")
    match = r"page\.md: this cell fails:\none / 0\n(.*\n)+ZeroDivisionError: div"
    with pytest.raises(SphinxError, match=match):
        list(notebooks.executed([path]))


def test_a_page_that_ends_its_process_ends_the_build(page):
    from sphinx.errors import SphinxError

    from docs.site import notebooks

    path = page("import os\nos._exit(3)")
    with pytest.raises(SphinxError, match=r"page\.md: its process ended"):
        list(notebooks.executed([path]))


def test_a_page_that_takes_too_long_ends_the_build(page, monkeypatch):
    from sphinx.errors import SphinxError

    from docs.site import notebooks

    monkeypatch.setattr(notebooks, "LONGEST", 0.25)
    path = page("while True: pass")
    with pytest.raises(SphinxError, match=r"it runs for longer than 0\.25 seconds"):
        list(notebooks.executed([path]))


def test_pages_share_nothing(page, tmp_path):
    from docs.site import notebooks

    first = page("import math\nmath.pi = 3\nmath.pi").rename(tmp_path / "first.md")
    words = tmp_path / "words.md"
    words.write_text("# No notebook\n")
    second = page("import math\nmath.pi")
    found = [
        (path, outputs_of(notebook))
        for path, notebook in notebooks.executed([first, words, second], jobs=2)
    ]
    assert [path for path, _ in found] == [first, second]
    values = [cells[0][1][0]["data"]["text/plain"] for _, cells in found]
    assert values == ["3", "3.141592653589793"]
