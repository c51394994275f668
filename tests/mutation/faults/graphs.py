"""Faults of time: rules of time ops, the unroller, states, reversal, binding."""

from tests.mutation.fault import faults_in

FAULTS = [
    *faults_in(
        "time rules",
        "ops/time.py",
        [
            (
                'return (delay(source=0, steps=-1, init=ct, time=time or "t"),)',
                'return (delay(source=0, steps=1, init=ct, time=time or "t"),)',
            ),
            (
                'vjp=lambda y, ct: (lift(ct, y.inputs[0].type.time or "t"),),',
                'vjp=lambda y, ct: (lift(ct, y.inputs[0].type.time or "t") / extent(y.inputs[0].type.time or "t"),),',
            ),
            ("else (x[0] * steps).astype(x.dtype)", "else x[0].astype(x.dtype)"),
            (
                "return cast(hit / sum_over_time(hit), x.type.dtype)",
                "return cast(hit, x.type.dtype)",
            ),
            (
                "jvp=lambda y, tangents: sum_over_time(tangents[0] * _share_over_time(y)),",
                "jvp=lambda y, tangents: sum_over_time(tangents[0]),",
            ),
            (
                "return extent(time) - 1 - step_index(time)",
                "return extent(time) - step_index(time)",
            ),
            (
                'result = total / extent(node.type.time or "t")',
                'result = total / extent("t")',
            ),
            ("return value_of(x, total_steps(x, steps) - 1)", "return value_of(x, 0)"),
            (
                "merge=lambda before, after, lengths: after,",
                "merge=lambda before, after, lengths: before,",
            ),
            ("merge=np.maximum,", "merge=np.fmax,"),
            (
                "reversed=lambda y, inputs: last(inputs[0]),",
                "reversed=lambda y, inputs: first(inputs[0]),",
            ),
            (
                "reversed=lambda y, inputs: flip(stack(inputs[0]), 0),",
                "reversed=lambda y, inputs: stack(inputs[0]),",
            ),
        ],
    ),
    *faults_in(
        "time rules",
        "ops/delay_cotangents.py",
        [
            ("first(ct) if node.steps > 0 else last(ct)", "first(ct)"),
            ("(k > 0) == (sign > 0)", "(k > 0) != (sign > 0)"),
            (
                "back = 1 - k if k > 0 else -1 - k",
                "back = -k",
                "behind the slots the running sum stands still",
            ),
            ("back = 1 - k if k > 0 else -1 - k", "back = k - 1 if k > 0 else k + 1"),
            (
                "delay(source=ct, steps=-node.steps), 1 if",
                "delay(source=ct, steps=node.steps), 1 if",
            ),
            ("total = where(seen > 0, ct, 0) + before", "total = ct + before"),
        ],
    ),
    *faults_in(
        "time rules",
        "ops/slots.py",
        [
            ("result[steps - len(x) :] = x", "result[: len(x)] = x"),
            ("kept = min(lengths[0], len(before))", "kept = len(before)"),
            ("kept = min(lengths[1], len(after))", "kept = len(after)"),
            ("begin = 0 if at_start else total - count", "begin = 0"),
        ],
    ),
    *faults_in(
        "time rules",
        "core/shifts.py",
        [
            ("return t if k > 0 else t - k - total", "return t if k > 0 else t"),
            ("return 0 if k > 0 else total - 1", "return 0"),
            ("slice(-k - count, -k))", "slice(0, count))"),
            (
                "return slice(-k, None) if k > 0 else slice(None, -k)",
                "return slice(None, k) if k > 0 else slice(None, -k)",
            ),
        ],
    ),
    *faults_in(
        "unroller",
        "semantics/unrolling.py",
        [
            (
                "return node if total is None else constant(np.int64(total))",
                "return node if total is None else constant(np.int64(max(self.totals.values())))",
            ),
            (
                'key = (parts[0], node.type, meaning.attrs.get("items"))',
                "key = (parts[0], node.type, None)",
            ),
            (
                "parts = [copies[arg] for arg in meaning.args]",
                "parts = [copies[meaning.args[0]] for arg in meaning.args]",
            ),
            (
                'attrs = {"axis": -node.ndim - 1, "name": time}\n        return',
                'copies = copies[::-1]\n        attrs = {"axis": -node.ndim - 1, "name": time}\n        return',
            ),
            (
                "if node not in self.moving:\n            return node",
                "if node.type.time is None:\n            return node",
            ),
        ],
    ),
    *faults_in(
        "unroller",
        "semantics/at_step.py",
        [
            (
                "return value_of(node.source, t - k)",
                "return value_of(node.source, t - (1 if k > 0 else -1))",
            ),
            (
                "return value_of(node.source, repeated_step(k, total))",
                "return value_of(node.source, 0)",
            ),
            (
                "if slot.type.shape == node.type.shape:\n",
                "if len(slot.type.shape) == len(node.type.shape):\n",
            ),
            ('attrs = {**attrs, "at": t}', 'attrs = {**attrs, "at": 0}'),
        ],
    ),
    *faults_in(
        "unroller",
        "semantics/binding.py",
        [
            (
                "None if whole is None else whole[leaf.step]",
                "None if whole is None else whole[-1 - leaf.step]",
            ),
        ],
    ),
    *faults_in(
        "state",
        "semantics/state.py",
        [
            (
                "return stack_nodes([last(source)], 0)",
                "return stack_nodes([first(source)], 0)",
            ),
            (
                "minimum(constant(place) + total, k - 1)",
                "minimum(constant(place), k - 1)",
            ),
            (
                "where(less(constant(column) + total, k), kept",
                "where(less(constant(column) + total, k + 1), kept",
            ),
            (
                "value = first(node.source) if slot is None else slot",
                "value = last(node.source) if slot is None else slot",
            ),
            (
                'attrs = {**node.attrs, "outside": "history"}',
                'attrs = {**node.attrs, "steps": 1, "outside": "history"}',
            ),
        ],
    ),
    *faults_in(
        "state",
        "semantics/reversal.py",
        [
            (
                'slots = (flip(parts[0], 0),) if node.outside == "history" else parts',
                "slots = parts",
            ),
            (
                'attrs = {**node.attrs, "steps": -node.steps}',
                'attrs = {**node.attrs, "steps": -1 if node.steps > 0 else 1}',
            ),
            (
                "return own is not None and time in (None, own)",
                "return own is not None",
            ),
        ],
    ),
    *faults_in(
        "random ops",
        "ops/random.py",
        [
            (
                "if time is not None and chance.type.time is None:",
                "if time is not None:",
            ),
            (
                "drawn = philox.bernoulli(key.with_seed(seed),",
                'drawn = philox.bernoulli(key.with_seed(seed if attrs["time"] else 0),',
            ),
            (
                "return _categorical(logits, step + np.arange(steps), seed, **attrs)",
                "return _categorical(logits, np.arange(steps), seed, **attrs)",
            ),
            (
                "return _bernoulli(p, step + np.arange(steps), seed, **attrs)",
                "return _bernoulli(p, np.arange(steps), seed, **attrs)",
            ),
            (
                "return impl(step + np.arange(steps), seed, **attrs)",
                "return impl(step + 0 * np.arange(steps), seed, **attrs)",
            ),
            (
                "return np.argmax(logits + gumbel, -1)",
                "return np.argmax(logits - gumbel, -1)",
            ),
            ("return int(seed), philox.stable_hash(self.name)", "return int(seed), 0"),
        ],
    ),
    *faults_in(
        "random ops",
        "ops/philox.py",
        [
            ("ROUNDS = 10", "ROUNDS = 9"),
            ("return (found + 0.5) * 2.0**-24", "return found * 2.0**-24"),
            ("return (found + 0.5) * 2.0**-24", "return (found + 1.0) * 2.0**-24"),
            (
                "places = np.arange(1, blocks + 1, dtype=np.uint64)",
                "places = np.arange(blocks, dtype=np.uint64)",
            ),
            (
                "yield part, _together(key, steps[part], count)",
                "yield part, _together(key, steps[:stretch], count)",
            ),
            ("+ (low * right >> _HALF)", "+ (low * left >> _HALF)"),
            ("(middle & _LOW)", "middle"),
            ("w < limit[i]", "w < limit[0]"),
            ("w < limit)", "w <= limit)"),
            ("w < limit)", "w >= 2.0**32 - limit)"),
            (
                'inner["counter"][:] = 0, 0, step, 0',
                'inner["counter"][:] = 0, 0, 0, step',
            ),
            ("np.cos(2 * np.pi * u2)", "np.cos(np.pi * u2)"),
        ],
    ),
    *faults_in(
        "binding",
        "semantics/binding.py",
        [
            (
                "if old == size:\n            return",
                "if old >= size:\n            return",
            ),
            (
                "step = 0 if t is None else self.start + t",
                "step = 0 if t is None else t",
                "what has a value per step is given its step as the attribute `at`",
            ),
            ('step = self.start + attrs["at"]', 'step = attrs["at"]'),
            ("elif dim != size:\n", "elif dim > size:\n"),
            (
                "if root.op is PARAMETER:\n                overridden.append(root)",
                "if False:\n                overridden.append(root)",
            ),
            ("not 0 <= seed < 2**32:", "not 0 <= seed < 2**33:"),
            ("given = parameters[leaf.label]", 'given = leaf.attrs["value"]'),
        ],
    ),
    *faults_in(
        "binding",
        "semantics/casting.py",
        [
            ('"same_kind" if loose else "safe"', '"same_kind"'),
            (
                "for extreme in (int(array.min()), int(array.max())):",
                "for extreme in (int(array.max()),):",
            ),
            (
                "(np.isfinite(result) | ~np.isfinite(array)).all()",
                "np.isfinite(result).any()",
            ),
        ],
    ),
    *faults_in(
        "binding",
        "runtime/binding_cache.py",
        [
            (
                "arrays[leaf] = self.parameters[name]",
                'arrays[leaf] = leaf.attrs["value"]',
            ),
            (
                "signature += (key, value.shape, value.dtype)",
                "signature += (key, value.ndim, value.dtype)",
            ),
            (
                "return Binding(arrays, sizes, int(start), seed, ())",
                "return Binding(arrays, sizes, 0, seed, ())",
            ),
            ("signature: list[Any] = [steps]", "signature: list[Any] = []"),
        ],
    ),
]
