"""Every public name has an example, every public method a docstring.

The examples themselves are run by `--doctest-modules`.
"""

import inspect

import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing

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
