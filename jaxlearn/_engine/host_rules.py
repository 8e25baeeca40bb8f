"""JAX's primitives in NumPy, for graphs that are seen too seldom to be compiled.

A rule takes an equation's parameters, its operands' and its results' types and gives a function of arrays, or None
where the primitive has no NumPy form that gives the same. Arrays may be views of their operands: what leaves a
:class:`~.host_program.HostProgram` is copied there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jax import lax

from .host_convolution import convolution_rule, padded
from .host_indexing import gather_rule, scatter_rule

__all__ = ["RULES", "Rule"]

Array = Any
Function = Callable[..., Array]
Rule = Callable[[Mapping[str, Any], Sequence[Any], Sequence[Any]], "Function | None"]


def _same(function: Function) -> Rule:
    return lambda params, operands, results: function


def _divided(of_floats: Function, of_integers: Function) -> Rule:
    return lambda params, operands, results: of_floats if operands[0].dtype.kind == "f" else of_integers


# Integers are divided toward zero, and by zero too: XLA then gives -1 and, for the rest, the dividend.
def _quotient(x: Array, y: Array) -> Array:
    divisor = np.where(y == 0, 1, y).astype(y.dtype)
    whole = x // divisor
    whole += (whole * divisor != x) & ((x < 0) != (divisor < 0))
    return np.where(y == 0, np.array(-1).astype(y.dtype), whole)


def _rest(x: Array, y: Array) -> Array:
    return np.where(y == 0, x, np.fmod(x, np.where(y == 0, 1, y).astype(y.dtype)))


def _from_scipy(name: str) -> Rule:
    def rule(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
        import scipy.special

        function: Function = getattr(scipy.special, name)
        return function

    return rule


def _logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def _pow(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function | None:
    dtype = results[0].dtype
    if dtype.kind != "f":
        return None
    return lambda x, y: np.power(x, y, dtype=dtype, casting="same_kind" if y.dtype.kind == "f" else "unsafe")


def _integer_pow(
    params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]
) -> Function | None:
    y, dtype = params["y"], results[0].dtype
    if y == 2:
        return np.square
    if y < 0 and dtype.kind != "f":
        return None
    return lambda x: np.power(x, dtype.type(y))


def _away_from_zero(x: Array) -> Array:
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole)


def _round(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    return np.rint if params["rounding_method"] == lax.RoundingMethod.TO_NEAREST_EVEN else _away_from_zero


def _cast(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    before, after = operands[0].dtype, results[0].dtype
    if before == after:
        return lambda x: x
    if before.kind == "f" and after.kind in "iu":
        limits = np.iinfo(after)

        # XLA gives 0 for NaN and the nearest number for what is out of range, NumPy any.
        def saturated(x: Array) -> Array:
            with np.errstate(all="ignore"):
                whole = np.asarray(np.trunc(x)).astype(after)
            whole = np.where(np.isnan(x), after.type(0), whole)
            whole = np.where(x >= float(limits.max), after.type(limits.max), whole)
            return np.where(x <= float(limits.min), after.type(limits.min), whole)

        return saturated
    return lambda x: np.asarray(x).astype(after)


def _in_total_order(compare: Function) -> Rule:
    """A comparison that has -NaN before all numbers, -0 before 0 and NaN behind them all."""

    def rule(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
        dtype = operands[0].dtype
        if dtype.kind != "f":
            return compare
        bits = np.dtype(f"i{dtype.itemsize}")
        rest = bits.type(np.iinfo(bits).max)

        def place(x: Array) -> Array:
            whole = np.asarray(x, order="C").view(bits)
            return np.where(whole < 0, whole ^ rest, whole)

        return lambda x, y: compare(place(x), place(y))

    return rule


def _broadcast(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    shape, dimensions = params["shape"], params["broadcast_dimensions"]
    inner = [1] * len(shape)
    for i, d in enumerate(dimensions):
        inner[d] = operands[0].shape[i]
    return lambda x: np.broadcast_to(np.reshape(x, inner), shape)


def _reshape(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    shape, order = results[0].shape, params["dimensions"]
    return lambda x: np.reshape(x if order is None else np.transpose(x, order), shape)


def _squeeze(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    shape = results[0].shape
    return lambda x: np.reshape(x, shape)


def _transpose(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    permutation = params["permutation"]
    return lambda x: np.transpose(x, permutation)


def _concatenate(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    axis = params["dimension"]
    return lambda *parts: np.concatenate(parts, axis)


def _stack(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    axis = params["axis"]
    return lambda *parts: np.stack(parts, axis)


def _unstack(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    axis = params["axis"]
    return lambda x: list(np.moveaxis(x, axis, 0))


def _slice(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    steps = params["strides"] or (1,) * len(params["start_indices"])
    index = tuple(map(slice, params["start_indices"], params["limit_indices"], steps))
    return lambda x: x[index]


def _window(starts: Sequence[Array], sizes: Sequence[int], shape: Sequence[int]) -> tuple[slice, ...]:
    found = [min(max(int(s), 0), n - size) for s, size, n in zip(starts, sizes, shape, strict=True)]
    return tuple(slice(s, s + size) for s, size in zip(found, sizes, strict=True))


def _dynamic_slice(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    sizes, shape = params["slice_sizes"], operands[0].shape
    return lambda x, *starts: x[_window(starts, sizes, shape)]


def _dynamic_update(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    shape, sizes = operands[0].shape, operands[1].shape

    def update(x: Array, part: Array, *starts: Array) -> Array:
        x = np.array(x)
        x[_window(starts, sizes, shape)] = part
        return x

    return update


def _pad(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    config = params["padding_config"]
    return lambda x, value: padded(x, value, config)


def _rev(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    axes = params["dimensions"]
    return lambda x: np.flip(x, axes)


def _split(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    ends, axis = np.cumsum(params["sizes"])[:-1], params["axis"]
    return lambda x: np.split(x, ends, axis)


def _iota(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    shape, dimension, dtype = params["shape"], params["dimension"], results[0].dtype
    inner = [1] * len(shape)
    inner[dimension] = -1
    return lambda: np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(inner), shape)


def _select(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function | None:
    if operands[0].dtype != np.bool_ or len(operands) != 3:
        return None
    return lambda where, no, yes: np.where(where, yes, no)


def _clamp(low: Array, x: Array, high: Array) -> Array:
    return np.minimum(np.maximum(x, low), high)


def _furthest(dtype: np.dtype[Any], up: bool) -> Any:
    """The largest or the smallest value of a type."""
    if dtype.kind == "f":
        return np.inf if up else -np.inf
    if dtype.kind == "b":
        return up
    limits = np.iinfo(dtype)
    return limits.max if up else limits.min


def _reduction(ufunc: Any) -> Rule:
    def rule(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function | None:
        axes, dtype = tuple(params["axes"]), results[0].dtype
        if params.get("out_sharding") is not None:
            return None
        if ufunc.identity is None and not all(operands[0].shape[i] for i in axes):
            start = _furthest(dtype, ufunc is np.minimum)  # as XLA begins
            return lambda x: ufunc.reduce(x, axis=axes, dtype=dtype, initial=start)
        return lambda x: ufunc.reduce(x, axis=axes, dtype=dtype)

    return rule


def _extremum(function: Callable[..., Array]) -> Rule:
    def rule(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
        (axis,), dtype = params["axes"], results[0].dtype
        return lambda x: function(x, axis=axis).astype(dtype)

    return rule


def _cumulative(ufunc: Any) -> Rule:
    def rule(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
        axis, dtype = params["axis"], results[0].dtype
        if params["reverse"]:
            return lambda x: np.flip(ufunc.accumulate(np.flip(x, axis), axis, dtype=dtype), axis)
        return lambda x: ufunc.accumulate(x, axis, dtype=dtype)

    return rule


def _sort(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function | None:
    axis = params["dimension"]
    if params["num_keys"] != 1:
        return None

    def sort(*columns: Array) -> Array:
        order = np.argsort(columns[0], axis, kind="stable")
        return [np.take_along_axis(column, order, axis) for column in columns]

    return sort


def _dot(params: Mapping[str, Any], operands: Sequence[Any], results: Sequence[Any]) -> Function:
    (left, right), (left_batch, right_batch) = params["dimension_numbers"]
    a, b = operands
    left_free = [i for i in range(len(a.shape)) if i not in left and i not in left_batch]
    right_free = [i for i in range(len(b.shape)) if i not in right and i not in right_batch]
    left_order, right_order = [*left_batch, *left_free, *left], [*right_batch, *right, *right_free]
    batch = [a.shape[i] for i in left_batch]
    inner = int(np.prod([a.shape[i] for i in left], dtype=np.int64))
    rows = int(np.prod([a.shape[i] for i in left_free], dtype=np.int64))
    columns = int(np.prod([b.shape[i] for i in right_free], dtype=np.int64))
    shape, dtype = results[0].shape, results[0].dtype

    def dot(x: Array, y: Array) -> Array:
        x = np.transpose(x, left_order).reshape(*batch, rows, inner)
        y = np.transpose(y, right_order).reshape(*batch, inner, columns)
        return np.matmul(x.astype(dtype, copy=False), y.astype(dtype, copy=False)).reshape(shape)

    return dot


RULES: dict[str, Rule] = {
    **{
        name: _same(function)
        for name, function in (
            ("abs", np.abs), ("acos", np.arccos), ("acosh", np.arccosh), ("add", np.add), ("add_any", np.add),
            ("asin", np.arcsin), ("asinh", np.arcsinh), ("atan", np.arctan), ("atan2", np.arctan2),
            ("atanh", np.arctanh), ("cbrt", np.cbrt), ("ceil", np.ceil), ("clamp", _clamp), ("copy", lambda x: x),
            ("copy_p", lambda x: x), ("cos", np.cos), ("cosh", np.cosh), ("eq", np.equal), ("exp", np.exp),
            ("exp2", np.exp2), ("expm1", np.expm1), ("floor", np.floor), ("ge", np.greater_equal),
            ("gt", np.greater), ("is_finite", np.isfinite), ("le", np.less_equal), ("log", np.log),
            ("log1p", np.log1p), ("logistic", _logistic), ("lt", np.less), ("max", np.maximum),
            ("min", np.minimum), ("mul", np.multiply), ("ne", np.not_equal), ("neg", np.negative),
            ("nextafter", np.nextafter),
            ("not", np.invert), ("and", np.bitwise_and), ("or", np.bitwise_or), ("xor", np.bitwise_xor),
            ("rsqrt", _rsqrt), ("sign", np.sign), ("sin", np.sin), ("sinh", np.sinh), ("sqrt", np.sqrt),
            ("square", np.square), ("stop_gradient", lambda x: x),
            ("sub", np.subtract), ("tan", np.tan), ("tanh", np.tanh),
        )
    },
    "argmax": _extremum(np.argmax),
    "argmin": _extremum(np.argmin),
    "broadcast_in_dim": _broadcast,
    "concatenate": _concatenate,
    "conv_general_dilated": convolution_rule,
    "convert_element_type": _cast,
    "cummax": _cumulative(np.maximum),
    "cummin": _cumulative(np.minimum),
    "cumprod": _cumulative(np.multiply),
    "cumsum": _cumulative(np.add),
    "div": _divided(np.true_divide, _quotient),
    "dot_general": _dot,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update,
    "erf": _from_scipy("erf"),
    "erf_inv": _from_scipy("erfinv"),
    "erfc": _from_scipy("erfc"),
    "gather": gather_rule,
    "integer_pow": _integer_pow,
    "iota": _iota,
    "le_to": _in_total_order(np.less_equal),
    "lt_to": _in_total_order(np.less),
    "pad": _pad,
    "pow": _pow,
    "reduce_and": _reduction(np.bitwise_and),
    "reduce_max": _reduction(np.maximum),
    "reduce_min": _reduction(np.minimum),
    "reduce_or": _reduction(np.bitwise_or),
    "reduce_prod": _reduction(np.multiply),
    "reduce_sum": _reduction(np.add),
    "rem": _divided(np.fmod, _rest),
    "reshape": _reshape,
    "rev": _rev,
    "round": _round,
    "scatter": scatter_rule(None),
    "scatter-add": scatter_rule(np.add),
    "scatter-max": scatter_rule(np.maximum),
    "scatter-min": scatter_rule(np.minimum),
    "scatter-mul": scatter_rule(np.multiply),
    "select_n": _select,
    "slice": _slice,
    "sort": _sort,
    "split": _split,
    "squeeze": _squeeze,
    "stack": _stack,
    "transpose": _transpose,
    "unstack": _unstack,
}  # fmt: skip
