"""Element by element: logic and bits."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .host import direct_twin, host_twin
from .op import op
from .pointwise_rules import check_broadcast, check_tensors, is_bool, operands, scalar_name

__all__ = [
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
]


def _integers(name: str, kernel: str, input: Any, other: Any) -> tuple[Any, Any]:
    a, b = operands(name, input, other)
    if jnp.issubdtype(a.dtype, jnp.inexact) or (is_bool(a) and "shift" in kernel):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(a)}'")
    return a, b


@op(
    numbers=("input", "other"),
    differentiable=False,
    host=host_twin(np.bitwise_and),
    direct=direct_twin(np.bitwise_and),
)
def bitwise_and(input: Any, other: Any) -> Any:
    """Bits set in both integers; logical and of booleans.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_and.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_and(torch.tensor([6, 5]), 3)
        tensor([2, 1])
    """
    a, b = _integers("bitwise_and", "bitwise_and_cpu", input, other)
    return a & b


@op(
    numbers=("input", "other"),
    differentiable=False,
    host=host_twin(np.bitwise_or),
    direct=direct_twin(np.bitwise_or),
)
def bitwise_or(input: Any, other: Any) -> Any:
    """Bits set in one of two integers or both; logical or of booleans.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_or.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_or(torch.tensor([6, 5]), 3)
        tensor([7, 7])
    """
    a, b = _integers("bitwise_or", "bitwise_or_cpu", input, other)
    return a | b


@op(
    numbers=("input", "other"),
    differentiable=False,
    host=host_twin(np.bitwise_xor),
    direct=direct_twin(np.bitwise_xor),
)
def bitwise_xor(input: Any, other: Any) -> Any:
    """Bits set in exactly one of two integers; exclusive or of booleans.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_xor.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_xor(torch.tensor([6, 5]), 3)
        tensor([5, 6])
    """
    a, b = _integers("bitwise_xor", "bitwise_xor_cpu", input, other)
    return a ^ b


@op(differentiable=False, host=lambda input: np.asarray(np.invert(input)))
def bitwise_not(input: Any) -> Any:
    """The bits of integers inverted; the negation of booleans.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_not.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_not(torch.tensor([0, 5]))
        tensor([-1, -6])
    """
    if jnp.issubdtype(input.dtype, jnp.inexact):
        raise NotImplementedError(f"\"bitwise_not_cpu\" not implemented for '{scalar_name(input)}'")
    return ~input


@op(numbers=("input", "other"), differentiable=False)
def bitwise_left_shift(input: Any, other: Any) -> Any:
    """Integers with their bits moved to the left by ``other`` places, :math:`input_i \\cdot 2^{other_i}`.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_left_shift.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_left_shift(torch.tensor([1, 3]), 2)
        tensor([ 4, 12])
    """
    a, b = _integers("bitwise_left_shift", "lshift_cpu", input, other)
    return jnp.where((b < 0) | (b >= 8 * a.dtype.itemsize), 0, jnp.left_shift(a, b)).astype(a.dtype)


@op(numbers=("input", "other"), differentiable=False)
def bitwise_right_shift(input: Any, other: Any) -> Any:
    """Integers with their bits moved to the right by ``other`` places, the sign kept.

    https://docs.pytorch.org/docs/stable/generated/torch.bitwise_right_shift.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.bitwise_right_shift(torch.tensor([8, -3]), 1)
        tensor([ 4, -2])
    """
    a, b = _integers("bitwise_right_shift", "rshift_cpu", input, other)
    bits = 8 * a.dtype.itemsize
    return jnp.right_shift(a, jnp.where((b < 0) | (b >= bits), bits - 1, b).astype(a.dtype))


def _truths(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    check_tensors(name, other=other)
    check_broadcast(input.shape, other.shape)
    return input != 0, other != 0


@op(differentiable=False)
def logical_and(input: Any, other: Any) -> Any:
    """Whether both elements are nonzero.

    https://docs.pytorch.org/docs/stable/generated/torch.logical_and.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logical_and(torch.tensor([0, 1, 2]), torch.tensor([1, 0, 3]))
        tensor([False, False,  True])
    """
    a, b = _truths("logical_and", input, other)
    return a & b


@op(differentiable=False)
def logical_or(input: Any, other: Any) -> Any:
    """Whether one element or both are nonzero.

    https://docs.pytorch.org/docs/stable/generated/torch.logical_or.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logical_or(torch.tensor([0, 1, 0]), torch.tensor([1, 0, 0]))
        tensor([ True,  True, False])
    """
    a, b = _truths("logical_or", input, other)
    return a | b


@op(differentiable=False)
def logical_xor(input: Any, other: Any) -> Any:
    """Whether exactly one of two elements is nonzero.

    https://docs.pytorch.org/docs/stable/generated/torch.logical_xor.html

    Args:
        input: a tensor.
        other: a tensor that broadcasts with it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logical_xor(torch.tensor([0, 1, 2]), torch.tensor([1, 0, 3]))
        tensor([ True,  True, False])
    """
    a, b = _truths("logical_xor", input, other)
    return a ^ b


@op(differentiable=False)
def logical_not(input: Any) -> Any:
    """Whether the element is zero.

    https://docs.pytorch.org/docs/stable/generated/torch.logical_not.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.logical_not(torch.tensor([0, 1, 2]))
        tensor([ True, False, False])
    """
    return input == 0
