"""Reductions: variance, standard deviation and norms."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp

from .. import _dtypes as dtypes
from .._warnings import warn
from .linalg_rules import singular_values
from .op import op
from .pointwise_rules import check_tensors, direction, magnitude, operands, scalar_name, widened
from .promotion import cast
from .reduction_rules import axes, reduced_size

__all__ = ["dist", "norm", "std", "std_mean", "var", "var_mean", "vector_norm"]


def _centred(x: Any, over: tuple[int, ...]) -> Any:
    """Differences from the mean. Those from the first element come first: equal elements then differ by exactly 0."""
    if 0 in x.shape:
        return x
    first = jax.lax.slice(x, (0,) * x.ndim, tuple(1 if d in over else n for d, n in enumerate(x.shape)))
    shifted = x - first
    return shifted - jnp.mean(shifted, axis=over, keepdims=True)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _variance(x: Any, over: tuple[int, ...], correction: float) -> Any:
    centred = _centred(x, over)
    # A negative number of degrees of freedom counts as none, which gives NaN or infinity.
    freedom = max(reduced_size(x.shape, over) - correction, 0)
    return jnp.sum(jnp.abs(centred) ** 2, axis=over, keepdims=True) / freedom


@_variance.defjvp
def _variance_jvp(over: Any, correction: Any, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    centred = _centred(x, over)
    freedom = max(reduced_size(x.shape, over) - correction, 0)
    slope = (jnp.conj(centred) * t).real
    return _variance(x, over, correction), jnp.sum(slope, axis=over, keepdims=True) * (2 / _divisor(freedom))


def _divisor(freedom: float) -> float:
    return freedom if freedom else math.nan


@jax.custom_jvp
def _root(x: Any) -> Any:
    """The square root with gradient 0 at 0, as torch has it for standard deviations."""
    return jnp.sqrt(x)


@_root.defjvp
def _root_jvp(primals: Any, tangents: Any) -> Any:
    result = _root(primals[0])
    zero = result == 0
    return result, jnp.where(zero, 0, tangents[0] / (2 * jnp.where(zero, 1, result)))


def _deviation(x: Any, over: tuple[int, ...], correction: float) -> Any:
    """The root of the variance; in float32 its squares neither overflow nor vanish, as torch adds them in float64."""
    if not x.size or x.dtype != jnp.float32:
        return _root(_variance(x, over, correction))
    top = jnp.max(jnp.abs(jax.lax.stop_gradient(x)), axis=over, keepdims=True)
    scale = jnp.where(top > 2.0**40, 2.0**-80, jnp.where(top < 2.0**-20, 2.0**64, 1)).astype(top.dtype)
    return _root(_variance(x * scale, over, correction)) / scale


def _moments(
    function: str, name: str, input: Any, dim: Any, unbiased: Any, correction: Any
) -> tuple[tuple[int, ...], float]:
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        raise RuntimeError(f"{name} only support floating point and complex dtypes")
    if unbiased is not None and correction is not None:
        raise TypeError("var() and std() take either unbiased or correction, not both")
    chosen = 1 if unbiased is None else int(unbiased)
    over, c = axes(dim, input.ndim), chosen if correction is None else correction
    if input.size and isinstance(c, (int, float)) and reduced_size(input.shape, over) - c <= 0:
        warn(
            f"{function}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel)."
        )
    return over, c


def _shaped(x: Any, over: tuple[int, ...], keepdim: bool) -> Any:
    return x if keepdim else jnp.squeeze(x, over)


def _arguments(dim: Any, unbiased: Any) -> tuple[Any, Any]:
    """torch's older overload has ``unbiased`` alone in the place of ``dim``."""
    return (None, dim) if isinstance(dim, bool) else (dim, unbiased)


