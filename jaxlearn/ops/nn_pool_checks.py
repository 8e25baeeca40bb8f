"""What poolings refuse of their windows, in torch's order and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["check_padding", "check_places", "check_window", "in_rows", "row_shape", "with_axes"]


def in_rows(n: int, values: Sequence[int], of_height: int) -> tuple[int, ...]:
    """A pooling's parameter; torch pools sequences as images of one row."""
    return (of_height, *values) if n == 1 else tuple(values)


def with_axes(name: str, values: Sequence[int]) -> str:
    """The values with the names of their axes."""
    return " ".join(f"{name}{axis}: {v}" for axis, v in zip("THW"[3 - len(values) :], values, strict=True))


def check_padding(padding: Sequence[int], kernel: Sequence[int], dilation: Sequence[int]) -> None:
    """Refuse padding that is negative or more than half of what a window reaches over.

    Raises:
        RuntimeError: with torch's words.
    """
    for p, k, d in zip(padding, kernel, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > int((d * (k - 1) + 1) / 2):  # truncated, for windows that are refused below
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )


def check_window(kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> None:
    """Refuse windows, steps and distances that are not positive.

    Raises:
        RuntimeError: with torch's words.
    """
    for what, name, values in (
        ("kernel size", "k", kernel),
        ("stride", "d", stride),
        ("dilation", "dilation", dilation),
    ):
        if min(values) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got {with_axes(name, values)}")


def check_places(function: str, n: int, shape: Sequence[int]) -> None:
    """Refuse images or volumes of no elements, other than none of them.

    Args:
        function: torch's name of the function, which it tells for volumes.
        n: the number of dimensions of a window.
        shape: the input's, sequences' with one row.

    Raises:
        RuntimeError: with torch's words.
    """
    if n == 3:
        if 0 in shape[-4:]:
            raise RuntimeError(
                f"{function}(): Expected input's non-batch dimensions to have positive length, but input has a shape "
                f"of {list(shape)} and non-batch dimension 0 has length zero!"
            )
    elif len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            f"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{list(shape)}"
        )


def row_shape(n: int, x: Any) -> list[int]:
    """The shape of a pooling's input, sequences as images of one row."""
    return [*x.shape[:-1], 1, x.shape[-1]] if n == 1 else list(x.shape)
