"""Normalisations with running statistics, which are updated in place."""

from __future__ import annotations

import math
from typing import Any

from ..._autograd.modes import no_grad
from ..._autograd.saving import saver
from ..._size import Size
from ..._tensor.inplace import check_writable, write
from ...ops import nn_norm
from ...ops.nn_norm_batch import batch_norm_eval, batch_norm_train
from ._arguments import sizes

__all__ = ["batch_norm", "group_norm", "instance_norm"]


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Any:
    r"""Normalisation of each channel over the batch, :math:`\frac{x - E[x]}{\sqrt{Var[x] + \epsilon}}\, w + b`.

    In training the mean and (biased) variance are the batch's, and the running ones move towards them (the variance
    to the unbiased one); else the running ones are used.
    Batch normalization, https://arxiv.org/abs/1502.03167;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html

    Args:
        input: (N, C, *).
        running_mean: (C,), updated in place in training; or None.
        running_var: (C,), updated in place in training; or None.
        weight: factors (C,).
        bias: offsets (C,).
        training: use the batch's statistics.
        momentum: weight of the batch in the new running statistics.
        eps: added to the variance.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: training with a single value per channel; ``eps`` is negative, or 0 in training.
        RuntimeError: the sizes do not match, or no statistics are given.

    Example::

        >>> import jaxlearn as torch
        >>> mean, var = torch.zeros(1), torch.ones(1)
        >>> torch.nn.functional.batch_norm(torch.tensor([[1.0], [3.0]]), mean, var, training=True)
        tensor([[-1.0000],
                [ 1.0000]])
        >>> mean
        tensor([0.2000])
    """
    if not training:
        if eps < 0:
            raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
        for name, statistic in (("running_mean", running_mean), ("running_var", running_var)):
            if statistic is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
        if tuple(input.shape) == (0,):
            return input.clone()  # torch does not ask where the channels are
        return batch_norm_eval(input, weight, bias, running_mean, running_var, eps)
    shape = input.shape
    count = 1
    for i, size in enumerate(shape):
        if i != 1:
            count *= size
    if count == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {Size(shape)}"
        )
    if tuple(shape) == (0,):
        return input.clone()
    if eps <= 0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if running_mean is None or running_var is None:
        return batch_norm_train(input, weight, bias, None, None, momentum, eps)
    check_writable(running_mean)
    check_writable(running_var)
    if saver() is not None:
        # A checkpoint's repetition may end within the operation, which has counted the batch in torch by then.
        with no_grad():
            _, mean, variance = batch_norm_train(
                input, weight, bias, running_mean, running_var, momentum, eps
            )
        _renew(running_mean, mean)
        _renew(running_var, variance)
        return batch_norm_train(input, weight, bias, None, None, momentum, eps)
    output, mean, variance = batch_norm_train(input, weight, bias, running_mean, running_var, momentum, eps)
    _renew(running_mean, mean.detach())
    _renew(running_var, variance.detach())
    return output


def _renew(statistic: Any, value: Any) -> None:
    """Write a running statistic, which torch's kernel does without counting it as a write."""
    write(statistic, value)
    statistic._cell.untracked += 1


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Any:
    r"""Normalisation of each channel of each sample over its spatial dimensions.

    Instance normalization: the missing ingredient for fast stylization, https://arxiv.org/abs/1607.08022;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html

    Args:
        input: (N, C, *) with at least one spatial dimension.
        running_mean: (C,), updated in place with the samples' average if the input's statistics are used; or None.
        running_var: (C,), likewise.
        weight: factors (C,).
        bias: offsets (C,).
        use_input_stats: normalise with the input's statistics rather than the running ones.
        momentum: weight of the batch in the new running statistics.
        eps: added to the variance.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: a single spatial element.
        RuntimeError: no statistics are given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.instance_norm(torch.tensor([[[1.0, 3.0]]]))
        tensor([[[-1.0000,  1.0000]]])
    """
    statistics = {"running_mean": running_mean, "running_var": running_var}
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        _check_sizes(input, weight=weight, bias=bias, **statistics)
        if not input.shape[1]:
            return input.clone()
        return batch_norm_eval(input, weight, bias, running_mean, running_var, eps)
    spatial = 1
    for size in input.shape[2:]:
        spatial *= size
    if spatial == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {Size(input.shape)}"
        )
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    _check_sizes(input, **statistics, weight=weight, bias=bias)
    if not input.shape[1]:
        if running_mean is not None and running_mean.numel():
            raise RuntimeError(f"shape '{[1, 0]}' is invalid for input of size {running_mean.numel()}")
        return input.clone()
    output = nn_norm.instance_norm(input, weight, bias, eps)
    if running_mean is not None and running_var is not None and input.numel():
        mean, variance = nn_norm.instance_statistics(input.detach(), running_mean, running_var, momentum)
        write(running_mean, mean)
        write(running_var, variance)
    return output


def _check_sizes(input: Any, **named: Any) -> None:
    """torch's checks of what has one element for each channel: it repeats them for each sample of the batch."""
    batch, channels = input.shape[:2]
    for name, per_channel in named.items():
        if per_channel is None:
            continue
        given = math.prod(per_channel.shape)
        if not batch and name in ("weight", "bias"):
            raise IndexError("select(): index 0 out of range for tensor of size [0] at dimension 0")
        if channels and batch and given != channels:
            raise RuntimeError(f"{name} should contain {batch * channels} elements not {batch * given}")


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-05) -> Any:
    r"""Normalisation of each sample over groups of channels.

    Group normalization, https://arxiv.org/abs/1803.08494;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html

    Args:
        input: (N, C, *).
        num_groups: number of groups, a divisor of C.
        weight: factors (C,).
        bias: offsets (C,).
        eps: added to the (biased) variance.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: a single value per group.
        RuntimeError: C is not divisible by ``num_groups`` or the shapes do not match.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.group_norm(torch.tensor([[1.0, 3.0, 5.0, 5.0]]), 2)
        tensor([[-1.0000,  1.0000,  0.0000,  0.0000]])
    """
    shape = sizes(input)
    if len(shape) >= 2:
        count = shape[0] * shape[1] // num_groups
        for size in shape[2:]:
            count *= size
        if count == 1:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got input size {list(shape)}"
            )
    return nn_norm.group_norm(input, num_groups, weight, bias, eps)
