"""What the operations of ``nn.functional`` share: checks of dimensions and window sizes with torch's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .pointwise_rules import is_half, scalar_name
from .promotion import cast

__all__ = ["accumulator", "check_parameter_types", "floating_only", "product", "sizes", "wrapped_dim"]


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
        raise RuntimeError(_wrong_length(function, n, name, len(value)))
    return tuple(int(v) for v in value)


def _wrong_length(function: str, n: int, name: str, given: int) -> str:
    if function == "avg_pool1d":
        return f"avg_pool1d() argument '{name}' should contain one int (got {given})"
    if n == 1:
        none = "None, " if name == "stride" else ""
        comma = "," if name in ("stride", "padding") else ""
        return (
            f"{function}() {name} must be {none}an int, list of ints{comma} or tuple of ints of size 1 but got size "
            f"{given}"
        )
    words = "be " if function == "avg_pool3d" else "be either " if name == "dilation" else "either be "
    omitted = "omitted, " if name == "stride" else ""
    return (
        f"{function}: {name} must {words}{omitted}a single int, or a tuple of {('two', 'three')[n - 2]} ints"
    )


def floating_only(kernel: str, x: Any, *, allow_complex: bool = False) -> None:
    """Refuse integers and booleans, and complex numbers unless they are allowed.

    Raises:
        NotImplementedError: with torch's words, which name its kernel.
    """
    if not jnp.issubdtype(x.dtype, jnp.inexact if allow_complex else jnp.floating):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def check_parameter_types(x: Any, *parameters: Any) -> None:
    """Refuse parameters of a normalisation of another type than its input's, but float32 ones beside half types.

    Raises:
        RuntimeError: with torch's words.
    """
    given = [v for v in parameters if v is not None]
    if all(v.dtype == x.dtype for v in given):
        return
    if any(v.dtype != np.float32 for v in given):
        raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")
    if not is_half(x.dtype):
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


def accumulator(x: Any) -> Any:
    """The array in the dtype torch accumulates in: half types in float32."""
    return cast(x, jnp.float32) if is_half(x.dtype) else x


def product(values: Sequence[int]) -> int:
    """The product of the values, 1 if there are none."""
    result = 1
    for v in values:
        result *= v
    return result
