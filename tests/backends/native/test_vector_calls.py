"""Long formulas that are called: the same numbers as inlined, by vectors."""

import re

import numpy as np
import pytest

from tests.backends.native.kit import row_loop, values
from tests.backends.native.test_law import functions_of, long_loop
from tinygraph.backends.native.frontend import vector_calls
from tinygraph.backends.native.frontend.module import module_text
from tinygraph.backends.native.kernels.expressions import LONG_FORMULAS
from tinygraph.backends.native.machine import compiler

MANY = 65


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(LONG_FORMULAS))
def test_the_same_numbers_called_and_inlined(monkeypatch, name, dtype):
    """By vectors and by those that are left over."""
    x = np.concatenate([values(dtype), np.linspace(-9, 9, 50).astype(dtype)])
    inlined, called = np.zeros_like(x), np.zeros_like(x)
    row_loop([f"{name}(x0)"], 1)(x, inlined)
    monkeypatch.setattr(vector_calls, "MANY", 1)
    row_loop([f"{name}(x0)"], 1)(x, called)
    np.testing.assert_array_equal(called, inlined, strict=True)


def test_where_there_are_many_they_are_called_by_vectors():
    text = module_text(functions_of(long_loop(MANY)))
    assert text.count("call float @tanh_float(") == MANY
    assert text.count('call float @"tanh.float"') == 1 + len(vector_calls.LANES)
    module, _ = compiler.optimised(text)
    found = re.findall(r"call (.*) @tanh_float(_\d)?\(", str(module))
    assert found == [("<4 x float>", "_4")] * MANY


def test_where_there_are_few_they_are_inlined():
    text = module_text(functions_of(long_loop(vector_calls.MANY - 1)))
    assert "tanh_float" not in text


def test_what_calls_the_c_library_is_inlined(monkeypatch):
    monkeypatch.setattr(vector_calls, "MANY", 1)
    assert vector_calls.is_called("log1p", ['declare float @"llvm.fabs.f32"(float)'])
    assert not vector_calls.is_called("log1p", ['declare double @"log1p"(double)'])
    assert not vector_calls.is_called("floor", [])
