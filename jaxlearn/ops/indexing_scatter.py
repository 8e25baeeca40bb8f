"""Reading and writing along one dimension at an index tensor of the same rank: gather and the scatters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .indexing import add_at, set_at
from .op import op
from .pointwise_rules import scalar_name
from .promotion import cast
from .shape_dims import wrap_dim

__all__ = ["gather", "index_reduce", "scatter", "scatter_add", "scatter_reduce", "take_along_dim"]


def _places(shape: tuple[int, ...], dim: int, index: Any) -> tuple[Any, ...]:
    """For each dimension where the elements of ``index`` point to."""
    grid = np.ogrid[tuple([slice(n) for n in index.shape])]
    return tuple([index if d == dim else g for d, g in enumerate(grid)])


def _at_least_vector(x: Any) -> Any:
    return x.reshape(1) if getattr(x, "ndim", 1) == 0 else x


def _check_index(name: str, index: Any) -> None:
    if np.dtype(index.dtype) not in (np.int64, np.int32):
        name = "scatter" if name.startswith("scatter") else name
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def _check_gather(input: Any, dim: int, index: Any) -> None:
    if index.size == 0:
        return
    _check_index("gather", index)
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d in range(input.ndim):
        if d != dim and index.shape[d] > input.shape[d]:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be no larger "
                "than self "
                f"{list(input.shape)} apart from dimension {dim}"
            )


def _gather(input: Any, dim: int, index: Any) -> Any:
    dim = wrap_dim(dim, input.ndim)
    _check_gather(input, dim, index)
    if index.size == 0:
        return input[:0].reshape(index.shape) if input.ndim else input.reshape(1)[:0].reshape(index.shape)
    wide, i = _at_least_vector(input), _at_least_vector(index)
    return wide[_places(wide.shape, dim, i)].reshape(index.shape)


def _direct_gather(args: Any, out: Any) -> Any:
    x, dim, index, _ = args
    if not x.shape or not index.shape or not index.size:
        return None
    dim = wrap_dim(dim, len(x.shape))
    before = _places(x.shape, dim, np.empty(index.shape, bool))
    return lambda array, places: array[(*before[:dim], places, *before[dim + 1 :])]


@op(
    saves=("index",),
    host=lambda input, dim, index, *, sparse_grad=False: _gather(input, dim, index),
    direct=_direct_gather,
    alone=True,
    keeps=("input",),
)
def gather(input: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """The elements that an index tensor names along one dimension.

    For ``dim=1`` it is ``out[i][j] = input[i][index[i][j]]``.

    https://docs.pytorch.org/docs/stable/generated/torch.gather.html

    Args:
        input: the tensor.
        dim: the dimension that ``index`` points into.
        index: ``int64`` or ``int32``, of the same rank, in the other dimensions no larger than ``input``.
        sparse_grad: accepted for torch's sake.

    Raises:
        RuntimeError: the shapes do not fit, or an index that is known on the host is out of bounds.

    Example::

        >>> import jaxlearn as torch
        >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0], [1]]))
        tensor([[1],
                [4]])
    """
    along = wrap_dim(dim, input.ndim)
    _check_gather(input, along, index)
    others = [d for d in range(input.ndim) if d != along]
    if index.size and input.ndim and index.ndim and all(index.shape[d] == input.shape[d] for d in others):
        return jnp.take_along_axis(input, index, along, mode="promise_in_bounds")
    return _gather(input, dim, index)


def _take_along(input: Any, indices: Any, dim: int | None) -> tuple[Any, int, Any]:
    if dim is None:
        _check_index("gather", indices)
        return input.reshape(-1), 0, indices.reshape(-1)
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if indices.dtype != np.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {scalar_name(indices)}"
        )
    return input, wrap_dim(dim, input.ndim), indices


@op(name="gather", keeps=("input",))
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """As :func:`gather`, with the other dimensions broadcast; without ``dim`` from the flattened tensor.

    https://docs.pytorch.org/docs/stable/generated/torch.take_along_dim.html

    Args:
        input: the tensor.
        indices: ``int64``.
        dim: the dimension that ``indices`` point into.

    Raises:
        RuntimeError: the ranks differ or the indices are no integers.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([[1, 3], [4, 2]])
        >>> torch.take_along_dim(x, torch.tensor([[1], [0]]), 1)
        tensor([[3],
                [4]])
    """
    input, dim, indices = _take_along(input, indices, dim)
    return jnp.take_along_axis(input, indices, dim)


def _check_scatter(name: str, input: Any, dim: int, index: Any, src: Any) -> None:
    if index.size:
        _check_index(name, index)
    sized = hasattr(src, "shape") and hasattr(src, "ndim") and not getattr(src, "weak_type", False)
    if sized and src.dtype != input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    if index.size == 0:
        return
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    if sized and max(src.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    beyond = any(d != dim and index.shape[d] > input.shape[d] for d in range(input.ndim))
    if beyond or (sized and any(i > s for i, s in zip(index.shape, src.shape, strict=False))):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(input.shape)} apart from "
            f"dimension {dim}" + (f" and to be no larger size than src {list(src.shape)}" if sized else "")
        )


def _prepared(name: str, input: Any, dim: int, index: Any, src: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """The target with at least one dimension, the places in it, and the values cut to the index's shape."""
    dim = wrap_dim(dim, input.ndim)
    _check_scatter(name, input, dim, index, src)
    wide, index = _at_least_vector(input), _at_least_vector(index)
    values = cast(src, input.dtype)
    if values.ndim or not getattr(src, "weak_type", True):
        values = _at_least_vector(values)
        values = values[tuple([slice(n) for n in index.shape])]
    values = jnp.broadcast_to(values, index.shape)
    return wide, _places(wide.shape, dim, index), values


