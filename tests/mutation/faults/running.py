"""Faults of kernels, of NumPy's backend, of windows and of what calls share."""

from tests.mutation.fault import faults_in

FAULTS = [
    *faults_in(
        "kernels",
        "ops/functions.py",
        [
            (
                "np.exp(np.negative(as_float(x), out=out), out=out)",
                "np.exp(as_float(x), out=out)",
            ),
            ("tail = np.log1p(np.exp(-np.abs(x)))", "tail = np.log1p(np.exp(x))"),
            (
                "return np.maximum(x, np.zeros((), np.asarray(x).dtype), out=out)",
                "return np.fmax(x, np.zeros((), np.asarray(x).dtype), out=out)",
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/indexing.py",
        [
            (
                "return np.moveaxis(taken, axis + x.ndim - 1, 0)",
                "return np.moveaxis(taken, 0, 0)",
            ),
            (
                "indices[t % len(indices)], updates[t % len(updates)], None, length, axis",
                "indices[t % len(indices)], updates[0], None, length, axis",
            ),
            ("front = updates.ndim - behind - n", "front = 0"),
            (
                "if len(indices) == 1:\n        return index_range.take(x, indices[0], axis)",
                "if len(indices) == 1:\n        return index_range.take(x, np.abs(indices[0]), axis)",
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/shaping.py",
        [
            (
                "lead = x.shape[: x.ndim - rank]\n",
                "lead = x.shape[: x.ndim - len(shape)]\n",
            ),
            (
                "(*range(lead), *[axis + x.ndim for axis in axes])",
                "(*range(lead), *[axis + len(axes) for axis in axes])",
            ),
            (
                "array.reshape(array.shape[0], *(1,) * missing, *array.shape[1:])",
                "array.reshape(*array.shape, *(1,) * missing)",
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/slicing.py",
        [
            (
                "result = np.zeros((len(ct), *like.shape[1:]), ct.dtype)\n    result[_key(items)] = ct",
                "result = np.zeros((len(ct), *like.shape[1:]), ct.dtype)\n    result[..., : ct.shape[-1]] = ct",
            ),
            (
                "within = [slice(b, b + n) for n, (b, _) in zip",
                "within = [slice(a, a + n) for n, (_, a) in zip",
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/joining.py",
        [
            (
                "return [np.broadcast_to(array, (steps, *array.shape[1:])) for array in arrays]",
                "return [array[:steps] for array in arrays]",
            ),
            ("before, after = padding\n", "after, before = padding\n"),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/linalg.py",
        [
            (
                "return rows.reshape(*a.shape[:-1], b.shape[-1])",
                "return rows.reshape(*a.shape[:-1][::-1], b.shape[-1])",
            ),
            (
                "if len(b) == 1 and b.ndim == 3 and len(a) > 1:",
                "if b.ndim == 3 and len(a) > 1:",
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/arithmetic.py",
        [
            (
                "np.copyto(out, y)\n    np.copyto(out, x, where=condition)",
                "np.copyto(out, x)\n    np.copyto(out, y, where=condition)",
            ),
            (
                '*[(np.add, ("out", i, "out")) for i in later]]',
                '*[(np.add, (0, i, "out")) for i in later]]',
            ),
        ],
    ),
    *faults_in(
        "kernels",
        "ops/index_range.py",
        [
            ("lowest = 0 if labels_of else -length", "lowest = 0"),
            (
                "indices.size and indices.min() < 0:",
                "indices.size and indices.max() < 0:",
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/numpy/vectorised.py",
        [
            (
                "if x in dying and x.type == node.type and not linker.values.is_late(x):",
                "if x.type == node.type and not linker.values.is_late(x):",
            ),
            (
                "edge = slice(0, 1) if node.steps > 0 else slice(-1, None)",
                "edge = slice(0, 1)",
            ),
            (
                "return lambda source: source if len(source) != steps else source[key]",
                "return lambda source: source[: key.stop - key.start] if len(source) == steps else source",
            ),
            (
                "known = not op.contextual and all(map(linker.values.is_known, node.inputs))",
                "known = all(map(linker.values.is_known, node.inputs))",
            ),
            (
                "fixed = lasts(op) and all(map(linker.values.is_fixed, node.inputs))",
                "fixed = all(map(linker.values.is_fixed, node.inputs))",
            ),
            (
                "return linker.values.of(node.inputs[-1], lambda slots: slots[key])",
                "return linker.values.of(node.inputs[-1], lambda slots: slots[: key.stop - key.start])",
            ),
            (
                "slots = _slots(linker, node, all_steps.slots)",
                "slots = _slots(linker, node, all_steps.outside)",
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/numpy/workspace.py",
        [
            (
                "self.lists[node] = views(buffer[before : before + self.steps])",
                "self.lists[node] = views(buffer[: self.steps])",
            ),
            ("t = steps - 1 - at if loop.backwards else at", "t = at"),
            ("return source[repeated_step(k, self.steps)]", "return source[0]"),
            (
                "if number is None:\n            return source[t - k]",
                "if number is None:\n            return source[max(t - k, 0)]",
                "no slot is read there, so t - k is a step",
            ),
            (
                "end = offset + len(parts) * self.lists",
                "end = offset + (len(parts) - 1) * self.lists",
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/numpy/rules_products.py",
        [
            (
                "if out.size < FEW or indices.min() < 0 or indices.max() >= len(table):",
                "if out.size < FEW or indices.max() >= len(table):",
            ),
            ("if not np.isfinite(np.add.reduce(out, None)):", "if False:"),
            (
                "        hot.fill(0)\n",
                "        hot.fill(0) if hot[0, 0] == hot[0, 0] + 1 else None\n",
            ),
            (
                'axes, keepdims = (0, *node.attrs["axis"]), node.attrs["keepdims"]',
                'axes, keepdims = (0, node.attrs["axis"][0]), node.attrs["keepdims"]',
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/numpy/rules_indexing.py",
        [
            ("        out.fill(0)\n        table = out", "        table = out"),
            (
                'if node.attrs["axis"] != -1 or indices.type.time is None:',
                "if indices.type.time is None:",
            ),
            (
                "return count == 1 and heads == rows and not",
                "return count == 1 and not",
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/numpy/codegen.py",
        [
            (
                "ordered = values[::-1] if self.plan.loop.backwards else values",
                "ordered = values",
            ),
            ("operands if found.first else operands[::-1], out)", "operands, out)"),
            ("first = binding.start\n", "first = 0\n"),
            ('key = ("steps", start)', 'key = ("steps", 0)'),
            (
                "if node.op is not MATMUL or not matrices:",
                "if node.op is not MATMUL:",
            ),
            (
                "return bool(self.workspace.lists[node][0].flags.c_contiguous)",
                "return True",
            ),
        ],
    ),
    *faults_in(
        "NumPy backend",
        "backends/linking/linker.py",
        [
            (
                "own = node in self.values.given",
                "own = False",
                "the result is copied once more: dearer, and the same",
            ),
            (
                "with self.prologue() if stays else nullcontext():",
                "with self.prologue():",
            ),
        ],
    ),
    *faults_in(
        "windows",
        "checkpointing/execution.py",
        [
            (
                "if id(array) in shared or node.op is CONSTANT:",
                "if node.op is CONSTANT:",
            ),
            (
                "order = numbers[::-1] if sweep.backwards else numbers",
                "order = numbers",
            ),
            (
                "self._static[node] = merge(value, before, (end - first, rest))",
                "self._static[node] = merge(before, value, (rest, end - first))",
            ),
            (
                "self._static[node] = merge(before, value, (first, end - first))",
                "self._static[node] = merge(value, before, (end - first, first))",
            ),
            ("start = self.binding.start + first", "start = self.binding.start"),
            ("min(abs(delay.steps), end - first)", "abs(delay.steps)"),
            (
                "parts = [history, edge] if steps > 0 else [edge, history]",
                "parts = [history, edge]",
            ),
            (
                "for edge in edges[:-1] if past else edges[:0:-1]:",
                "for edge in edges[:-1]:",
            ),
            ("return found if past else found[::-1]", "return found"),
            (
                "if len(edge) == abs(steps):\n        return edge",
                "if len(edge):\n        return edge",
            ),
            (
                "return carried and not (sweep.reduced or sweep.collected)",
                "return carried",
            ),
            (
                "if delay in carried:\n                    carried[delay] = _moved(",
                "if delay in carried and delay not in edges:\n                    carried[delay] = _moved(",
            ),
            ("merge(before, value, out=before)", "merge(before, before, out=before)"),
        ],
    ),
    *faults_in(
        "windows",
        "checkpointing/lengths.py",
        [
            (
                "if needed <= budget:\n                return chosen",
                "if True:\n                return chosen",
            ),
            ("least = max(SHORTEST, math.isqrt(total - 1) + 1)", "least = total"),
        ],
    ),
]
