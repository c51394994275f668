"""The shape of the code: folders import one way, files are short, all is documented."""

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

FLOORS = {
    "tinygraph": """
        core < ops < semantics < rewriting | scheduling < runtime
        < checkpointing < backends < compiling < explaining < testing""",
    "tinygraph.backends": """
        linking < numpy < native | jax | interpret < registry < to_jax""",
    "tinygraph.backends.native": """
        kernels < gemm < ir < fusion | codegen < frontend < machine < tasks
        < program""",
    "tinygraph.drawing": "model < layout < output < web < drawings < draw_function",
    "tinygraph_rnn": """
        starting | errors < files | checking | cells < data | layers | optimizers
        < models < training < cli""",
    "tinygraph_rnn.training.distributed": """
        placement | connections | reduction | rows | devices
        < rendezvous | sharing | collectives < group < joining""",
}
"""What a folder or file may import within its package: itself, and what stands before a
`<` in front of it. Those with `|` between them do not know each other."""

APART = {"drawing": {"core", "ops", "semantics"}}
"""Pictures of graphs need to know nothing of how graphs run."""

UPWARD = {
    # Graph.initial_state hands over to its file
    ("tinygraph.core.graph", "tinygraph.semantics.state"),
    # a notebook shows a graph by its picture
    ("tinygraph.core.graph", "tinygraph.drawing.draw_function"),
}
MOST_ENTRIES = 14
"""Files and folders that stand directly in a package."""


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


def floors_of(package):
    """Return folder or file → those that it may import, itself included."""
    allowed = {}
    below = set()
    for floor in FLOORS[package].split("<"):
        rooms = floor.replace("|", " ").split()
        allowed |= {room: below | {room} for room in rooms}
        below = below | set(rooms)
    return allowed


def room_of(module, package):
    """Return `ops` of `tinygraph.ops.time` in `tinygraph`; None for what is outside."""
    inside = module.startswith(package + ".")
    return module.removeprefix(package + ".").split(".")[0] if inside else None


def rooms_in(package):
    folder = ROOT / package.replace(".", "/")
    names = {p.stem for p in folder.iterdir() if p.suffix == ".py" or p.is_dir()}
    return names - {"__init__", "__main__", "__pycache__"}


@pytest.mark.parametrize("package", FLOORS)
def test_folders_import_one_way(package):
    allowed = floors_of(package) | (APART if package == "tinygraph" else {})
    assert allowed.keys() == rooms_in(package), "say in FLOORS where it stands"
    for path in ENGINE + RNN:
        own = room_of(name_of(path), package)
        own = None if own == "__main__" else own
        for module, line in imports(path) if own is not None else ():
            other = room_of(module, package)
            upward = (name_of(path), ".".join(module.split(".")[:3])) in UPWARD
            if other not in allowed or other == own or upward:
                continue
            assert other in allowed[own], f"{path}:{line} imports {module}"


def test_the_engine_knows_no_layers():
    for path in ENGINE:
        for module, line in imports(path):
            assert module.split(".")[0] != "tinygraph_rnn", f"{path}:{line}"


@pytest.mark.parametrize("package", ["tinygraph", "tinygraph_rnn"])
def test_a_package_has_few_entries(package):
    entries = [p for p in (ROOT / package).iterdir() if p.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES, sorted(p.name for p in entries)


def test_the_map_names_every_folder_in_the_order_of_processing():
    said = (tg.__doc__ or "").split("order of processing.")[1].split("The first")[0]
    listed = [line.split()[0] for line in said.splitlines() if line.split()]
    assert sorted(listed) == sorted(rooms_in("tinygraph"))
    allowed = floors_of("tinygraph")
    order = [room for room in listed if room not in APART]
    for i, room in enumerate(order):
        assert allowed[room] <= {*order[: i + 1]}, room


CORE = """
import sys

class Closed:
    def find_spec(self, name, path=None, target=None):
        top, *rest = name.split(".")
        ours = top == "tinygraph" and rest
        if top in OTHERS or ours and rest[0] not in ("core", "ops", "semantics"):
            raise ImportError(f"{name} is out of reach")

OTHERS = {"threadpoolctl", "graphviz", "tqdm", "safetensors", "numba", "llvmlite"}
sys.meta_path.insert(0, Closed())
import numpy as np
import tinygraph as tg

x = tg.sequence("x", (2,))
w = tg.parameter("w", np.ones((2, 2), "float32"))
past = tg.delay("past", shape=(2,))
h = tg.tanh(x @ w + past)
past.close(h)
loss = tg.sum_over_time(tg.sum(h * h))
graph = tg.Graph({"loss": loss, "dw": tg.grad(loss, w)})
feeds = {"x": np.ones((3, 2), "float32")}
folded = tg.interpret(graph, feeds)
unrolled = tg.interpret(tg.unroll(graph, 3), feeds)
assert np.allclose(folded["dw"], unrolled["dw"])
assert tg.stateful(graph) and tg.reverse_time(graph)
try:
    tg.compile(graph)
except ImportError as error:
    print(error)
"""


def test_three_folders_are_an_engine():
    """Build, verify, differentiate, unroll, interpret: with NumPy alone."""
    assert "tinygraph.compiling is out of reach" in in_new_python(CORE)


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
                    known = (name_of(path), inner.module) in UPWARD
                    assert known or not inner.module.startswith("tinygraph"), (
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


DISTRIBUTED = "tinygraph_rnn.training.distributed"


@pytest.mark.parametrize("path", RNN, ids=name_of)
def test_many_processes_stand_apart(path):
    """They know texts, carried states and people; JAX is known to few files."""
    own = name_of(path)
    for module, line in imports(path):
        assert module.split(".")[0] != "jax", f"{path}:{line} imports jax"
        inside = module.startswith("tinygraph_rnn.training.")
        if not own.startswith(DISTRIBUTED) or not inside:
            continue
        allowed = (DISTRIBUTED, "tinygraph_rnn.training.terminal")
        assert module.startswith(allowed), f"{path}:{line} imports {module}"
    if '"jax' in path.read_text():
        assert own.removeprefix(f"{DISTRIBUTED}.") in (
            "collectives",
            "devices",
            "joining",
        )


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
        *(
            "llvmlite",
            "jax",
            "scipy",
            "torch",
            "subprocess",
            "urllib.request",
            "ssl",
            "pydoc",
            "numpy.random",
        ),
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
