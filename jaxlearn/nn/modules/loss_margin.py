"""Losses with margins: embeddings, rankings and multi-class hinges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import functional as F
from .distance import PairwiseDistance
from .loss import _Loss, _WeightedLoss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class HingeEmbeddingLoss(_Loss):
    r"""x where y = 1, max(0, margin - x) where y = -1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html

    Args:
        margin: the margin.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    r"""max(0, -y(x₁ - x₂) + margin).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html

    Args:
        margin: the margin.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of the two inputs against ``target``."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    r"""1 - cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) - margin) where y = -1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html

    Args:
        margin: the margin.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of the two inputs against ``target``."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    r"""max(0, d(a, p) - d(a, n) + margin).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html

    Args:
        margin: the margin.
        p: of the norm.
        eps: added to the differences.
        swap: whether to use the smaller of d(a, n) and d(p, n).
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: ``margin`` is not positive.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss of anchors against positive and negative examples."""
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    r"""max(0, d(a, p) - d(a, n) + margin) with any distance d.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.TripletMarginWithDistanceLoss.html

    Args:
        distance_function: of two tensors; default :class:`PairwiseDistance`.
        margin: the margin.
        swap: whether to use the smaller of d(a, n) and d(p, n).
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: ``margin`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> loss = torch.nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(1))
        >>> loss(torch.zeros(1, 2), torch.ones(1, 2), torch.zeros(1, 2))
        tensor(3.)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss of anchors against positive and negative examples."""
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class SoftMarginLoss(_Loss):
    r"""log(1 + e^(-y x)).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    r"""Σ max(0, 1 - (x_y - x_i)) over the target classes y and the others i.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelMarginLoss.html

    Args:
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    r"""-(y log σ(x) + (1 - y) log(1 - σ(x))), averaged over the classes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html

    Args:
        weight: of each class.
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    r"""Σ max(0, margin - x_y + x_i)^p over the classes i other than y.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html

    Args:
        p: 1 or 2.
        margin: the margin.
        weight: of each class (C,).
        size_average: old form of ``reduction``.
        reduce: old form of ``reduction``.
        reduction: "mean", "sum" or "none".

    Raises:
        ValueError: ``p`` is neither 1 nor 2, or ``weight`` is not one-dimensional.
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise ValueError(
                f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead"
            )
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        return F.multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )
