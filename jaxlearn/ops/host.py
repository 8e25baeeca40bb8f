"""Operations in NumPy, for small arrays that are still on the host.

A *direct* form is the shortest call for operands of known types: datasets do little arithmetic on small tensors, many
times, so what depends on the types alone is settled once, when the signature is made.
"""

from __future__ import annotations

import contextvars
import operator
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np

from .promotion import result_dtype
from .shape_dims import wrap_dim

__all__ = [
    "direct_bounds",
    "direct_by_integer",
    "direct_choice",
    "direct_comparison",
    "direct_constant_pad",
    "direct_count",
    "direct_extremum",
    "direct_filling",
    "direct_place",
    "direct_reduction",
    "direct_reshape",
    "direct_square",
    "direct_test",
    "direct_twin",
    "direct_unary",
    "host_cast",
    "host_comparison",
    "host_twin",
    "quietly",
    "run_quietly",
]

Direct = Callable[..., Any]


def _quiet_context() -> contextvars.Context:
    context = contextvars.Context()
    context.run(np.seterr, all="ignore")
    return context


# ``run_quietly(ufunc, *arrays)`` is without NumPy's floating-point warnings, at a tenth of what it costs to enter
# ``np.errstate``. It raises RuntimeError while another thread is inside: quietly() does not.
run_quietly = _quiet_context().run


def quietly(function: Callable[..., Any], *args: Any) -> Any:
    """The function's result, without NumPy's warnings of overflow and invalid values."""
    try:
        return run_quietly(function, *args)
    except RuntimeError:
        return _quiet_context().run(function, *args)


# A dtype without infinities: torch converts what is larger than its largest number to that.
FINITE = np.dtype(ml_dtypes.float8_e4m3fn)
LARGEST = 448.0


