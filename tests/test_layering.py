"""The shape of the code: imports go one way, files are short, all is documented."""

import ast
import functools
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tinygraph as tg

ROOT = Path(tg.__file__).parents[1]
ENGINE = sorted((ROOT / "tinygraph").rglob("*.py"))
RNN = sorted((ROOT / "tinygraph_rnn").rglob("*.py"))

LAYERS = [
    *("error_data", "errors", "sites", "shifts", "types"),
    *("foreign_calls", "operators", "nodes"),
    *("building", "leaves", "delays"),
    *("ops", "traversal", "verification", "rebuilding", "replacing"),
    *("flattening", "graph"),
    *("stepping", "casting", "binding", "blaming"),
    *("unrolling", "autodiff", "rewriting", "scheduling"),
    *("planning", "program", "constancy", "packing", "threads", "backends"),
    *("parameters", "rebinding", "looping", "reversing", "states"),
    *("windows", "preferring", "compiling"),
    *("costing", "phrasing", "recalling", "explaining", "flowing", "files"),
    "drawing",
    "testing",
]
"""A file or folder of the engine imports only what stands before it."""

UPWARD = {
    ("graph", "states"),  # Graph.initial_state hands over to its file
    ("operators", "nodes"),  # for the type checker
    *(("errors", above) for above in ("nodes", "delays", "graph")),  # likewise
}
STAGES = {"unrolling", "autodiff", "rewriting", "drawing"}
"""Graph → something: no stage imports another, but pictures of unrolled graphs."""


@functools.cache
def tree_of(path):
    return ast.parse(path.read_text())


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    """Every module a file imports, at any depth, with the line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module, node.lineno
            yield from ((f"{node.module}.{a.name}", node.lineno) for a in node.names)


def layer(module):
    """`ops` of `tinygraph.ops.time`; None for the package itself and others."""
    parts = module.split(".")
    known = parts[0] == "tinygraph" and len(parts) > 1 and parts[1] in LAYERS
    return parts[1] if known else None


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_imports_go_one_way(path):
    own = layer(name_of(path))
    if name_of(path) == "tinygraph":
        return
    assert own is not None, f"say in LAYERS where {name_of(path)} belongs"
    for module, line in imports(path):
        assert not module.startswith("tinygraph_rnn"), f"{path}:{line}"
        below = layer(module)
        if below is None or (own, below) in UPWARD:
            continue
        assert LAYERS.index(below) <= LAYERS.index(own), (
            f"{path.name}:{line} imports {module} of a later layer"
        )


def test_stages_do_not_import_each_other():
    for path in ENGINE:
        own = layer(name_of(path))
        others = {layer(module) for module, _ in imports(path)} & STAGES - {own}
        if own in STAGES:
            assert others <= ({"unrolling"} if own == "drawing" else set()), path


def imported_first(path, names):
    """The modules of the engine that a file needs before it is itself there."""
    for node in tree_of(path).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                part = f"{node.module}.{alias.name}"
                yield part if part in names else node.module


def test_no_module_imports_itself_through_others():
    names = {name_of(path) for path in ENGINE}
    graph = {name_of(p): {*imported_first(p, names)} & names for p in ENGINE}
    while graph:
        ready = [name for name, below in graph.items() if not below & graph.keys()]
        assert ready, f"a cycle among {sorted(graph)}"
        for name in ready:
            del graph[name]


def test_functions_of_the_engine_do_not_import_the_engine():
    for path in ENGINE:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.FunctionDef) or node.name == "__getattr__":
                continue
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom):
                    own, other = layer(name_of(path)), layer(inner.module)
                    assert other is None or (own, other) in UPWARD, (
                        f"{path}:{inner.lineno} imports {inner.module} in a function"
                    )


@pytest.mark.parametrize("path", RNN, ids=name_of)
def test_the_layers_use_the_public_engine_only(path):
    for module, line in imports(path):
        if module.split(".")[0] != "tinygraph":
            continue
        name = module.removeprefix("tinygraph").lstrip(".")
        assert name in ("", *tg.__all__), f"{path.name}:{line} imports {module}"
    used = {
        node.attr
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "tg"
    }
    assert used <= {*tg.__all__, "__version__"}, path.name


def test_public_names():
    assert len(set(tg.__all__)) == len(tg.__all__)
    for name in tg.__all__:
        assert not name.startswith("_")
        thing = getattr(tg, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name
            assert thing.__module__.startswith("tinygraph."), name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tg.nothing


@pytest.mark.parametrize("path", ENGINE + RNN, ids=name_of)
def test_files_are_short_and_documented(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    tree = tree_of(path)
    assert ast.get_docstring(tree), "no docstring of the module"
    kinds = (ast.FunctionDef, ast.ClassDef)
    for owner in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))):
        if isinstance(owner, ast.ClassDef) and owner.name.startswith("_"):
            continue
        for node in owner.body:
            if isinstance(node, kinds) and not node.name.startswith("_"):
                if any(ast.unparse(mark) == "overload" for mark in node.decorator_list):
                    continue
                assert ast.get_docstring(node), f"{node.name} has no docstring"


def in_new_python(code):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_importing_the_engine_imports_nothing_heavy():
    loaded = in_new_python("import sys, tinygraph; print(*sys.modules)").split()
    heavy = {
        *("matplotlib", "graphviz", "pygraphviz", "hypothesis", "tqdm", "safetensors"),
        *("numba", "scipy", "torch", "subprocess", "urllib.request", "ssl", "pydoc"),
        *("tinygraph.drawing", "tinygraph.testing", "tinygraph_rnn"),
    }
    ours = set(loaded) - set(
        in_new_python("import sys, numpy; print(*sys.modules)").split()
    )
    assert not heavy & ours


def test_importing_the_engine_is_quick(tmp_path):
    """The issue says 50 ms over NumPy; three times that, the best of three, here."""
    code = (
        "import numpy, time; start = time.process_time(); import tinygraph;"
        "print(time.process_time() - start)"
    )
    prefix = f"import sys; sys.pycache_prefix = {str(tmp_path)!r};"
    best = min(float(in_new_python(prefix + code)) for _ in range(3))
    assert best < 0.150, f"{best * 1e3:.0f} ms"
