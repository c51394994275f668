"""Faults to plant: wrong backends, ops with something changed."""

import dataclasses

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.interpret import InterpretedProgram
from tinygraph.testing.rewiring import rewired

QUICK = ("numpy",)
"""Backends that need no compiler."""


def refused(law, check, *args, **options):
    """Expect that a law does not hold; return the error."""
    with pytest.raises(tg.LawError, match=law) as caught:
        check(*args, **options)
    return caught.value


def planted(name="square", **changes):
    """A registered op under another name, with something changed."""
    return dataclasses.replace(tg.REGISTRY[name], name="wrong", **changes)


class Wrong(InterpretedProgram):
    """A backend with one fault, by name."""

    fault = ""

    def run(self, binding, version):
        if self.fault == "start" and binding.start:
            binding = binding._replace(start=binding.start + 1)
        if self.fault == "seed":
            binding = binding._replace(seed=0)
        found = super().run(binding, version)
        rows = binding.sizes.get("batch")
        return {
            name: np.asarray(self.spoiled(value, rows)) for name, value in found.items()
        }

    def spoiled(self, value, rows):
        if value.dtype.kind != "f":
            return value
        if self.fault == "NaN":
            return np.nan_to_num(value, nan=0.0, posinf=np.inf, neginf=-np.inf)
        if self.fault == "infinite":
            return np.where(np.isinf(value), np.asarray(np.nan, value.dtype), value)
        if self.fault == "one row" and rows == 1:
            return value + 1
        return value

    @classmethod
    def enter(cls, fault, **options):
        made = type(fault, (cls,), {"fault": fault})
        tg.register_backend("wrong", made, rewrites=False, **options)


class WrongInLoops(Wrong):
    """Forgets the states where a graph has any."""

    def __init__(self, graph, threads=None):
        changes = {delay: lambda d: d * 0.5 for delay in graph.delays}
        super().__init__(rewired(graph, changes))


class WrongGradients(Wrong):
    """Wrong about a graph that has a gradient among its outputs."""

    def run(self, binding, version):
        found = super().run(binding, version)
        return {k: v * 2 if k.startswith("grad/") else v for k, v in found.items()}


class WrongAlone(Wrong):
    """Wrong about graphs without loops."""

    def run(self, binding, version):
        found = super().run(binding, version)
        alone = not self.graph.delays
        return {k: np.asarray(v + alone).astype(v.dtype) for k, v in found.items()}
