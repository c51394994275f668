"""Faults of layers: optimisers, clipping, masks, dropout, the loop of a layer."""

from tests.mutation.fault import faults_in

RNN = "tinygraph_rnn"

FAULTS = [
    *faults_in(
        "optimisers",
        f"{RNN}/optimizers/clipping.py",
        [
            ("if not limit < norm < math.inf:", "if not norm < math.inf:"),
            (
                "{name: g * (limit / norm) for name",
                "{name: g * (limit / (norm + 1.0)) for name",
            ),
            (
                "norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))",
                "norm = max(math.sqrt(float(np.vdot(g, g))) for g in gradients.values())",
            ),
            ("norm = _wide_norm(gradients)", "norm = math.inf"),
            (
                "return (tg.clip(ct, -limit, limit),)",
                "return (tg.clip(ct, 0 * limit, limit),)",
            ),
            ("np.clip(g, -limit, limit)", "np.clip(g, None, limit)"),
        ],
    ),
    *faults_in(
        "optimisers",
        f"{RNN}/optimizers/adaptive.py",
        [
            ("scale = learning_rate / (1.0 - self.beta1**n)", "scale = learning_rate"),
            (
                "correction = math.sqrt(1.0 - self.beta2**n)",
                "correction = 1.0 - self.beta2**n",
            ),
            ('self.state["updates"] += 1', 'self.state["updates"] += 2'),
            ("step += self.epsilon\n", "step = np.maximum(step, self.epsilon)\n"),
            (
                "keep = 1.0 - learning_rate * self.decoupled",
                "keep = 1.0 - self.decoupled",
            ),
            (
                "v += (1.0 - self.alpha) * (np.square(gradient) - v)",
                "v += (1.0 - self.alpha) * (gradient - v)",
            ),
            (
                "            v += np.square(gradient)\n",
                "            v[...] = np.square(gradient)\n",
            ),
        ],
    ),
    *faults_in(
        "optimisers",
        f"{RNN}/optimizers/descent.py",
        [
            ("velocity *= self.momentum\n", "velocity *= self.momentum**2\n"),
            (
                "step = gradient + self.momentum * velocity",
                "step = self.momentum * velocity",
            ),
        ],
    ),
    *faults_in(
        "optimisers",
        f"{RNN}/optimizers/base.py",
        [
            (
                "return gradient + self.weight_decay * parameters[name]",
                "return gradient + self.weight_decay",
            ),
            ("self.state[name][...] = array", "self.state[name] = array"),
            (
                "rate = self.learning_rate if given is None else given",
                "rate = given if self.learning_rate is None else self.learning_rate",
            ),
        ],
    ),
    *faults_in(
        "optimisers",
        f"{RNN}/optimizers/schedules.py",
        [
            (
                "return 0.5 * (1.0 + math.cos(math.pi * done))",
                "return 0.5 * (1.0 + math.cos(done))",
            ),
            (
                "return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01",
                "return 1.0 if done <= 0.5 else 0.1 if done < 0.75 else 0.01",
            ),
        ],
    ),
    *faults_in(
        "masks",
        f"{RNN}/layers/sequences.py",
        [
            (
                "return tg.step_index(time) < tg.apply(_CHECKED",
                "return tg.step_index(time) <= tg.apply(_CHECKED",
            ),
            (
                "return np.arange(steps)[:, np.newaxis] < wanted",
                "return np.arange(steps)[:, np.newaxis] <= wanted",
            ),
            ("if not 0 <= length <= steps:", "if not 0 <= length <= steps + 1:"),
            ("return total / tg.maximum(counted, 1.0)", "return total / counted"),
            ("tg.where(mask, values, 0.0)", "tg.cast(mask, values.dtype) * values"),
            (
                "padded[: len(each), row] = each",
                "padded[len(padded) - len(each) :, row] = each",
            ),
        ],
    ),
    *faults_in(
        "masks",
        f"{RNN}/layers/recurrent/loop.py",
        [
            (
                "tg.where(_beside(mask, state), state, past)",
                "tg.where(_beside(mask, state), state, 0 * past)",
            ),
            (
                "    if way.mask is not None:\n        x = _or_zero(way.mask, x)",
                "    if way.mask is None:\n        x = x",
            ),
            ("output = _or_zero(mask, output)", "output = output"),
            ("steps=-1 if way.reverse else 1,", "steps=1,"),
            (
                "goes_on = tg.delay(source=goes_on, steps=-1, init=True, time=time)",
                "goes_on = tg.delay(source=goes_on, steps=1, init=True, time=time)",
            ),
            (
                "return keep * before + (1.0 - keep) * now",
                "return keep * now + (1.0 - keep) * before",
            ),
            (
                "tg.where(_beside(goes_on, delay), delay, delay.slot)",
                "tg.where(_beside(goes_on, delay), delay, 0 * delay)",
            ),
            ("flags = tg.expand_dims(flags, -1)", "flags = tg.expand_dims(flags, 0)"),
        ],
    ),
    *faults_in(
        "masks",
        f"{RNN}/layers/regularization.py",
        [
            ("return x * (keep / share)", "return x * keep"),
            ("time=like.time if every_step else None,", "time=like.time,"),
            ("share = 1.0 - float(rate)", "share = float(rate)"),
            (
                "return (1.0 - share) * right + share * spread",
                "return right + share * spread",
            ),
            (
                "spread = tg.where(tg.equal(labels, ignore_label), 0.0, spread)",
                "spread = spread",
            ),
        ],
    ),
]
