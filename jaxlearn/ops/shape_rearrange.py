"""Copies with the elements in other places: flipped, rolled, repeated, masked to a triangle, put on a "
"diagonal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._dtype_objects import from_numpy_dtype
from .op import explained, op, with_out
from .pointwise_rules import direction
from .shape_dims import as_dims, wrap_dim, wrap_dims
from .shape_parts import select_view

__all__ = [
    "complex_",
    "diag",
    "diag_embed",
    "diagflat",
    "flip",
    "fliplr",
    "flipud",
    "imag",
    "polar",
    "real",
    "repeat",
    "repeat_each",
    "resized",
    "roll",
    "rot90",
    "tile",
    "tril",
    "triu",
    "view_as_complex",
    "view_as_real",
]


def _direct_flip(args: Any, out: Any) -> Any:
    dims = wrap_dims(args[1], len(args[0].shape))
    place = tuple([slice(None, None, -1 if d in dims else None) for d in range(len(args[0].shape))])
    return lambda x: x[(*place, ...)].copy()


@op(variadic="dims", direct=_direct_flip)
def flip(input: Any, dims: int | Sequence[int]) -> Any:
    """A copy with the order of the indices of some dimensions reversed.

    https://docs.pytorch.org/docs/stable/generated/torch.flip.html

    Args:
        input: the tensor.
        dims: the dimensions.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension is named twice.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).flip(1)
        tensor([[2, 1],
                [4, 3]])
    """
    dims = wrap_dims(dims, input.ndim)
    return jnp.flip(input, dims if input.ndim else ())


@explained
def fliplr(input: Any) -> Any:
    """A copy with the columns in reverse order.

    https://docs.pytorch.org/docs/stable/generated/torch.fliplr.html
    """
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, (1,))


@explained
def flipud(input: Any) -> Any:
    """A copy with the rows in reverse order.

    https://docs.pytorch.org/docs/stable/generated/torch.flipud.html
    """
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, (0,))


def _rolls(shifts: Any, dims: Any, shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    shifts = as_dims(shifts)
    dims = () if dims is None else as_dims(dims)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and not (not dims and len(shifts) == 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if dims and not shape:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    if 0 in shape:  # torch does not look at the dimensions
        return (0,), ()
    return shifts, tuple([wrap_dim(d, len(shape)) for d in dims])


def _roll(np_like: Any, input: Any, shifts: Any, dims: Any) -> Any:
    shifts, dims = _rolls(shifts, dims, input.shape)
    return np_like.roll(input, shifts, dims) if dims else np_like.roll(input, shifts[0])


def _direct_roll(args: Any, out: Any) -> Any:
    x, shifts, dims = args
    shifts, dims = _rolls(shifts, dims, x.shape)
    if len(dims) != 1:
        return None
    size = x.shape[dims[0]]
    cut = -shifts[0] % size if size else 0
    before = (slice(None),) * dims[0]
    first, second = (*before, slice(cut, None)), (*before, slice(0, cut))
    axis = dims[0]
    return lambda array: np.concatenate((array[first], array[second]), axis)


@op(host=lambda input, shifts, dims=None: _roll(np, input, shifts, dims), direct=_direct_roll)
def roll(input: Any, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Any:
    """A copy with the elements shifted round along dimensions.

    https://docs.pytorch.org/docs/stable/generated/torch.roll.html

    Args:
        input: the tensor.
        shifts: places to shift by, for each dimension.
        dims: the dimensions; without them the flattened tensor is shifted.

    Raises:
        RuntimeError: there are not as many shifts as dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.arange(4).roll(1)
        tensor([3, 0, 1, 2])
    """
    return _roll(jnp, input, shifts, dims)


@op
def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    """A copy turned by 90 degrees in the plane of two dimensions, from the first towards the second.

    https://docs.pytorch.org/docs/stable/generated/torch.rot90.html

    Args:
        input: the tensor.
        k: how many times.
        dims: the plane.

    Raises:
        RuntimeError: there are not two different dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([[1, 2], [3, 4]]).rot90()
        tensor([[2, 4],
                [1, 3]])
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == input.ndim:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return jnp.rot90(input, k, (wrap_dim(dims[0], input.ndim), wrap_dim(dims[1], input.ndim)))


