"""Faults of native code: expressions, formulas, indices, storage, nests, random words."""

from tests.mutation.fault import faults_in

FAULTS = [
    *faults_in(
        "native kernels",
        "backends/native/kernels/expressions.py",
        [
            (
                'return text if dtype.kind == "f" else f"np.{dtype.name}({text})"',
                "return text",
            ),
            (
                'if kind.kind == "f" or _all_bool(dtypes):\n',
                "if _all_bool(dtypes):\n",
                "NumPy's scalars and the front end bring both sides to this dtype themselves",
            ),
            (
                "if _all_bool(dtypes) else np.result_type(*dtypes)",
                "if _all_bool(dtypes) else min(dtypes, key=lambda d: d.itemsize)",
            ),
            (
                'if dtype.kind == "f" and wanted.kind in "iu":',
                "if False:",
                "machine code converts alike by both names; plain Python differs for "
                "numbers that the integer lacks, which have no meaning",
            ),
            (
                'if wanted.kind == "b":\n        return f"({text} != 0)"',
                'if wanted.kind == "b":\n        return f"({text} > 0)"',
            ),
            (
                'return f"select({truth}, {x}, {y})"',
                'return f"select({truth}, {y}, {x})"',
            ),
            ('"square": _formula("{x} * {x}")', '"square": _formula("{x} + {x}")'),
            ('"less_equal": _comparison("<=")', '"less_equal": _comparison("<")'),
            ('"logical_xor": _infix("^", "^")', '"logical_xor": _infix("|", "|")'),
            (
                '"minimum": function("minimum", bools="&")',
                '"minimum": function("minimum", bools="|")',
            ),
            (
                'return f"isfinite({operands[0]})" if dtypes[0].kind == "f" else "True"',
                'return "True"',
            ),
        ],
    ),
    *faults_in(
        "native formulas",
        "backends/native/kernels/comparisons.py",
        [
            (
                'return x.call("llvm.maximum", y, flags=("nsz",))',
                "return (x > y).choose(x, y)",
            ),
            ("return (x < 0).choose(0, x)", "return (x > 0).choose(x, 0)"),
            (
                "return x.differs(x).choose(x, found) if x.type in _FLOATS else found",
                "return found",
            ),
            ("quotient = other_sign.choose(quotient - 1, quotient)\n    rest", "rest"),
            (
                "return by_zero.choose(x / y, whole), by_zero.choose(left, rest)",
                "return whole, rest",
            ),
            ("rest = other_sign.choose(left + y, left)", "rest = left"),
        ],
    ),
    *faults_in(
        "native formulas",
        "backends/native/kernels/exponentials.py",
        [
            (
                "x = (x > high).choose(high, x)\n    return (x < low)",
                "x = (x < high).choose(x, high)\n    return (x < low)",
            ),
            (
                "large = (scale * tail + (scale - 0.5)) * 2.0",
                "large = (scale * tail + scale) * 2.0 - 1.0",
            ),
            (
                'return (-m / (m + 2.0)).call("llvm.copysign", x)',
                "return -m / (m + 2.0)",
            ),
            (
                "return (x < 0.0).choose(0.0, x) + log1p",
                "return (x < 0.0).choose(x, 0.0) + log1p",
            ),
            ("half = n >> 1\n", "half = n >> 0\n"),
            (
                "return n, r * r * polynomial(r, known.tail) + r",
                "return n, r * polynomial(r, known.tail) + r",
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/ir/indices.py",
        [
            (
                "tuple(ZERO if dim == 1 else index[lead + i] for i, dim in enumerate(shape))",
                "tuple(index[lead + i] for i, dim in enumerate(shape))",
            ),
            (
                "places.append(Index(offset=item + dim))",
                "places.append(Index(offset=dim - 1))",
            ),
            ("found[axis] = place\n", "found[-1 - axis] = place\n"),
            (
                "return scaled(place, taken.step).plus(taken.start)",
                "return scaled(place, taken.step).plus(item[0] or 0)",
            ),
            ("({size(dim)} - 1 - ({place}))", "({size(dim)} - ({place}))"),
            (
                '        if i:\n            text = f"({text}) % {size(dim)}"',
                '        if i == 1:\n            text = f"({text}) % {size(dim)}"',
            ),
            ("inner = volume(old[i + 1 :])", "inner = volume(old[i + 1 : i + 2])"),
            (
                'text = f"({text}) * {size(dim)} + {place}" if text else str(place)',
                'text = f"({text}) * {size(shape[-1])} + {place}" if text else str(place)',
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/ir/rules.py",
        [
            (
                'mirrored(place, dim) if i - x.ndim in node.attrs["axis"] else place',
                "mirrored(place, dim)",
            ),
            (
                "return x.ndim == indices.ndim and lengths == {1}",
                "return x.ndim == indices.ndim",
            ),
            (
                'reductions.MAX: _reduction("maximum", least, nonempty=True)',
                'reductions.MAX: _reduction("maximum", zero, nonempty=True)',
            ),
            ('PROD: _reduction("multiply", one)', 'PROD: _reduction("multiply", zero)'),
            (
                'reductions.ARGMIN: _search("minimum", greatest)',
                'reductions.ARGMIN: _search("maximum", least)',
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/ir/storage.py",
        [
            (
                "if need == ROW and not _in_last_row(writer.at, access.index):",
                "if False:",
            ),
            (
                "return LOCAL if statements == 1 else SCRATCH",
                "return LOCAL",
                "whoever reads what several statements write needs scratch: the first "
                "of them is a fill or an insert, which `_need` gives no less",
            ),
            (
                "return ROW if along else SCRATCH",
                "return ROW",
                "within a nest all places but those along the row are the writer's, so "
                "only a running sum over rows of one element comes here, and it reads "
                "the element before, which a row of one still holds",
            ),
            (
                "if node in region.long:\n        return LONG",
                "if False:\n        return LONG",
            ),
            (
                "if read == writer.at and (writer.row_loop == row_loop or not along):",
                "if read == writer.at:",
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/ir/nests.py",
        [
            (
                "first = max(first, each.row_loop + (not exact))",
                "first = max(first, each.row_loop)",
            ),
            (
                "return last if direct and self.nests[last].lag == lag else last + 1",
                "return max(last, 0)",
                "a call and a nest of another lag are not among those that a statement "
                "may join; of one lag only a delay that repeats is left, and what it "
                "reads in its own nest is written before",
            ),
            (
                "if 0 not in reached:\n                    continue",
                "if True:\n                    continue",
            ),
            (
                "k = access.delay.steps * (-1 if region.backwards else 1)",
                "k = access.delay.steps",
            ),
            (
                "return all(outer_name(k) in seen for k in range(len(outer)))",
                "return True",
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/ir/sharding.py",
        [
            ("return shape[-2] != dim or dim not in b.type.shape", "return True"),
            (
                "if length == dim and {place} != rows:\n                return False",
                "if False:\n                return False",
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "runtime/threads.py",
        [
            (
                "cuts = [rows * i // shards for i in range(shards + 1)]",
                "cuts = [rows // shards * i for i in range(shards + 1)]",
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/codegen/scope.py",
        [
            ("*([] if labels else back),", "*back,"),
            ('f"if {name} < 0 or {name} >= {length}:"', 'f"if {name} >= {length}:"'),
            ('return "0" if node in self.region.fixed else "t"', 'return "t"'),
            ('return "np.int64(start + t)"', 'return "np.int64(t)"'),
            ("{key}, start + t, {first}", "{key}, t, {first}"),
            (
                'name, skipped = self.builder.fresh("r"), f"{first} % {per}"',
                'name, skipped = self.builder.fresh("r"), "0"',
            ),
            (
                "return array, [plus(repeating_code(k), first)], index",
                "return array, [str(first)], index",
            ),
            (
                "known = self.inner if deep else self.names.known",
                "known = self.names.known",
            ),
            (
                'return array, [plus("t", first - k)], index',
                'return array, [plus("t", first - (1 if k > 0 else -1))], index',
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/codegen/writer.py",
        [
            ('return f"t = steps - 1 - {position}"', 'return f"t = {position}"'),
            (
                'first = f"{before} + steps" if delay.steps < 0 else before - delay.steps',
                'first = f"{before} + steps" if delay.steps < 0 else 0',
                "of the delays that look back one alone shares a buffer, so that the "
                "room before it is as long as its steps, and the difference is 0",
            ),
            (
                "if number is None or delay.inputs[-1].dtype != delay.dtype:",
                "if number is None:",
                "`tg.delay` casts its init to its own dtype, and a constant that is "
                "folded keeps it: a number of another one does not come here",
            ),
            (
                'body.behind.append(f"{item} = {total}")',
                'body.within.append(f"{item} = {total}")',
            ),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/kernels/random.py",
        [
            (
                "u = (half.shifted_down(8).to_float(F64) + 0.5) * 2.0**-24",
                "u = (half.shifted_down(8).to_float(F64) + 1.0) * 2.0**-24",
            ),
            ("(half ^ _SIGN).to_float(F64) + 2.0**31", "half.to_float(F64)"),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/kernels/random_bits.py",
        [
            ("c0, c1, c2, c3 = place + 1,", "c0, c1, c2, c3 = place + 0,"),
            ("lower = (place & 1).equals(0)", "lower = (place & 2).equals(0)"),
            ("return (lane < 2).choose(", "return (lane < 1).choose("),
        ],
    ),
    *faults_in(
        "code generation",
        "backends/native/frontend/calls.py",
        [
            (
                "blocks = divided(plus(self.assembly, skipped, most), per)",
                "blocks = divided(most, per)",
            ),
        ],
    ),
]
