"""Reductions: sums, means, products and counts."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp as stable_logsumexp

from .host import direct_count, direct_reduction
from .op import op
from .pointwise_rules import exact_divisor, is_complex, is_float, scalar_name, widened
from .promotion import cast, floating
from .reduction_rules import axes, axis, floating_only, nonempty, reduced_size, summable, total

__all__ = [
    "all",
    "any",
    "count_nonzero",
    "hash_tensor",
    "logsumexp",
    "mean",
    "nanmean",
    "nansum",
    "prod",
    "sum",
    "sum_to_size",
]


def _by_dim(name: str) -> Any:
    """torch has an overload without dimension and one with: their gradients are called 0 and 1."""

    def grad_name(input: Any, dim: Any = None, keepdim: bool = False, *rest: Any, **named: Any) -> str:
        return f"{name}Backward{int(dim is not None)}"

    return grad_name


@op(name="sum", grad_name=_by_dim("Sum"), direct=direct_reduction(np.add, wide=True))
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum of the elements, :math:`\\sum_i x_i`; integers are added as int64.

    https://docs.pytorch.org/docs/stable/generated/torch.sum.html

    Args:
        input: any shape.
        dim: the dimension(s) to add up; all by default.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sum(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
        tensor([3., 7.])
    """
    x = summable(input, dtype)
    if x.dtype == np.bool_:
        return jnp.any(x, axis=axes(dim, x.ndim), keepdims=keepdim)
    return widened(lambda y: total(y, axes(dim, y.ndim), keepdim), x)


def _mean(x: Any, over: tuple[int, ...], keepdim: bool) -> Any:
    added = total(x, over, keepdim)
    count = reduced_size(x.shape, over)
    return added / (exact_divisor(added, count) if is_float(x) else count)


