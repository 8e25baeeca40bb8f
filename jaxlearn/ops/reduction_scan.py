"""Running sums, products, maxima and minima along a dimension, and differences."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import return_types
from .op import op
from .pointwise_rules import is_complex, is_float, real_dtype, scalar_name, widened
from .promotion import cast
from .reduction_rules import axis, summable

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "diff", "logcumsumexp"]


def _refuse_bool(name: str, x: Any) -> None:
    if x.dtype == np.bool_:
        raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for 'Bool'")


@op
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running sum along a dimension, :math:`y_i = x_1 + \\dots + x_i`; integers are added as int64.

    https://docs.pytorch.org/docs/stable/generated/torch.cumsum.html

    Args:
        input: any shape.
        dim: the dimension to run along.
        dtype: convert the elements to it first.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cumsum(torch.tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 3., 6.])
    """
    x = summable(input, dtype)
    d = axis("cumsum", dim, x.ndim)
    _refuse_bool("cumsum", x)
    return x if x.ndim == 0 else widened(lambda y: jnp.cumsum(y, axis=d), x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _products(x: Any, dim: int) -> Any:
    return jnp.cumprod(x, axis=dim)


@_products.defjvp
def _products_jvp(dim: int, primals: Any, tangents: Any) -> Any:
    """Without zeros the products divided by each element, as torch has it, which tells for infinities and NaN."""
    (x,), (t,) = primals, tangents
    result = _products(x, dim)
    # Both, as JAX cannot differentiate the derivative of a branch under vmap; the one that is not taken is finite.
    zeros = jnp.any(x == 0)
    divided = jnp.where(zeros, 0, result) * jnp.cumsum(t / jnp.where(zeros, 1, x), axis=dim)
    exact = jax.jvp(lambda y: jnp.cumprod(y, axis=dim), (jnp.where(zeros, x, 1),), (t,))[1]
    return result, jnp.where(zeros, exact, divided)


@op(saves=("input", "result"))
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """Running product along a dimension, :math:`y_i = x_1 \\cdots x_i`; integers are multiplied as int64.

    https://docs.pytorch.org/docs/stable/generated/torch.cumprod.html

    Args:
        input: any shape.
        dim: the dimension to run along.
        dtype: convert the elements to it first.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cumprod(torch.tensor([1.0, 2.0, 3.0]), 0)
        tensor([1., 2., 6.])
    """
    x = summable(input, dtype)
    d = axis("cumprod", dim, x.ndim)
    _refuse_bool("cumprod", x)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return x if x.ndim == 0 else jnp.cumprod(x, axis=d)
    return x if x.ndim == 0 else widened(lambda y: _products(y, d), x)


def _running(name: str, scan: Callable[..., Any], result: Any, x: Any, dim: int) -> Any:
    real_dtype(f"{name}_cpu", x)
    if not x.size:  # torch does not look at the dimension
        return result(x, jnp.zeros(x.shape, np.int64))
    if x.ndim == 0:
        if not -1 <= dim <= 0:
            raise IndexError(f"{name}(): Expected reduction dim -1 or 0 for scalar but got {dim}")
        return result(x, jnp.zeros((), np.int64))
    d = axis(name, dim, x.ndim)
    plain = jax.lax.stop_gradient(x)
    narrow = plain.astype(np.uint8) if plain.dtype == np.bool_ else plain
    best = scan(narrow, axis=d)
    # An element equal to the best so far takes its place, as does a NaN.
    here = narrow == best
    if is_float(x):
        here = here | jnp.isnan(narrow)
    places = jax.lax.broadcasted_iota(np.int64, x.shape, d)
    indices = jax.lax.cummax(jnp.where(here, places, 0), axis=d)
    return result(jnp.take_along_axis(x, indices, axis=d), indices)


@op(saves=("result1",), keeps=("input",), selects=("input",))
def cummax(input: Any, dim: int) -> Any:
    """Running maximum along a dimension and where it is, the last of equal ones.

    https://docs.pytorch.org/docs/stable/generated/torch.cummax.html

    Args:
        input: any shape.
        dim: the dimension to run along.

    Returns:
        The named tuple ``(values, indices)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cummax(torch.tensor([1.0, 3.0, 2.0]), 0)
        torch.return_types.cummax(
        values=tensor([1., 3., 3.]),
        indices=tensor([0, 1, 1]))
    """
    return _running("cummax", jax.lax.cummax, return_types.cummax, input, dim)


@op(saves=("result1",), keeps=("input",), selects=("input",))
def cummin(input: Any, dim: int) -> Any:
    """Running minimum along a dimension and where it is, the last of equal ones.

    https://docs.pytorch.org/docs/stable/generated/torch.cummin.html

    Args:
        input: any shape.
        dim: the dimension to run along.

    Returns:
        The named tuple ``(values, indices)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cummin(torch.tensor([2.0, 3.0, 1.0]), 0)
        torch.return_types.cummin(
        values=tensor([2., 2., 1.]),
        indices=tensor([0, 0, 2]))
    """
    return _running("cummin", jax.lax.cummin, return_types.cummin, input, dim)


@op(saves=("result",), keeps=("input",))
def logcumsumexp(input: Any, dim: int) -> Any:
    """Logarithm of the running sum of exponentials, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.logcumsumexp.html

    Args:
        input: any shape.
        dim: the dimension to run along.

    Raises:
        NotImplementedError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logcumsumexp(torch.tensor([0.0, 0.0]), 0)
        tensor([0.0000, 0.6931])
    """
    x = input
    d = axis("logcumsumexp", dim, x.ndim)
    if not is_float(x) and not is_complex(x):
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{scalar_name(x)}'")
    if x.ndim == 0:
        return x
    if is_complex(x) and x.size:
        logarithms = jax.lax.cumlogsumexp(x, axis=d)
        return logarithms + 2j * jnp.pi * jax.lax.stop_gradient(_turns(x, logarithms, d))
    return widened(lambda y: jax.lax.cumlogsumexp(y, axis=d), x)


def _turns(x: Any, logarithms: Any, dim: int) -> Any:
    """How often torch's running logarithms of complex numbers have gone round more than the principal ones.

    torch adds one number after the other to the greater of it and the running logarithm, whose angle goes on.
    """

    def step(total: Any, new: Any) -> tuple[Any, Any]:
        less = new.real < total.real
        low, high = jnp.where(less, new, total), jnp.where(less, total, new)
        added = high + jnp.log1p(jnp.exp(low - high))
        total = jnp.where((low.real == high.real) & jnp.isneginf(low.real), low, added)
        return total, total.imag

    values = jnp.moveaxis(x, dim, 0)
    _, angles = jax.lax.scan(step, jnp.full_like(values[0], -jnp.inf), values)
    turns = jnp.round((jnp.moveaxis(angles, 0, dim) - logarithms.imag) / (2 * jnp.pi))
    return cast(jnp.where(jnp.isfinite(turns), turns, 0), x.dtype)


def _check_joined(x: Any, dim: int, other: Any) -> None:
    if other is None:
        return
    if other.ndim != x.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d in range(x.ndim):
        if d != dim and other.shape[d] != x.shape[d]:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along the "
                f"differencing dimension; input.size({d}) = {x.shape[d]}, but got tensor.size({d}) = {other.shape[d]}"
            )


def _joined_in_vain(
    input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None
) -> tuple[str, ...]:
    return () if n else ("prepend", "append")


@op(grad_name="SubBackward0", undefined=_joined_in_vain)
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Differences of neighbours along a dimension, :math:`x_{i+1} - x_i`, taken n times.

    https://docs.pytorch.org/docs/stable/generated/torch.diff.html

    Args:
        input: any shape.
        n: how many times.
        dim: the dimension.
        prepend: elements to put before the first.
        append: elements to put after the last.

    Raises:
        RuntimeError: ``n`` is negative or the input has no dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.diff(torch.tensor([1, 3, 6]))
        tensor([2, 3])
    """
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    d = axis("diff", dim, input.ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    for other in (prepend, append):
        _check_joined(input, d, other)
    if n == 0:
        return input
    parts = [x for x in (prepend, input, append) if x is not None]
    x = jnp.concatenate(parts, axis=d) if len(parts) > 1 else input
    for _ in range(n):
        size = x.shape[d]
        if size == 0:
            break
        after, before = jax.lax.slice_in_dim(x, 1, size, axis=d), jax.lax.slice_in_dim(x, 0, size - 1, axis=d)
        x = after ^ before if x.dtype == np.bool_ else after - before
    return x
