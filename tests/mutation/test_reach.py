"""Which tests a fault is shown to, and in which order."""

import textwrap

from tests.mutation.fault import Fault
from tests.mutation.reach import first, function_of, named, ordered
from tests.mutation.running import Runner

CODE = textwrap.dedent(
    """\
    RULES = {
        "é": lambda x: x + 1,
    }

    @decorated(by=2)
    def outer(x=3):
        def inner(y):
            return y + 4
        return inner(x) + 5

    class Thing:
        six = 6

        def seven(self):
            return 7
    """
)
RECORD = {
    "slow": (5.0, ["a.py:1", "a.py:2"]),
    "quick": (0.1, ["a.py:1"]),
    "apart": (0.2, ["b.py:9"]),
}


def line(old, new):
    return function_of(CODE, Fault("area", "file", old, new))


def test_the_function_of_a_fault_is_the_innermost():
    assert line("x + 1", "x - 1") == 2
    assert line("y + 4", "y + 5") == 7
    assert line("inner(x) + 5", "inner(x) + 6") == 5
    assert line("return 7", "return 8") == 14


def test_what_an_import_reads_is_in_no_function():
    for old in ("by=2", "x=3", "six = 6", '"é"'):
        assert line(old, old[:-1] + "0") is None


def test_an_edit_of_many_lines_is_where_it_differs():
    assert (
        line("def inner(y):\n        return y", "def inner(y):\n        return -y") == 7
    )
    assert line("(self):\n        return 7", "(me):\n        return 7") is None


def test_tests_that_enter_come_by_what_they_promise():
    assert ordered(RECORD, "a.py:1", {}) == ["quick", "slow"]
    assert ordered(RECORD, "a.py:1", {"slow": 4.0}) == ["slow", "quick"]
    assert ordered(RECORD, "a.py:2", {"quick": 4.0}) == ["slow"]
    assert ordered(RECORD, "a.py:0", {}) == ["quick", "apart", "slow"]


def test_tests_that_name_the_edit_promise_more():
    record = {f"test_it[{op}]": (1.0, []) for op in ("prod", "argmin", "is")}
    edit = Fault("area", "file", "ops.ARGMIN: is_least()", "ops.ARGMIN: is_most()")
    assert named(record, edit) == {"test_it[argmin]": 1}
    assert ordered(record, "a.py:0", named(record, edit))[0] == "test_it[argmin]"


def test_the_first_tests_take_so_long():
    assert first(["slow", "quick"], RECORD, 1.0) == ["slow"]
    assert first(["quick", "apart", "slow"], RECORD, 1.0) == ["quick", "apart"]


def test_a_run_records_what_each_test_enters(tmp_path):
    """What a fixture of many tests enters counts for all of its file."""
    (tmp_path / "tinygraph").mkdir()
    (tmp_path / "tinygraph/__init__.py").touch()
    (tmp_path / "tinygraph/code.py").write_text(
        "".join(f"def {name}():\n    pass\n\n" for name in ("one", "two", "three"))
    )
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\nmarkers = nightly\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\nfrom tinygraph.code import *\n\n"
        "@pytest.fixture(scope='module')\ndef made():\n    three()\n\n"
        "def test_one():\n    one()\n\ndef test_two(made):\n    two()\n"
    )
    runner = Runner(tmp_path)
    found = runner.run(["test_it.py"], 30.0, ["tinygraph/code.py"])
    chosen = runner.run(["test_it.py::test_two", "test_it.py::test_one"], 30.0)
    runner.close()
    assert {name: entered for name, (_, entered) in found.tests.items()} == {
        "test_it.py::test_one": ["tinygraph/code.py:1", "tinygraph/code.py:7"],
        "test_it.py::test_two": ["tinygraph/code.py:4", "tinygraph/code.py:7"],
    }
    assert list(chosen.tests) == ["test_it.py::test_two", "test_it.py::test_one"]