@op(grad_name=_by_dim("Mean"), direct=direct_reduction(np.add, wide=True, average=True))
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Arithmetic mean, :math:`\\frac1n \\sum_i x_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.mean.html

    Args:
        input: any shape.
        dim: the dimension(s) to average over; all by default.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: the elements are integers and no ``dtype`` is given.
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.mean(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
        tensor([2., 3.])
    """
    x = floating_only("mean", input, dtype)
    return widened(lambda y: _mean(y, axes(dim, y.ndim), keepdim), x)


@jax.custom_jvp
def _present(x: Any) -> Any:
    """The elements with 0 for NaN; as in torch, their gradient is multiplied by 0 there, which infinity survives."""
    return jnp.where(jnp.isnan(x), 0, x)


@_present.defjvp
def _present_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return _present(x), jnp.where(jnp.isnan(x), t * 0, t)


@op(saves=("input",), selects=("input",))
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Sum of the elements that are not NaN.

    https://docs.pytorch.org/docs/stable/generated/torch.nansum.html

    Args:
        input: any shape.
        dim: the dimension(s) to add up; all by default.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nansum(torch.tensor([1.0, float("nan"), 2.0]))
        tensor(3.)
    """
    x = summable(input, dtype)
    if is_complex(x):
        raise RuntimeError("nansum does not support complex inputs")
    if x.dtype == np.bool_:
        return jnp.any(x, axis=axes(dim, x.ndim), keepdims=keepdim)
    if is_float(input) and not is_float(x):
        raise NotImplementedError(f"\"nansum_cpu\" not implemented for '{scalar_name(x)}'")
    if is_float(x):
        x = _present(x)
    return widened(lambda y: jnp.sum(y, axis=axes(dim, y.ndim), keepdims=keepdim, dtype=y.dtype), x)


@op(grad_name="DivBackward0", saves=("input",), selects=("input",))
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Mean of the elements that are not NaN; NaN where there are none.

    https://docs.pytorch.org/docs/stable/generated/torch.nanmean.html

    Args:
        input: any shape.
        dim: the dimension(s) to average over; all by default.
        keepdim: keep them, with size 1.
        dtype: convert the elements to it first.

    Raises:
        RuntimeError: the elements are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nanmean(torch.tensor([1.0, float("nan"), 2.0]))
        tensor(1.5000)
    """
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {scalar_name(input)}"
        )
    if is_complex(input):
        raise RuntimeError("nansum on CPU does not support complex inputs")
    x = summable(input, dtype)
    present = ~jnp.isnan(x)

    def compute(y: Any) -> Any:
        over = axes(dim, y.ndim)
        return total(_present(y), over, keepdim) / jnp.sum(present, axis=over, keepdims=keepdim).astype(
            y.dtype
        )

    return widened(compute, x)


def _plain_product(x: Any, over: tuple[int, ...]) -> Any:
    return jnp.prod(x, axis=over, keepdims=True, dtype=x.dtype)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _product(x: Any, over: tuple[int, ...]) -> Any:
    return _plain_product(x, over)


@_product.defjvp
def _product_jvp(over: tuple[int, ...], primals: Any, tangents: Any) -> Any:
    """Without zeros the product divided by each element, as torch has it, which tells for infinities and NaN."""
    (x,), (t,) = primals, tangents
    result = _product(x, over)
    # Both, as JAX cannot differentiate the derivative of a branch under vmap; the one that is not taken is finite.
    zeros = jnp.any(x == 0)
    divided = jnp.sum(t * (jnp.where(zeros, 0, result) / jnp.where(zeros, 1, x)), axis=over, keepdims=True)
    others = jax.jvp(lambda y: _plain_product(y, over), (jnp.where(zeros, x, 1),), (t,))[1]
    return result, jnp.where(zeros, others, divided)


@op(saves=("input", "result"), grad_name=_by_dim("Prod"))
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Product of the elements, :math:`\\prod_i x_i`; integers are multiplied as int64.

    https://docs.pytorch.org/docs/stable/generated/torch.prod.html

    Args:
        input: any shape.
        dim: the dimension to multiply along; all by default.
        keepdim: keep it, with size 1.
        dtype: convert the elements to it first.

    Example::

        >>> import jaxlearn as torch
        >>> torch.prod(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 1)
        tensor([ 2., 12.])
    """
    x = summable(input, dtype)
    over = axes(None if dim is None else axis("prod", dim, x.ndim), x.ndim)
    if x.dtype == np.bool_:
        return jnp.all(x, axis=over, keepdims=keepdim)
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.prod(x, axis=over, keepdims=keepdim, dtype=x.dtype)
    result = widened(lambda y: _product(y, over), x)
    return result if keepdim else jnp.squeeze(result, over)


def _truth(reduce: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    over = tuple(range(input.ndim)) if dim is None else () if dim == () else axes(dim, input.ndim)
    result = reduce(input != 0, axis=over, keepdims=keepdim)
    # torch answers in bytes if asked in bytes.
    return cast(result, np.uint8) if input.dtype == np.uint8 else result


@op(differentiable=False, direct=direct_reduction(np.logical_and))
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether all elements are nonzero.

    https://docs.pytorch.org/docs/stable/generated/torch.all.html

    Args:
        input: any shape.
        dim: the dimension(s) to test along; all by default.
        keepdim: keep them, with size 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.all(torch.tensor([[True, False], [True, True]]), dim=1)
        tensor([False,  True])
    """
    return _truth(jnp.all, input, dim, keepdim)


@op(differentiable=False, direct=direct_reduction(np.logical_or))
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Whether some element is nonzero.

    https://docs.pytorch.org/docs/stable/generated/torch.any.html

    Args:
        input: any shape.
        dim: the dimension(s) to test along; all by default.
        keepdim: keep them, with size 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.any(torch.tensor([[True, False], [False, False]]), dim=1)
        tensor([ True, False])
    """
    return _truth(jnp.any, input, dim, keepdim)


@op(differentiable=False, direct=direct_count)
def count_nonzero(input: Any, dim: Any = None) -> Any:
    """How many elements are not zero.

    https://docs.pytorch.org/docs/stable/generated/torch.count_nonzero.html

    Args:
        input: any shape.
        dim: the dimension(s) to count along; all by default.

    Example::

        >>> import jaxlearn as torch
        >>> torch.count_nonzero(torch.tensor([[0, 1], [2, 3]]), dim=0)
        tensor([1, 2])
    """
    return jnp.sum(input != 0, axis=axes(dim, input.ndim), dtype=np.int64)


@op(saves=("input", "result"))
def logsumexp(input: Any, dim: int | Sequence[int], keepdim: bool = False) -> Any:
    """Logarithm of the sum of exponentials, :math:`\\ln \\sum_i e^{x_i}`, without overflow.

    https://docs.pytorch.org/docs/stable/generated/torch.logsumexp.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        dim: the dimension(s) to add along.
        keepdim: keep them, with size 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logsumexp(torch.tensor([[1.0, 1.0], [1000.0, 0.0]]), 1)
        tensor([   1.6931, 1000.0000])
    """

    def compute(x: Any) -> Any:
        over = axes(dim, x.ndim)
        if reduced_size(x.shape, over) == 0:
            return jnp.log(jnp.sum(jnp.exp(x), axis=over, keepdims=keepdim))
        return stable_logsumexp(x, axis=over, keepdims=keepdim)

    return widened(compute, floating(input))


@op(differentiable=False)
def hash_tensor(input: Any, dim: Any = None, *, keepdim: bool = False, mode: int = 0) -> Any:
    """The exclusive or of the elements' bits, each taken as 64 bits: a fingerprint of the values.

    https://docs.pytorch.org/docs/stable/generated/torch.hash_tensor.html

    Args:
        input: any shape.
        dim: the dimension(s) to reduce; all by default.
        keepdim: keep them, with size 1.
        mode: 0, the only one.

    Returns:
        ``uint64``.

    Raises:
        RuntimeError: there is no element to reduce.

    Example::

        >>> import jaxlearn as torch
        >>> torch.hash_tensor(torch.tensor([5, 3, 3])).item()
        5
    """
    if mode != 0:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    over = axes(dim, input.ndim)
    if not input.size:
        if dim is None or not over:
            nonempty("hash_tensor", input, None)
        for d in over:
            nonempty("hash_tensor", input, d)
    wide = cast(input, np.float64 if is_float(input) else np.int64)
    bits = jax.lax.bitcast_convert_type(wide, np.uint64)
    result = jax.lax.reduce(bits, np.uint64(0), jax.lax.bitwise_xor, over)
    return jnp.expand_dims(result, over) if keepdim else result


@op(variadic="size", grad_name="SumBackward1")
def sum_to_size(input: Any, size: Any) -> Any:
    """The sums over the dimensions in which a smaller shape would be stretched to the tensor's.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html

    Args:
        input: any shape.
        size: a shape that broadcasts to it; it is the result's.

    Raises:
        RuntimeError: it does not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2, 3).sum_to_size(1, 3)
        tensor([[2., 2., 2.]])
    """
    wanted = (size,) if isinstance(size, int) else tuple(size)
    lead = input.ndim - len(wanted)
    if lead < 0 or [n for n, m in zip(wanted, input.shape[lead:], strict=True) if n not in (1, m)]:
        raise RuntimeError(f"size {{{list(wanted)}}} is not expandable to size {{{list(input.shape)}}}.")
    if not wanted:
        return widened(jnp.sum, summable(input, None))
    stretched = [lead + d for d, n in enumerate(wanted) if n == 1 != input.shape[lead + d]]
    over = (*range(lead), *stretched)
    if not over:
        return input
    return widened(lambda x: total(x, over, True).reshape(wanted), summable(input, None))