@op(saves=("input",))
def var(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    """Variance, :math:`\\frac{1}{n - c} \\sum_i |x_i - \\bar x|^2`.

    https://docs.pytorch.org/docs/stable/generated/torch.var.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for :math:`c = 0`.
        keepdim: keep them, with size 1.
        correction: :math:`c`. Default: 1.

    Raises:
        RuntimeError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.var(torch.tensor([1.0, 2.0, 3.0, 4.0]), correction=0)
        tensor(1.2500)
    """
    dim, unbiased = _arguments(dim, unbiased)
    over, c = _moments("var", "std and var", input, dim, unbiased, correction)
    return widened(lambda x: _shaped(_variance(x, over, c), over, keepdim), input)


@op(saves=("input", "result"))
def std(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    """Standard deviation, the root of :func:`var`; its gradient is 0 where it is 0.

    https://docs.pytorch.org/docs/stable/generated/torch.std.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for a correction of 0.
        keepdim: keep them, with size 1.
        correction: what is taken off the number of elements. Default: 1.

    Raises:
        RuntimeError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.std(torch.tensor([[1.0, 2.0], [3.0, 8.0]]), dim=0)
        tensor([1.4142, 4.2426])
    """
    dim, unbiased = _arguments(dim, unbiased)
    over, c = _moments("std", "std and var", input, dim, unbiased, correction)
    return widened(lambda x: _shaped(_deviation(x, over, c), over, keepdim), input)


@op(saves=("input",))
def var_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    """Variance and mean; see :func:`var`.

    https://docs.pytorch.org/docs/stable/generated/torch.var_mean.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for a correction of 0.
        keepdim: keep them, with size 1.
        correction: what is taken off the number of elements. Default: 1.

    Returns:
        A pair of tensors.

    Example::

        >>> import jaxlearn as torch
        >>> torch.var_mean(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        (tensor(1.6667), tensor(2.5000))
    """
    dim, unbiased = _arguments(dim, unbiased)
    over, c = _moments("var_mean", "var_mean", input, dim, unbiased, correction)
    return (
        widened(lambda x: _shaped(_variance(x, over, c), over, keepdim), input),
        widened(lambda x: jnp.mean(x, axis=over, keepdims=keepdim), input),
    )


@op(saves=("input", "result"))
def std_mean(
    input: Any,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: Any = None,
) -> Any:
    """Standard deviation and mean; see :func:`std`.

    https://docs.pytorch.org/docs/stable/generated/torch.std_mean.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        unbiased: False for a correction of 0.
        keepdim: keep them, with size 1.
        correction: what is taken off the number of elements. Default: 1.

    Returns:
        A pair of tensors.

    Example::

        >>> import jaxlearn as torch
        >>> torch.std_mean(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        (tensor(1.2910), tensor(2.5000))
    """
    dim, unbiased = _arguments(dim, unbiased)
    over, c = _moments("std_mean", "std_mean", input, dim, unbiased, correction)
    return (
        widened(lambda x: _shaped(_deviation(x, over, c), over, keepdim), input),
        widened(lambda x: jnp.mean(x, axis=over, keepdims=keepdim), input),
    )


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2))
def _length(x: Any, p: float, over: tuple[int, ...]) -> Any:
    size = jnp.abs(x)
    if p == 2:
        return jnp.sqrt(jnp.sum(size * size, axis=over, keepdims=True))
    return jnp.sum(size**p, axis=over, keepdims=True) ** (1 / p)


@_length.defjvp
def _length_jvp(p: float, over: Any, primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    norm = _length(x, p, over)
    still = norm == 0
    if p == 2:
        slope = (jnp.conj(x) * t).real / jnp.where(still, 1, norm)
    else:
        flat = (x == 0) | still
        ratio = jnp.where(flat, 1, jnp.abs(x)) / jnp.where(still, 1, norm)
        along = (jnp.conj(direction(x)) * t).real
        slope = jnp.where(flat, 0, along * ratio ** (p - 1))
    # torch's gradient of the norm of a zero vector is zero.
    return norm, jnp.sum(jnp.where(still, 0, slope), axis=over, keepdims=True)


def lengths(x: Any, p: float, over: tuple[int, ...], keepdim: bool) -> Any:
    """The p-norm along axes, of a floating point or complex array."""
    if (p < 0 or p == math.inf) and not reduced_size(x.shape, over) and (len(over) == x.ndim or x.size == 0):
        empty = next((d for d in over if not x.shape[d]), 0)
        where = f"the dimension {empty}because this dimension is empty and"
        if len(over) == x.ndim:
            where = "an empty tensor because"
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p:g} norm on {where} the operation does not have an identity"
        )

    def compute(y: Any) -> Any:
        if p in (math.inf, -math.inf):
            return (jnp.max if p > 0 else jnp.min)(magnitude(y), axis=over, keepdims=keepdim)
        if p == 0:
            return jnp.sum(cast(y != 0, jnp.abs(y).dtype), axis=over, keepdims=keepdim)
        if p == 1:
            return jnp.sum(magnitude(y), axis=over, keepdims=keepdim)
        return _shaped(_length(y, float(p), over), over, keepdim)

    return widened(compute, x)


def _floating(x: Any, dtype: Any) -> Any:
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {scalar_name(x)}"
        )
    return x if dtype is None else cast(x, dtypes.as_dtype(dtype, "norm")._np)


def _counts(input: Any, p: Any = "fro", *rest: Any, **named: Any) -> tuple[str, ...]:
    """The norm of order 0, a number of elements, has no gradient in torch."""
    return ("input",) if p == 0 else ()


@op(name="linalg_vector_norm", saves=("input", "result"), undefined=_counts)
def vector_norm(
    input: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Vector norm, :math:`(\\sum_i |x_i|^p)^{1/p}`.

    https://docs.pytorch.org/docs/stable/generated/torch.vector_norm.html

    Args:
        input: any shape; flattened if no dimension is given.
        ord: :math:`p`; infinity for the largest magnitude, 0 for the number of nonzero elements.
        dim: the dimension(s) to reduce.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.linalg.vector_norm(torch.tensor([3.0, 4.0]))
        tensor(5.)
    """
    if isinstance(ord, jax.core.Tracer):
        ord = float(ord)  # JAX's error: it is not known
    if not isinstance(ord, (int, float)):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' must be Number, not {type(ord).__name__}")
    return lengths(_floating(input, dtype), ord, axes(dim, input.ndim), keepdim)


def _norm_name(input: Any, p: Any = "fro", *rest: Any, **named: Any) -> str:
    return "SumBackward1" if p == "nuc" else "LinalgVectorNormBackward0"


def _norm_saves(input: Any, p: Any = "fro", *rest: Any, **named: Any) -> tuple[str, ...]:
    """Of the nuclear norm torch keeps the decomposition."""
    return () if p == "nuc" else ("input", "result")


@op(saves=_norm_saves, grad_name=_norm_name, undefined=_counts)
def norm(
    input: Any, p: float | str | None = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Norm of a tensor, :math:`(\\sum_i |x_i|^p)^{1/p}` over all given dimensions; its gradient is 0 at 0.

    https://docs.pytorch.org/docs/stable/generated/torch.norm.html

    Args:
        input: any shape.
        p: the order; ``"fro"`` (default) for 2, ``"nuc"`` for the sum of a matrix's singular values.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: the elements are integers, or there is no such order.

    Example::

        >>> import jaxlearn as torch
        >>> torch.norm(torch.tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1)
        tensor([ 5., 10.])
        >>> torch.norm(torch.tensor([3.0, -4.0]), 1)
        tensor(7.)
    """
    if p == "nuc":
        return nuclear(_floating(input, dtype), (-2, -1) if dim is None else dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    order = 2 if p is None or isinstance(p, str) else p
    return lengths(_floating(input, dtype), order, axes(dim, input.ndim), keepdim)


def nuclear(x: Any, dim: Any, keepdim: bool) -> Any:
    """The sum of the singular values of the matrices in two dimensions."""
    rows, columns = axes(dim, x.ndim)
    singular = singular_values(jnp.moveaxis(x, (rows, columns), (-2, -1)))
    total = jnp.sum(singular, -1)
    return jnp.expand_dims(total, tuple(sorted((rows, columns)))) if keepdim else total


@op(saves=("input", "other", "result"))
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The p-norm of the difference of two tensors.

    https://docs.pytorch.org/docs/stable/generated/torch.dist.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.
        p: the order of the norm.

    Example::

        >>> import jaxlearn as torch
        >>> torch.dist(torch.tensor([1.0, 2.0]), torch.tensor([4.0, 6.0]))
        tensor(5.)
    """
    check_tensors("dist", other=other)
    a, b = operands("dist", input, other)
    difference = _floating(a - b, None)
    return lengths(difference, p, tuple(range(difference.ndim)), False)
