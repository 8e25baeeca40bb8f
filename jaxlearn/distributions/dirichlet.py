"""The Dirichlet distribution."""

from __future__ import annotations

from typing import Any

from .._autograd.function import Function, once_differentiable
from .._size import Size
from .._tensor.random_gamma import _sample_dirichlet
from ..ops.dirichlet_samples import _dirichlet_grad
from ..ops.nn_embedding import one_hot
from ..ops.pointwise_select import where
from . import constraints
from .exp_family import ExponentialFamily

__all__ = ["Dirichlet"]


class _Dirichlet(Function):
    """A sample with its gradient by the concentration."""

    @staticmethod
    def forward(ctx: Any, concentration: Any) -> Any:
        x = _sample_dirichlet(concentration)
        ctx.save_for_backward(x, concentration)
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: Any) -> Any:
        x, concentration = ctx.saved_tensors
        return _Dirichlet_backward(x, concentration, grad_output)


def _Dirichlet_backward(x: Any, concentration: Any, grad_output: Any) -> Any:
    total = concentration.sum(-1, True).expand_as(concentration)
    return _dirichlet_grad(x, concentration, total) * (grad_output - (x * grad_output).sum(-1, True))


class Dirichlet(ExponentialFamily):
    r"""Vectors of numbers between 0 and 1 that sum to one: :math:`p(x) \propto \prod_i x_i^{\alpha_i - 1}`.

    https://docs.pytorch.org/docs/stable/distributions.html#dirichlet

    Args:
        concentration: the :math:`\alpha_i` along the last dimension, positive.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: ``concentration`` has no dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Dirichlet(torch.tensor([1.0, 3.0])).mean
        tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Dirichlet, batch_shape, _instance)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        return _Dirichlet.apply(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        alpha = self.concentration
        return (alpha - 1.0).xlogy(value).sum(-1) + alpha.sum(-1).lgamma() - alpha.lgamma().sum(-1)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        """The likeliest vector; where no concentration reaches 1, the first corner."""
        above = (self.concentration - 1).clamp(min=0.0)
        mode = above / above.sum(-1, True)
        corner = one_hot(mode.argmax(-1), mode.shape[-1]).to(mode)
        return where((self.concentration < 1).all(-1, keepdim=True), corner, mode)

    @property
    def variance(self) -> Any:
        alpha, total = self.concentration, self.concentration.sum(-1, True)
        return alpha * (total - alpha) / (total.pow(2) * (total + 1))

    def entropy(self) -> Any:
        alpha, total = self.concentration, self.concentration.sum(-1)
        gammas = alpha.lgamma().sum(-1) - total.lgamma() - (alpha.size(-1) - total) * total.digamma()
        return gammas - ((alpha - 1.0) * alpha.digamma()).sum(-1)

    @property
    def _natural_params(self) -> Any:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return x.lgamma().sum(-1) - x.sum(-1).lgamma()