def host_cast(array: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """The array in another dtype; float64 becomes float16 by way of float32, as torch and XLA round it."""
    if dtype == np.float16 and array.dtype == np.float64:
        array = array.astype(np.float32)
    if dtype == FINITE:
        array = np.clip(array.astype(np.float32), -LARGEST, LARGEST)
    return array.astype(dtype)


# Up to here a reduction on the host takes less than the call of a program.
_REDUCED = 16384


def host_twin(ufunc: Callable[..., Any]) -> Callable[..., Any]:
    """The NumPy form of a binary operation that is computed in its result's dtype.

    Args:
        ufunc: bit-identical to what the compiled operation computes.
    """

    def host(input: Any, other: Any, *, dtype: Any) -> np.ndarray[Any, Any]:
        a = input if type(input) is np.ndarray and input.dtype is dtype else _on_host(input, dtype)
        b = other if type(other) is np.ndarray and other.dtype is dtype else _on_host(other, dtype)
        return _array(quietly(ufunc, a, b))

    return host


def host_comparison(ufunc: Callable[..., Any]) -> Callable[..., Any]:
    """The NumPy form of a comparison, computed in the operands' common dtype."""

    def host(input: Any, other: Any) -> np.ndarray[Any, Any]:
        same = type(input) is type(other) is np.ndarray and input.dtype is other.dtype
        dtype = input.dtype if same else result_dtype(input, other)
        return np.asarray(ufunc(_on_host(input, dtype), _on_host(other, dtype)))

    return host


def _on_host(x: Any, dtype: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c" and dtype.kind != "c":
        x = x.real
    return x.astype(dtype, copy=False)


def _array(x: Any) -> np.ndarray[Any, Any]:
    return x if type(x) is np.ndarray else np.asarray(x)


def _same(x: Any, dtype: np.dtype[Any]) -> bool:
    """Whether an operand needs no conversion to the dtype: arrays of it, and numbers that NumPy converts as torch."""
    if hasattr(x, "dtype"):
        return bool(x.dtype == dtype)
    return (x is float or x is int) and dtype.kind == "f" and dtype.itemsize > 2


class _Numbers(dict[Any, Any]):
    """Numbers as arrays of a dtype: NumPy's functions take as long again to convert a Python number.

    Only such that are the same number in every way that they are converted, and have no equal but themselves.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def __missing__(self, number: Any) -> Any:
        if not abs(number) <= _PLAIN or (number == 0 and type(number) is float):
            return number
        array = np.array(number, self.dtype)
        array.flags.writeable = False
        if len(self) < _KEPT:
            self[number] = array
        return array


_PLAIN, _KEPT = 1 << 24, 64


def _ufunc(ufunc: Callable[..., Any], args: Sequence[Any], dtype: np.dtype[Any]) -> Direct | None:
    if not (_same(args[0], dtype) and _same(args[1], dtype)) or any(a is not None for a in args[2:]):
        return None
    tensors = [hasattr(a, "dtype") for a in args[:2]]
    if tensors == [True, False]:
        array_of = _Numbers(dtype)
        return lambda x, number: _array(quietly(ufunc, x, array_of[number]))
    if tensors == [False, True]:  # a tensor comes before a number, wherever it stands
        array_of = _Numbers(dtype)
        return lambda x, number: _array(quietly(ufunc, array_of[number], x))

    def call(x: Any, y: Any) -> np.ndarray[Any, Any]:
        result = quietly(ufunc, x, y)
        return result if type(result) is np.ndarray else np.asarray(result)

    return _runs(call, ufunc)


def _runs(call: Direct, ufunc: Callable[..., Any]) -> Direct:
    """A form that is nothing else than a ufunc run quietly, told so that it can be run without another call."""
    call.quiet = ufunc  # type: ignore[attr-defined]
    return call


def direct_twin(ufunc: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of a binary operation whose NumPy twin is a ufunc, on operands of the result's dtype."""
    return lambda args, out: _ufunc(ufunc, args, out[0].dtype)


def direct_comparison(ufunc: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of a comparison of operands of one dtype."""
    return lambda args, out: _ufunc(ufunc, args, args[0].dtype) if hasattr(args[0], "dtype") else None


def _wide(x: Any, kinds: str = "f") -> bool:
    """Whether an array's elements are of these kinds, and not such that are computed in a wider type."""
    return hasattr(x, "dtype") and x.dtype.kind in kinds and (x.dtype.kind != "f" or x.dtype.itemsize > 2)


def direct_unary(
    ufunc: Callable[..., Any], kinds: str = "f"
) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of an operation on one operand, other arguments having their defaults.

    Args:
        ufunc: which gives the bits that the compiled operation gives.
        kinds: of the operands' dtypes.
    """

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        if not _wide(args[0], kinds) or args[0].dtype != out[0].dtype or any(args[1:]):
            return None

        def call(x: Any) -> np.ndarray[Any, Any]:
            return _array(quietly(ufunc, x))

        return _runs(call, ufunc)

    return direct


def direct_test(ufunc: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of a question about each floating point element."""

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        return (lambda x: _array(ufunc(x))) if _wide(args[0]) else None

    return direct


def direct_count(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of counting all elements that are not zero."""
    x, dim = args
    if dim is not None or x.dtype.kind not in "fiub":
        return None
    return lambda array: np.array(np.count_nonzero(array))


def direct_extremum(ufunc: Any, choose: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of the largest or smallest elements along a dimension, and where they are.

    Args:
        ufunc: whose ``reduce`` gives the elements.
        choose: gives the places.
    """
    of_all = direct_reduction(ufunc)

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        x, dim, _, *rest = args
        if len(out) == 1:
            return of_all(args, out)
        kind = x.dtype.kind
        if type(dim) is not int or x.size > _REDUCED or not x.shape or any(r is not None for r in rest):
            return None
        if kind not in "iub" and not _wide(x):
            return None
        axis, shape = wrap_dim(dim, len(x.shape)), out[0].shape

        def call(array: Any) -> Any:
            places = choose(array, axis)
            found = ufunc.reduce(array, axis)
            return np.asarray(found).reshape(shape), np.asarray(places).reshape(shape)

        return call

    return direct


def direct_square(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of a power: that of a square, other exponents are left to the program."""
    x, *exponent = args
    if not _wide(x) or out[0].dtype != x.dtype or any(e is not int and e is not float for e in exponent):
        return None

    def call(array: Any, exponent: Any = 2) -> np.ndarray[Any, Any] | None:
        return _array(quietly(np.multiply, array, array)) if exponent == 2 else None

    return call


def direct_by_integer(ufunc: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of a division of integers by a number: not by zero, which is the program's matter."""

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        x, other = args
        if other is not int or not _wide(x, "iu") or out[0].dtype != x.dtype:
            return None
        return lambda array, number: _array(ufunc(array, number)) if 0 < number < 128 else None

    return direct


def _takes(x: Any, dtype: np.dtype[Any]) -> bool:
    """Whether an operand is an array of the dtype, or a number that NumPy converts to it as torch does."""
    return _same(x, dtype) or (x is int and dtype == np.int64)


def direct_choice(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of ``where``."""
    condition, first, second = args
    dtype = out[0].dtype
    if condition.dtype != np.bool_ or not _takes(first, dtype) or not _takes(second, dtype):
        return None
    if hasattr(first, "dtype"):
        if hasattr(second, "dtype"):
            return np.where
        array_of = _Numbers(dtype)
        return lambda c, x, number: np.where(c, x, array_of[number])
    if not hasattr(second, "dtype"):
        return None
    array_of = _Numbers(dtype)
    return lambda c, y, number: np.where(c, array_of[number], y)  # the tensors come before the numbers


def direct_filling(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of writing a number at a mask that broadcasts."""
    x, mask, value = args
    if (
        mask.dtype != np.bool_
        or hasattr(value, "dtype")
        or out[0].shape != x.shape
        or not _takes(value, x.dtype)
    ):
        return None

    array_of = _Numbers(x.dtype)
    fill = np.putmask if mask.shape == x.shape else _copy

    def call(array: Any, mask: Any, value: Any) -> np.ndarray[Any, Any]:
        result = array.copy()
        quietly(fill, result, mask, array_of[value])
        return result

    return call


def _copy(target: np.ndarray[Any, Any], where: Any, value: Any) -> None:
    np.copyto(target, value, where=where)


def direct_bounds(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of bringing elements between numbers, one of which may be None."""
    x, low, high = args
    dtype = x.dtype
    if out[0].dtype != dtype or any(
        b is not None and (hasattr(b, "dtype") or not _takes(b, dtype)) for b in (low, high)
    ):
        return None

    array_of = _Numbers(dtype)

    def bounded(result: Any, beyond: Any, number: Any) -> None:
        bound = array_of[number]
        if number != number:  # a bound that is NaN takes all
            result[...] = bound
        else:
            np.putmask(result, beyond(result, bound), bound)

    def above(array: Any, low: Any) -> Any:
        result = array.copy()
        bounded(result, np.less, low)
        return result

    def below(array: Any, high: Any) -> Any:
        result = array.copy()
        bounded(result, np.greater, high)
        return result

    def between(array: Any, low: Any, high: Any) -> Any:
        result = array.copy()
        bounded(result, np.less, low)
        bounded(result, np.greater, high)
        return result

    form = below if low is None else above if high is None else between
    return lambda array, *bounds: quietly(form, array, *bounds)


def direct_reshape(args: Sequence[Any], out: Any) -> Direct:
    """The direct form of operations that show the same elements in another shape."""
    return operator.methodcaller("reshape", out[0].shape)


def _axes(dim: Any, ndim: int) -> tuple[int, ...]:
    dims = (dim,) if isinstance(dim, int) else dim
    return tuple([wrap_dim(d, ndim) for d in dims or range(ndim)]) if ndim else ()


def direct_reduction(
    ufunc: Any, *, wide: bool = False, average: bool = False
) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of a reduction, from the arguments ``input, dim, keepdim`` and others that must be None.

    Args:
        ufunc: whose ``reduce`` it is.
        wide: whether floats are reduced in float64 and rounded once, so that the order does not matter.
        average: divide by the number of elements.
    """

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        x, dim, keepdim, *rest = args
        if (
            len(out) != 1
            or x.size > _REDUCED
            or x.dtype.kind not in "fiub"
            or any(r is not None for r in rest)
        ):
            return None
        if hasattr(dim, "dtype") or dim in ((), []):
            return None  # of two tensors, or over no dimensions
        dtype = out[0].dtype
        over, keep = _axes(dim, len(x.shape)), bool(keepdim)
        compute = np.dtype(np.float64) if wide and dtype.kind == "f" else dtype if wide else None
        count = x.size // max(out[0].size, 1)

        def call(array: Any) -> np.ndarray[Any, Any]:
            result = quietly(ufunc.reduce, array, over, compute, None, keep)
            if average:
                result = quietly(np.divide, result, count)
            return np.asarray(result) if result.dtype == dtype else quietly(np.asarray, result, dtype)

        return call

    return direct


def direct_place(choose: Callable[..., Any]) -> Callable[[Sequence[Any], Any], Direct | None]:
    """The direct form of :func:`jaxlearn.argmax` and its kin.

    Args:
        choose: NumPy's function.
    """

    def direct(args: Sequence[Any], out: Any) -> Direct | None:
        x, dim, _ = args
        if x.size > _REDUCED or x.dtype.kind not in "fiub" or not x.shape:
            return None
        axis, shape = None if dim is None else wrap_dim(dim, len(x.shape)), out[0].shape
        return lambda array: np.asarray(choose(array, axis)).reshape(shape)

    return direct


def direct_constant_pad(args: Sequence[Any], out: Any) -> Direct | None:
    """The direct form of padding with a constant, nothing cut off."""
    x, pad, mode, value = args
    if (
        mode != "constant"
        or min(pad, default=0) < 0
        or not isinstance(value, (int, float, complex, type(None)))
    ):
        return None
    shape, dtype, ndim = out[0].shape, out[0].dtype, len(out[0].shape)
    before = [pad[2 * (ndim - 1 - d)] if 2 * (ndim - 1 - d) < len(pad) else 0 for d in range(ndim)]
    place: tuple[Any, ...] = (*[slice(b, b + n) for b, n in zip(before, x.shape, strict=True)], ...)

    def call(array: Any) -> np.ndarray[Any, Any]:
        result = np.zeros(shape, dtype) if not value else np.full(shape, value, dtype)
        result[place] = array
        return result

    return call
