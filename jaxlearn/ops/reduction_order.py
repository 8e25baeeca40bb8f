"""Order along a dimension: sorting, the k largest, medians, modes and quantiles."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import return_types
from .op import op, with_out
from .pointwise_rules import is_float, real_dtype, scalar_name
from .promotion import cast, is_number
from .reduction_rules import argmax, axis, chosen_of_all, gather_last

__all__ = [
    "argsort",
    "kthvalue",
    "median",
    "mode",
    "msort",
    "nanmedian",
    "nanquantile",
    "quantile",
    "sort",
    "topk",
]


def _order(x: Any, descending: bool) -> Any:
    """The stable order along the last dimension; NaN counts as the largest."""
    plain = jax.lax.stop_gradient(x)
    return jnp.argsort(plain, axis=-1, stable=True, descending=descending).astype(np.int64)


def _refuse_complex(name: str, x: Any) -> None:
    if jnp.iscomplexobj(x):
        raise RuntimeError(f" {name} does not support complex dtypes on CPU")


def _real_only(kernel: str, x: Any) -> None:
    if jnp.iscomplexobj(x):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def _along(x: Any, d: int) -> Any:
    return jnp.moveaxis(x, d, -1) if x.ndim else x


def _back(x: Any, d: int) -> Any:
    return jnp.moveaxis(x, -1, d) if x.ndim else x


@op(saves=("result1",), selects=("input",))
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along a dimension and where they were; NaN counts as the largest.

    https://docs.pytorch.org/docs/stable/generated/torch.sort.html

    Args:
        input: any shape.
        dim: the dimension.
        descending: the largest first.
        stable: equal elements keep their order, which they always do here.

    Returns:
        The named tuple ``(values, indices)``.

    Raises:
        IndexError: ``dim`` is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sort(torch.tensor([3.0, 1.0, 2.0]))
        torch.return_types.sort(
        values=tensor([1., 2., 3.]),
        indices=tensor([1, 2, 0]))
    """
    d = axis("sort", dim, input.ndim)
    _refuse_complex("Sort", input)
    if input.ndim == 0:
        return return_types.sort(input, jnp.zeros((), np.int64))
    x = _along(input, d)
    indices = _order(x, descending)
    return return_types.sort(_back(gather_last(x, indices), d), _back(indices, d))


@op(grad_name="SortBackward0", selects=("input",))
def msort(input: Any) -> Any:
    """The elements in ascending order along the first dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.msort.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.msort(torch.tensor([3.0, 1.0, 2.0]))
        tensor([1., 2., 3.])
    """
    return sort.op.fn(input, 0).values


@op(differentiable=False)
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that sort the elements along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.argsort.html

    Args:
        input: any shape.
        dim: the dimension.
        descending: the largest first.
        stable: equal elements keep their order, which they always do here.

    Example::

        >>> import jaxlearn as torch
        >>> torch.argsort(torch.tensor([3.0, 1.0, 2.0]))
        tensor([1, 2, 0])
    """
    return sort.op.fn(input, dim, descending, stable).indices


@op(saves=("result1",), selects=("input",))
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) elements along a dimension and where they are.

    https://docs.pytorch.org/docs/stable/generated/torch.topk.html

    Args:
        input: any shape.
        k: how many.
        dim: the dimension.
        largest: False for the smallest.
        sorted: in order, which they always are here.

    Returns:
        The named tuple ``(values, indices)``.

    Raises:
        RuntimeError: there are fewer than ``k`` elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.topk(torch.tensor([1.0, 4.0, 2.0, 3.0]), 2)
        torch.return_types.topk(
        values=tensor([4., 3.]),
        indices=tensor([1, 3]))
    """
    d = axis("topk", dim, input.ndim)
    if not 0 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    _refuse_complex("topk", input)
    if input.dtype == np.bool_:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if input.ndim == 0:
        return return_types.topk(input, jnp.zeros((), np.int64))
    x = _along(input, d)
    plain = jax.lax.stop_gradient(x)
    if largest and plain.dtype != np.bool_:
        indices = jax.lax.top_k(plain, k)[1].astype(np.int64)
    else:
        indices = _order(x, largest)[..., :k]
    return return_types.topk(_back(gather_last(x, indices), d), _back(indices, d))


def _at_rank(x: Any, order: Any, rank: Any) -> tuple[Any, Any]:
    """The value of the given rank along the last dimension and its index."""
    indices = gather_last(order, jnp.broadcast_to(rank, (*x.shape[:-1], 1)))
    return gather_last(x, indices), indices


def _reduced(x: Any, d: int, keepdim: bool) -> Any:
    return _back(x, d) if keepdim else x[..., 0]


