"""Losses against classes."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .. import functional as F
from ._common import on_tensors
from .linear import Linear
from .linear_cross_entropy_options import LinearCrossEntropyOptions
from .loss import _Loss, _WeightedLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "LinearCrossEntropyLoss",
    "NLLLoss",
    "NLLLoss2d",
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


class NLLLoss2d(NLLLoss):
    """Deprecated: :class:`NLLLoss`, which takes images as well.

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
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see "
            "https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CTCLoss(_Loss):
    """Connectionist temporal classification: minus the log probability of label sequences without alignment.

    https://www.cs.toronto.edu/~graves/icml_2006.pdf;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html

    Args:
        blank: the class of nothing.
        reduction: "mean" (each loss divided by its target's length), "sum" or "none".
        zero_infinity: infinite losses (of targets longer than their input) and their gradients count as 0.

    Example::

        >>> import jaxlearn as torch
        >>> scores = torch.zeros(4, 1, 3).log_softmax(-1)
        >>> torch.nn.CTCLoss()(scores, torch.tensor([[1, 2]]), (4,), (2,))
        tensor(0.8432)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    @on_tensors
    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """The loss.

        Args:
            log_probs: (T, N, C), or (T, C), results of ``log_softmax``.
            targets: (N, S), or all one behind the other.
            input_lengths: (N,).
            target_lengths: (N,).
        """
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
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


class LinearCrossEntropyLoss(_WeightedLoss):
    """A linear layer and the cross entropy of its scores.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LinearCrossEntropyLoss.html

    Args:
        in_features: size of the input.
        num_classes: number of classes C.
        out_features: further dimensions of the scores, for a loss with more dimensions.
        bias: whether the layer has a bias.
        device: of the layer.
        dtype: of the layer.
        reduction: "mean", "sum" or "none".
        weight: of each class (C,).
        ignore_index: a class that does not count.
        label_smoothing: share of the uniform distribution in the target.
        options: how to split the batch, or None for the whole at once.

    Raises:
        RuntimeError: the weight has another shape, or the smoothing is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.LinearCrossEntropyLoss(3, 4)(torch.zeros(2, 3), torch.tensor([0, 1])).detach()
        tensor(1.3863)
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise RuntimeError(f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if label_smoothing < 0 or label_smoothing > 1:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        rows = math.prod(out_features, start=num_classes)
        self.linear = Linear(in_features, rows, bias, device, dtype)
        self.options = options

    @on_tensors
    def forward(self, input: Any, target: Any) -> Any:
        """The loss of ``input`` against ``target``."""
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*shape, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}"
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
