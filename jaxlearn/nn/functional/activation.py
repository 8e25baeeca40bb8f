"""Activations of straight pieces with torch's ``inplace`` argument, and softmax with its implicit dimension."""

from __future__ import annotations

import warnings
from typing import Any

from ..._dtypes import dtype as Dtype
from ...ops import nn_activation as pieces
from ...ops import nn_softmax
from ._arguments import require_tensor, sizes, written

__all__ = [
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "relu",
    "relu6",
    "softmax",
    "softmin",
    "threshold",
]


def relu(input: Any, inplace: bool = False) -> Any:
    r"""The positive part, :math:`\max(0, x)`; its derivative at 0 is 0.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html

    Args:
        input: tensor of any shape, real.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 0.0, 2.0]))
        tensor([0., 0., 2.])
    """
    require_tensor("relu", input)
    return written(input, pieces.relu) if inplace else pieces.relu(input)


def relu6(input: Any, inplace: bool = False) -> Any:
    r"""The input clipped to [0, 6], :math:`\min(\max(0, x), 6)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html

    Args:
        input: tensor of any shape.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.relu6(torch.tensor([-1.0, 3.0, 8.0]))
        tensor([0., 3., 6.])
    """
    return written(input, pieces.relu6) if inplace else pieces.relu6(input)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    r"""The input clipped to an interval, :math:`\min(\max(x, a), b)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html

    Args:
        input: tensor of any shape.
        min_val: lower end.
        max_val: upper end.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: ``min_val`` is greater than ``max_val``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.hardtanh(torch.tensor([-3.0, 0.5, 3.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if inplace:
        return written(input, pieces.hardtanh, min_val, max_val)
    return pieces.hardtanh(input, min_val, max_val)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    r"""Positive values as they are, negative ones scaled: :math:`\max(0, x) + a \min(0, x)`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html

    Args:
        input: tensor of any shape, floating.
        negative_slope: the factor :math:`a`.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.1)
        tensor([-0.1000,  2.0000])
    """
    if inplace:
        return written(input, pieces.leaky_relu, negative_slope)
    return pieces.leaky_relu(input, negative_slope)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    r"""The input where it is above a threshold, elsewhere a constant.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html

    Args:
        input: tensor of any shape.
        threshold: values up to this one are replaced.
        value: what replaces them.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.threshold(torch.tensor([0.1, 2.0]), 1.0, -5.0)
        tensor([-5.,  2.])
    """
    if inplace:
        return written(input, pieces.threshold, threshold, value)
    return pieces.threshold(input, threshold, value)


def hardswish(input: Any, inplace: bool = False) -> Any:
    r"""A piecewise approximation of SiLU, :math:`x \min(\max(x + 3, 0), 6) / 6`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html

    Args:
        input: tensor of any shape, floating.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.hardswish(torch.tensor([-4.0, 1.0, 4.0]))
        tensor([-0.0000, 0.6667, 4.0000])
    """
    return written(input, pieces.hardswish) if inplace else pieces.hardswish(input)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    r"""A piecewise linear sigmoid, :math:`\min(\max(x + 3, 0), 6) / 6`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html

    Args:
        input: tensor of any shape, floating.
        inplace: write the result into the input.

    Returns:
        A tensor of the input's shape and dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.hardsigmoid(torch.tensor([-4.0, 0.0, 4.0]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return written(input, pieces.hardsigmoid) if inplace else pieces.hardsigmoid(input)


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    r"""Exponentials that add up to 1 along a dimension, :math:`e^{x_i} / \sum_j e^{x_j}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result adds up to 1; leaving it out is deprecated.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softmax(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.0900, 0.2447, 0.6652])
    """
    if dim is None:
        dim = _implicit_dim("softmax", len(sizes(input)), _stacklevel)
    return nn_softmax.softmax(input, dim, dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    r"""Softmax of the negated input, :math:`e^{-x_i} / \sum_j e^{-x_j}`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result adds up to 1; leaving it out is deprecated.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.softmin(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([0.6652, 0.2447, 0.0900])
    """
    if dim is None:
        dim = _implicit_dim("softmin", len(sizes(input)), _stacklevel)
    return nn_softmax.softmin(input, dim, dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype | None = None) -> Any:
    r"""The logarithm of softmax, :math:`x_i - \ln \sum_j e^{x_j}`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html

    Args:
        input: tensor of any shape, floating unless ``dtype`` is given.
        dim: the dimension along which the result's exponentials add up to 1; leaving it out is deprecated.
        dtype: the input is converted to it first.

    Returns:
        A tensor of the input's shape.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.log_softmax(torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([-2.4076, -1.4076, -0.4076])
    """
    if dim is None:
        dim = _implicit_dim("log_softmax", len(sizes(input)), _stacklevel)
    return nn_softmax.log_softmax(input, dim, dtype)
