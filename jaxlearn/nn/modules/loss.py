"""What losses share, and losses against values and distributions."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from .._reduction import from_old_arguments
from ..module import Module

__all__ = [
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class _Loss(Module):
    """The reduction of a loss, with the two arguments that torch once had for it."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = from_old_arguments(size_average, reduce, stacklevel=4)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element, which is a buffer."""

    weight: Any

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class L1Loss(_Loss):
    r"""|x - y|.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.L1Loss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.L1Loss()(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))
        tensor(1.5000)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    r"""(x - y)².

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MSELoss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.MSELoss()(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 4.0]))
        tensor(2.5000)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    r"""(x - y)²/(2β) where |x - y| < β, else |x - y| - β/2.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        beta: β.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.smooth_l1_loss(input, target, beta=self.beta, reduction=self.reduction)


class HuberLoss(_Loss):
    r"""(x - y)²/2 where |x - y| < δ, else δ(|x - y| - δ/2).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html

    Args:
        reduction: "mean", "sum" or "none".
        delta: δ.

    Raises:
        TypeError: ``delta`` is no number.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.huber_loss(input, target, delta=self.delta, reduction=self.reduction)


class KLDivLoss(_Loss):
    r"""y(log y - x), of log-probabilities x.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        log_target: whether the target is in logarithms too.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.kl_div(input, target, log_target=self.log_target, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    r"""eˣ - y x, the negative log-likelihood of counts y with log-rates x.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html

    Args:
        log_input: False if the input is the rate itself.
        full: whether to add Stirling's term.
        size_average: old form of ``reduction``.
        eps: added to a rate in the logarithm.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        """The loss of ``log_input`` against ``target``."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    r"""(log var + (x - y)²/var)/2.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html

    Args:
        full: whether to add the constant term.
        eps: the least variance.
        reduction: "mean", "sum" or "none".
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """The loss of means ``input`` and variances ``var`` against ``target``."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