def _repeats(repeats: Any, input: Any) -> tuple[int, ...]:
    repeats = as_dims(repeats)
    if len(repeats) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    shape = (*(1,) * (len(repeats) - input.ndim), *input.shape)
    size = [n * r for n, r in zip(shape, repeats, strict=True)]
    for n, r in zip(size, repeats, strict=True):
        if r < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {size}")
    return repeats


@op(variadic="repeats", host=lambda input, repeats: np.tile(input, _repeats(repeats, input)))
def repeat(input: Any, repeats: Sequence[int]) -> Any:
    """A copy in which the whole tensor is repeated along each dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.repeat.html

    Args:
        input: the tensor.
        repeats: how many times along each dimension; new dimensions come first.

    Raises:
        RuntimeError: there are fewer numbers than dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
    """
    return jnp.tile(input, _repeats(repeats, input))


@explained
def tile(input: Any, *times: Any, dims: Any = None) -> Any:
    """A copy repeated along each dimension; missing numbers count as 1.

    https://docs.pytorch.org/docs/stable/generated/torch.tile.html

    Args:
        input: of any shape.
        times: how often along each dimension, the last one last; as integers or as one sequence.
        dims: the same, by keyword.

    Raises:
        RuntimeError: a number is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.tile(torch.tensor([1, 2]), (2,))
        tensor([1, 2, 1, 2])
    """
    if dims is None:
        dims = times[0] if len(times) == 1 else times
    dims = as_dims(dims)
    return repeat(input, (*(1,) * (input.ndim - len(dims)), *dims))


@op(name="view", host=lambda input, repeats, dim: np.repeat(input, repeats, dim))
def repeat_each(input: Any, repeats: int, dim: int) -> Any:
    """Each index of one dimension ``repeats`` times in a row."""
    return jnp.repeat(input, repeats, dim)


def _matrix(name: str, input: Any) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


def _direct_triangle(args: Any, upper: bool) -> Any:
    x, diagonal = args
    if len(x.shape) < 2 or x.size > _FEW:
        return None
    keep = np.tri(x.shape[-2], x.shape[-1], diagonal - upper, bool)
    keep = ~keep if upper else keep
    zero = np.zeros((), x.dtype)
    return lambda array: np.where(keep, array, zero)


# Of more elements a mask that is kept would take more memory than it saves time.
_FEW = 4096


@op(
    host=lambda input, diagonal=0: np.tril(input, diagonal),
    direct=lambda args, out: _direct_triangle(args, False),
)
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangles of matrices, zero above.

    https://docs.pytorch.org/docs/stable/generated/torch.tril.html

    Args:
        input: of shape (..., rows, columns).
        diagonal: the highest diagonal that is kept.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2, 2).tril()
        tensor([[1., 0.],
                [1., 1.]])
    """
    _matrix("tril", input)
    return jnp.tril(input, diagonal)


@op(
    host=lambda input, diagonal=0: np.triu(input, diagonal),
    direct=lambda args, out: _direct_triangle(args, True),
)
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangles of matrices, zero below.

    https://docs.pytorch.org/docs/stable/generated/torch.triu.html

    Args:
        input: of shape (..., rows, columns).
        diagonal: the lowest diagonal that is kept.

    Raises:
        RuntimeError: there are fewer than two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ones(2, 2).triu(1)
        tensor([[0., 1.],
                [0., 0.]])
    """
    _matrix("triu", input)
    return jnp.triu(input, diagonal)