def _scatter_name(input: Any, dim: Any, index: Any, src: Any, reduce: Any = None) -> str:
    return "ScatterBackward0" if hasattr(src, "shape") else "ScatterBackward1"


@op(saves=("index",), numbers=("src",), grad_name=_scatter_name)
def scatter(input: Any, dim: int, index: Any, src: Any, reduce: str | None = None) -> Any:
    """A copy with ``src`` written at the places an index names.

    For ``dim=1`` it is ``out[i][index[i][j]] = src[i][j]``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html

    Args:
        input: the tensor.
        dim: the dimension that ``index`` points into.
        index: ``int64`` or ``int32``, of the same rank, in the other dimensions no larger than ``input``.
        src: a number, or a tensor at least as large as ``index`` and of the tensor's dtype.
        reduce: ``"add"`` or ``"multiply"`` to combine with what is there.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or an index that is known on the host is out of bounds.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2, 3).scatter(1, torch.tensor([[0], [2]]), 1.0)
        tensor([[1., 0., 0.],
                [0., 0., 1.]])
    """
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if index.size == 0:
        _check_scatter("scatter", input, wrap_dim(dim, input.ndim), index, src)
        return input
    wide, places, values = _prepared("scatter", input, dim, index, src)
    if reduce == "add":
        out = add_at(wide, places, values)
    elif reduce == "multiply":
        out = _reduced("prod", wide, places, values)
    else:
        out = set_at(wide, tuple(map(jnp.asarray, places)), values)
    return out.reshape(input.shape)


@op(saves=("index",))
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """A copy with ``src`` added at the places an index names.

    For ``dim=1`` it is ``out[i][index[i][j]] += src[i][j]``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_add_.html

    Args:
        input: the tensor.
        dim: the dimension that ``index`` points into.
        index: ``int64`` or ``int32``, of the same rank.
        src: at least as large as ``index``, of the tensor's dtype.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or an index that is known on the host is out of bounds.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(2).scatter_add(0, torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
        tensor([3., 0.])
    """
    if index.size == 0:
        return input
    wide, places, values = _prepared("scatter_add", input, dim, index, src)
    return add_at(wide, places, values).reshape(input.shape)


def _neutral(reduce: str, dtype: Any) -> Any:
    if reduce == "prod":
        return 1
    if reduce in ("amax", "amin"):
        if jnp.issubdtype(dtype, jnp.floating):
            return -jnp.inf if reduce == "amax" else jnp.inf
        if dtype == np.bool_:
            return reduce == "amin"
        info = np.iinfo(dtype)
        return info.min if reduce == "amax" else info.max
    return 0


def _reduced(reduce: str, base: Any, places: tuple[Any, ...], values: Any) -> Any:
    ref = base.at[places]
    product = ref.min if base.dtype == np.bool_ else ref.multiply
    return {"prod": product, "amax": ref.max, "amin": ref.min}[reduce](values)


@jax.custom_vjp
def _multiplied(base: Any, places: tuple[Any, ...], values: Any) -> Any:
    return _reduced("prod", base, places, values)


def _multiplied_backward(kept: Any, gradient: Any) -> tuple[Any, None, Any]:
    """Each factor's gradient is the product of the others, also where one or several factors are zero."""
    base, places, values = kept
    zero_base, zero_values = base == 0, values == 0
    zeros = zero_base.astype(jnp.int32).at[places].add(zero_values.astype(jnp.int32))
    rest = _multiplied(jnp.where(zero_base, 1, base), places, jnp.where(zero_values, 1, values))

    # A single zero among the others makes their product zero, and yet has a derivative: it stays a factor.
    naught = jnp.where(zero_base, base, 0).at[places].add(jnp.where(zero_values, values, 0))

    def others(x: Any, is_zero: Any, rest: Any, zeros: Any, naught: Any) -> Any:
        left = zeros - is_zero.astype(jnp.int32)
        product = rest / jnp.where(is_zero, 1, x)
        return jnp.where(
            left == 0, product, jnp.where(left == 1, (naught - jnp.where(is_zero, x, 0)) * product, 0)
        )

    return (
        gradient * others(base, zero_base, rest, zeros, naught),
        None,
        gradient[places] * others(values, zero_values, rest[places], zeros[places], naught[places]),
    )


