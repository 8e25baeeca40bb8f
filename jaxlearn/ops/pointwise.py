"""Element by element: arithmetic."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from .host import direct_by_integer, direct_square, direct_twin, host_twin
from .op import op
from .pointwise_rules import (
    WITHOUT_DERIVATIVE,
    aval_is_tensor,
    check_broadcast,
    check_tensors,
    exact_divisor,
    in_float,
    is_bool,
    is_float,
    is_half,
    kernel_dtypes,
    operands,
    real_dtype,
    rounded_as,
    scalar_name,
    widened,
    without_derivative,
)
from .promotion import cast, is_number, promote, to_float

__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "floor_divide",
    "fmod",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "positive",
    "reciprocal",
    "remainder",
    "rsub",
    "square",
    "sub",
    "subtract",
    "true_divide",
]


def _scaled(a: Any, b: Any, alpha: Any) -> Any:
    """``a + alpha * b`` in one rounding where the machine has a fused multiply-add, as torch computes it."""
    if alpha is None:
        return a + b
    scalar = np.dtype(type(alpha)) if not hasattr(alpha, "dtype") else alpha.dtype
    if not jnp.issubdtype(a.dtype, jnp.inexact) and jnp.issubdtype(scalar, jnp.inexact):
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    if isinstance(alpha, bool) and not is_bool(a):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    return widened(lambda x, y: x + cast(alpha, x.dtype) * y, a, b)


def _add_on_host(input: Any, other: Any, alpha: Any = None, *, dtype: Any) -> np.ndarray[Any, Any]:
    if alpha is None or alpha == 1:
        return _sum_on_host(input, other, dtype=dtype)
    if dtype == np.float32:
        # The fused multiply-add: the product of two float32 is exact in float64.
        wide = np.asarray(input, np.float64) + np.float64(np.float32(alpha)) * np.asarray(other, np.float64)
        return np.asarray(wide.astype(dtype))
    return _sum_on_host(input, _product_on_host(other, np.asarray(alpha, dtype), dtype=dtype), dtype=dtype)


_sum_on_host = host_twin(np.add)
_product_on_host = host_twin(np.multiply)


@op(
    numbers=("input", "other", "alpha"),
    host=_add_on_host,
    direct=direct_twin(np.add),
    older=["input alpha other"],
)
def add(input: Any, other: Any, *, alpha: Any = None) -> Any:
    """Sum, :math:`input_i + alpha \\cdot other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.add.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.
        alpha: a number by which ``other`` is multiplied first. Default: 1.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.add(torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0]), alpha=2)
        tensor([21., 42.])
    """
    return _scaled(*operands("add", input, other), alpha)


def _swapped_difference(x: Any, y: Any) -> Any:
    return np.subtract(y, x)


def check_sub(input: Any, other: Any) -> None:
    """Refuse differences with booleans.

    Raises:
        RuntimeError: with torch's words.
    """
    if is_bool(input) and is_bool(other) and not (is_number(input) or is_number(other)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` "
            "operator instead."
        )
    if any(is_bool(x) for x in (input, other)):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
            "use the `~` or `logical_not()` operator instead."
        )


def _sub_on_host(input: Any, other: Any, alpha: Any = None, *, dtype: Any) -> np.ndarray[Any, Any]:
    if alpha is None or alpha == 1:
        return _difference_on_host(input, other, dtype=dtype)
    return _add_on_host(input, other, -alpha, dtype=dtype)


_difference_on_host = host_twin(np.subtract)


@op(
    numbers=("input", "other", "alpha"),
    host=_sub_on_host,
    direct=direct_twin(np.subtract),
    older=["input alpha other"],
)
def sub(input: Any, other: Any, *, alpha: Any = None) -> Any:
    """Difference, :math:`input_i - alpha \\cdot other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.sub.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.
        alpha: a number by which ``other`` is multiplied first. Default: 1.

    Raises:
        RuntimeError: an operand is boolean, or the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.sub(torch.tensor([1.0, 2.0]), 3)
        tensor([-2., -1.])
    """
    check_sub(input, other)
    a, b = operands("sub", input, other)
    return a - b if alpha is None else _scaled(a, b, -alpha)


@op(
    numbers=("input", "other", "alpha"),
    direct=direct_twin(_swapped_difference),
    grad_name=lambda input, other, alpha: "RsubBackward0" if aval_is_tensor(other) else "RsubBackward1",
)
def rsub(input: Any, other: Any, *, alpha: Any = None) -> Any:
    """Difference the other way round, :math:`other_i - alpha \\cdot input_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.rsub.html

    Args:
        input: any shape; integers are taken in the default floating dtype.
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.
        alpha: a number by which ``input`` is multiplied first. Default: 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.rsub(torch.tensor([1.0, 2.0]), 3)
        tensor([2., 1.])
    """
    check_sub(other, input)
    b, a = operands("rsub", input, other)
    return a - b if alpha is None else _scaled(a, b, -alpha)


