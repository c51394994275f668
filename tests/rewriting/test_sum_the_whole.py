"""Sums over time of parts of a whole are slices of one sum."""

import pytest

import tinygraph as tg
from tests.rewriting.kit import agrees, ops
from tinygraph.rewriting import REWRITES, optimise

WHOLE = "sum the whole"


def x(shape, name):
    return tg.sequence(name, shape, "float64")


class TestSumTheWhole:
    def parts(self, cast=None):
        a, z = x((2, 3), "a"), [tg.tanh(x((2, 2), name)) for name in "pq"]
        if cast:
            a = tg.cast(a, cast)
            z[0] = tg.cast(z[0], cast)
        return a, z, tg.concat(z, -1)

    def outputs(self, a, z, whole):
        named = {f"{i}": tg.sum_over_time(a.T @ part) for i, part in enumerate(z)}
        return {**named, "whole": whole}

    def both(self, outputs):
        """It follows on `contract over time`: run these two alone."""
        keep = ("contract over time", WHOLE)
        without = [name for name in REWRITES if name not in keep]
        graph = tg.Graph(outputs)
        done = optimise(graph, without, verify_each=True)
        again = optimise(done.graph, without)
        assert not again.fired
        agrees(outputs)
        return done

    def test_all_parts(self):
        done = self.both(self.outputs(*self.parts()))
        assert done.fired[WHOLE] == 2
        assert ops(done.graph)["contract"] == 1

    @pytest.mark.parametrize("stretch", [(0, 4), (1, 4), (1, 3)])
    def test_a_part_within_a_stretch_that_is_summed_too(self, stretch):
        """All of it, the end of it, and what reaches over."""
        a, z, whole = self.parts()
        outputs = self.outputs(a, z[1:], whole)
        outputs["more"] = tg.sum_over_time(a.T @ whole[:, slice(*stretch)])
        done = self.both(outputs)
        assert ops(done.graph)["contract"] == 1

    def test_not_one_part(self):
        a, z, whole = self.parts()
        assert WHOLE not in self.both(self.outputs(a, z[:1], whole)).fired

    def test_not_a_part_made_from_the_other_product(self):
        a, z, _ = self.parts()
        first = tg.sum_over_time(a.T @ z[0])
        z[1] = tg.tanh(a @ first)
        done = self.both(self.outputs(a, z, tg.concat(z, -1)))
        assert WHOLE not in done.fired

    def test_not_parts_that_are_cast(self):
        done = self.both(self.outputs(*self.parts("float32")))
        assert WHOLE not in done.fired
