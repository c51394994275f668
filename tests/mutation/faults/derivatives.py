"""Faults of derivatives: a rule of one op, or of the walks that put them together."""

from tests.mutation.fault import faults_in

FAULTS = [
    *faults_in(
        "derivatives",
        "ops/functions.py",
        [
            ('"exp", np.exp, lambda y, v: v * y,', '"exp", np.exp, lambda y, v: v,'),
            ("lambda y, v: v * (y + 1),", "lambda y, v: v * y,"),
            ("lambda y, v: v / (y.inputs[0] + 1),", "lambda y, v: v / y.inputs[0],"),
            ("lambda y, v: 0.5 * v / y,", "lambda y, v: 0.5 * v * y,"),
            ("lambda y, v: 2 * v * y.inputs[0],", "lambda y, v: v * y.inputs[0],"),
            ("lambda y, v: v * sign(y.inputs[0]),", "lambda y, v: v,"),
            (
                "lambda y, v: -v * sin(y.inputs[0]),",
                "lambda y, v: v * sin(y.inputs[0]),",
            ),
            ("lambda y, v: v * (1 - square(y)),", "lambda y, v: v * (1 - y),"),
            ("lambda y, v: v * (y * (1 - y)),", "lambda y, v: v * (y * (1 + y)),"),
            (
                "greater(y.inputs[0], 0), v.type.dtype",
                "greater(y.inputs[0], 1), v.type.dtype",
            ),
            ("lambda y, v: v * sigmoid(y.inputs[0])", "lambda y, v: v * y"),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/arithmetic.py",
        [
            ("lambda y, v: -v * y / y.inputs[1]", "lambda y, v: v * y / y.inputs[1]"),
            ("slope = b * power(a, b - 1)", "slope = b * power(a, b)"),
            ("return v * where(equal(b, 0), 0, slope)", "return v * slope"),
            (
                "slope = b * power(a, b - 1)\n",
                "slope = where(equal(a, 0), 0, b * power(a, b - 1))\n",
            ),
            (
                "return v * where(zero, 0, y * FUNCTIONS",
                "return v * where(zero, 1, y * FUNCTIONS",
            ),
            (
                "lambda y, v: -v * floor_divide(*y.inputs)",
                "lambda y, v: v * floor_divide(*y.inputs)",
            ),
            ("takes - 0.5 * gives", "takes - gives"),
            (
                "lambda y, v: where(y.inputs[0], 0, v)",
                "lambda y, v: where(y.inputs[0], v, v)",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/elementwise.py",
        [
            (
                "cast(broadcast_like(pull(y, tangent), y), y.type.dtype)",
                "cast(pull(y, tangent), y.type.dtype)",
            ),
            ("lambda a, b: a + b, parts)", "lambda a, b: a - b, parts)"),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/reductions.py",
        [
            (
                'return cast(hit / sum(hit, y.attrs["axis"], keepdims=True), x.type.dtype)',
                "return cast(hit, x.type.dtype)",
            ),
            (
                'spread(_divided(ct, count(y.inputs[0], y.attrs["axis"])), y)',
                "spread(ct, y)",
            ),
            (
                "(spread(ct, y) * exp(y.inputs[0] - spread(y, y)),)",
                "(spread(ct, y) * exp(y.inputs[0]),)",
            ),
            ("return y * (v - sum(v * y, ", "return y * (v - sum(v, "),
            ("(ct - exp(y) * sum(ct, y.attrs", "(ct - y * sum(ct, y.attrs"),
            ("moved - sum(exp(y) * moved, ", "moved + sum(exp(y) * moved, "),
            (
                "(flip(cumsum(flip(ct, axis), axis[0]), axis),)",
                "(cumsum(ct, axis[0]),)",
            ),
            (
                "return sum(tangents[0] * _picked(y), y.attrs",
                "return sum(tangents[0], y.attrs",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/linalg.py",
        [
            ("unbroadcast(ct @ swap_last(b), a)", "unbroadcast(ct @ b, a)"),
            ("parts[0] if len(parts) == 1 else parts[0] + parts[1]", "parts[0]"),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/indexing.py",
        [
            (
                "return unbroadcast(apply(PUT_ALONG, ct, indices, length=length, **y.attrs), x), None",
                "return apply(PUT_ALONG, ct, indices, length=length, **y.attrs), None",
            ),
            (
                "np.put_along_axis(result, index, so_far + value, 0)",
                "np.put_along_axis(result, index, value, 0)",
            ),
            (
                'apply(TAKE, ct, y.inputs[0], axis=y.attrs["axis"])',
                "apply(TAKE, ct, y.inputs[0], axis=-1)",
            ),
            (
                "return unbroadcast(apply(TAKE_ALONG, ct, y.inputs[1], **attrs), y.inputs[0]), None",
                "return apply(TAKE_ALONG, ct, y.inputs[1], **attrs), None",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/shaping.py",
        [
            ("if i < lead or (want[i - lead] == 1 and dim != 1)", "if i < lead"),
            (
                'vjp=lambda y, ct: (transpose(ct, _inverse(y.attrs["axes"])),)',
                'vjp=lambda y, ct: (transpose(ct, y.attrs["axes"]),)',
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/joining.py",
        [
            (
                "        at += size\n    return tuple(parts)",
                "        at += 0\n    return tuple(parts)",
            ),
            (
                "zeros_like(x) if tangent is None else tangent",
                "x if tangent is None else tangent",
            ),
            (
                "for i in range(before, before + len(y.inputs)):",
                "for i in range(len(y.inputs)):",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/slicing.py",
        [
            ("at = item % dim\n", "at = abs(item) % dim\n"),
            ("if taken.step != 1 or not taken:", "if not taken:"),
            (
                "return (taken.start, dim - taken.stop)",
                "return (dim - taken.stop, taken.start)",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "ops/scattering.py",
        [
            (
                "hot[indices, np.arange(indices.size)] = 1",
                "hot[np.abs(indices), np.arange(indices.size)] = 1",
            ),
            (
                "return np.where(indices < 0, indices + length, indices)",
                "return np.abs(indices)",
            ),
            ("finite = np.isfinite(np.sum(total))", "finite = True"),
        ],
    ),
    *faults_in(
        "derivatives",
        "semantics/autodiff/paths.py",
        [
            (
                "x for i, x in enumerate(node.inputs) if x.type.is_float and i not in blocked",
                "x for i, x in enumerate(node.inputs) if x.type.is_float and not blocked",
            ),
            (
                "return parts[0] + parts[1] if len(parts) == 2 else add_n(*parts)",
                "return parts[0] + parts[1]",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "semantics/autodiff/reverse.py",
        [
            (
                'attrs = {"steps": -node.steps, "outside": "init"}',
                'attrs = {"steps": -1 if node.steps > 0 else 1, "outside": "init"}',
            ),
            (
                "if want and part is not None:\n                self.parts[x].append",
                "if want and part is not None and not self.parts[x]:\n                self.parts[x].append",
            ),
            ("sign = self._signs.get(node, 0)", "sign = 0"),
            (
                "        if slot is not None and slot in self.active:",
                "        if slot is not None and slot in self.active and node.steps == 1:",
            ),
        ],
    ),
    *faults_in(
        "derivatives",
        "semantics/autodiff/forward.py",
        [
            (
                "return open_delay((slot,), node.type, node.rule)",
                "return open_delay((node.slot,), node.type, node.rule)",
            ),
            (
                "tangents = [self.moved.get(x) if x in followed else None for x in node.inputs]",
                "tangents = [self.moved.get(x) for x in node.inputs]",
            ),
        ],
    ),
]
