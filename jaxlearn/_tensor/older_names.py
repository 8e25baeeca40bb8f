"""Functions that PyTorch has beside the methods and modules that one would use."""

from __future__ import annotations

import operator
from typing import Any

from ..ops.linalg_solve import vander as ascending
from ..ops.nn_pad import pad as padded
from ..ops.op import explained

__all__ = ["constant_pad_nd", "detach", "get_device", "norm_except_dim", "vander"]


@explained
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The Vandermonde matrix: the powers of each element in a row.

    https://docs.pytorch.org/docs/stable/generated/torch.vander.html

    Args:
        x: a vector.
        N: the number of columns; by default that of the rows.
        increasing: the powers from 0 on, rather than down to 0.

    Raises:
        RuntimeError: the tensor is no vector, or N is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.vander(torch.tensor([2, 3]), 3)
        tensor([[4, 2, 1],
                [9, 3, 1]])
    """
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else operator.index(N)
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    powers = ascending(x, max(n, 2))[:, :n]
    return powers if increasing else powers.flip(-1)


def get_device(input: Any) -> int:
    """The ordinal of the accelerator that the tensor is on, -1 for the CPU.

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.get_device(torch.ones(1))
        -1
    """
    return int(input.get_device())


def detach(input: Any) -> Any:
    """An alias of the tensor without its history; see :meth:`Tensor.detach`.

    Args:
        input: the tensor.
    """
    return input.detach()


@explained
def constant_pad_nd(input: Any, pad: Any, value: Any = 0) -> Any:
    """Padding with a constant; see :func:`jaxlearn.nn.functional.pad`.

    Args:
        input: the tensor.
        pad: pairs (before, after) for the last dimension, the last but one, ...
        value: the constant.

    Example::

        >>> import jaxlearn as torch
        >>> torch.constant_pad_nd(torch.ones(2), (1, 1), 3)
        tensor([3., 1., 1., 3.])
    """
    return padded(input, tuple(pad), "constant", float(value))


@explained
def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The norms over all dimensions but one, which stay with size 1; -1 for all.

    Args:
        v: the tensor.
        pow: the order.
        dim: the dimension that is kept.

    Example::

        >>> import jaxlearn as torch
        >>> torch.norm_except_dim(torch.ones(2, 4), 2, 0)
        tensor([[2.],
                [2.]])
    """
    if dim == -1:
        return v.norm(pow)
    kept = dim % v.dim()
    return v.norm(pow, dim=[d for d in range(v.dim()) if d != kept], keepdim=True)
