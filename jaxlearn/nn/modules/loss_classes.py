"""Losses against classes."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from .loss import _WeightedLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "NLLLoss",
]


class NLLLoss(_WeightedLoss):
    r"""-w_y x_y, the negative log-likelihood of the class y.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html

    Args:
        weight: of each class (C,).
        size_average: old form of ``reduction``.
        ignore_index: a class that does not count.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.nll_loss(
            input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )


class CrossEntropyLoss(_WeightedLoss):
    r"""-w_y log softmax(x)_y, of scores x and the class y or the classes' probabilities.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html

    Args:
        weight: of each class (C,).
        size_average: old form of ``reduction``.
        ignore_index: a class that does not count.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        label_smoothing: share of the uniform distribution in the target.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.CrossEntropyLoss()(torch.zeros(1, 4), torch.tensor([2]))
        tensor(1.3863)
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            reduction=self.reduction,
        )


class BCELoss(_WeightedLoss):
    r"""-w(y log x + (1 - y) log(1 - x)), of probabilities x.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.BCELoss.html

    Args:
        weight: of each element of the batch.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    r"""-w(p y log σ(x) + (1 - y) log(1 - σ(x))), of scores x.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html

    Args:
        weight: of each element of the batch.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
        pos_weight: p, of each class.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )
