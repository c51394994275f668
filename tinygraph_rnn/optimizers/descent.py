"""Gradient descent, with or without momentum."""

from typing import final

import tinygraph as tg
from tinygraph_rnn.checking import check_rates, explains_arguments
from tinygraph_rnn.errors import ConfigError
from tinygraph_rnn.optimizers.base import RENAMED, BaseOptimizer, Gradients

__all__ = ["SGD"]


@final
class SGD(BaseOptimizer):
    """w ← w − η v with v ← μ v + g: gradient descent with momentum μ.

    With `nesterov`, w ← w − η (g + μ v) (Nesterov, 1983; this form: Sutskever et
    al., 2013).

    Args:
        parameters: name → value; its shapes and dtypes are those of the state.
        momentum: μ in [0, 1); 0 is plain gradient descent.
        nesterov: True to look ahead.
        weight_decay: λ of a pull λ w towards 0, added to the gradients.

    Raises:
        ConfigError: a setting is out of its range; names it.

    Example:
        >>> parameters = tg.Parameters({"w": np.array([1.0, 2.0])})
        >>> optimizer = rnn.SGD(parameters)
        >>> optimizer.update(parameters, {"w": np.array([0.5, -0.5])}, 0.1)
        >>> parameters["w"].round(3)
        array([0.95, 2.05])
    """

    @explains_arguments(**RENAMED)
    def __init__(
        self,
        parameters: tg.Parameters,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        learning_rate: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        check_rates(momentum=momentum)
        if nesterov and not momentum:
            raise ConfigError("nesterov needs momentum > 0")
        self.momentum, self.nesterov = momentum, nesterov
        self.buffers = ("velocity",) if momentum else ()
        super().__init__(parameters, weight_decay, learning_rate)

    def _move(
        self, parameters: tg.Parameters, gradients: Gradients, learning_rate: float
    ) -> None:
        """Move against the gradient; η is `learning_rate`."""
        new = {}
        for name, given in gradients.items():
            gradient = step = self.decayed(parameters, name, given)
            if self.momentum:
                velocity = self.state[f"velocity/{name}"]
                velocity *= self.momentum
                velocity += gradient
                step = velocity
            if self.nesterov:
                step = gradient + self.momentum * velocity
            new[name] = parameters[name] - learning_rate * step
        parameters.update(new)
