"""Faults of rewrites: their algebra, and the guards that say where they hold."""

from tests.mutation.fault import faults_in

FAULTS = [
    *faults_in(
        "rewrites",
        "rewriting/simplifying.py",
        [
            ("if scalar_of(b) == 1 and a.type == y.type:", "if scalar_of(b) == 1:"),
            (
                "if scalar_of(other) == 0 and x.type == y.type:",
                "if scalar_of(other) == 0 and x.dtype == y.dtype:",
            ),
            (
                "if y.op is MULTIPLY and scalar_of(a) == 1 and b.type == y.type:",
                "if scalar_of(a) == 1 and b.type == y.type:",
            ),
            ("[inner[axis] for axis in outer]", "[outer[axis] for axis in inner]"),
            (
                "cut(left.inputs[0], first[0], second[1]) if first[1] == second[0] else None",
                "cut(left.inputs[0], first[0], second[1])",
            ),
            (
                "if not one or facts.used_once(put) or values.dtype != y.dtype:",
                "if not one or values.dtype != y.dtype:",
            ),
            (
                "same = node.op is CAST and node.inputs[0].type == node.type",
                "same = node.op is CAST and node.inputs[0].dtype.kind == node.dtype.kind",
            ),
            (
                "op in (EVERY_STEP, CONSTANT) or op.contextual or isinstance",
                "op in (EVERY_STEP, CONSTANT) or isinstance",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/contracting.py",
        [
            (
                "if product.op is not MATMUL or product.ndim != 2:",
                "if product.op is not MATMUL:",
            ),
            ('if scattered.attrs["axis"] != -2 or not', "if not"),
            (
                "or left.ndim != 2 or not facts.used_once(product):",
                "or left.ndim != 2:",
            ),
            (
                "return reshape(sum_over_time(x.inputs[0]), y.type.shape)",
                "return sum_over_time(reshape(x.inputs[0], (-1,)))",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "ops/contracting.py",
        [
            (
                "a, b = (np.broadcast_to(x, (steps, *x.shape[1:])) for x in arrays)\n    rows",
                "a, b = arrays\n    rows",
            ),
            (
                "return total[0] if keepdims else total",
                "return total",
                "it is copied to a static array: leading axes of 1 fall away",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/embedding.py",
        [
            ('x.type.time is None or x.attrs["axis"] != -2:', "x.type.time is None:"),
            (
                "bias.type.shape == table.type.shape[1:] and y.type == taken.type",
                "y.type == taken.type",
            ),
            (
                "return matmul(swap_last(read), collected)",
                "return swap_last(matmul(swap_last(read), collected))",
            ),
            (
                "return where(apply(TAKEN, indices, length=length), rows, 0)",
                "return rows",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/signs.py",
        [
            (
                "return apply(SUBTRACT, a, positive)",
                "return apply(SUBTRACT, positive, a)",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/pads.py",
        [
            (
                "if runs and runs[-1][-1][1] == place[0]:",
                "if runs and runs[-1][-1][1] <= place[0]:",
            ),
            (
                "if runs and runs[-1][-1][1] == place[0]:",
                "if runs and runs[-1][-1][1] >= place[0]:",
            ),
            (
                "widths[axis] = (run[0][0], total - run[-1][1])",
                "widths[axis] = (total - run[-1][1], run[0][0])",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/choosing.py",
        [
            (
                "old = [node for node in gone if node not in kept]",
                "old = list(gone)",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/factoring.py",
        [
            ("each.positive == term.positive) for each", "True) for each"),
            (
                "total = apply(ADD if added else SUBTRACT, total, node)",
                "total = apply(ADD, total, node)",
            ),
            (
                "yield term.state * _total(factors), term.positive",
                "yield term.state * _total(factors), True",
            ),
            (
                "if len(inside) != 1:\n            break",
                "if not inside:\n            break",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/regrouping.py",
        [
            (
                "outside = [x for x in parts if facts.home.get(x) != facts.home[root]]",
                "outside = list(dict.fromkeys(x for x in parts if facts.home.get(x) != facts.home[root]))",
            ),
            (
                "if any(x.dtype != root.dtype for x in [*inside, *outside]):\n            continue",
                "if False:\n            continue",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/sharing.py",
        [
            ("return node.type, frozen(node.attrs)", "return node.type"),
            (
                "return (value.dtype, value.shape, value.tobytes())",
                "return (value.dtype, value.shape)",
            ),
            (
                "parts = tuple([found.get(x, x) for x in node.inputs])",
                "parts = frozenset([found.get(x, x) for x in node.inputs])",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/merging.py",
        [
            (
                "if own == place and part.type == y.type:",
                "if own[1] - own[0] == place[1] - place[0] and part.type == y.type:",
            ),
            (
                "found[user] = x.inputs[0] @ weight[:, place[0] : place[1]]",
                "found[user] = x.inputs[0] @ weight[:, 0 : place[1] - place[0]]",
            ),
            ("(x in outside) is own", "(x in left.inputs[:1]) is own"),
            (
                "return [x for x in products if made.isdisjoint(reach([x.inputs[1]], _inputs_of))]",
                "return products",
            ),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/small_values.py",
        [
            ("if not _unbounded(_results(facts, user, places, _AWAY)):", "if False:"),
            ("if reaches and user not in seen:", "if user not in seen:"),
        ],
    ),
    *faults_in(
        "rewrites",
        "core/ranges.py",
        [
            (
                "return self.plus(Range(-other.high, -other.low))",
                "return self.plus(Range(-other.low, -other.high))",
            ),
            ("np.isnan(product), 0.0, product", "np.isnan(product), 1.0, product"),
            (
                "np.all(found.high < widest.high)",
                "np.all(found.high <= widest.high)",
            ),
            ("(np.asarray(self.low) <= 0) &", "(np.asarray(self.low) < 0) &"),
        ],
    ),
    *faults_in(
        "rewrites",
        "rewriting/facts.py",
        [
            ("if len(large) > 1:", "if len(large) > 2:"),
            (
                "return [*large, *[x for x in factors if x not in large]]",
                "return [*[x for x in factors if x not in large], *large]",
            ),
            ("self.ranges[node].largest > 1", "self.ranges[node].largest > 1e30"),
            ("flips = SUMS.get(node.op, 1) < 0", "flips = False"),
            (
                "return len(self.users[node]) == 1 and node not in self.results",
                "return len(self.users[node]) == 1",
            ),
        ],
    ),
    *faults_in(
        "scheduler",
        "scheduling/order.py",
        [
            (
                "outside = {node for node in graph.outputs.values() if node in home}",
                "outside: set[Node] = set()",
            ),
            (
                "if part in home and home.get(node) is not home[part]:",
                "if part in home and node not in home:",
            ),
            (
                "if not node.inputs or op.contextual or isinstance(node, Delay):",
                "if not node.inputs or isinstance(node, Delay):",
            ),
            (
                "signed = [(v, u, -w if backwards else w) for v, u, w in edges]",
                "signed = [(v, u, abs(w)) for v, u, w in edges]",
            ),
            ("if lags[u] == lags[v] + w:\n", "if w == 0:\n"),
            (
                "backwards = not all_of_sign(component, edges, 1)",
                "backwards = min(w for _, _, w in edges) < 0",
            ),
            (
                "if any(map(_has_names, (node.attrs[key] for key in op.dims))):\n        return False",
                "if False:\n        return False",
                "a prologue belongs to a frame, which is linked for one length of each name",
            ),
        ],
    ),
    *faults_in(
        "scheduler",
        "ops/invariance.py",
        [
            (
                "return not op.contextual and (op.over_time is None or op.lasting)",
                "return op.over_time is None or op.lasting",
                "each op that reads the step gives all steps at once, and none of these lasts",
            ),
            (
                "if not isinstance(node, Delay) and all(x in found for x in node.inputs):",
                "if all(x in found for x in node.inputs):",
                "the slots of a delay are static and so not found; REPLICATE of what is the same at all steps is it too",
            ),
        ],
    ),
    *faults_in(
        "planner",
        "scheduling/planning.py",
        [
            (
                "if isinstance(node, Delay) or lag[part] != lag[node]:",
                "if isinstance(node, Delay):",
            ),
            (
                "(model.type.shape, model.dtype) == (node.type.shape, node.dtype)",
                "model.type.shape == node.type.shape",
            ),
            (
                "own and node.inputs.count(part) == 1 and part.dtype == node.dtype",
                "own and part.dtype == node.dtype",
            ),
            (
                "own and node.inputs.count(part) == 1 and part.dtype == node.dtype",
                "own and node.inputs.count(part) == 1",
            ),
            (
                "if home is not None and (node in wanted or home[0] in wanted):",
                "if home is not None and home[0] in wanted:",
            ),
            (
                "if all((other.steps > 0) != (node.steps > 0) for other in sharing):",
                "if True:",
            ),
            (
                "over = is_ufunc(instruction.node.op) and instruction.node is node",
                "over = instruction.node is node",
            ),
            (
                "over = is_ufunc(instruction.node.op) and instruction.node is node",
                "over = is_ufunc(instruction.node.op)",
                "a ufunc reads what it writes over rightly, in part or turned: NumPy copies what overlaps",
            ),
            (
                "if part in base:\n                last[_home(plan, base[part])] = i",
                "if part in base:\n                last[_home(plan, part)] = i",
            ),
            (
                "free = part in members and part not in plan.within",
                "free = part in members",
                "a part of two rows lives in the second then, and is copied into the first",
            ),
            (
                "            offset += size\n",
                "            offset += size if own else 0\n",
            ),
        ],
    ),
    *faults_in(
        "planner",
        "scheduling/horizontal.py",
        [
            (
                "if a.op is not b.op or a.type != b.type or lag[a] != lag[b]:",
                "if a.type != b.type or lag[a] != lag[b]:",
            ),
            (
                "if before + size == offset:",
                "if before + size >= offset:",
                "what ends first at or behind a place ends there, but in front of the first part: that is the part itself, which no run holds yet",
            ),
            (
                "if x is y and x in lag and len(others) == 2 and others <= made:",
                "if x in lag and len(others) == 2 and others <= made:",
            ),
        ],
    ),
]
