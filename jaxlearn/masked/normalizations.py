"""Running sums, softmax and their like over the elements that a mask lets through."""

from __future__ import annotations

from typing import Any

from ..ops import nn_softmax as soft
from ..ops import reduction_scan as scan
from ..ops.pointwise import div, neg
from ..ops.pointwise_select import maximum
from .neutral import dims_of, filled
from .reductions import norm

__all__ = ["cumprod", "cumsum", "log_softmax", "normalize", "softmax", "softmin"]


def cumsum(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """Running sums of the elements that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.cumsum.html

    Args:
        input: any shape.
        dim: the dimension.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.cumsum(torch.tensor([2.0, 3.0, 4.0]), 0, mask=torch.tensor([True, False, True]))
        tensor([2., 2., 6.])
    """
    x = filled("sum", input, mask)
    return scan.cumsum(x, dims_of(dim, x.ndim)[0], dtype=dtype or input.dtype)


def cumprod(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """Running products of the elements that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.cumprod.html

    Args:
        input: any shape.
        dim: the dimension.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.cumprod(torch.tensor([2.0, 3.0, 4.0]), 0, mask=torch.tensor([True, False, True]))
        tensor([2., 2., 8.])
    """
    x = filled("prod", input, mask)
    return scan.cumprod(x, dims_of(dim, x.ndim)[0], dtype=dtype or input.dtype)


def softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """Softmax of the elements that the mask lets through; the others get 0.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.softmax.html

    Args:
        input: any shape.
        dim: the dimension.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.softmax(torch.zeros(3), 0, mask=torch.tensor([True, False, True]))
        tensor([0.5000, 0.0000, 0.5000])
    """
    x = filled("amax", input, mask)
    return soft.softmax(x, dims_of(dim, x.ndim)[0], dtype=dtype or input.dtype)


def log_softmax(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """Logarithm of :func:`softmax`; masked-out elements get minus infinity.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.log_softmax.html

    Args:
        input: any shape.
        dim: the dimension.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.log_softmax(torch.zeros(3), 0, mask=torch.tensor([True, False, True]))
        tensor([-0.6931,    -inf, -0.6931])
    """
    x = filled("amax", input, mask)
    return soft.log_softmax(x, dims_of(dim, x.ndim)[0], dtype=dtype or input.dtype)


def softmin(input: Any, dim: int, *, dtype: Any = None, mask: Any = None) -> Any:
    """Softmax of the negated elements that the mask lets through; the others get 0.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.softmin.html

    Args:
        input: any shape.
        dim: the dimension.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.softmin(torch.zeros(3), 0, mask=torch.tensor([True, False, True]))
        tensor([0.5000, 0.0000, 0.5000])
    """
    x = filled("amin", input, mask)
    return soft.softmax(neg(x), dims_of(dim, x.ndim)[0], dtype=dtype or input.dtype)


def normalize(
    input: Any, ord: float, dim: int, *, eps: float = 1e-12, dtype: Any = None, mask: Any = None
) -> Any:
    """The elements that the mask lets through divided by their norm; the others get 0.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.normalize.html

    Args:
        input: any shape.
        ord: the norm's order.
        dim: the dimension.
        eps: the least norm that is divided by.
        dtype: convert the elements to it first.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.normalize(torch.tensor([3.0, 9.0, 4.0]), 2.0, 0, mask=torch.tensor([True, False, True]))
        tensor([0.6000, 0.0000, 0.8000])
    """
    length = norm(input, ord, dim, keepdim=True, dtype=dtype or input.dtype, mask=mask)
    return div(filled("sum", input, mask), maximum(length, length.new_full((), eps)))
