"""Pooling to a given output size."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .nn_pool_avg import avg_pool1d, avg_pool2d, avg_pool3d
from .nn_pool_checks import row_shape
from .nn_pool_max import pooled_max
from .nn_rules import accumulator, floating_only
from .nn_taps import Taps, weighted_sums
from .nn_window import Windows
from .op import op
from .promotion import cast

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
]

_AVERAGE = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}


def _output_size(function: str, n: int, x: Any, output_size: Any, got: str) -> tuple[int, ...]:
    shape = list(x.shape)
    # Means over everything take any number of dimensions.
    everything = "avg" in function and output_size in (1, (1,) * n, [1] * n)
    if function == "adaptive_avg_pool3d" and not everything:
        _check_places(function, shape)
    if n == 1:
        if x.ndim not in (2, 3):
            raise RuntimeError(
                f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument #1 'self' (while "
                f"checking arguments for {function})"
            )
    elif isinstance(output_size, (tuple, list)) and x.ndim <= len(output_size):
        raise ValueError(f"Input dimension should be at least {len(output_size) + 1}")
    elif x.ndim not in (n + 1, n + 2) and not (everything and x.ndim >= n):
        raise RuntimeError(f"{function}(): Expected {n + 1}D or {n + 2}D tensor, but {got} {shape}")
    if isinstance(output_size, (int, np.integer)) or output_size is None:
        output_size = (output_size,) * n
    if n == 1 and len(output_size) != 1:
        raise RuntimeError(
            f"{function}() argument 'output_size' should contain one int (got {len(output_size)})"
        )
    maximum = "max" in function
    if maximum:
        _check_places(function, shape)
    if len(output_size) != n:
        words = "(): internal error: output_size.size()" if maximum else ": output_size"
        raise RuntimeError(f"{function}{words} must be {n}")
    out = tuple(size if o is None else int(o) for size, o in zip(shape[-n:], output_size, strict=True))
    if min(out) < 0:
        given = (1, *out) if n == 1 else out  # sequences are images of one row
        if maximum:
            first = next(size for size in out if size < 0)
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {first}: {[*shape[:-n], *given]}"
            )
        # The last two of three numbers stand there without a space.
        text = ", ".join(map(str, given[:2])) + "".join(f",{size}" for size in given[2:])
        raise RuntimeError(
            f"adaptive_avg_pool{max(n, 2)}d: elements of output_size must be greater than or equal to 0 but received "
            f"{{{text}}}"
        )
    if not maximum and not everything:
        _check_places(f"adaptive_avg_pool{max(n, 2)}d", row_shape(n, x))
    return out


def _check_places(function: str, shape: list[int]) -> None:
    for d, size in enumerate(shape[1:], 1):
        if size == 0:
            raise RuntimeError(
                f"{function}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{shape} with dimension {d} being empty"
            )


def _bounds(size: int, out: int) -> tuple[Any, Any]:
    """Where each of ``out`` nearly equal windows over ``size`` elements starts and ends."""
    i = np.arange(out)
    return i * size // out, -(-(i + 1) * size // out)


def _adaptive_avg(n: int, x: Any, output_size: Any) -> Any:
    function = f"adaptive_avg_pool{n}d"
    out = _output_size(function, n, x, output_size, "got")
    floating_only("adaptive_avg_pool3d_cpu" if n == 3 else "adaptive_avg_pool2d", x)
    size = x.shape[-n:]
    wide = accumulator(x)
    if out == (1,) * n:
        return cast(jnp.mean(wide, tuple(range(-n, 0)), keepdims=True), x.dtype)
    if 0 in out or 0 in x.shape:
        return jnp.zeros((*x.shape[:-n], *out), x.dtype)
    if all(s % o == 0 for s, o in zip(size, out, strict=True)):
        return _AVERAGE[n].op.fn(x, tuple(s // o for s, o in zip(size, out, strict=True)))
    # Windows of unequal sizes: the means along one dimension after the other.
    for axis, (s, o) in enumerate(zip(size, out, strict=True)):
        start, end = _bounds(s, o)
        at = start[:, None] + np.arange((end - start).max(initial=0))
        inside = at < end[:, None]
        weight = np.broadcast_to(1 / np.maximum(end - start, 1)[:, None], at.shape)
        wide = weighted_sums(wide, Taps.make(at, weight, s, inside), x.ndim - n + axis)
    return cast(wide, x.dtype)


def _adaptive_max(n: int, x: Any, output_size: Any, return_indices: bool) -> Any:
    out = _output_size(f"adaptive_max_pool{n}d", n, x, output_size, "got:" if n > 1 else "got")
    floating_only("adaptive_max_pool3d_cpu" if n == 3 else "adaptive_max_pool2d", x)
    size = x.shape[-n:]
    if 0 in out:
        best = jnp.zeros((*x.shape[:-n], *out), x.dtype)
        return (best, jnp.zeros(best.shape, jnp.int64)) if return_indices else best
    if all(s % o == 0 for s, o in zip(size, out, strict=True)):
        kernel = tuple(s // o for s, o in zip(size, out, strict=True))
        windows = Windows(tuple(size), kernel, kernel, (0,) * n, (1,) * n, out)
        best, element = pooled_max(x, windows)
        return (best, windows.places(element.astype(jnp.int64))) if return_indices else best
    # Windows of unequal sizes: gather each into equally many places, -inf in the surplus, then pool those.
    widths: list[int] = []
    gathered = x
    place: Any = np.zeros((1,) * n, np.int64)
    for axis, (s, o) in enumerate(zip(size, out, strict=True)):
        start, end = _bounds(s, o)
        k = int((end - start).max())
        widths.append(k)
        index = start[:, None] + np.arange(k)
        inside = index < end[:, None]
        index = np.minimum(index, s - 1).reshape(-1)
        at = x.ndim - n + axis
        gathered = jnp.take(gathered, jnp.asarray(index), axis=at)
        shape = (-1,) + (1,) * (n - 1 - axis)
        gathered = jnp.where(jnp.asarray(inside.reshape(shape)), gathered, -jnp.inf)
        place = place * s + index.reshape(shape)
    sizes = tuple(k * o for k, o in zip(widths, out, strict=True))
    windows = Windows(sizes, tuple(widths), tuple(widths), (0,) * n, (1,) * n, out)
    best, element = pooled_max(gathered, windows)
    if not return_indices:
        return best
    return best, jnp.take(jnp.asarray(place).reshape(-1), windows.places(element.astype(jnp.int64)))


def _avg_name(n: int) -> Any:
    def name(input: Any, output_size: Any) -> str:
        sizes = (output_size,) * n if isinstance(output_size, int) else tuple(output_size)
        return "MeanBackward1" if sizes == (1,) * n else f"AdaptiveAvgPool{n}DBackward0"

    return name


def _avg_keeps(n: int) -> Any:
    def keeps(input: Any, output_size: Any) -> tuple[str, ...]:
        sizes = (output_size,) * n if isinstance(output_size, int) else tuple(output_size)
        return () if sizes == (1,) * n else ("input",)  # torch takes the mean

    return keeps


@op(grad_name="SqueezeBackward1", keeps=_avg_keeps(1))
def adaptive_avg_pool1d(input: Any, output_size: int | tuple[int, ...]) -> Any:
    r"""Means over ``output_size`` nearly equal windows of sequences.

    Window :math:`i` reaches from :math:`\lfloor iL/L' \rfloor` to :math:`\lceil (i+1)L/L' \rceil`.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html

    Args:
        input: (N, C, L) or (C, L).
        output_size: L'.

    Returns:
        A tensor (..., L').

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_avg_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[2., 1.]])
    """
    return _adaptive_avg(1, input, output_size)


@op(grad_name=_avg_name(2), keeps=_avg_keeps(2))
def adaptive_avg_pool2d(input: Any, output_size: int | tuple[int | None, ...]) -> Any:
    r"""Means over a grid of nearly equal windows of images.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: H' and W', or one number for both; None keeps the input's.

    Returns:
        A tensor (..., H', W').

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_avg_pool2d(torch.arange(16.0).reshape(1, 4, 4), 1)
        tensor([[[7.5000]]])
    """
    return _adaptive_avg(2, input, output_size)


@op(grad_name=_avg_name(3), keeps=_avg_keeps(3))
def adaptive_avg_pool3d(input: Any, output_size: int | tuple[int | None, ...]) -> Any:
    r"""Means over a grid of nearly equal windows of volumes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        output_size: D', H' and W', or one number for all; None keeps the input's.

    Returns:
        A tensor (..., D', H', W').

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_avg_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 1)
        tensor([[[[3.5000]]]])
    """
    return _adaptive_avg(3, input, output_size)


@op(saves=("input", "result1"), grad_name="SqueezeBackward1")
def adaptive_max_pool1d(input: Any, output_size: int | tuple[int, ...], return_indices: bool = False) -> Any:
    r"""Maxima over ``output_size`` nearly equal windows of sequences.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool1d.html

    Args:
        input: (N, C, L) or (C, L).
        output_size: L'.
        return_indices: return also the position of each maximum in its sequence.

    Returns:
        A tensor (..., L'); with ``return_indices`` a pair of it and an int64 tensor.

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_max_pool1d(torch.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    return _adaptive_max(1, input, output_size, return_indices)


@op(saves=("input", "result1"), grad_name="AdaptiveMaxPool2DBackward0")
def adaptive_max_pool2d(
    input: Any, output_size: int | tuple[int | None, ...], return_indices: bool = False
) -> Any:
    r"""Maxima over a grid of nearly equal windows of images.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html

    Args:
        input: (N, C, H, W) or (C, H, W).
        output_size: H' and W', or one number for both; None keeps the input's.
        return_indices: return also the flat position of each maximum in its image.

    Returns:
        A tensor (..., H', W'); with ``return_indices`` a pair of it and an int64 tensor.

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_max_pool2d(torch.arange(16.0).reshape(1, 4, 4), 1)
        tensor([[[15.]]])
    """
    return _adaptive_max(2, input, output_size, return_indices)


@op(saves=("input", "result1"), grad_name="AdaptiveMaxPool3DBackward0")
def adaptive_max_pool3d(
    input: Any, output_size: int | tuple[int | None, ...], return_indices: bool = False
) -> Any:
    r"""Maxima over a grid of nearly equal windows of volumes.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html

    Args:
        input: (N, C, D, H, W) or (C, D, H, W).
        output_size: D', H' and W', or one number for all; None keeps the input's.
        return_indices: return also the flat position of each maximum in its volume.

    Returns:
        A tensor (..., D', H', W'); with ``return_indices`` a pair of it and an int64 tensor.

    Raises:
        RuntimeError: the input has another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.adaptive_max_pool3d(torch.arange(8.0).reshape(1, 2, 2, 2), 1)
        tensor([[[[7.]]]])
    """
    return _adaptive_max(3, input, output_size, return_indices)
