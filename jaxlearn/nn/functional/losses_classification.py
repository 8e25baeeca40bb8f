"""Losses of classification, with torch's checks of targets that are on the host."""

from __future__ import annotations

from typing import Any

from ..._size import Size
from ..._tensor.index_check import within
from ...ops import nn_loss_classification as ops
from .._reduction import resolve
from ._arguments import host_values, require_tensor, sizes

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "nll_loss"]


def _check_targets(shape: tuple[int, ...], labels: tuple[int, ...], target: Any, ignore_index: int) -> None:
    """torch's checks that need the batch sizes and, if they are on the host, the targets' values."""
    if not shape:
        return
    if len(shape) == 1 and len(labels) == 1 and labels[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {labels[0]}")
    if len(shape) >= 2 and (not labels or shape[0] != labels[0]):
        batch = labels[0] if labels else 1
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({batch}).")
    values = host_values(target)
    if values is not None and values.size and values.dtype.kind in "iu":
        classes = shape[0] if len(shape) == 1 else shape[1]
        if not within(values, 0, classes):
            outside = values[((values < 0) | (values >= classes)) & (values != ignore_index)]
            if outside.size:
                raise IndexError(f"Target {outside.reshape(-1)[0]} is out of bounds.")


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Minus the target's log probability, :math:`-w_y x_y`; the mean is over the weights.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html

    Args:
        input: log probabilities, (N, C), (C,) or (N, C, d1, ...).
        target: int64 classes, (N,), (,) or (N, d1, ...).
        weight: a factor for each class, (C,).
        ignore_index: targets that do not count.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the batch sizes differ.
        IndexError: a target on the host is no class. On the device it gives NaN.
        RuntimeError: the shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-1.0, -2.0]]), torch.tensor([1]))
        tensor(2.)
    """
    reduction = resolve(reduction, size_average, reduce)
    shape = sizes(input)
    if not shape:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    _check_targets(shape, sizes(target), target, ignore_index)
    return ops.nll_loss(input, target, weight, ignore_index, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    r"""Cross entropy of logits and targets, :math:`-w_y \ln\frac{e^{x_y}}{\sum_c e^{x_c}}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html

    Args:
        input: logits, (N, C), (C,) or (N, C, d1, ...).
        target: int64 classes, (N,), (,) or (N, d1, ...); or probabilities, of the input's shape.
        weight: a factor for each class, (C,).
        ignore_index: targets that do not count.
        label_smoothing: share of the probability that is spread evenly over the classes.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the batch sizes differ.
        IndexError: a target on the host is no class. On the device it gives NaN.
        RuntimeError: the shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
        tensor(0.6931)
    """
    reduction = resolve(reduction, size_average, reduce)
    require_tensor("cross_entropy_loss", input, "input", 1)
    require_tensor("cross_entropy_loss", target, "target", 2)
    shape, labels = sizes(input), sizes(target)
    if shape != labels:
        _check_targets(shape, labels, target, ignore_index)
    return ops.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def binary_cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Cross entropy of probabilities, :math:`-(y \ln x + (1-y)\ln(1-x))`, with logarithms not below -100.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html

    Args:
        input: probabilities, any shape.
        target: probabilities, of the same shape.
        weight: factors of the losses.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the shapes differ.
        RuntimeError: a value on the host is not between 0 and 1, or the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.binary_cross_entropy(torch.tensor([0.5]), torch.tensor([1.0]))
        tensor(0.6931)
    """
    reduction = resolve(reduction, size_average, reduce)
    if sizes(target) != sizes(input):
        raise ValueError(
            f"Using a target size ({Size(target.shape)}) that is different to the input size ({Size(input.shape)}) is "
            "deprecated. Please ensure they have the same size."
        )
    for name, x in (("input", input), ("target", target)):
        values = host_values(x)
        if values is not None and values.size and not (values.min() >= 0 and values.max() <= 1):
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    return ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    r"""Cross entropy of logits, :math:`-(p\,y \ln\sigma(x) + (1-y)\ln(1-\sigma(x)))`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html

    Args:
        input: logits, any shape.
        target: probabilities, of the same shape.
        weight: factors of the losses.
        pos_weight: factors :math:`p` of the positive part, broadcastable to the target.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the shapes differ.
        RuntimeError: the weights do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([0.0]), torch.tensor([1.0]))
        tensor(0.6931)
    """
    reduction = resolve(reduction, size_average, reduce)
    if sizes(target) != sizes(input):
        raise ValueError(
            f"Target size ({Size(target.shape)}) must be the same as input size ({Size(input.shape)})"
        )
    return ops.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)
