"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

from .._size import Size
from .._tensor.creation_constants import zeros_like
from .._tensor.random import rand
from ..ops.nn_loss_classification import binary_cross_entropy_with_logits
from ..ops.pointwise_select import where
from . import constraints
from ._probs_or_logits import ProbsOrLogits
from ._validation import violates
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    r"""The continuous Bernoulli distribution, :math:`p(x) \propto \lambda^x (1 - \lambda)^{1 - x}` for
    :math:`0 \le x \le 1`.

    G. Loaiza-Ganem, J. P. Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational autoencoders",
    NeurIPS 2019; https://docs.pytorch.org/docs/stable/distributions.html#continuousbernoulli

    Args:
        probs: :math:`\lambda` in (0, 1), which is not the mean.
        logits: its log odds, in place of it.
        lims: between these values of :math:`\lambda`, where the formulae divide zero by zero, a Taylor expansion around
            1/2 is taken.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both are given, or none.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.ContinuousBernoulli(torch.tensor([0.5])).mean
        tensor([0.5000])
    """

    arg_constraints: Any = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._set(probs, logits)
        if probs is not None:
            # Looked at here, as what is clamped always passes.
            if validate_args is not None and violates(self.arg_constraints["probs"].check, self.probs):
                raise ValueError("The parameter probs has invalid values")
            self._param = self.__dict__["probs"] = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.size(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(ContinuousBernoulli, batch_shape, _instance)
        new._lims = self._lims
        return new

    @lazy_property
    def probs(self) -> Any:
        """The parameter, between 0 and 1."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _outside(self, x: Any, center: float = 0.0) -> Any:
        """Whether ``x + center`` is outside the limits of the Taylor expansion."""
        low, high = self._lims
        return (x <= low - center) | (x > high - center)

    def _safe(self) -> tuple[Any, Any, Any]:
        """Where the formulae hold, the parameter with another value elsewhere, and its distance from 1/2."""
        outside = self._outside(self.probs)
        return outside, where(outside, self.probs, self._lims[0]), self.probs - 0.5

    def _cont_bern_log_norm(self) -> Any:
        """The logarithm of the normalizing constant."""
        outside, p, x = self._safe()
        low = p <= 0.5
        below, above = where(low, p, 0.0), where(p >= 0.5, p, 1.0)
        log_norm = ((-p).log1p() - p.log()).abs().log() - where(
            low, (-2.0 * below).log1p(), (2.0 * above - 1.0).log()
        )
        x = x.pow(2)
        return where(outside, log_norm, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self) -> Any:
        outside, p, x = self._safe()
        known = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        return where(outside, known, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Any:
        outside, p, x = self._safe()
        known = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        x = x.pow(2)
        return where(outside, known, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        shape = self._extended_shape(sample_shape)
        return self.icdf(rand(shape, dtype=self.probs.dtype, device=self.probs.device))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        cross_entropy = binary_cross_entropy_with_logits(logits, value, reduction="none")
        return -cross_entropy + self._cont_bern_log_norm()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        outside, p, _ = self._safe()
        known = (p.pow(value) * (1.0 - p).pow(1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(outside, known, value)
        return where(value <= 0.0, zeros_like(value), where(value >= 1.0, zeros_like(value) + 1, inside))

    def icdf(self, value: Any) -> Any:
        outside, p, _ = self._safe()
        shifted = (-p + value * (2.0 * p - 1.0)).log1p() - (-p).log1p()
        return where(outside, shifted / (p.log() - (-p).log1p()), value)

    def entropy(self) -> Any:
        log0, log1 = (-self.probs).log1p(), self.probs.log()
        return self.mean * (log0 - log1) - self._cont_bern_log_norm() - log0

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        outside = self._outside(x, 0.5)
        safe = where(outside, x, self._lims[0] - 0.5)
        log_norm = safe.expm1().abs().log() - safe.abs().log()
        return where(outside, log_norm, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
