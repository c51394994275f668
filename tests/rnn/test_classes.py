"""A class is abstract or final, and nothing concrete is overridden (as in equinox)."""

import importlib
import inspect
import pkgutil

import pytest

import tinygraph_rnn
from tinygraph_rnn.optimizers import SGD

EXTENDED = {"__init__"}
"""Constructors: each calls the one above it, and nobody calls one of an instance."""


def classes():
    """Every class that a file of the package defines; none twice."""
    prefix = f"{tinygraph_rnn.__name__}."
    found = {}
    for module in pkgutil.walk_packages(tinygraph_rnn.__path__, prefix):
        if module.name.endswith(".__main__"):
            continue
        for thing in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(thing) and thing.__module__ == module.name:
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


CLASSES = classes()


def is_type_only(kind):
    """Protocols and typed dicts are there for mypy; errors are caught by kind."""
    is_typed_dict = dict in kind.__bases__ and hasattr(kind, "__total__")
    is_protocol = getattr(kind, "_is_protocol", False)
    return is_protocol or is_typed_dict or issubclass(kind, Exception)


def own_bases(kind):
    """The classes of the package that a class inherits from."""
    return [base for base in kind.__mro__[1:] if base in CLASSES.values()]


def is_final(kind):
    """Whether the class itself, not one above it, is marked as final."""
    return vars(kind).get("__final__", False)


def overridden(kind):
    """The concrete methods and properties of other classes that a class replaces."""
    for base in own_bases(kind):
        for member, old in vars(base).items():
            is_method = inspect.isroutine(old) or isinstance(old, property)
            was_abstract = getattr(old, "__isabstractmethod__", False)
            if is_method and not was_abstract and member in vars(kind):
                yield f"{base.__name__}.{member}"


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_is_abstract_or_final(name):
    kind = CLASSES[name]
    if not is_type_only(kind):
        assert is_final(kind) != inspect.isabstract(kind)


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_concrete_is_overridden(name):
    kind = CLASSES[name]
    found = {each.split(".")[1] for each in overridden(kind)}
    assert found <= EXTENDED


@pytest.mark.parametrize("name", CLASSES)
def test_a_constructor_calls_the_one_above_it(name):
    kind = CLASSES[name]
    extends = "__init__" in {each.split(".")[1] for each in overridden(kind)}
    if extends and not is_type_only(kind):
        assert "super().__init__(" in inspect.getsource(kind.__init__)


def test_the_rules_see_what_breaks_them():
    planted = type("Planted", (SGD,), {"step": lambda self: None})
    assert not is_final(planted)
    assert not inspect.isabstract(planted)
    assert list(overridden(planted)) == ["BaseOptimizer.step"]
