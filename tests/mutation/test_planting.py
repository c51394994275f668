"""The tool that plants faults: what it finds and says, and that it leaves no trace."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutation import __main__ as tool
from tests.mutation.areas import TESTS
from tests.mutation.fault import Fault
from tests.mutation.faults import FAULTS
from tests.mutation.planting import Copy, Planter, copied

ROOT = Path(__file__).parents[2]
CODE = "def twice(x):\n    return 2 * x\n\n\ndef same(x):\n    return x + 0\n"
TEST = (
    "from tinygraph.code import twice\n\n\ndef test_it():\n    assert twice(3) == 6\n"
)
LOOP = "    while True:\n        pass"


@pytest.fixture
def tree(tmp_path):
    """A tree of one file and one test."""
    for folder, name, text in (("tinygraph", "code.py", CODE), ("tests", "t.py", TEST)):
        (tmp_path / "from" / folder).mkdir(parents=True)
        (tmp_path / "from" / folder / name).write_text(text)
    (tmp_path / "from/tinygraph/__init__.py").touch()
    (tmp_path / "from/setup.cfg").write_text("[tool:pytest]\nmarkers = nightly\n")
    return tmp_path / "from"


def fault(old, new, file="tinygraph/code.py", **options):
    return Fault("area", file, old, new, **options)


def fates(tree, *faults, limit=30.0, tests=("tests/t.py",)):
    said = []
    with copied(tree) as copy:
        with Planter(copy, faults, {"area": tests}, limit, said.append) as planter:
            found = [planter.plant(each) for each in faults]
        assert (copy.root / "tinygraph/code.py").read_text() == CODE
    assert (tree / "tinygraph/code.py").read_text() == CODE
    return found, said


def test_faults_are_killed_survive_or_are_stale(tree):
    found, said = fates(
        tree,
        fault("2 * x", "3 * x"),
        fault("x + 0", "x + 1"),
        fault("return", "pass"),
        fault("x + 0", "x", equivalent="0 changes nothing"),
        fault("2 * x", "2 * x)"),
    )
    fate = [each.fate for each in found]
    assert fate == ["killed", "survived", "stale", "equivalent", "killed"]
    assert found[0].by == "tests/t.py::test_it"
    assert "-    return 2 * x\n+    return 3 * x" in found[0].diff
    assert "does not stand there exactly once" in found[2].diff
    assert [line.split(" in ")[0] for line in said] == ["area: its own tests pass"]


def test_what_an_area_does_not_see_is_shown_to_the_tests_of_others(tree):
    (tree / "tests/u.py").write_text(TEST.replace("twice(3) == 6", "twice"))
    planted = fault("2 * x", "3 * x")
    tests = {"other": ["tests/t.py"], "area": ["tests/u.py"]}
    for narrow, fate in ((True, "survived"), (False, "killed")):
        with copied(tree) as copy:
            options = {"limit": 30.0, "tell": str, "narrow": narrow}
            with Planter(copy, [planted], tests, **options) as planter:
                assert planter.plant(planted).fate == fate


def test_a_test_that_needs_another_kills_nothing(tree):
    """It passes behind the one that it needs, and fails alone."""
    behind = "\n\ndef test_behind():\n    assert twice(3) == 6 and twice.seen\n"
    needed = TEST.replace("assert twice(3) == 6", "twice.seen = twice(3)")
    (tree / "tests/t.py").write_text(needed + behind)
    with copied(tree) as copy:
        faults = [fault("2 * x", "3 * x")]
        with Planter(copy, faults, {"area": ["tests/t.py"]}, 30.0, str) as planter:
            assert planter.fails_alone() == ""
            assert planter.plant(faults[0]).by == "tests/t.py::test_behind"
            assert planter.fails_alone() == "tests/t.py::test_behind"


def test_a_summary_counts_and_shows_what_survived(tree):
    found, _ = fates(tree, fault("2 * x", "3 * x"), fault("x + 0", "x + 1"))
    text = tool.summary(found)
    assert "area: 1 killed, 1 survived" in text
    assert "2 tried: 1 killed (50.0%), 1 survived, 0 out of time; 0 stale" in text
    assert text.count("+    return") == 1
    assert "survived, area\n--- tinygraph/code.py" in text
    assert tool.line(found[0]).startswith("killed in ")


def test_a_fault_that_runs_for_ever_is_out_of_time(tree):
    (found,), _ = fates(tree, fault("    return 2 * x", LOOP), limit=1.0)
    assert found.fate == "out of time"


def test_tests_that_fail_without_a_fault_are_refused(tree):
    (tree / "tests/t.py").write_text(TEST.replace("6", "7"))
    with pytest.raises(RuntimeError, match="area, no fault planted: killed tests/t.py"):
        fates(tree, fault("2 * x", "3 * x"))


def test_tests_that_are_not_there_are_refused(tree):
    with pytest.raises(FileNotFoundError, match="no tests tests/absent.py"):
        fates(tree, fault("2 * x", "3 * x"), tests=("tests/absent.py",))


def test_a_file_that_was_moved_is_found_by_its_text(tree):
    assert fault("2 * x", "3", "tinygraph/old.py").found_in(tree).name == "code.py"
    (tree / "tinygraph/other.py").write_text(CODE)
    assert fault("2 * x", "3", "tinygraph/old.py").found_in(tree) is None


def test_a_copy_is_written_with_a_new_time(tree, tmp_path):
    copy = Copy(tree, tmp_path / "to")
    path = copy.root / "tinygraph/code.py"
    times = [path.stat().st_mtime]
    with copy.planted(fault("2 * x", "3 * x")):
        times.append(path.stat().st_mtime)
    times.append(path.stat().st_mtime)
    assert times == sorted(set(times))


def test_areas_have_tests_that_are_there():
    assert {each.area for each in FAULTS} == TESTS.keys()
    for tests in TESTS.values():
        for name in tests:
            assert (ROOT / name).exists(), name


def test_there_are_faults_enough_and_each_is_a_program():
    assert len(FAULTS) >= 150
    assert min(Counter(each.area for each in FAULTS).values()) >= 8
    assert len({(each.file, each.old, each.new) for each in FAULTS}) == len(FAULTS)
    found = [(each, each.found_in(ROOT)) for each in FAULTS]
    stale = [each.old for each, path in found if path is None]
    assert len(stale) <= len(FAULTS) // 10, stale
    for each, path in found:
        if path is not None:
            ast.parse(path.read_text("utf-8").replace(each.old, each.new))


def test_faults_are_chosen_by_area_text_and_seed():
    every = tool.chosen([], [], None, 0)
    assert every == FAULTS
    some = tool.chosen([], [], 5, 1)
    assert some == tool.chosen([], [], 5, 1) != tool.chosen([], [], 5, 2)
    assert {each.area for each in tool.chosen(["masks"], [], None, 0)} == {"masks"}
    assert len(tool.chosen([], ["np.fmax"], None, 0)) == 2
    assert len(tool.chosen([], [], 10**6, 0)) == len(FAULTS)


def test_all_faults_can_be_listed(capsys):
    assert tool.main(["--list", "--area", "masks", "--limit", "3"]) == 0
    assert capsys.readouterr().out.count("--- tinygraph_rnn") == 3