@op(
    numbers=("input", "other"),
    saves=("input", "other"),
    host=_product_on_host,
    direct=direct_twin(np.multiply),
)
def mul(input: Any, other: Any) -> Any:
    """Product, :math:`input_i \\cdot other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.mul.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.mul(torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 4.0]))
        tensor([[3., 4.],
                [6., 8.]])
    """
    a, b = operands("mul", input, other)
    return a * b


@jax.custom_jvp
def _ratio(x: Any, y: Any) -> Any:
    return x / y


def _ratio_jvp(primals: Any, tangents: Any) -> Any:
    # JAX's own rule divides by the square of the divisor, which overflows long before torch's two divisions; XLA
    # makes one of them again where they stand next to each other.
    (y, quotient), (tx, ty) = (primals[1], _ratio(*primals)), tangents
    by_x = 0 if isinstance(tx, SymbolicZero) else tx / y
    by_y = 0 if isinstance(ty, SymbolicZero) else ty * quotient / y
    return quotient, cast(by_x - by_y, quotient.dtype)


_ratio.defjvp(_ratio_jvp, symbolic_zeros=True)


def _quotient(name: str, input: Any, other: Any) -> Any:
    operands(name, input, other)
    a, b = to_float(input, other)
    if is_number(other):
        return widened(lambda x, y: x / (exact_divisor(x, y) if is_float(x) else y), a, b)
    return widened(_ratio, a, b)


_quotient_on_host = host_twin(np.divide)


def _div_grad_name(input: Any, other: Any, rounding_mode: Any = None) -> str:
    return "DivBackward0" if rounding_mode is None else "DivBackward2"


