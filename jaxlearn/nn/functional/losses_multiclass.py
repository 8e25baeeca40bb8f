"""Margin losses of several classes."""

from __future__ import annotations

from typing import Any

from ..._tensor.index_check import within
from ...ops import nn_loss_ranking as ops
from ...ops.nn_reduction import check_reduction
from .._reduction import resolve
from ._arguments import host_values, sizes

__all__ = ["multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"]


def multilabel_soft_margin_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Binary cross entropy of logits, averaged over the classes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html

    Args:
        input: logits (N, C).
        target: 0 or 1, (N, C).
        weight: factors (C,).
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.multilabel_soft_margin_loss(torch.zeros(1, 2), torch.ones(1, 2))
        tensor(0.6931)
    """
    reduction = resolve(reduction, size_average, reduce)
    return ops.multilabel_soft_margin_loss(input, target, weight, reduction)


def multilabel_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Hinge loss of several classes per sample, :math:`\frac1C\sum_{ij}\max(0, 1 - (x_{y_j} - x_i))`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html

    Args:
        input: (N, C) or (C,).
        target: int64 classes, of the same shape; those after the first -1 do not count.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.multilabel_margin_loss(torch.tensor([0.5, 0.0]), torch.tensor([0, -1]))
        tensor(0.2500)
    """
    reduction = resolve(reduction, size_average, reduce)
    check_reduction(reduction)
    loss = ops.multilabel_margin_loss(input, target, reduction)  # torch looks at sizes and types first
    known = host_values(target)
    classes = (sizes(input) or (1,))[-1]
    if known is not None and known.size and not within(known, -1, classes):
        raise RuntimeError("argument #2 'target' is out of range")
    return loss


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Hinge loss of one class per sample, :math:`\frac1C\sum_{i \neq y}\max(0, \Delta - x_y + x_i)^p`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html

    Args:
        input: (N, C) or (C,).
        target: int64 classes, (N,) or (,).
        p: 1 or 2.
        margin: :math:`\Delta`.
        weight: a factor for each class, (C,).
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: ``p`` is neither 1 nor 2.
        RuntimeError: the sizes do not fit or a target on the host is no class.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.5, 0.0]]), torch.tensor([0]))
        tensor(0.2500)
    """
    reduction = resolve(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and len(weight.shape) != 1:
        raise ValueError("weight must be one-dimensional")
    check_reduction(reduction)
    loss = ops.multi_margin_loss(
        input, target, p, margin, weight, reduction
    )  # torch looks at sizes and types first
    values = host_values(target)
    classes = input.shape[-1] if len(input.shape) else 1
    if values is not None and values.size and not within(values, 0, classes):
        raise RuntimeError("target out of range")
    return loss
