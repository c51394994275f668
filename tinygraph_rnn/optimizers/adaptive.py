"""Optimisers that scale each entry's step by what its gradients were like."""

import math
from typing import final

import numpy as np

import tinygraph as tg
from tinygraph_rnn.checking import check_positive, check_rates, explains_arguments
from tinygraph_rnn.optimizers.base import RENAMED, BaseOptimizer, Gradients

__all__ = ["AdaGrad", "Adam", "AdamW", "RMSProp"]


class MomentOptimizer(BaseOptimizer):
    """What Adam and AdamW share: m and v, running means of g and of g².

    Attributes:
        beta1, beta2, epsilon: β₁, β₂ and ε of `Adam`.
    """

    buffers = ("m", "v")
    counters = ("updates",)

    def __init__(
        self,
        parameters: tg.Parameters,
        beta1: float,
        beta2: float,
        epsilon: float,
        learning_rate: float | None,
        weight_decay: float,
    ) -> None:
        check_rates(beta1=beta1, beta2=beta2)
        check_positive(epsilon=epsilon)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        super().__init__(parameters, weight_decay, learning_rate)

    def _move_by_moments(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """w ← w − η m̂ / (√v̂ + ε); η is `learning_rate`."""
        self.state["updates"] += 1
        n = int(self.state["updates"])
        scale = learning_rate / (1.0 - self.beta1**n)
        correction = math.sqrt(1.0 - self.beta2**n)
        new = {}
        for name, given in gradients.items():
            gradient = self.decayed(parameters, name, given)
            m, v = self.state[f"m/{name}"], self.state[f"v/{name}"]
            m += (1.0 - self.beta1) * (gradient - m)
            v += (1.0 - self.beta2) * (np.square(gradient) - v)
            step = np.sqrt(v, out=np.empty_like(v))
            step /= correction
            step += self.epsilon
            np.divide(m, step, out=step)
            step *= scale
            new[name] = np.subtract(parameters[name], step, out=step)
        parameters.update(new)


@final
class Adam(MomentOptimizer):
    """Adam (Kingma & Ba, 2015): m and v are running means of g and g².

    w ← w − η m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ⁿ) and v̂ = v / (1 − β₂ⁿ).

    Args:
        parameters: name → value; its shapes and dtypes are those of the state.
        beta1: β₁, how much of m is kept by an update; in [0, 1).
        beta2: β₂, the same of v.
        epsilon: ε, added to the root so that no step is infinite.
        weight_decay: λ of a pull λ w towards 0, added to the gradients.

    Raises:
        ConfigError: a setting is out of its range; names it.

    Example:
        >>> parameters = tg.Parameters({"w": np.array([1.0, 2.0])})
        >>> optimizer = rnn.Adam(parameters)
        >>> optimizer.update(parameters, {"w": np.array([0.5, -0.5])}, 0.1)
        >>> parameters["w"].round(3)
        array([0.9, 2.1])
    """

    @explains_arguments(**RENAMED)
    def __init__(
        self,
        parameters: tg.Parameters,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        learning_rate: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, beta1, beta2, epsilon, learning_rate, weight_decay)

    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        self._move_by_moments(parameters, gradients, learning_rate)


@final
class AdamW(MomentOptimizer):
    """Adam with w ← (1 − η λ) w apart from the gradient (Loshchilov & Hutter, 2019).

    λ is `weight_decay`.

    Args:
        parameters: name → value; its shapes and dtypes are those of the state.
        beta1, beta2, epsilon: as of `Adam`.
        weight_decay: λ, how much of w an update of rate 1 takes away.

    Raises:
        ConfigError: a setting is out of its range; names it.

    Example:
        >>> parameters = tg.Parameters({"w": np.array([1.0, 2.0])})
        >>> optimizer = rnn.AdamW(parameters)
        >>> optimizer.update(parameters, {"w": np.array([0.5, -0.5])}, 0.1)
        >>> parameters["w"].round(3)
        array([0.899, 2.098])
    """

    @explains_arguments(**RENAMED)
    def __init__(
        self,
        parameters: tg.Parameters,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        learning_rate: float | None = None,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, beta1, beta2, epsilon, learning_rate, weight_decay)
        self.decoupled, self.weight_decay = weight_decay, 0.0

    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Shrink the parameters, then move as Adam does."""
        keep = 1.0 - learning_rate * self.decoupled
        parameters.update({name: keep * parameters[name] for name in gradients})
        self._move_by_moments(parameters, gradients, learning_rate)


@final
class RMSProp(BaseOptimizer):
    """w ← w − η g / (√v + ε), v a running mean of g² (Tieleman & Hinton, 2012).

    Args:
        parameters: name → value; its shapes and dtypes are those of the state.
        alpha: how much of v is kept by an update; in [0, 1).
        epsilon: ε, added to the root so that no step is infinite.
        weight_decay: λ of a pull λ w towards 0, added to the gradients.

    Raises:
        ConfigError: a setting is out of its range; names it.

    Example:
        >>> parameters = tg.Parameters({"w": np.array([1.0, 2.0])})
        >>> optimizer = rnn.RMSProp(parameters)
        >>> optimizer.update(parameters, {"w": np.array([0.5, -0.5])}, 0.1)
        >>> parameters["w"].round(3)
        array([0., 3.])
    """

    buffers = ("v",)

    @explains_arguments(**RENAMED)
    def __init__(
        self,
        parameters: tg.Parameters,
        alpha: float = 0.99,
        epsilon: float = 1e-8,
        *,
        learning_rate: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        check_rates(alpha=alpha)
        check_positive(epsilon=epsilon)
        self.alpha, self.epsilon = alpha, epsilon
        super().__init__(parameters, weight_decay, learning_rate)

    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Move by the scaled gradient; η is `learning_rate`."""
        new = {}
        for name, given in gradients.items():
            gradient = self.decayed(parameters, name, given)
            v = self.state[f"v/{name}"]
            v += (1.0 - self.alpha) * (np.square(gradient) - v)
            step = gradient / (np.sqrt(v) + self.epsilon)
            new[name] = parameters[name] - learning_rate * step
        parameters.update(new)


@final
class AdaGrad(BaseOptimizer):
    """w ← w − η g / (√v + ε), v the sum of all g² (Duchi et al., 2011).

    Args:
        parameters: name → value; its shapes and dtypes are those of the state.
        epsilon: ε, added to the root so that no step is infinite.
        weight_decay: λ of a pull λ w towards 0, added to the gradients.

    Raises:
        ConfigError: a setting is out of its range; names it.

    Example:
        >>> parameters = tg.Parameters({"w": np.array([1.0, 2.0])})
        >>> optimizer = rnn.AdaGrad(parameters)
        >>> optimizer.update(parameters, {"w": np.array([0.5, -0.5])}, 0.1)
        >>> parameters["w"].round(3)
        array([0.9, 2.1])
    """

    buffers = ("v",)

    @explains_arguments(**RENAMED)
    def __init__(
        self,
        parameters: tg.Parameters,
        epsilon: float = 1e-10,
        *,
        learning_rate: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        check_positive(epsilon=epsilon)
        self.epsilon = epsilon
        super().__init__(parameters, weight_decay, learning_rate)

    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Move by the scaled gradient; η is `learning_rate`."""
        new = {}
        for name, given in gradients.items():
            gradient = self.decayed(parameters, name, given)
            v = self.state[f"v/{name}"]
            v += np.square(gradient)
            step = gradient / (np.sqrt(v) + self.epsilon)
            new[name] = parameters[name] - learning_rate * step
        parameters.update(new)
