"""The geometric distribution."""

from __future__ import annotations

from typing import Any

from .._autograd.modes import no_grad
from .._dtypes import finfo
from .._size import Size
from .._tensor.creation_constants import empty, zeros_like
from ..ops.nn_loss_classification import binary_cross_entropy_with_logits
from . import constraints
from ._probs_or_logits import ProbsOrLogits
from ._validation import violates
from .utils import broadcast_all

__all__ = ["Geometric"]


class Geometric(ProbsOrLogits):
    r"""How many trials fail before the first success: :math:`P(k) = (1 - p)^k p`.

    :meth:`jaxlearn.Tensor.geometric_` counts the success too.

    https://docs.pytorch.org/docs/stable/distributions.html#geometric

    Args:
        probs: the probability of success of a trial, in (0, 1].
        logits: its log odds, in place of it.
        validate_args: see :class:`Distribution`.

    Raises:
        ValueError: both are given, or none, or a probability is 0.

    Example::

        >>> import jaxlearn as torch
        >>> torch.distributions.Geometric(torch.tensor([0.25, 1.0])).mean
        tensor([3., 0.])
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._set(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and probs is not None and violates(lambda p: p > 0, self.probs):
            value = self.probs
            raise ValueError(
                f"Expected parameter probs ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                f"{self!r} to be positive but found invalid values:\n{value.data[~(value > 0)]}"
            )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(Geometric, batch_shape, _instance)

    @property
    def mean(self) -> Any:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Any:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = Size()) -> Any:
        shape, like = self._extended_shape(sample_shape), self.probs
        with no_grad():
            u = empty(shape, dtype=like.dtype, device=like.device).uniform_(finfo(like.dtype).tiny, 1)
            return (u.log() / (-like).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        # Where no trial fails for certain, 0 * log(0) is to be 0.
        failures = value * (-probs.masked_fill((probs == 1) & (value == 0), 0)).log1p()
        return failures + self.probs.log()

    def entropy(self) -> Any:
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
