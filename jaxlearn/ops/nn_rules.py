"""What the operations of ``nn.functional`` share: checks of dimensions and window sizes with torch's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .pointwise_rules import is_half, scalar_name
from .promotion import cast

__all__ = ["accumulator", "floating_only", "product", "sizes", "wrapped_dim"]


def wrapped_dim(dim: int, ndim: int) -> int:
    """The dimension counted from the front.

    Raises:
        IndexError: it is out of range.
    """
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def sizes(value: Any, n: int, function: str, name: str) -> tuple[int, ...]:
    """A window parameter as ``n`` integers: one number stands for all dimensions.

    Raises:
        RuntimeError: there are neither one nor ``n`` numbers.
    """
    if isinstance(value, (int, np.integer)):
        return (int(value),) * n
    if len(value) == 1:
        return (int(value[0]),) * n
    if len(value) != n:
        count = {1: "one int", 2: "two ints", 3: "three ints"}[n]
        raise RuntimeError(f"{function}: {name} must either be a single int, or a tuple of {count}")
    return tuple(int(v) for v in value)


def floating_only(kernel: str, x: Any, *, allow_complex: bool = False) -> None:
    """Refuse integers and booleans, and complex numbers unless they are allowed.

    Raises:
        NotImplementedError: with torch's words, which name its kernel.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact if allow_complex else jnp.floating):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def accumulator(x: Any) -> Any:
    """The array in the dtype torch accumulates in: half types in float32."""
    return cast(x, jnp.float32) if is_half(x.dtype) else x


def product(values: Sequence[int]) -> int:
    """The product of the values, 1 if there are none."""
    result = 1
    for v in values:
        result *= v
    return result