@op(saves=("result1",), alone=True, selects=("input",))
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest element along a dimension and where it is.

    https://docs.pytorch.org/docs/stable/generated/torch.kthvalue.html

    Args:
        input: any shape.
        k: counted from 1.
        dim: the dimension.
        keepdim: keep it, with size 1.

    Returns:
        The named tuple ``(values, indices)``.

    Raises:
        RuntimeError: there are fewer than ``k`` elements.

    Example::

        >>> import jaxlearn as torch
        >>> torch.kthvalue(torch.tensor([3.0, 1.0, 2.0]), 2)
        torch.return_types.kthvalue(
        values=tensor(2.),
        indices=tensor(2))
    """
    d = axis("kthvalue", dim, input.ndim)
    _real_only("kthvalue_cpu", input)
    if input.dtype == np.bool_:
        raise NotImplementedError("\"kthvalue_cpu\" not implemented for 'Bool'")
    if not 1 <= k <= (input.shape[d] if input.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {d}")
    if input.ndim == 0:
        return return_types.kthvalue(input, jnp.zeros((), np.int64))
    x = _along(input, d)
    values, indices = _at_rank(x, _order(x, False), jnp.asarray(k - 1))
    return return_types.kthvalue(_reduced(values, d, keepdim), _reduced(indices, d, keepdim))


def _middle_last(x: Any, ignore_nan: bool) -> tuple[Any, Any]:
    """The middle elements along the last dimension and where they are."""
    n = x.shape[-1]
    plain = jax.lax.stop_gradient(x)
    missing = jnp.isnan(plain) if is_float(x) else jnp.zeros(x.shape, bool)
    count = jnp.sum(missing, -1, keepdims=True)
    present = jnp.maximum(n - count, 1)
    # With a NaN the median is NaN: the first one in the order.
    rank = (present - 1) // 2 if ignore_nan else jnp.where(count > 0, n - count, (n - 1) // 2)
    return _at_rank(x, _order(x, False), rank)


def _middle(name: str, result: Any, input: Any, dim: int | None, keepdim: bool, ignore_nan: bool) -> Any:
    kernel = "median_cpu" if dim is None else "median_out"
    d = -1 if dim is None else axis(name, dim, input.ndim)
    if input.dtype == np.bool_:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    real_dtype(kernel, input)
    whole = dim is None
    x = input.reshape(-1) if whole or input.ndim == 0 else _along(input, d)
    n = x.shape[-1]
    if n == 0:
        if whole:
            return jnp.full((), jnp.nan if is_float(x) else np.iinfo(x.dtype).min, x.dtype)
        raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")
    if whole:
        return chosen_of_all(lambda y: _middle_last(y, ignore_nan)[0][0], x)
    values, indices = _middle_last(x, ignore_nan)
    if input.ndim == 0:
        return result(input, jnp.zeros((), np.int64))
    return result(_reduced(values, d, keepdim), _reduced(indices, d, keepdim))


def _of_all(input: Any, dim: Any, keepdim: bool) -> tuple[str, ...]:
    """Along a dimension torch keeps the indices alone."""
    return ("input", "result") if dim is None else ("result1",)


def _by_dim(name: str) -> Any:
    def grad_name(input: Any, dim: Any = None, keepdim: bool = False) -> str:
        return f"{name}Backward{int(dim is not None)}"

    return grad_name


@op(grad_name=_by_dim("Median"), saves=_of_all, selects=("input",))
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower one of two; NaN if there is one.

    https://docs.pytorch.org/docs/stable/generated/torch.median.html

    Args:
        input: any shape.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep it, with size 1.

    Returns:
        A tensor, or the named tuple ``(values, indices)`` if ``dim`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.median(torch.tensor([[1.0, 9.0, 3.0], [4.0, 6.0, 5.0]]), 1)
        torch.return_types.median(
        values=tensor([3., 5.]),
        indices=tensor([2, 2]))
    """
    return _middle("median", return_types.median, input, dim, keepdim, False)


@op(grad_name=_by_dim("Nanmedian"), saves=_of_all, selects=("input",))
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element of those that are not NaN, the lower one of two.

    https://docs.pytorch.org/docs/stable/generated/torch.nanmedian.html

    Args:
        input: any shape.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep it, with size 1.

    Returns:
        A tensor, or the named tuple ``(values, indices)`` if ``dim`` is given.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nanmedian(torch.tensor([1.0, float("nan"), 3.0]))
        tensor(1.)
    """
    return _middle("nanmedian", return_types.nanmedian, input, dim, keepdim, True)


@op(saves=("result1",), selects=("input",))
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent element along a dimension, the smallest of equally frequent ones, and its last place.

    https://docs.pytorch.org/docs/stable/generated/torch.mode.html

    Args:
        input: any shape.
        dim: the dimension.
        keepdim: keep it, with size 1.

    Returns:
        The named tuple ``(values, indices)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.mode(torch.tensor([3, 1, 2, 1]))
        torch.return_types.mode(
        values=tensor(1),
        indices=tensor(3))
    """
    d = axis("mode", dim, input.ndim)
    _real_only("mode_cpu", input)
    if input.ndim == 0:
        return return_types.mode(input, jnp.zeros((), np.int64))
    x = _along(input, d)
    if x.shape[-1] == 0:
        raise IndexError(f"mode(): Expected reduction dim {d} to have non-zero size.")
    plain = jax.lax.stop_gradient(x)
    ordered = jnp.sort(plain, axis=-1)
    places = jax.lax.broadcasted_iota(np.int64, x.shape, x.ndim - 1)
    starts = jnp.concatenate(
        [jnp.ones((*x.shape[:-1], 1), bool), ordered[..., 1:] != ordered[..., :-1]], axis=-1
    )
    run = places - jax.lax.cummax(jnp.where(starts, places, 0), axis=x.ndim - 1)
    value = gather_last(ordered, argmax(run, axis=-1, keepdims=True))
    indices = jnp.max(jnp.where(plain == value, places, 0), axis=-1, keepdims=True)
    return return_types.mode(_reduced(gather_last(x, indices), d, keepdim), _reduced(indices, d, keepdim))


