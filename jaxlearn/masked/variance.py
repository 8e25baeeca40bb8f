"""Variance and standard deviation of the elements that a mask lets through."""

from __future__ import annotations

from typing import Any

from .. import _dtypes as dtypes
from ..ops.pointwise import add, div, mul, sub
from ..ops.pointwise_exp import sqrt
from ..ops.pointwise_select import maximum
from ..ops.shape_rearrange import complex_, imag, real
from .reductions import counted, sum

__all__ = ["std", "var"]


def _squared_size(x: Any) -> Any:
    """:math:`x \\bar x`, of the tensor's own dtype."""
    if not x.dtype.is_complex:
        return mul(x, x)
    square = add(mul(real(x), real(x)), mul(imag(x), imag(x)))
    return complex_(square, square.new_zeros(square.shape))


def _variance(
    input: Any, dim: Any, unbiased: bool | None, correction: Any, keepdim: bool, dtype: Any, mask: Any
) -> Any:
    if unbiased is not None and correction is not None:
        raise AssertionError("Only one of unbiased and correction may be given")
    taken = float(correction if correction is not None else unbiased is not False)
    floating = input.dtype.is_floating_point or input.dtype.is_complex
    kind = dtype or (input.dtype if floating else dtypes.float32)
    inner = kind if kind.is_floating_point or kind.is_complex else dtypes.float32
    centre = div(sum(input, dim, keepdim=True, dtype=kind, mask=mask), counted(input, dim, True, mask))
    centred = sub(input, centre)
    total = sum(_squared_size(centred), dim, keepdim=keepdim, dtype=inner, mask=mask)
    count = counted(input, dim, keepdim, mask)
    if taken:
        count = count.to(inner.to_real())
        count = maximum(sub(count, taken), count.new_zeros(()))
    return div(total, count).to(kind)


def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """Variance of the elements that the mask lets through; NaN where there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.var.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for a correction of 0.
        correction: what is taken off the number of elements. Default: 1.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's, for integers ``float32``.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.var(torch.tensor([1.0, 9.0, 3.0]), mask=torch.tensor([True, False, True]))
        tensor(2.)
    """
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask)


def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """Standard deviation of the elements that the mask lets through, the root of :func:`var`.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.std.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for a correction of 0.
        correction: what is taken off the number of elements. Default: 1.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's, for integers ``float32``.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.std(torch.tensor([1.0, 9.0, 3.0]), mask=torch.tensor([True, False, True]))
        tensor(1.4142)
    """
    return sqrt(_variance(input, dim, unbiased, correction, keepdim, dtype, mask))