@op
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices, zero but for a diagonal that is filled with the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.diag_embed.html

    Args:
        input: of shape (..., n).
        offset: which diagonal.
        dim1: the rows' dimension in the result.
        dim2: the columns' dimension in the result.

    Example::

        >>> import jaxlearn as torch
        >>> torch.diag_embed(torch.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    ndim = input.ndim + 1
    given = f"{dim1}, {dim2}"
    dim1, dim2 = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {given}")
    n = input.shape[-1]
    rows = np.arange(n) + max(-offset, 0)
    columns = np.arange(n) + max(offset, 0)
    size = n + abs(offset)
    matrices = jnp.zeros((*input.shape[:-1], size, size), input.dtype).at[..., rows, columns].set(input)
    return jnp.moveaxis(matrices, (-2, -1), (dim1, dim2))


def _diagonal_copy_host(input: np.ndarray[Any, Any], offset: int) -> np.ndarray[Any, Any]:
    return np.diagonal(input, offset).copy()


@op(name="diagonal_copy", grad_name="DiagonalBackward0_copy", host=_diagonal_copy_host)
def _diagonal_copy(input: Any, offset: int) -> Any:
    return jnp.diagonal(input, offset)


@with_out
def diag(input: Any, diagonal: int = 0) -> Any:
    """A vector's diagonal matrix, or a copy of a matrix's diagonal.

    https://docs.pytorch.org/docs/stable/generated/torch.diag.html

    Args:
        input: of one or two dimensions.
        diagonal: which diagonal.

    Raises:
        RuntimeError: there are other than one or two dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.diag(torch.tensor([[1, 2], [3, 4]]))
        tensor([1, 4])
    """
    if input.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")
    return diag_embed(input, diagonal) if input.ndim == 1 else _diagonal_copy(input, diagonal)


@explained
def diagflat(input: Any, offset: int = 0) -> Any:
    """The diagonal matrix of all elements.

    https://docs.pytorch.org/docs/stable/generated/torch.diagflat.html

    Args:
        input: of any shape, with n elements.
        offset: which diagonal, counted upwards from the main one.

    Returns:
        A matrix of n + abs(offset) rows and as many columns.

    Example::

        >>> import jaxlearn as torch
        >>> torch.diagflat(torch.tensor([1, 2]))
        tensor([[1, 0],
                [0, 2]])
    """
    return diag_embed(input.reshape(-1), offset)


@op(differentiable=False)
def resized(input: Any, size: tuple[int, ...]) -> Any:
    """The elements in order in another shape; missing ones are zero, those too many are left out."""
    wanted = math.prod(size)
    flat = input.reshape(-1)[:wanted]
    return jnp.pad(flat, (0, wanted - flat.size)).reshape(size)


# -- complex numbers
# -------------------------------------------------------------------------------------------------


def _view_as_real_host(input: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if input.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return input[..., None].view(input.real.dtype)


@op(name="view_as_real", view=True, host=_view_as_real_host)
def view_as_real(input: Any) -> Any:
    """A view of complex numbers as pairs of real ones, in a new last dimension of size 2.

    https://docs.pytorch.org/docs/stable/generated/torch.view_as_real.html

    Raises:
        RuntimeError: the elements are not complex.

    Example::

        >>> import jaxlearn as torch
        >>> torch.view_as_real(torch.tensor([1 + 2j]))
        tensor([[1., 2.]])
    """
    if not jnp.issubdtype(input.dtype, jnp.complexfloating):
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return jnp.stack([input.real, input.imag], -1)


def _view_as_complex_host(input: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    _check_pairs(input)
    return np.ascontiguousarray(input).view(np.result_type(input.dtype, np.complex64))[..., 0]


def _check_pairs(input: Any) -> None:
    if not input.ndim or input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if np.dtype(input.dtype) not in (np.float32, np.float64):
        name = from_numpy_dtype(np.dtype(input.dtype))._scalar_name
        raise RuntimeError(
            f"view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar "
            f"type: {name}"
        )


@op(name="view_as_complex", view=True, host=_view_as_complex_host)
def view_as_complex(input: Any) -> Any:
    """A view of pairs of real numbers, in the last dimension, as complex ones.

    https://docs.pytorch.org/docs/stable/generated/torch.view_as_complex.html

    Raises:
        RuntimeError: the last dimension's size is not 2.

    Example::

        >>> import jaxlearn as torch
        >>> torch.view_as_complex(torch.tensor([[1.0, 2.0]]))
        tensor([1.+2.j])
    """
    _check_pairs(input)
    return jax.lax.complex(input[..., 0], input[..., 1])


def _is_complex(input: Any) -> bool:
    return jnp.issubdtype(np.dtype(getattr(input.dtype, "_np", input.dtype)), jnp.complexfloating)


@explained
def real(input: Any) -> Any:
    """A view of the real parts; a real tensor itself.

    https://docs.pytorch.org/docs/stable/generated/torch.real.html

    Args:
        input: the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([1 + 2j])
        >>> torch.real(x).zero_()
        tensor([0.])
        >>> x
        tensor([0.+2.j])
    """
    return select_view(view_as_real(input), input.ndim, 0) if _is_complex(input) else input


@explained
def imag(input: Any) -> Any:
    """A view of the imaginary parts.

    https://docs.pytorch.org/docs/stable/generated/torch.imag.html

    Args:
        input: the tensor.

    Raises:
        RuntimeError: the elements are real.

    Example::

        >>> import jaxlearn as torch
        >>> torch.imag(torch.tensor([1 + 2j]))
        tensor([2.])
    """
    if not _is_complex(input):
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return select_view(view_as_real(input), input.ndim, 1)


def _parts(function: str, a: Any, b: Any, first: str, second: str) -> None:
    for position, (name, x) in enumerate(((first, a), (second, b)), 1):
        if not hasattr(x, "shape"):
            raise TypeError(
                f"{function}(): argument '{name}' (position {position}) must be Tensor, not {type(x).__name__}"
            )
    names = [from_numpy_dtype(np.dtype(x.dtype))._scalar_name for x in (a, b)]
    if not all(n in ("Half", "Float", "Double") for n in names):
        raise RuntimeError(
            f"Expected both inputs to be Half, Float or Double tensors but got {names[0]} and {names[1]}"
        )
    if names[0] != names[1]:
        raise RuntimeError(
            f"Expected object of scalar type {names[0]} but got scalar type {names[1]} for second argument"
        )


def _wide(x: Any) -> Any:
    return x.astype(jnp.float32) if x.dtype == jnp.float16 else x


@op(name="complex", keeps=("real", "imag"))
def complex_(real: Any, imag: Any) -> Any:
    """Complex numbers of real and imaginary parts.

    https://docs.pytorch.org/docs/stable/generated/torch.complex.html

    Args:
        real: the real parts, ``float32`` or ``float64``.
        imag: the imaginary parts, of the same dtype.

    Raises:
        RuntimeError: the dtypes differ or are not floating point.

    Example::

        >>> import jaxlearn as torch
        >>> torch.complex(torch.tensor([1.0]), torch.tensor([2.0]))
        tensor([1.+2.j])
    """
    _parts("complex", real, imag, "real", "imag")
    return jax.lax.complex(*jnp.broadcast_arrays(_wide(real), _wide(imag)))


@op(saves=("result",))
def polar(abs: Any, angle: Any) -> Any:
    r"""Complex numbers of absolute values and angles: :math:`r\cos\varphi + i\,r\sin\varphi`.

    https://docs.pytorch.org/docs/stable/generated/torch.polar.html

    Args:
        abs: the absolute values, ``float32`` or ``float64``.
        angle: the angles in radians, of the same dtype.

    Raises:
        RuntimeError: the dtypes differ or are not floating point.
    """
    _parts("polar", abs, angle, "abs", "angle")
    return _on_circle(*jnp.broadcast_arrays(_wide(abs), _wide(angle)))


@jax.custom_jvp
def _on_circle(radius: Any, angle: Any) -> Any:
    return jax.lax.complex(radius * jnp.cos(angle), radius * jnp.sin(angle))


@_on_circle.defjvp
def _on_circle_jvp(primals: Any, tangents: Any) -> Any:
    (t, turn), result = tangents, _on_circle(*primals)
    # torch takes the direction from the result: that of a negative radius points the other way, 0 has none.
    along, across = direction(result), jax.lax.complex(-result.imag, result.real)
    return result, jax.lax.complex(t * along.real + turn * across.real, t * along.imag + turn * across.imag)
