"""Losses between numbers: absolute, squared and in between, and likelihoods."""

from __future__ import annotations

import warnings
from typing import Any

from ..._size import Size
from ..._tensor.dispatch import TENSOR_TYPES
from ...ops import nn_loss_regression as ops
from .._reduction import resolve
from ._arguments import host_values, sizes

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


def _warn_sizes(input: Any, target: Any) -> None:
    if sizes(target) != sizes(input):
        warnings.warn(
            f"Using a target size ({Size(target.shape)}) that is different to the input size ({Size(input.shape)}). "
            "This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=3,
        )


def l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    r"""Absolute error, :math:`|x - y|`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html

    Args:
        input: predictions, any shape.
        target: true values, of the same shape.
        weight: factors of the losses.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0]))
        tensor(1.5000)
    """
    reduction = resolve(reduction, size_average, reduce)
    _warn_sizes(input, target)
    return ops.l1_loss(input, target, reduction, weight)


def mse_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Any:
    r"""Squared error, :math:`(x - y)^2`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html

    Args:
        input: predictions, any shape.
        target: true values, of the same shape.
        weight: factors of the losses.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0]))
        tensor(2.5000)
    """
    reduction = resolve(reduction, size_average, reduce)
    _warn_sizes(input, target)
    return ops.mse_loss(input, target, reduction, weight)


def smooth_l1_loss(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Any:
    r"""Squared error below ``beta``, absolute above: :math:`(x-y)^2/2\beta` or :math:`|x-y| - \beta/2`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html

    Args:
        input: predictions, any shape.
        target: true values, of the same shape.
        beta: where the two forms meet, not negative.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.
        RuntimeError: ``beta`` is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.smooth_l1_loss(torch.tensor([0.5, 3.0]), torch.zeros(2))
        tensor(1.3125)
    """
    reduction = resolve(reduction, size_average, reduce)
    _warn_sizes(input, target)
    return ops.smooth_l1_loss(input, target, reduction, beta)


def huber_loss(
    input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    r"""Squared error below ``delta``, linear above: :math:`(x-y)^2/2` or :math:`\delta(|x-y| - \delta/2)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html

    Args:
        input: predictions, any shape.
        target: true values, of the same shape.
        delta: where the two forms meet, positive.
        weight: factors of the losses.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.
        RuntimeError: ``delta`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.huber_loss(torch.tensor([0.5, 3.0]), torch.zeros(2))
        tensor(1.3125)
    """
    _warn_sizes(input, target)
    return ops.huber_loss(input, target, reduction, delta, weight)


def kl_div(
    input: Any,
    target: Any,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    r"""Kullback-Leibler divergence, :math:`y(\ln y - x)`, of log probabilities :math:`x`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html

    Args:
        input: log probabilities, any shape.
        target: probabilities, of the same shape.
        log_target: the target holds log probabilities too.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"``, ``"sum"`` or ``"batchmean"`` (the sum divided by the batch size).

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.kl_div(torch.tensor([[0.0]]), torch.tensor([[1.0]]), reduction="batchmean")
        tensor(0.)
    """
    reduction = resolve(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the "
            "same as 'batchmean' in the next major release.",
            stacklevel=2,
        )
    return ops.kl_div(input, target, reduction, log_target)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Any:
    r"""Minus the Poisson log likelihood, :math:`e^x - yx` for the logarithm :math:`x` of the rate.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html

    Args:
        input: logarithms of the rate (or rates), any shape.
        target: counts, of the same shape.
        log_input: the input holds logarithms.
        full: add Stirling's approximation of :math:`\ln y!`.
        eps: added to rates before their logarithm is taken.
        size_average: deprecated, see ``reduction``.
        reduce: deprecated, see ``reduction``.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: the reduction is unknown.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.poisson_nll_loss(torch.zeros(2), torch.ones(2))
        tensor(1.)
    """
    reduction = resolve(reduction, size_average, reduce)
    return ops.poisson_nll_loss(input, target, log_input, full, eps, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    r"""Minus the normal log likelihood, :math:`\frac12(\ln v + (x - y)^2/v)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html

    Args:
        input: means, any shape.
        target: samples, of the same shape.
        var: variances, of the same shape, or with the last dimension 1 or missing; or a number.
        full: add the constant term.
        eps: the smallest variance used.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.

    Returns:
        A tensor of the losses' shape, or their mean or sum.

    Raises:
        ValueError: ``var`` has another size or a negative entry, or the reduction is unknown.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.gaussian_nll_loss(torch.ones(2), torch.zeros(2), torch.ones(2))
        tensor(0.5000)
    """
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = input.new_full(input.shape, var)
    elif type(var) not in TENSOR_TYPES:
        _ = var < 0  # what is no tensor fails in Python's words, as in torch
    values = host_values(var)
    if values is not None and (values < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        if tuple(input.shape[:-1]) == tuple(var.shape):
            var = var.unsqueeze(-1)
        elif not (tuple(input.shape[:-1]) == tuple(var.shape[:-1]) and var.shape[-1] == 1) and not (
            len(input.shape) == len(var.shape)
            and all(b in (a, 1) for a, b in zip(input.shape, var.shape, strict=True))
        ):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return ops.gaussian_nll_loss(input, target, var, bool(full), eps, reduction)
