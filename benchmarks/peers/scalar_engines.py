"""Scalar expressions elsewhere: autograd and PyTorch, by their tapes."""

from benchmarks.peers.ready import Ready, SkipError
from benchmarks.problems import Arrays, ScalarProblem


def build(problem: ScalarProblem, variant: str, threads: int) -> Ready:
    """Return the step of a variant: "autograd" or "torch"."""
    if variant == "autograd":
        return _autograd(problem)
    if variant == "torch":
        return _torch(problem, threads)
    raise SkipError(f"no variant {variant!r}")


def _autograd(problem: ScalarProblem) -> Ready:
    import autograd.numpy as anp
    from autograd import value_and_grad

    weights = {name: array.tolist() for name, array in problem.weights().items()}

    def loss_of(leaves: dict[str, list[float]]) -> float:
        total: float = problem.expression(
            list(leaves["a"]), list(leaves["b"]), anp.tanh
        )
        return total

    compute = value_and_grad(loss_of)

    def step() -> Arrays:
        loss, gradients = compute(weights)
        arrays = {name: anp.array(values) for name, values in gradients.items()}
        return {"loss": anp.asarray(loss), **arrays}

    return Ready(step)


def _torch(problem: ScalarProblem, threads: int) -> Ready:
    import torch

    torch.set_num_threads(threads)
    weights = {
        name: torch.from_numpy(array).requires_grad_()
        for name, array in problem.weights().items()
    }

    def step() -> Arrays:
        a, b = (weights[name].unbind() for name in "ab")
        loss = problem.expression(a, b, torch.tanh)
        gradients = torch.autograd.grad(loss, list(weights.values()))
        arrays = zip(weights, (each.numpy() for each in gradients), strict=True)
        return {"loss": loss.detach().numpy(), **dict(arrays)}

    return Ready(step)
