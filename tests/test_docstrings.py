"""Every public name has an example; docstrings say what arguments mean.

The examples themselves are run by `--doctest-modules`.
"""

import dataclasses
import inspect
import re

import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing

OBVIOUS = {
    *("a", "x", "x1", "x2", "y", "ary", "arr", "arrays", "array", "operands", "m"),
    *("axis", "axes", "keepdims", "shape", "dtype", "name", "indices", "graph", "node"),
    *("rng", "value", "values", "updates", "op", "h_prev", "c_prev", "y_prev", "w"),
    *("self", "cls", "options", "path", "text", "tokens", "targets"),
    *("config", "prompt"),
}
"""What NumPy's names, a type and the first line say already."""

PUBLIC = {
    f"{package.__name__}.{name}": getattr(package, name)
    for package in (tg, testing, rnn)
    for name in package.__all__
}
DOCUMENTED = {
    name: thing
    for name, thing in PUBLIC.items()
    if inspect.isclass(thing) or inspect.isfunction(thing)
}
ERRORS = {
    name
    for name, thing in DOCUMENTED.items()
    if inspect.isclass(thing) and issubclass(thing, Exception)
}
"""Their messages are the examples; one `match=` test each."""


def own_members(kind):
    """Public methods and properties that our own classes define."""
    for base in kind.__mro__:
        if not base.__module__.startswith("tinygraph"):
            continue
        for name, member in vars(base).items():
            known = (staticmethod, classmethod, property)
            called = inspect.isfunction(member) or isinstance(member, known)
            if called and not name.startswith("_"):
                yield name, inspect.unwrap(getattr(member, "__func__", member))


@pytest.mark.parametrize("name", sorted(DOCUMENTED.keys() - ERRORS))
def test_every_public_name_has_an_example(name):
    text = inspect.getdoc(DOCUMENTED[name]) or ""
    assert ">>> " in text, f"{name} has no example"


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_public_method_is_documented(name):
    thing = DOCUMENTED[name]
    assert inspect.getdoc(thing)
    if inspect.isclass(thing):
        for member, function in own_members(thing):
            assert function.__doc__, f"{name}.{member} has no docstring"


def texts(kind):
    """The docstrings of our classes that a class is made of, and of making one."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("tinygraph")]
    made = [vars(base).get("__init__") for base in ours]
    return "\n".join(thing.__doc__ or "" for thing in (*ours, *made) if thing)


def unexplained(function, text):
    """Return the parameters that a docstring does not name."""
    named = set(re.findall(r"\w+", text)) | OBVIOUS
    parameters = inspect.signature(function).parameters
    return [name for name in parameters if name not in named]


@pytest.mark.parametrize("name", sorted(DOCUMENTED.keys() - ERRORS))
def test_every_argument_is_explained(name):
    thing = DOCUMENTED[name]
    if not inspect.isclass(thing):
        assert not unexplained(thing, thing.__doc__ or "")
        return
    about = texts(thing)
    if "__init__" in vars(thing) and not dataclasses.is_dataclass(thing):
        assert not unexplained(thing.__init__, about)
    for member, function in own_members(thing):
        if inspect.isfunction(function):
            inherited = [getattr(base, member, None) for base in thing.__mro__]
            said = "\n".join(each.__doc__ or "" for each in inherited if each)
            assert not unexplained(function, about + said), member
