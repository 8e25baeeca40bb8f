"""Reductions: the largest and the smallest elements and where they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import return_types
from . import reduction_rules
from .host import direct_extremum, direct_place, direct_reduction
from .op import op
from .pointwise_rules import aval_is_tensor, is_bool, is_complex, is_float, real_dtype, scalar_name
from .pointwise_select import maximum, minimum
from .reduction_rules import axes, axis, nonempty

__all__ = ["amax", "amin", "aminmax", "argmax", "argmin", "max", "min"]


def _position(choose: Callable[..., Any], x: Any, dim: int, keepdim: bool) -> Any:
    return choose(x, axis=dim, keepdims=keepdim).astype(np.int64)


def _extremum(
    name: str,
    reduce: Any,
    choose: Any,
    pairwise: Any,
    result: Any,
    x: Any,
    dim: Any,
    keepdim: bool,
    other: Any,
) -> Any:
    if hasattr(dim, "shape") or other is not None:
        return pairwise.op.fn(x, other if other is not None else dim)
    if is_complex(x):
        if dim is not None:
            raise RuntimeError(f"{name}(): does not support complex input")
        raise NotImplementedError(f"\"{name}_all\" not implemented for '{scalar_name(x)}'")
    if dim is None:
        nonempty(name, x, None)
        return reduction_rules.chosen_of_all(reduce, x)
    if isinstance(dim, bool) or not isinstance(dim, int):
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({type(dim).__name__}) as dim, but expected "
            f"an int; a{name}() takes several dimensions"
        )
    d = axis(name, dim, x.ndim)
    nonempty(name, x, d)
    if x.ndim == 0:
        return result(x, jnp.zeros((), np.int64))
    indices = _position(choose, jax.lax.stop_gradient(x), d, True)
    values = jnp.take_along_axis(x, indices, axis=d)
    if not keepdim:
        values, indices = jnp.squeeze(values, d), jnp.squeeze(indices, d)
    return result(values, indices)


def _grad_name(name: str, pairwise: str) -> Any:
    def grad_name(input: Any, dim: Any = None, keepdim: bool = False, other: Any = None) -> str:
        if aval_is_tensor(dim) or aval_is_tensor(other):
            return f"{pairwise}Backward0"
        return f"{name}Backward{1 if dim is None else 0}"

    return grad_name


def _saves(input: Any, dim: Any, keepdim: bool, other: Any) -> tuple[str, ...]:
    """Along a dimension torch keeps the indices alone."""
    if aval_is_tensor(dim) or aval_is_tensor(other):
        return "input", "dim", "other"
    return ("input", "result") if dim is None else ("result1",)


@op(
    grad_name=_grad_name("Max", "Maximum"),
    direct=direct_extremum(np.maximum, np.argmax),
    saves=_saves,
    selects=("input", "other"),
)
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; along a dimension, the largest ones and where they are; of two tensors, :func:`maximum`.

    NaN counts as the largest. The gradient of the single largest element is shared by equal ones; along a dimension it
    goes to the one whose index is given, the first.

    https://docs.pytorch.org/docs/stable/generated/torch.max.html

    Args:
        input: any shape.
        dim: the dimension to search along, or another tensor.
        keepdim: keep it, with size 1.
        other: another tensor.

    Returns:
        A tensor, or the named tuple ``(values, indices)`` if ``dim`` is a number.

    Raises:
        IndexError: ``dim`` is out of range or has size 0.

    Example::

        >>> import jaxlearn as torch
        >>> torch.max(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), 1)
        torch.return_types.max(
        values=tensor([5., 4.]),
        indices=tensor([1, 0]))
    """
    return _extremum(
        "max", jnp.max, reduction_rules.argmax, maximum, return_types.max, input, dim, keepdim, other
    )


