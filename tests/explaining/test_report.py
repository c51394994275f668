"""explain: what it counts, what it calls things, what it accepts."""

import re

import numpy as np
import pytest

import tinygraph as tg
from tests.golden.models import MODELS, gradients, language_model, two_ways
from tests.rewriting.kit import loop_of, weight
from tinygraph.backends.numpy.tasks import LoopTask
from tinygraph.core.verification import cycles_of
from tinygraph.explaining.formulas import Words
from tinygraph.ops.costs import Amount, Costs, category


def x(shape=("batch", 3), name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestAmount:
    def test_products_and_sums(self):
        one = Amount.of(2, "t", "batch", 3)
        assert str(one) == "6·batch·t"
        assert str(one + Amount.of(4) + one) == "12·batch·t + 4"
        assert str(one * (Amount.of("t") + Amount.of(5))) == "6·batch·t·t + 30·batch·t"
        assert str(Amount.of("t") * Amount.of(0, "t")) == "0"
        assert str(Amount.of("t")) == "t"

    def test_bound_in_part_and_whole(self):
        one = Amount.of(2, "t", "batch") + Amount.of("batch")
        assert str(one.at({"t": 10})) == "21·batch"
        assert one.number is None
        assert one.at({"t": 10, "batch": 3, "other": 1}).number == 63

    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 kB"),
            (12_345, "12.3 kB"),
            (999_499, "999 kB"),
            (999_500, "1 MB"),
            (4.19e6, "4.19 MB"),
            (10**21, "1e+03 EB"),
        ],
    )
    def test_numbers_to_three_digits(self, number, shown):
        assert Amount.of(int(number)).shown("B") == shown


class TestCosts:
    def cost(self, outputs):
        graph = tg.Graph(outputs)
        return graph, Costs(graph.nodes, [n for c in cycles_of(graph.nodes) for n in c])

    @pytest.mark.parametrize(
        ("make", "flops", "size"),
        [
            (lambda a: a @ weight("W", 3, 5), "30·batch·t", "64·batch·t + 120"),
            (lambda a: tg.tanh(a), "3·batch·t", "48·batch·t"),
            (lambda a: a * a, "3·batch·t", "48·batch·t"),
            (lambda a: a + weight("b", 3), "3·batch·t", "48·batch·t + 24"),
            (lambda a: tg.sum(a, -1), "3·batch·t", "32·batch·t"),
            (lambda a: tg.sum_over_time(a), "3·batch·t", "24·batch·t + 24·batch"),
            (lambda a: tg.add_n(a, a, a), "6·batch·t", "48·batch·t"),
            (lambda a: tg.concat([a, a], -1), "0", "72·batch·t"),
            (lambda a: tg.delay(source=a), "0", "48·batch·t + 8"),
            (lambda a: a[:, :2], "0", "0"),
            (lambda a: a.T, "0", "0"),
            (lambda a: tg.last(a), "0", "0"),
            (lambda a: tg.every_step(weight("w", 3)) * 2.0, "3", "56"),
        ],
        ids=lambda value: "" if callable(value) else value,
    )
    def test_of_one_node_outside_loops(self, make, flops, size):
        node = make(x())
        _, costs = self.cost({"y": node})
        assert str(costs.flops(node)) == flops
        assert str(costs.bytes(node)) == size

    def test_a_step_of_a_loop(self):
        u = weight("U", 3, 3)
        (h,) = loop_of(lambda d: tg.tanh(d @ u), ("batch", 3))
        _, costs = self.cost({"h": h})
        assert str(costs.flops(h)) == "3·batch"
        assert str(costs.flops(h.inputs[0])) == "18·batch"
        assert str(costs.bytes(h.inputs[0])) == "48·batch + 72"

    def test_products(self):
        a, w, heads = x(), weight("W", 3, 5), weight("H", 2, 3, 5)
        _, costs = self.cost({"y": a @ w, "z": a @ heads, "s": weight("V", 4, 3) @ w})
        shapes = {
            "y": ("1", "batch·t", "3", "5"),
            "z": ("2·t", "batch", "3", "5"),
            "s": ("1", "4", "3", "5"),
        }
        graph = tg.Graph({"y": a @ w, "z": a @ heads, "s": weight("V", 4, 3) @ w})
        costs = Costs(graph.nodes, [])
        for name, wanted in shapes.items():
            assert tuple(map(str, costs.gemm(graph[name]))) == wanted

    def test_every_registered_op_has_a_kind(self):
        graph = gradients(language_model())
        kinds = {category(node) for node in tg.compile(graph).optimised}
        assert kinds == {"leaf", "view", "GEMM", "ufunc", "other"}


