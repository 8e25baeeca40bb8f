"""What elementwise operations share: torch's checks of operands, its computing types and the NumPy twins."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import _dtypes as dtypes
from .promotion import cast, is_number, promote, to_float

__all__ = [
    "WITHOUT_DERIVATIVE",
    "aval_is_tensor",
    "check_broadcast",
    "check_tensors",
    "check_tensors_first",
    "dependencies_alone",
    "direction",
    "exact_divisor",
    "exact_dtype",
    "exact_real",
    "function_operands",
    "in_float",
    "is_bool",
    "is_complex",
    "is_float",
    "is_half",
    "is_inexact",
    "kernel_dtypes",
    "magnitude",
    "on_both_sides",
    "operands",
    "real_dtype",
    "real_in_float",
    "rounded_as",
    "scalar_name",
    "spread",
    "undifferentiable",
    "widened",
    "without_derivative",
]

# What the backward node of an operation is called that torch has no derivative of.
WITHOUT_DERIVATIVE = "torch::autograd::NotImplemented"


def is_bool(x: Any) -> bool:
    """Whether the operand is boolean."""
    return isinstance(x, bool) if not hasattr(x, "dtype") else x.dtype == np.bool_


def is_float(x: Any) -> bool:
    """Whether the array is real floating point."""
    return bool(jnp.issubdtype(x.dtype, jnp.floating))


def is_inexact(x: Any) -> bool:
    """Whether the dtype is floating or complex."""
    return bool(jnp.issubdtype(x.dtype, jnp.inexact))


def is_complex(x: Any) -> bool:
    """Whether the array is complex."""
    return bool(jnp.issubdtype(x.dtype, jnp.complexfloating))


def is_half(dtype: Any) -> bool:
    """Whether torch computes the dtype in float32 and rounds the result once."""
    return dtype in (jnp.float16, jnp.bfloat16)


def scalar_name(x: Any) -> str:
    """torch's name of the operand's dtype in messages, as in ``Float``."""
    return dtypes.from_numpy_dtype(np.dtype(x.dtype))._scalar_name


def aval_is_tensor(x: Any) -> bool:
    """Whether an argument given to ``grad_name`` stands for a tensor rather than a number (or its type)."""
    return hasattr(x, "shape")


def check_tensors(name: str, **arguments: Any) -> None:
    """Refuse anything but tensors, with torch's words.

    Args:
        name: the operation's.
        arguments: from the parameter's name to its value, in order; the first is the second parameter.

    Raises:
        TypeError: an argument is a number or no operand at all.
    """
    for position, (parameter, x) in enumerate(arguments.items(), 2):
        if not hasattr(x, "shape") or is_number(x):
            kind = "float" if hasattr(x, "shape") else type(x).__name__
            raise TypeError(
                f"{name}(): argument '{parameter}' (position {position}) must be Tensor, not {kind}"
            )


def check_tensors_first(name: str, input: Any) -> None:
    """Refuse a number in place of the first argument.

    Raises:
        TypeError: it is one.
    """
    if not hasattr(input, "shape"):
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")


def check_broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the shapes broadcast to.

    Example::

        >>> check_broadcast((3, 1), (4,))
        (3, 4)

    Raises:
        RuntimeError: they do not.
    """
    result = shapes[0]
    for shape in shapes[1:]:
        if shape == result:
            continue
        n = max(len(result), len(shape))
        a = (1,) * (n - len(result)) + tuple(result)
        b = (1,) * (n - len(shape)) + tuple(shape)
        for i in range(n - 1, -1, -1):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at non-singleton "
                    f"dimension {i}"
                )
        result = tuple(y if x == 1 else x for x, y in zip(a, b, strict=True))
    return tuple(result)


