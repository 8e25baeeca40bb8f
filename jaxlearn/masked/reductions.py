"""Reductions of the elements that a mask lets through."""

from __future__ import annotations

import math
from typing import Any

from .. import _dtypes as dtypes
from .._tensor.creation import ones
from ..ops import reduction
from ..ops import reduction_extrema as extrema
from ..ops import reduction_moments as moments
from ..ops import reduction_order as order
from ..ops.comparison import isnan
from ..ops.pointwise import div
from ..ops.pointwise_exp import logaddexp as plain_logaddexp
from .neutral import dims_of, filled, full_mask

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "counted",
    "logaddexp",
    "logsumexp",
    "mean",
    "median",
    "norm",
    "prod",
    "sum",
]


def _summed(dtype: Any) -> Any:
    return dtype if dtype.is_floating_point or dtype.is_complex else dtypes.int64


def counted(input: Any, dim: Any, keepdim: bool, mask: Any) -> Any:
    """How many elements the mask lets through."""
    let_through = (
        ones(input.shape, dtype=dtypes.bool, device=input.device) if mask is None else full_mask(input, mask)
    )
    return reduction.sum(let_through, dims_of(dim, input.ndim), bool(keepdim))


def sum(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Sum of the elements that the mask lets through; 0 where there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.sum.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the sum; by default the tensor's, for integers and booleans ``int64``.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.sum(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(3.)
    """
    x = filled("sum", input, mask)
    return reduction.sum(x, dims_of(dim, x.ndim), bool(keepdim), dtype=dtype or _summed(input.dtype))


def prod(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Product of the elements that the mask lets through; 1 where there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.prod.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the product; by default the tensor's, for integers and booleans ``int64``.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.prod(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(2.)
    """
    x = filled("prod", input, mask).to(dtype or _summed(input.dtype))
    for d in reversed(dims_of(dim, x.ndim)):
        x = reduction.prod(x, d, bool(keepdim), dtype=x.dtype)
    return x


def amax(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Largest of the elements that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.amax.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.amax(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(2.)
    """
    x = filled("amax", input, mask)
    return extrema.amax(x, dims_of(dim, x.ndim), bool(keepdim)).to(dtype or input.dtype)


def amin(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Smallest of the elements that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.amin.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.amin(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(1.)
    """
    x = filled("amin", input, mask)
    return extrema.amin(x, dims_of(dim, x.ndim), bool(keepdim)).to(dtype or input.dtype)


def argmax(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """Where the largest of the elements is that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.argmax.html

    Args:
        input: any shape.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.argmax(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(2.)
    """
    x = filled("argmax", input, mask)
    return extrema.argmax(x, dim, bool(keepdim)).to(dtype or input.dtype)


def argmin(
    input: Any, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """Where the smallest of the elements is that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.argmin.html

    Args:
        input: any shape.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.argmin(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(0.)
    """
    x = filled("argmin", input, mask)
    return extrema.argmin(x, dim, bool(keepdim)).to(dtype or input.dtype)


def mean(input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Mean of the elements that the mask lets through; NaN where there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.mean.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Raises:
        ValueError: the dtype is neither floating point nor complex.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.mean(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(1.5000)
    """
    kind = dtype or input.dtype
    if not (kind.is_floating_point or kind.is_complex):
        source = "Input" if dtype is None else "Optional"
        raise ValueError(
            f"mean(): Could not infer output dtype. {source} dtype must be either a floating point or complex dtype. "
            f"Got: {kind}"
        )
    total = sum(input, dim, keepdim=keepdim, dtype=kind, mask=mask)
    return div(total, counted(input, dim, keepdim, mask))


def median(input: Any, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Any = None) -> Any:
    """Lower median of the elements that the mask lets through; NaN where there is none.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.median.html

    Args:
        input: any shape.
        dim: the dimension.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Raises:
        ValueError: integers of which the mask lets none through.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.median(torch.tensor([1.0, 5.0, 2.0]), mask=torch.tensor([True, False, True]))
        tensor(1.)
    """
    floating = input.is_floating_point()
    x = filled("median", input if floating else input.to(dtypes.float32), mask)
    result = order.nanmedian(x, dims_of(dim, x.ndim)[0], keepdim).values
    if floating:
        return result
    if bool(isnan(result).any()):
        raise ValueError("masked median expects no fully masked out rows if dtype is not floating point")
    return result.to(dtype or input.dtype)


def logsumexp(
    input: Any, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Any:
    """Logarithm of the sum of exponentials of the elements that the mask lets through.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.logsumexp.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.logsumexp(torch.zeros(3), mask=torch.tensor([True, False, True]))
        tensor(0.6931)
    """
    x = filled("logsumexp", input, mask)
    return reduction.logsumexp(x, dims_of(dim, x.ndim), keepdim=keepdim).to(dtype or input.dtype)


def norm(
    input: Any,
    ord: float | None = 2.0,
    dim: Any = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Any:
    """Vector norm of the elements that the mask lets through; see :func:`jaxlearn.linalg.vector_norm`.

    https://docs.pytorch.org/docs/stable/generated/torch.masked.norm.html

    Args:
        input: any shape.
        ord: the norm's order.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: of the result; by default the tensor's.
        mask: True where an element counts; broadcasts to the tensor. By default all count.

    Example::

        >>> import jaxlearn as torch
        >>> torch.masked.norm(torch.tensor([3.0, 9.0, 4.0]), mask=torch.tensor([True, False, True]))
        tensor(5.)
    """
    x = filled("norm" if ord == -math.inf else "sum", input, mask)
    return moments.vector_norm(
        x, 2.0 if ord is None else ord, dims_of(dim, x.ndim), bool(keepdim), dtype=dtype or input.dtype
    )


def logaddexp(
    input: Any, other: Any, *, dtype: Any = None, input_mask: Any = None, other_mask: Any = None
) -> Any:
    """Logarithm of the sum of exponentials of two tensors' elements, each with a mask of its own.

    https://docs.pytorch.org/docs/stable/masked.html

    Args:
        input: a tensor.
        other: another.
        dtype: of the result; by default the first tensor's.
        input_mask: True where an element of ``input`` counts.
        other_mask: True where an element of ``other`` counts.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2)
        >>> torch.masked.logaddexp(x, x, other_mask=torch.tensor([True, False]))
        tensor([0.6931, 0.0000])
    """
    a, b = filled("logaddexp", input, input_mask), filled("logaddexp", other, other_mask)
    return plain_logaddexp(a, b).to(dtype or input.dtype)