_multiplied.defvjp(lambda b, p, v: (_multiplied(b, p, v), (b, p, v)), _multiplied_backward)


@jax.custom_vjp
def _largest(base: Any, places: tuple[Any, ...], values: Any) -> Any:
    return _reduced("amax", base, places, values)


def _largest_backward(kept: Any, gradient: Any) -> tuple[Any, None, Any]:
    """Among equal largest elements the gradient is shared evenly."""
    base, places, values, result = kept
    in_base, in_values = base == result, values == result[places]
    count = in_base.astype(gradient.dtype).at[places].add(in_values.astype(gradient.dtype))
    share = gradient / jnp.maximum(count, 1)
    return jnp.where(in_base, share, 0), None, jnp.where(in_values, share[places], 0)


def _largest_forward(base: Any, places: Any, values: Any) -> tuple[Any, Any]:
    result = _largest(base, places, values)
    return result, (base, places, values, result)


_largest.defvjp(_largest_forward, _largest_backward)


@op(saves=("index", "result"), keeps=("input", "src"))
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """A copy in which elements are combined with those of ``src`` that an index sends to them.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html

    Args:
        input: the tensor.
        dim: the dimension that ``index`` points into.
        index: ``int64``, of the same rank.
        src: at least as large as ``index``, of the tensor's dtype.
        reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: False leaves out the tensor's own elements where something is sent to.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or ``reduce`` is none of these.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2).scatter_reduce(0, torch.tensor([0, 0]), torch.tensor([2.0, 3.0]), "prod")
        tensor([6., 1.])
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if index.size == 0:
        return input
    wide, places, values = _prepared("scatter_reduce", input, dim, index, src)
    places = tuple([jnp.asarray(p) for p in places])
    base = wide
    if not include_self:
        touched = jnp.zeros(wide.shape, bool).at[places].set(True)
        base = jnp.where(touched, jnp.asarray(_neutral(reduce, wide.dtype), wide.dtype), wide)
    if reduce == "prod":
        out = _multiplied(base, places, values)
    elif reduce == "amax":
        out = _largest(base, places, values)
    elif reduce == "amin":
        out = (
            -_largest(-base, places, -values)
            if base.dtype.kind in "fV"
            else _reduced("amin", base, places, values)
        )
    else:
        out = add_at(base, places, values)
        if reduce == "mean":
            own = jnp.ones(wide.shape, jnp.int32) if include_self else jnp.where(touched, 0, 1)
            count = own.at[places].add(1).astype(out.dtype)
            out = out / count if jnp.issubdtype(out.dtype, jnp.inexact) else out // count
    return out.reshape(input.shape)


@op(saves=("index", "result"), keeps=("input", "source"))
def index_reduce(
    input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """A copy in which the parts that a vector of indices names are combined with the parts of ``source``.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html

    Args:
        input: the tensor.
        dim: the dimension.
        index: a vector, as long as ``source`` is in ``dim``.
        source: of the tensor's dtype, and its shape in the other dimensions.
        reduce: ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``.
        include_self: False leaves out the tensor's own elements where something is sent to.

    Raises:
        RuntimeError: shapes or dtypes do not fit, or ``reduce`` is none of these.

    Example::

        >>> import jaxlearn as torch
        >>> torch.full((2,), 2.0).index_reduce(0, torch.tensor([0, 0]), torch.tensor([3.0, 4.0]), "prod")
        tensor([24.,  2.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    dim = wrap_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(
            f"index_reduce_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{scalar_name(index)} and size: {list(index.shape)}"
        )
    if np.dtype(index.dtype) not in (np.int64, np.int32):
        raise RuntimeError(
            f"index_reduce_(): Expected dtype int32/int64 for index but got: {scalar_name(index)}"
        )
    if input.dtype != source.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({scalar_name(input)}) and source ({scalar_name(source)}) must have the same "
            "scalar type"
        )
    if dim >= max(source.ndim, 1):
        raise RuntimeError(
            f"index_reduce_(): Indexing dim {dim} is out of bounds of the source tensor with dim {source.ndim}"
        )
    if not source.ndim and index.size != 1:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if source.ndim and source.shape[dim] != index.size:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.size}) should be equal to source.size(dim): "
            f"({source.shape[dim]}), for dim: {dim}"
        )
    if any(a != b for d, (a, b) in enumerate(zip(input.shape, source.shape, strict=False)) if d != dim) or (
        input.ndim != source.ndim and input.ndim and source.ndim
    ):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(input.shape)} source.shape = {list(source.shape)}"
        )
    along = index.reshape([-1 if d == dim else 1 for d in range(source.ndim)])
    everywhere = jnp.broadcast_to(along, source.shape)
    return scatter_reduce.op.fn(input, dim, everywhere, source, reduce, include_self=include_self)