# Where torch takes a number for a tensor of it, and where it has a form with a number in front of a tensor.
_NUMBERS_ALONE = {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide"}
_NUMBER_FIRST = _NUMBERS_ALONE | {
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "float_power",
    "pow",
    "remainder",
    "special_xlog1py",
    "special_zeta",
    "xlogy",
}


def operands(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    """Two operands of an arithmetic operation, promoted.

    Raises:
        TypeError: one of them is neither a tensor nor a number, or a number where torch takes none.
        RuntimeError: they do not broadcast.
    """
    if (
        is_number(input)
        and not (name in _NUMBER_FIRST and not is_number(other))
        and name not in _NUMBERS_ALONE
    ):
        kind = "float" if hasattr(input, "shape") else type(input).__name__
        raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {kind}")
    for position, (parameter, x) in enumerate((("input", input), ("other", other)), 1):
        if not hasattr(x, "shape") and not is_number(x):
            raise TypeError(
                f"{name}(): argument '{parameter}' (position {position}) must be Tensor, not {type(x).__name__}"
            )
    check_broadcast(np.shape(input), np.shape(other))
    a, b = promote(input, other)
    if a.shape != b.shape:
        shape = np.broadcast_shapes(a.shape, b.shape)
        a, b = spread(a, shape), spread(b, shape)
    return a, b


def spread(x: Any, shape: tuple[int, ...]) -> Any:
    """An operand of half type in a larger shape, through float32, in which its gradient is then added up."""
    if x.shape == shape or not is_half(x.dtype):
        return x
    return cast(jnp.broadcast_to(cast(x, jnp.float32), shape), x.dtype)


def kernel_dtypes(kernel: str, x: Any, *, allow_bool: bool = False, allow_integer: bool = True) -> None:
    """Refuse dtypes for which torch has no kernel.

    Raises:
        NotImplementedError: with torch's words, which name its kernel.
    """
    if (is_bool(x) and not allow_bool) or (
        not allow_integer and not jnp.issubdtype(x.dtype, jnp.inexact) and not is_bool(x)
    ):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def rounded_as(x: Any, dtype: Any) -> Any:
    """``x`` rounded to a half type's precision, which XLA would otherwise leave out between two operations."""
    if not is_half(dtype):
        return x
    info = jnp.finfo(dtype)
    return jax.lax.reduce_precision(x, info.nexp, info.nmant)


def widened(fn: Callable[..., Any], *xs: Any) -> Any:
    """``fn`` of arrays of one dtype; half types are computed in float32 and rounded once, as torch's kernels do."""
    dtype = xs[0].dtype
    if is_half(dtype):
        return cast(fn(*(cast(x, jnp.float32) for x in xs)), dtype)
    return fn(*xs)


def in_float(fn: Callable[..., Any], *xs: Any) -> Any:
    """``fn`` of the operands in their floating dtype: integers in the default one."""
    return widened(fn, *to_float(*xs))


def real_dtype(kernel: str, x: Any) -> None:
    """Refuse complex numbers, with the name of torch's kernel.

    Raises:
        NotImplementedError: the elements are complex.
    """
    if is_complex(x):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def exact_dtype(kernel: str, x: Any) -> None:
    """Refuse half types and complex numbers: for functions that torch has in float32 and float64 alone.

    Raises:
        NotImplementedError: with torch's words, which name its kernel.
    """
    if is_half(x.dtype) or is_complex(x):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_name(x)}'")


def real_in_float(kernel: str, fn: Callable[..., Any], x: Any) -> Any:
    """:func:`in_float` of one operand that must not be complex."""
    real_dtype(kernel, x)
    return in_float(fn, x)


def exact_real(kernel: str, fn: Callable[..., Any], x: Any) -> Any:
    """:func:`in_float` of one operand, in float32 and float64 only."""
    exact_dtype(kernel, x)
    return fn(*to_float(x))


def function_operands(name: str, input: Any, other: Any) -> tuple[Any, Any]:
    """Two operands of a function on reals, in their common floating dtype; one of them may be a number.

    Raises:
        TypeError: neither is a tensor, or one is no operand at all.
        RuntimeError: they do not broadcast.
    """
    given = (input, other)
    if all(is_number(x) for x in given) or any(not hasattr(x, "shape") and not is_number(x) for x in given):
        kinds = ", ".join("Tensor" if hasattr(x, "shape") else type(x).__name__ for x in given)
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({kinds}), but expected one of:"
        )
    check_broadcast(np.shape(input), np.shape(other))
    a, b = to_float(input, other)
    return a, b


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def undifferentiable(x: Any, name: str) -> Any:
    """The operand itself; asking for its gradient is torch's error for a missing formula."""
    return x


@undifferentiable.defjvp
def _undifferentiable_jvp(name: str, primals: Any, tangents: Any) -> Any:
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


@jax.custom_jvp
def magnitude(x: Any) -> Any:
    """The absolute value, with torch's gradient at 0: zero, where JAX has one."""
    return jnp.abs(x)


@magnitude.defjvp
def _magnitude_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (t,) = primals, tangents
    return magnitude(x), (jnp.conj(direction(x)) * t).real


def direction(x: Any) -> Any:
    """The sign, 0 of NaN and -0; of a complex number :math:`x / |x|`, with its derivative, for which JAX has zero."""
    if not is_complex(x):
        return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype) if is_float(x) else jnp.sign(x)
    zero = x == 0
    apart = jnp.where(zero, 1, x)
    return jnp.where(zero, 0, apart / magnitude(apart))


def on_both_sides(fn: Callable[..., Any], *, imaginary: bool = False) -> Callable[..., Any]:
    """A function with :math:`f(\\bar z) = \\overline{f(z)}` that minds the sign of zero on its branch cut.

    XLA's own functions take -0 for 0; a conjugate view of real numbers lies on the side of -0.

    Args:
        fn: right on the side of +0.
        imaginary: the cut is on the imaginary axis, and the function odd.
    """

    def function(x: Any) -> Any:
        if not is_complex(x):
            return fn(x)
        other = jnp.signbit(x.real if imaginary else x.imag)
        sign = -1 if imaginary else 1
        result = fn(jnp.where(other, sign * jnp.conj(x), x))
        return jnp.where(other, sign * jnp.conj(result), result)

    return function


class _Tracing:
    for_dependencies = False


@contextlib.contextmanager
def dependencies_alone() -> Iterator[None]:
    """What is traced is looked at for what its results depend on, and not run: no arrangements for XLA are made."""
    before, _Tracing.for_dependencies = _Tracing.for_dependencies, True
    try:
        yield
    finally:
        _Tracing.for_dependencies = before


def exact_divisor(x: Any, number: Any) -> Any:
    """The number as a divisor of ``x`` by which XLA really divides.

    XLA turns a division by a constant into a product with the rounded inverse, which is not what torch computes on the
    CPU. A divisor that depends on ``x`` escapes that: it is the number's neighbour where ``x``, and so the result, is
    NaN. (Not NaN itself: the gradient is divided by it too, and does not depend on ``x``.)
    """
    divisor = cast(number, x.dtype)
    if _Tracing.for_dependencies:
        return divisor
    same = jax.lax.stop_gradient(x)
    return jnp.where(same == same, divisor, jnp.nextafter(divisor, jnp.zeros_like(divisor)))


def without_derivative(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn`` with the error torch raises when it is differentiated."""
    function = jax.custom_vjp(fn)

    def forward(*xs: Any) -> tuple[Any, None]:
        return fn(*xs), None

    def backward(_: None, grad: Any) -> Any:
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    function.defvjp(forward, backward)
    return function
