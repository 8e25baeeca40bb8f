"""A linear layer and its cross entropy in one."""

from __future__ import annotations

import math
import warnings
from typing import Any

from ...ops.nn_linear import linear
from ...ops.nn_loss_linear import chunked_cross_entropy
from .losses_classification import cross_entropy

__all__ = ["linear_cross_entropy"]


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Any:
    """:func:`cross_entropy` of :func:`linear`, with ``options`` without all scores at once.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.linear_cross_entropy.html

    Args:
        input: (N, features), or (features,).
        linear_weight: (C, features), or (C, d1, ..., features) for a loss with more dimensions.
        target: classes (N,), (,) or (N, d1, ...), or probabilities with C in second place.
        linear_bias: (C,), or (C, d1, ...).
        weight: a factor for each class, (C,).
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        ignore_index: classes that do not count. Default: -100.
        label_smoothing: share of the uniform distribution in the target.
        options: a :class:`jaxlearn.nn.LinearCrossEntropyOptions` that says how to split the batch.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: shapes or dtypes do not fit.
        ValueError: the batch sizes differ.

    Example::

        >>> import jaxlearn as torch
        >>> x, w = torch.zeros(2, 3), torch.ones(4, 3)
        >>> torch.nn.functional.linear_cross_entropy(x, w, torch.tensor([0, 1]))
        tensor(1.3863)
    """
    if not 1 <= input.dim() <= 2:
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}"
        )
    features = input.shape[-1]
    if features != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{features} and {linear_weight.shape[-1]}, respectively"
        )
    classes, *places = (int(n) for n in linear_weight.shape[:-1])
    if linear_bias is not None and tuple(linear_bias.shape) != (classes, *places):
        raise RuntimeError(f"expected linear_bias shape {(classes, *places)}, got {tuple(linear_bias.shape)}")
    if places and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {features}), got unbatched input with shape {tuple(input.shape)}"
        )
    shape = (*input.shape[:-1], classes, *places)
    if tuple(target.shape) == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None:
        if (
            not places
            and reduction in ("mean", "sum", "none")
            and label_smoothing == 0.0
            and str(target.dtype) == "torch.int64"
        ):
            return _chunked(input, linear_weight, target, linear_bias, weight, ignored, reduction, options)
        warnings.warn(
            "linear_cross_entropy: ``options`` ignored; chunked path needs reduction in {'mean','sum','none'}, "
            "label_smoothing == 0, target.dtype == int64, out_features == (). Got "
            f"reduction={reduction!r}, label_smoothing={label_smoothing}, target.dtype={target.dtype}, "
            f"out_features={tuple(places)}.",
            stacklevel=2,
        )
    if places:
        linear_weight = linear_weight.reshape(math.prod(places, start=classes), features)
        linear_bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = linear(input, linear_weight, linear_bias).reshape(shape)
    return cross_entropy(
        scores,
        target,
        weight=weight,
        reduction=reduction,
        ignore_index=ignored,
        label_smoothing=label_smoothing,
    )


def _chunked(
    input: Any,
    weight: Any,
    target: Any,
    bias: Any,
    class_weight: Any,
    ignored: int,
    reduction: str,
    options: Any,
) -> Any:
    single = input.dim() == 1
    if single:
        input, target = input.unsqueeze(0), target.unsqueeze(0)
    half = input.dtype.itemsize == 2
    chunk = options.chunk_size(input.shape[0], input.shape[1], weight.shape[0], half)
    loss = chunked_cross_entropy(input, weight, target, bias, class_weight, ignored, reduction, chunk)
    return loss.squeeze(0) if single and reduction == "none" else loss