class TestAccepts:
    def test_a_graph_a_dict_a_node_a_compiled_function(self):
        h = MODELS["rnn"]()["h"]
        texts = {
            tg.explain(tg.Graph({"output": h})),
            tg.explain({"output": h}),
            tg.explain(h),
            tg.explain(tg.compile({"output": h})),
        }
        assert len(texts) == 1

    def test_a_function_as_it_was_compiled(self):
        graph = gradients(language_model())
        plain = tg.explain(tg.compile(graph, without=["pack gates"]))
        assert "pack gates" in tg.explain(graph)
        assert "pack gates" not in plain

    def test_the_interpreter_has_no_schedule(self):
        function = tg.compile(MODELS["rnn"](), backend="interpret")
        assert "no schedule" in tg.explain(function)
        assert function.source() == ""

    def test_graphs_without_time_and_without_cycles(self):
        static = tg.explain({"y": weight("w", 3) * 2.0})
        assert static.startswith("Schedule of y\n")
        assert "Prologue" in static
        assert "Loop" not in static
        assert "Once" in tg.explain({"y": tg.tanh(x())})

    def test_sizes_that_the_graph_does_not_have(self):
        with pytest.raises(
            tg.TinygraphError,
            match=r"no dimension or time axis 'T'; it has 't', 'batch'",
        ):
            tg.explain(MODELS["rnn"](), sizes={"T": 3})

    def test_sizes_of_some_names(self):
        text = tg.explain(MODELS["rnn"](), sizes={"batch": 2})
        assert "·t" in text
        assert "batch" not in text
        text = tg.explain(MODELS["rnn"](), sizes={"batch": 2, "t": 3})
        assert "·t" not in text
        assert "%" in text


class TestWords:
    def test_deterministic(self):
        for make in MODELS.values():
            assert tg.explain(make()) == tg.explain(make())

    def test_nodes_are_called_by_their_names(self):
        text = tg.explain(gradients(language_model()))
        for name in ("lstm.0.h = h one step ago", "c = ", "grad of output.weight"):
            assert name in text
        assert "every_step" not in text
        assert "0x" not in text

    def test_names_are_unique(self):
        (h,) = loop_of(lambda d: tg.tanh(tg.tanh(d).named("h") * 2.0), (2, 3))
        graph = tg.Graph({"h": h.named("h"), "tanh": h * 1.0})
        words = Words(graph, [])
        named = [words.name(node) for node in graph if node.op.name != "every_step"]
        assert len(set(named)) == len(named)
        assert {"h", "h#2", "tanh"} <= set(named)

    def test_delays_in_words(self):
        p = tg.placeholder("p", (2, 3), "float64")
        history = tg.placeholder("past", (2, 2, 3), "float64")
        u = tg.delay("u", init=p)
        v = tg.delay("v", steps=2, history=history)
        w = tg.delay("w", steps=2, shape=(2, 3), dtype="float64", init=tg.REPLICATE)
        y = tg.tanh(u + v).named("y")
        u.close(y)
        v.close(y)
        w.close(tg.sin(y).named("z"))
        z = tg.delay("z_before", steps=-1, shape=(2, 3), dtype="float64")
        z.close(tg.cos(z + x((2, 3))))
        text = tg.explain({"y": y, "w": w, "z": z})
        assert "u = y one step ago, at first p" in text
        assert "v = y 2 steps ago, at first past" in text
        assert "z_before = cos one step ahead, at last 0.0" in text

    def test_many_products_are_not_all_listed(self):
        a = x(("batch", 4, 4))
        many = {f"y{i}": a @ (a * float(i)) for i in range(2, 60)}
        text = tg.explain(many)
        assert re.search(r"and \d+ more products", text)
        assert len(text.splitlines()) < 60

    def test_a_long_chain_of_views(self):
        y = x(("batch", 2000))
        for _ in range(1500):
            y = y[:, 1:]
        tg.explain({"y": tg.tanh(y)})

    def test_a_deep_chain_of_parameters(self):
        w = weight("w", 3)
        for _ in range(3000):
            w = w * 1.5
        tg.explain({"y": x() * w})


class TestCounts:
    @pytest.mark.parametrize("name", MODELS)
    def test_the_calls_a_step_are_the_lines_of_the_program(self, name):
        graph = MODELS[name]()
        text, source = tg.explain(graph), tg.compile(graph).source()
        loops = re.split(r"# loop .*\n", source)[1:]
        heads = re.findall(r"Loop \d+ of \d+, .*: (.*) a step", text)
        assert len(heads) == len(loops)
        for head, loop in zip(heads, loops, strict=True):
            longest = max(part.count("  # '") for part in loop.split("def "))
            assert sum(map(int, re.findall(r"\d+", head))) == longest

    def test_flops_of_the_language_model_by_hand(self):
        """E @ W_x, h @ W_h and h @ W_out forward; the same twice backward."""
        hidden, words, batch, steps = 16, 11, 32, 64
        sizes = {"batch": batch, "t": steps}
        text = tg.explain(gradients(language_model()), sizes)
        table = 2 * words * hidden * 4 * hidden
        gate = 2 * batch * hidden * 4 * hidden
        out = 2 * batch * steps * hidden * words
        named = dict(re.findall(r"  (\S.*?) = .*\) @ \(.*\)\s+(\S+ \w+)", text))
        assert named["matmul"] == Amount.of(table).shown("FLOP")
        assert named["grad of output.weight"] == Amount.of(out).shown("FLOP")
        assert named["grad of lstm.0.weight_h"] == Amount.of(gate * steps).shown("FLOP")

    def test_source_is_what_runs(self):
        for graph, steps in ((two_ways(), 3), (gradients(language_model()), 5)):
            run = tg.compile(graph)
            before = run.source()
            feeds = {
                leaf.label: np.zeros((steps, 2, *leaf.shape[1:]), leaf.dtype)
                for leaf in graph.sequences
            }
            run(feeds)
            loops = [t.generated for t in run._program.tasks if isinstance(t, LoopTask)]
            ran = [code for loop in loops for code in loop._functions]
            assert run.source() == before
            assert all(code in before for code in ran)