_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Any:
    # What is refused is called a quantile in both.
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    if input.size == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if not is_number(q) and q.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if input.dtype not in (np.float32, np.float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if not is_number(q) and q.dtype != input.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    d = 0 if dim is None else axis(name, dim, input.ndim)
    x = input.reshape(-1) if dim is None or input.ndim == 0 else _along(input, d)
    n = x.shape[-1]
    fractions = cast(q, x.dtype)
    points = jnp.atleast_1d(fractions)

    ordered = jnp.sort(x, axis=-1)
    missing = jnp.sum(jnp.isnan(x), axis=-1, keepdims=True)
    last = jnp.maximum(n - missing - 1, 0) if ignore_nan else jnp.full_like(missing, n - 1)
    rank = points * last.astype(x.dtype)
    if not ignore_nan:
        rank = jnp.where(missing > 0, float(n - 1), rank).astype(x.dtype)  # NaN is the last
    if interpolation == "lower":
        rank = jnp.floor(rank)
    elif interpolation == "higher":
        rank = jnp.ceil(rank)
    elif interpolation == "nearest":
        rank = jnp.round(rank)
    below = jnp.floor(rank).astype(np.int64)
    above = jnp.ceil(rank).astype(np.int64)
    weight = jnp.full_like(rank, 0.5) if interpolation == "midpoint" else rank - below.astype(x.dtype)
    low, high = gather_last(ordered, below), gather_last(ordered, above)
    result = jnp.where(weight < 0.5, low + weight * (high - low), high - (high - low) * (1 - weight))
    # The points come first; then the remaining dimensions.
    result = jnp.moveaxis(result, -1, 0)
    if keepdim:
        shape = (
            (1,) * input.ndim if dim is None else tuple(1 if i == d else s for i, s in enumerate(input.shape))
        )
        result = result.reshape((len(points), *shape))
    return result if fractions.ndim else result[0]


@op(name="quantile", grad_name="SqueezeBackward4", numbers=("q",))
def _plain_quantile(
    input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Any:
    name = "nanquantile" if ignore_nan else "quantile"
    return _quantile(name, input, q, dim, keepdim, interpolation, ignore_nan)


def _by_points(
    input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Any:
    if isinstance(q, (int, float)) and not 0 <= q <= 1:
        raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
    # Only between neighbours does the result move with the point.
    if interpolation != "linear" and hasattr(q, "detach"):
        q = q.detach()
    return _plain_quantile(input, q, dim, keepdim, interpolation, ignore_nan)


@with_out
def quantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Any:
    """The q-th quantiles: sorted, the element at the place :math:`q (n - 1)`; NaN if there is one.

    https://docs.pytorch.org/docs/stable/generated/torch.quantile.html

    Args:
        input: float32 or float64.
        q: a number from 0 to 1, or a 1-dimensional tensor of them, whose dimension comes first in the result.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep it, with size 1.
        interpolation: between neighbours: ``linear``, ``lower``, ``higher``, ``midpoint`` or ``nearest``.

    Raises:
        RuntimeError: other dtypes, or ``q`` out of range.

    Example::

        >>> import jaxlearn as torch
        >>> torch.quantile(torch.tensor([0.0, 1.0, 2.0, 3.0]), 0.5)
        tensor(1.5000)
    """
    return _by_points(input, q, dim, keepdim, interpolation, False)


@with_out
def nanquantile(
    input: Any,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Any:
    """The q-th quantiles of the elements that are not NaN; see :func:`quantile`.

    https://docs.pytorch.org/docs/stable/generated/torch.nanquantile.html

    Args:
        input: float32 or float64.
        q: a number from 0 to 1, or a 1-dimensional tensor of them, whose dimension comes first in the result.
        dim: the dimension; by default all elements are taken together.
        keepdim: keep it, with size 1.
        interpolation: between neighbours: ``linear``, ``lower``, ``higher``, ``midpoint`` or ``nearest``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nanquantile(torch.tensor([0.0, float("nan"), 2.0]), 0.5)
        tensor(1.)
    """
    return _by_points(input, q, dim, keepdim, interpolation, True)
