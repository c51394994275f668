"""Compiled code on disk: found again, and never trusted too far."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends import native
from tinygraph.backends.native.machine import cache
from tinygraph.testing import assert_same_values

loader = pytest.importorskip("tinygraph.backends.native.machine.loader")

CODE = b"\x7fELF and so on"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TINYGRAPH_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tinygraph"


def never():
    raise AssertionError("made again")


def test_code_is_found_again(folder):
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE
    assert cache.get_or_make("a", never) == CODE
    assert cache.get_or_make("b", lambda: (b"other", ())) == b"other"
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:-1] + b"?",
        lambda data: data.replace(b"code 1", b"code 0"),
        lambda data: b"tinygraph native code 1\nno json\n" + CODE,
        lambda data: b"tinygraph native code 1\n[]\n" + CODE,
    ],
)
def test_damaged_code_is_made_again(folder, damage):
    cache.get_or_make("a", lambda: (CODE, ()))
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE
    assert cache.get_or_make("a", never) == CODE


def test_code_that_needs_a_symbol_this_process_lacks_is_made_again(folder):
    cache.get_or_make("a", lambda: (CODE, ["no_such_symbol_anywhere"]))
    assert cache.get_or_make("a", lambda: (b"new", ())) == b"new"


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE


def test_a_user_without_a_home_compiles_each_time(monkeypatch):
    def nowhere():
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("TINYGRAPH_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE
    assert cache.get_or_make("a", lambda: (b"new", ())) == b"new"


def test_another_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGRAPH_CACHE", str(tmp_path / "mine"))
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE
    assert len(list((tmp_path / "mine").iterdir())) == 1
    assert not folder.exists()


def test_no_folder_at_all(folder, monkeypatch):
    monkeypatch.setenv("TINYGRAPH_CACHE", "off")
    assert cache.get_or_make("a", lambda: (CODE, ())) == CODE
    assert cache.get_or_make("a", lambda: (b"new", ())) == b"new"
    assert not folder.exists()


def test_what_was_not_used_for_longest_goes_first(folder, monkeypatch):
    for name in ("a", "b", "c"):
        cache.get_or_make(name, lambda: (CODE, ()))
    for i, path in enumerate(sorted(folder.iterdir())):
        os.utime(path, (i, i))
    cache.get_or_make("a", never)
    used = max(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    size = used.stat().st_size
    monkeypatch.setattr(cache, "MOST", 2 * size)
    cache.get_or_make("d", lambda: (CODE, ()))
    assert len(list(folder.iterdir())) == 2
    assert used.exists()
    assert cache.get_or_make("a", never) == CODE


def test_interrupted_writing_leaves_nothing(folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.get_or_make("a", lambda: (CODE, ()))
    assert not list(folder.iterdir())


def test_code_for_other_lengths_is_other_code(folder):
    """Lengths of arrays are numbers in the code, and not in its source."""

    def run(width):
        x, past = (
            tg.sequence("x", ("batch", width)),
            tg.delay("past", shape=("batch", 3)),
        )
        h = past.close(tg.tanh(x[:, :3] + past)).source
        made = tg.compile({"h": h}, "native")
        xs = np.random.default_rng(0).normal(size=(4, 2, width)).astype("float32")
        assert_same_values(made({"x": xs}), tg.interpret(made.graph, {"x": xs}))
        return made.source()

    assert run(4) == run(6)


def test_many_at_once(folder):
    def work(_):
        return cache.get_or_make("a", lambda: (CODE, ()))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(40))) == {CODE}
    (path,) = folder.iterdir()
    assert json.loads(path.read_bytes().splitlines()[1])["needs"] == []


PROGRAM = """
import sys
import numpy as np
import tinygraph as tg
x = tg.sequence("x", ("batch", 2))
h_prev = tg.delay("h_prev", shape=("batch", 2))
h = tg.tanh(x + h_prev @ tg.parameter("u", np.eye(2, dtype="float32")))
h_prev.close(h)
run = tg.compile({"h": h}, "native")
print(run({"x": np.ones((3, 1, 2), "float32")})["h"][-1, 0, 0], "numba" in sys.modules)
"""


def in_new_python(folder):
    root = Path(cache.__file__).parents[4]
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "XDG_CACHE_HOME": str(folder),
    }
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_processes_that_compile_at_once_and_one_that_need_not(tmp_path):
    both = [in_new_python(tmp_path) for _ in range(2)]
    outputs = [each.communicate(timeout=120)[0].split() for each in both]
    later, _ = in_new_python(tmp_path).communicate(timeout=120)
    assert [value for value, _ in outputs] == [later.split()[0]] * 2
    assert later.split()[1] == "False", "numba was imported"


def test_what_is_compiled_anew_is_logged_once(folder, caplog):
    x = tg.sequence("x", (3,))
    h_prev = tg.delay("h_prev", shape=(3,))
    h = tg.tanh(x + h_prev)
    h_prev.close(h)
    with caplog.at_level("INFO", logger="tinygraph"):
        tg.compile({"h": h}, "native")
        tg.compile({"h": h}, "native")
    before, after = caplog.messages
    assert before == "compiling 2 nodes to native code: none is kept yet"
    assert re.fullmatch(r"compiled in \d+\.\d s", after)


def test_seconds_of_compiling_are_announced_and_watched(folder, caplog, monkeypatch):
    x, past = tg.sequence("x", (3,)), tg.delay("past", shape=(3,))
    h = past.close(tg.tanh(x + past)).source
    seen = []
    with caplog.at_level("WARNING", logger="tinygraph"):
        tg.compile({"h": h}, "native", progress=seen.append)
        assert not caplog.messages
        assert not seen
        monkeypatch.setattr(loader, "LONG", 0.0)
        outputs = {"h": h, "twice": 2 * h}
        tg.compile(outputs, "native", progress=seen.append)
        tg.compile(outputs, "native", progress=seen.append)
    (message,) = caplog.messages
    assert re.search(r"none is kept yet; this takes about \d+ s$", message)
    assert seen == [0.0, 0.1, 0.5, 1.0]


def test_loops_and_products_take_longer_than_lines():
    lines = ["def f(n, a, b, c):", "    x = 1", "    y = 2", "    return 0"]
    plain = loader.seconds_to_compile("\n".join(lines))
    lines[1:3] = ["    for i in range(n):", "        a[i] = b[i]"]
    looped = loader.seconds_to_compile("\n".join(lines))
    lines[2] = "        product(a[i], b, c)  # matmul"
    multiplied = loader.seconds_to_compile("\n".join(lines))
    assert looped > 2 * plain
    assert multiplied > 2 * looped


def test_kept_code_is_of_these_very_sources():
    """Whoever changes a kernel or the generator gets new machine code."""
    names = {path.name for path in loader.sources()}
    folders = {path.parent.name for path in loader.sources()}
    assert {"kernels", "gemm", "ir", "fusion", "codegen", "frontend"} <= folders
    assert {"exponentials.py", "writer.py", "statements.py", "compiler.py"} <= names
    assert "microkernel.py" in names


def test_what_kernels_take_from_elsewhere_is_among_the_sources():
    """Numbers of other files are compiled in; errors and progress are not."""
    (package,) = native.__path__
    apart = {"tinygraph.core.errors", "tinygraph.runtime.progress"}
    for folder in ("kernels", "frontend", "gemm"):
        for path in Path(package, folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(node, "module", None) or ""
                if name.split(".")[0] == "tinygraph" and name not in apart:
                    origin = importlib.import_module(name).__file__
                    assert Path(origin) in loader.sources(), (path, name)