@op(
    numbers=("input", "other"),
    saves=("input", "other"),
    keeps=lambda input, other, rounding_mode: ("input", "other") if rounding_mode else (),
    grad_name=_div_grad_name,
)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Quotient, :math:`input_i / other_i`; integers give floating point numbers unless the quotient is rounded.

    https://docs.pytorch.org/docs/stable/generated/torch.div.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.
        rounding_mode: ``"trunc"`` rounds towards zero, ``"floor"`` down; None does not round.

    Raises:
        RuntimeError: ``rounding_mode`` is none of these, or the shapes do not broadcast.

    Example::

        >>> import jaxlearn as torch
        >>> torch.div(torch.tensor([7, -7]), 2)
        tensor([ 3.5000, -3.5000])
        >>> torch.div(torch.tensor([7, -7]), 2, rounding_mode="floor")
        tensor([ 3, -4])
    """
    if rounding_mode is None:
        return _quotient("div", input, other)
    a, b = operands("div", input, other)
    if rounding_mode in ("floor", "trunc"):
        real_dtype(f"div_{rounding_mode}_cpu", a)
    if rounding_mode == "floor":
        return _floored(a, b)
    if rounding_mode == "trunc":
        if jnp.issubdtype(a.dtype, jnp.inexact):
            return widened(lambda x, y: jnp.trunc(rounded_as(x / y, a.dtype)), a, b)
        return jnp.sign(a) * jnp.sign(b) * (abs(a) // abs(b)) if a.dtype.kind == "i" else a // b
    raise RuntimeError(
        f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
    )


def _floored(a: Any, b: Any) -> Any:
    """The quotient rounded down by way of the exact remainder, as Python does, and infinite for a zero divisor."""
    if not jnp.issubdtype(a.dtype, jnp.inexact):
        return a // b
    # Its gradient is zero, also where the quotient's is not finite.
    a, b = jax.lax.stop_gradient(a), jax.lax.stop_gradient(b)

    def floored(x: Any, y: Any) -> Any:
        exact, down = x / y, jnp.floor_divide(x, y)
        return jnp.where(
            y == 0, exact, jnp.where(down == 0, exact * 0, down)
        )  # a zero has the quotient's sign

    return widened(floored, a, b)


@op(
    numbers=("input", "other"),
    saves=("input", "other"),
    grad_name="DivBackward0",
    host=_quotient_on_host,
    direct=direct_twin(np.divide),
)
def true_divide(input: Any, other: Any) -> Any:
    """Quotient without rounding; see :func:`div`.

    https://docs.pytorch.org/docs/stable/generated/torch.true_divide.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.true_divide(torch.tensor([1, 3]), 2)
        tensor([0.5000, 1.5000])
    """
    return _quotient("true_divide", input, other)


@op(
    numbers=("input", "other"),
    grad_name=WITHOUT_DERIVATIVE,
    refuses=True,
    direct=direct_by_integer(np.floor_divide),
)
def floor_divide(input: Any, other: Any) -> Any:
    """Quotient rounded down, :math:`\\lfloor input_i / other_i \\rfloor`. It has no gradient; ``div`` has (zero).

    An integer divided by zero is an error in torch on the CPU; here the result is unspecified, as on accelerators.

    https://docs.pytorch.org/docs/stable/generated/torch.floor_divide.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.floor_divide(torch.tensor([7, -7]), 2)
        tensor([ 3, -4])
    """
    a, b = operands("floor_divide", input, other)
    real_dtype("div_floor_cpu", a)
    return without_derivative("floor_divide", _floored)(a, b)


@op(
    numbers=("input", "other"),
    saves=("other",),
    keeps=lambda input, other: ("input",) if aval_is_tensor(other) else (),
    direct=direct_by_integer(np.remainder),
    grad_name=lambda input, other: (
        WITHOUT_DERIVATIVE
        if not aval_is_tensor(input)
        else "RemainderBackward1"
        if aval_is_tensor(other)
        else "RemainderBackward0"
    ),
)
def remainder(input: Any, other: Any) -> Any:
    """Python's remainder, :math:`input_i - other_i \\lfloor input_i / other_i \\rfloor`, with the divisor's sign.

    https://docs.pytorch.org/docs/stable/generated/torch.remainder.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.remainder(torch.tensor([-3.0, 3.0]), 2)
        tensor([1., 1.])
    """
    a, b = operands("remainder", input, other)
    kernel_dtypes("remainder_cpu", a)
    real_dtype("remainder_cpu", a)
    return widened(_remainder if is_float(a) else jnp.remainder, a, b)


@jax.custom_jvp
def _remainder(x: Any, y: Any) -> Any:
    return jnp.remainder(x, y)


@_remainder.defjvp
def _remainder_jvp(primals: Any, tangents: Any) -> Any:
    return _remainder(*primals), tangents[0] - tangents[1] * _floored(*primals)


@op(
    numbers=("other",),
    saves=("other",),
    keeps=lambda input, other: ("input",) if aval_is_tensor(other) else (),
    grad_name=lambda input, other: "FmodBackward1" if aval_is_tensor(other) else "FmodBackward0",
)
def fmod(input: Any, other: Any) -> Any:
    """C's remainder, with the dividend's sign.

    https://docs.pytorch.org/docs/stable/generated/torch.fmod.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.fmod(torch.tensor([-3.0, 3.0]), 2)
        tensor([-1.,  1.])
    """
    a, b = operands("fmod", input, other)
    kernel_dtypes("fmod_cpu", a)
    real_dtype("fmod_cpu", a)
    return widened(jnp.fmod, a, b)


@op(host=lambda input: np.asarray(np.negative(input)))
def neg(input: Any) -> Any:
    """The elements with the other sign, :math:`-input_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.neg.html

    Args:
        input: any shape.

    Raises:
        RuntimeError: ``input`` is boolean.

    Example::

        >>> import jaxlearn as torch
        >>> torch.neg(torch.tensor([1.0, -2.0]))
        tensor([-1.,  2.])
    """
    if is_bool(input):
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use "
            "the `~` or `logical_not()` operator instead."
        )
    return -input


def positive(input: Any) -> Any:
    """The tensor itself.

    https://docs.pytorch.org/docs/stable/generated/torch.positive.html

    Args:
        input: any shape.

    Raises:
        RuntimeError: ``input`` is boolean.

    Example::

        >>> import jaxlearn as torch
        >>> torch.positive(torch.tensor([1.0, -2.0]))
        tensor([ 1., -2.])
    """
    if str(input.dtype).removeprefix("torch.") == "bool":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@op(saves=("input",), grad_name="PowBackward0", direct=direct_square)
def square(input: Any) -> Any:
    """Square, :math:`input_i^2`.

    https://docs.pytorch.org/docs/stable/generated/torch.square.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.square(torch.tensor([1.5, -2.0]))
        tensor([2.2500, 4.0000])
    """
    x = cast(input, np.int64) if is_bool(input) else input
    return x * x


@op(saves=("result",))
def reciprocal(input: Any) -> Any:
    """Reciprocal, :math:`1 / input_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.reciprocal.html

    Args:
        input: any shape; integers are taken in the default floating dtype.

    Example::

        >>> import jaxlearn as torch
        >>> torch.reciprocal(torch.tensor([2.0, -4.0]))
        tensor([ 0.5000, -0.2500])
    """
    return in_float(lambda x: 1 / x, input)


def _ternary(name: str, input: Any, tensor1: Any, tensor2: Any) -> tuple[Any, Any, Any]:
    check_tensors(name, tensor1=tensor1, tensor2=tensor2)
    check_broadcast(input.shape, tensor1.shape, tensor2.shape)
    a, b, c = promote(input, tensor1, tensor2)
    return a, b, c


def _check_value(name: str, a: Any, value: Any) -> None:
    scalar = value.dtype if hasattr(value, "dtype") else np.dtype(type(value))
    if not jnp.issubdtype(a.dtype, jnp.inexact) and jnp.issubdtype(scalar, jnp.inexact):
        raise RuntimeError(
            f"For integral input tensors, argument alpha must not be a floating point number ({name})."
        )


@op(numbers=("value",), saves=("tensor1", "tensor2"), older=["input value tensor1 tensor2"])
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = None) -> Any:
    """Sum with a product, :math:`input_i + value \\cdot tensor1_i \\cdot tensor2_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.addcmul.html

    Args:
        input: a tensor.
        tensor1: a tensor that broadcasts with it.
        tensor2: another.
        value: a number. Default: 1.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addcmul(torch.ones(2), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), value=0.5)
        tensor([2.5000, 5.0000])
    """
    a, b, c = _ternary("addcmul", input, tensor1, tensor2)
    if value is None:
        return widened(lambda x, y, z: x + y * z, a, b, c)
    _check_value("addcmul", a, value)
    return widened(lambda x, y, z: x + cast(value, x.dtype) * y * z, a, b, c)


@op(numbers=("value",), saves=("tensor1", "tensor2"), older=["input value tensor1 tensor2"])
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = None) -> Any:
    """Sum with a quotient, :math:`input_i + value \\cdot tensor1_i / tensor2_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.addcdiv.html

    Args:
        input: a tensor.
        tensor1: a tensor that broadcasts with it.
        tensor2: another.
        value: a number. Default: 1.

    Raises:
        RuntimeError: ``tensor1`` and ``tensor2`` are integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.addcdiv(torch.ones(2), torch.tensor([1.0, 2.0]), torch.tensor([2.0, 8.0]), value=2)
        tensor([2.0000, 1.5000])
    """
    a, b, c = _ternary("addcdiv", input, tensor1, tensor2)
    if not any(jnp.issubdtype(x.dtype, jnp.inexact) for x in (tensor1, tensor2)):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv "
            "will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be "
            "implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for "
            "integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future "
            "addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), "
            "for all dtypes."
        )
    if value is None:
        return widened(lambda x, y, z: x + y / z, a, b, c)
    return widened(lambda x, y, z: x + cast(value, x.dtype) * y / z, a, b, c)


@op(
    numbers=("weight",),
    saves=lambda input, end, weight: ("input", "end", "weight") if aval_is_tensor(weight) else (),
    grad_name=lambda input, end, weight: "LerpBackward1" if aval_is_tensor(weight) else "LerpBackward0",
)
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """The point between, :math:`input_i + weight_i (end_i - input_i)`.

    https://docs.pytorch.org/docs/stable/generated/torch.lerp.html

    Args:
        input: where the weight is 0.
        end: where it is 1; of the same dtype.
        weight: a number, or a tensor of the same dtype.

    Raises:
        RuntimeError: the dtypes differ.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lerp(torch.zeros(2), torch.tensor([10.0, 20.0]), 0.25)
        tensor([2.5000, 5.0000])
    """
    check_tensors("lerp", end=end)
    for parameter, x in (("end", end), ("weight", weight)):
        counts = is_number(x) or (parameter == "weight" and not x.ndim)  # a 0-dimensional weight is a number
        if not counts and x.dtype != input.dtype:
            raise RuntimeError(
                f"expected dtype {_c_name(input)} for `{parameter}` but got dtype {_c_name(x)}"
            )
    check_broadcast(input.shape, end.shape, np.shape(weight))
    if not jnp.issubdtype(input.dtype, jnp.inexact):
        raise NotImplementedError(f"\"lerp_kernel_scalar\" not implemented for '{scalar_name(input)}'")

    def between(x: Any, y: Any, w: Any) -> Any:
        w = cast(w, x.dtype)
        # From the nearer end, so that a weight of 1 gives `end` itself.
        return jnp.where(abs(w) < 0.5, x + w * (y - x), y - (y - x) * (1 - w))

    return widened(between, input, end, weight) if is_half(input.dtype) else between(input, end, weight)


def _c_name(x: Any) -> str:
    names = {"Half": "c10::Half", "BFloat16": "c10::BFloat16", "Long": "long int", "Short": "short int"}
    names |= {"Byte": "unsigned char", "Char": "signed char"}
    names |= {"ComplexFloat": "c10::complex<float>", "ComplexDouble": "c10::complex<double>"}
    return names.get(scalar_name(x), scalar_name(x).lower())


multiply = mul
subtract = sub
divide = div
negative = neg