@op(
    grad_name=_grad_name("Min", "Minimum"),
    direct=direct_extremum(np.minimum, np.argmin),
    saves=_saves,
    selects=("input", "other"),
)
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; along a dimension, the smallest ones and where they are; of two tensors, :func:`minimum`.

    NaN counts as the smallest. The gradient of the single smallest element is shared by equal ones; along a dimension
    it goes to the one whose index is given, the first.

    https://docs.pytorch.org/docs/stable/generated/torch.min.html

    Args:
        input: any shape.
        dim: the dimension to search along, or another tensor.
        keepdim: keep it, with size 1.
        other: another tensor.

    Returns:
        A tensor, or the named tuple ``(values, indices)`` if ``dim`` is a number.

    Raises:
        IndexError: ``dim`` is out of range or has size 0.

    Example::

        >>> import jaxlearn as torch
        >>> torch.min(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), 1)
        torch.return_types.min(
        values=tensor([1., 2.]),
        indices=tensor([0, 1]))
    """
    return _extremum(
        "min", jnp.min, reduction_rules.argmin, minimum, return_types.min, input, dim, keepdim, other
    )


def _over_dims(name: str, reduce: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    real_dtype({"amax": "max_values_cpu", "amin": "min_values_cpu"}.get(name, f"{name}_cpu"), input)
    over = axes(dim, input.ndim)
    if dim is None or dim == ():
        nonempty(name, input, None)
    else:
        for d in over:
            nonempty(name, input, d)
    found = _shared(reduce, input, over) if is_float(input) else reduce(input, axis=over, keepdims=True)
    return found if keepdim else jnp.squeeze(found, over)


@functools.partial(jax.custom_jvp, nondiff_argnums=(0, 2))
def _shared(reduce: Callable[..., Any], x: Any, over: tuple[int, ...]) -> Any:
    """The extreme elements; the gradient is shared by those equal to one, and NaN where that is NaN."""
    return reduce(x, axis=over, keepdims=True)


@_shared.defjvp
def _shared_jvp(reduce: Callable[..., Any], over: tuple[int, ...], primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    found = _shared(reduce, x, over)
    share = (x == found).astype(x.dtype)
    # 0 / 0 is the NaN wanted, which XLA does not keep when it compiles this.
    share = jnp.where(jnp.isnan(found), jnp.nan, share / jnp.sum(share, axis=over, keepdims=True))
    return found, jnp.sum(share * t, axis=over, keepdims=True)


@op(saves=("input", "result"), direct=direct_reduction(np.maximum), selects=("input",))
def amax(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest elements along one or several dimensions; equal ones share the gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.amax.html

    Args:
        input: any shape.
        dim: the dimension(s); all by default.
        keepdim: keep them, with size 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.amax(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), dim=(0, 1))
        tensor(5.)
    """
    return _over_dims("amax", jnp.max, input, dim, keepdim)


@op(saves=("input", "result"), direct=direct_reduction(np.minimum), selects=("input",))
def amin(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest elements along one or several dimensions; equal ones share the gradient.

    https://docs.pytorch.org/docs/stable/generated/torch.amin.html

    Args:
        input: any shape.
        dim: the dimension(s); all by default.
        keepdim: keep them, with size 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.amin(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), dim=0)
        tensor([1., 2.])
    """
    return _over_dims("amin", jnp.min, input, dim, keepdim)


@op(saves=("input", "result", "result1"), selects=("input",))
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest elements.

    https://docs.pytorch.org/docs/stable/generated/torch.aminmax.html

    Args:
        input: any shape.
        dim: the dimension to search along; all by default.
        keepdim: keep it, with size 1.

    Returns:
        The named tuple ``(min, max)``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.aminmax(torch.tensor([3.0, 1.0, 2.0]))
        torch.return_types.aminmax(
        min=tensor(1.),
        max=tensor(3.))
    """
    if dim is None and input.size == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    d = None if dim is None else axis("aminmax", dim, input.ndim)
    if d is not None and input.ndim and not input.shape[d]:
        raise IndexError(f"aminmax: Expected reduction dim {d} to have non-zero size.")
    return return_types.aminmax(
        _over_dims("aminmax", jnp.min, input, d, keepdim), _over_dims("aminmax", jnp.max, input, d, keepdim)
    )


def _argument(name: str, choose: Any, input: Any, dim: int | None, keepdim: bool) -> Any:
    if is_bool(input):
        raise RuntimeError(f"{name}(): does not support bool input")
    if is_complex(input):
        raise RuntimeError(f"{name}(): does not support complex input")
    d = None if dim is None else axis(name, dim, input.ndim)
    nonempty(name, input, d)
    if input.ndim == 0:
        return jnp.zeros((), np.int64)
    return choose(input, axis=d, keepdims=keepdim).astype(np.int64)


@op(differentiable=False, direct=direct_place(np.argmax))
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the largest element is, the first of equal ones; NaN counts as the largest.

    https://docs.pytorch.org/docs/stable/generated/torch.argmax.html

    Args:
        input: any shape.
        dim: the dimension to search along; by default the tensor counts as flattened.
        keepdim: keep it, with size 1.

    Returns:
        Indices, int64.

    Example::

        >>> import jaxlearn as torch
        >>> torch.argmax(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), dim=1)
        tensor([1, 0])
    """
    return _argument("argmax", reduction_rules.argmax, input, dim, keepdim)


@op(differentiable=False, direct=direct_place(np.argmin))
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Where the smallest element is, the first of equal ones; NaN counts as the smallest.

    https://docs.pytorch.org/docs/stable/generated/torch.argmin.html

    Args:
        input: any shape.
        dim: the dimension to search along; by default the tensor counts as flattened.
        keepdim: keep it, with size 1.

    Returns:
        Indices, int64.

    Example::

        >>> import jaxlearn as torch
        >>> torch.argmin(torch.tensor([[1.0, 5.0], [4.0, 2.0]]), dim=1)
        tensor([0, 1])
    """
    return _argument("argmin", reduction_rules.argmin, input, dim, keepdim)
