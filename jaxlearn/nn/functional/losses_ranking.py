"""Losses of margins and distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..._autograd.modes import modes
from ..._size import Size
from ..._tensor.dispatch import TENSOR_TYPES
from ...ops import nn_loss_ranking as ops
from .._reduction import resolve
from ._arguments import sizes, untracked

__all__ = [
    "cosine_embedding_loss",
    "hinge_embedding_loss",
    "margin_ranking_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]


def hinge_embedding_loss(
    input: Any,
    target: Any,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r""":math:`x` where the target is 1, :math:`\max(0, \Delta - x)` where it is -1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html

    Args:
        input: distances, any shape.
        target: 1 or -1, of the same shape.
        margin: :math:`\Delta`.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.hinge_embedding_loss(torch.tensor([0.25, 0.25]), torch.tensor([1.0, -1.0]))
        tensor(0.5000)
    """
    reduction = resolve(reduction, size_average, reduce)
    return ops.hinge_embedding_loss(input, untracked(target), margin, reduction)


def margin_ranking_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r""":math:`\max(0, -y(x_1 - x_2) + \Delta)`: the first should rank higher where the target is 1, lower where -1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html

    Args:
        input1: any shape.
        input2: of the same shape.
        target: 1 or -1, of the same shape.
        margin: :math:`\Delta`.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the numbers of dimensions differ.

    Example::

        >>> import jaxlearn as torch
        >>> a, b = torch.tensor([1.0]), torch.tensor([2.0])
        >>> torch.nn.functional.margin_ranking_loss(a, b, torch.tensor([1.0]))
        tensor(1.)
    """
    reduction = resolve(reduction, size_average, reduce)
    if not len(sizes(input1)) == len(sizes(input2)) == len(sizes(target)):
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: "
            f"{Size(input1.shape)}, input2: {Size(input2.shape)}, target: {Size(target.shape)} "
        )
    return ops.margin_ranking_loss(input1, input2, target, margin, reduction)


def cosine_embedding_loss(
    input1: Any,
    input2: Any,
    target: Any,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r""":math:`1 - \cos` where the target is 1, :math:`\max(0, \cos - \Delta)` where it is -1.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html

    Args:
        input1: (N, D) or (D,).
        input2: of the same shape.
        target: 1 or -1, (N,) or (,).
        margin: :math:`\Delta`.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([[1.0, 0.0]])
        >>> torch.nn.functional.cosine_embedding_loss(x, x, torch.tensor([-1.0]))
        tensor(1.)
    """
    reduction = resolve(reduction, size_average, reduce)
    n = len(sizes(target))
    if n > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if not len(sizes(input1)) == len(sizes(input2)) == n + 1:
        raise RuntimeError(
            f"{n}D target tensor expects {n + 1}D input tensors, but found inputs with sizes {list(input1.shape)} and "
            f"{list(input2.shape)}."
        )
    return ops.cosine_embedding_loss(input1, input2, untracked(target), margin, reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r""":math:`\max(0, d(a, p) - d(a, n) + \Delta)` with the distance :func:`pairwise_distance`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html

    Args:
        anchor: (N, D) or (D,).
        positive: of the same shape.
        negative: of the same shape.
        margin: :math:`\Delta`, positive.
        p: exponent of the distance.
        eps: added to each difference.
        swap: use the distance of positive and negative where it is smaller.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the margin is not positive.
        RuntimeError: the numbers of dimensions differ.

    Example::

        >>> import jaxlearn as torch
        >>> a, n = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
        >>> torch.nn.functional.triplet_margin_loss(a, a, n)
        tensor(0.)
    """
    reduction = resolve(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    dims = [len(sizes(x)) for x in (anchor, positive, negative)]
    if len(set(dims)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {dims[0]}D, positive {dims[1]}D, and negative {dims[2]}D inputs"
        )
    return ops.triplet_margin_loss(anchor, positive, negative, margin, float(p), eps, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    r""":math:`\max(0, d(a, p) - d(a, n) + \Delta)` with any distance.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html

    Args:
        anchor: (N, D) or (D,).
        positive: of the same shape.
        negative: of the same shape.
        distance_function: of two tensors. Default: :func:`pairwise_distance`.
        margin: :math:`\Delta`, positive.
        swap: use the distance of positive and negative where it is smaller.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the margin is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> a, n = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])
        >>> torch.nn.functional.triplet_margin_with_distance_loss(a, a, n)
        tensor(0.)
    """
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    dims = [len(sizes(x)) for x in (anchor, positive, negative)]
    if len(set(dims)) > 1:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {dims[0]}D, positive {dims[1]}D, and negative {dims[2]}D inputs"
        )
    distance = ops.pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    between = distance(positive, negative) if swap else None
    return ops.triplet_loss_of_distances(near, far, between, margin, reduction)


def soft_margin_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Logistic loss, :math:`\ln(1 + e^{-yx})`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html

    Args:
        input: any shape.
        target: 1 or -1, of the same shape.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.soft_margin_loss(torch.tensor([0.0]), torch.tensor([1.0]))
        tensor(0.6931)
    """
    reduction = resolve(reduction, size_average, reduce)
    if modes.grad and type(target) in TENSOR_TYPES and target.requires_grad:
        raise RuntimeError(
            "The function 'soft_margin_loss' is not differentiable with respect to argument 'target'. This input "
            "cannot have requires_grad True."
        )
    return ops.soft_margin_loss(input, target, reduction)
