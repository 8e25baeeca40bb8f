"""Rows: whether what is computed from an array's rows are rows again, each of the one that it stands for alone.

What a mask selects has a size that is known when the program runs. Its rows can be computed with all the same among
all rows, as long as no row has an influence on another: that is read off the traced operations, by following the
dimension that counts the rows through them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .signature import Signature, weak_number, x64
from .value import Value

__all__ = ["MIXED", "follow"]

# The dimension that counts the rows: a number; FREE where there is none, as nothing depends on them; MIXED where
# rows have an influence on each other, or may have.
FREE, MIXED = -1, -2

_ELEMENTWISE = set(
    """
    abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e cbrt ceil clamp complex conj
    convert_element_type copy copy_p cos cosh digamma div eq erf erf_inv erfc exp exp2 expm1 floor ge gt igamma igammac
    imag integer_pow is_finite le lgamma log log1p logistic lt max min mul ne neg nextafter not or polygamma
    population_count pow real reduce_precision regularized_incomplete_beta rem round rsqrt select_n shift_left
    shift_right_arithmetic shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh xor zeta
    """.split()
)
_REDUCTIONS = set(
    "argmax argmin reduce_and reduce_max reduce_min reduce_or reduce_prod reduce_sum reduce_xor".split()
)
_RANDOM = {"random_bits", "threefry2x32"}
# What gives zero where one of its operands, or each, is zero.
_FACTORS = {"mul", "and", "dot_general"}
_ODD = set(
    """
    abs add add_any broadcast_in_dim conj convert_element_type copy copy_p imag neg or real reduce_precision
    reduce_sum reshape rev sign sin slice sqrt square squeeze stop_gradient sub tanh transpose
    """.split()
)
_ALONG = {"cumlogsumexp": "axis", "cummax": "axis", "cummin": "axis", "cumprod": "axis", "cumsum": "axis",
          "sort": "dimension", "concatenate": "dimension", "top_k": "axis"}  # fmt: skip


class _Of:
    """What is known of one array: ``rows``, whether those that are not selected are zeros, and of one that is FREE the
    dimensions along which it is the same."""

    __slots__ = ("rows", "same", "zero")

    def __init__(self, rows: int = FREE, same: Iterable[int] = (), zero: bool = False) -> None:
        self.rows = rows
        self.same = frozenset(same)
        self.zero = zero


def follow(nodes: Sequence[Value], rows: dict[int, int], zero: bool = False) -> Callable[[Value], int]:
    """Find the dimension that counts the rows in what was recorded.

    Args:
        nodes: in the order in which they were recorded.
        rows: by the ids of the values with rows, the dimension.
        zero: whether in these values all rows are zeros that are not selected: then they make no difference in sums.

    Returns:
        A function that tells of a value the dimension, ``MIXED`` where its rows depend on each other, or another
        negative number where it does not depend on them.
    """
    known: dict[int, Any] = {key: _Of(dim, zero=zero) for key, dim in rows.items()}

    def of(value: Value) -> _Of:
        found = known.get(id(value))
        return _Of() if found is None else found

    for node in nodes:
        if node.signature is None:
            known[id(node)] = known[id(node.inputs[0])][(-node.code - 2) // 2] if node.inputs else _Of()
            continue
        given = [of(i) for i in node.inputs]
        if all(x.rows == FREE for x in given):
            results = [_Of()] * len(node.signature.out)
        else:
            results = _through(_traced(node.signature), [*given, *[_Of()] * len(node.numbers)])
        known[id(node)] = results[0] if node.signature.single else results
    return lambda value: of(value).rows


def _traced(signature: Signature) -> Any:
    """The operation, without what its results do not depend on."""
    with x64():
        numbers = [weak_number(jnp.asarray(k(1)), k) for k in signature.number_kinds]
        given = [a.struct for a in signature.avals]
        return jax.make_jaxpr(signature.fn)(*given, *numbers).jaxpr


def _through(jaxpr: Any, given: Sequence[_Of]) -> list[_Of]:
    known: dict[Any, _Of] = dict(zip(jaxpr.invars, given, strict=True))

    def of(x: Any) -> _Of:
        if hasattr(x, "val"):
            return _Of(FREE, range(np.ndim(x.val)) if np.size(x.val) == 1 else ())
        return known.get(x, _Of())

    for eqn in jaxpr.eqns:
        operands = [of(x) for x in eqn.invars]
        inner = _inner(eqn)
        if inner is not None:
            results = _through(inner, operands)
        elif any(x.rows == MIXED for x in operands):
            results = [_Of(MIXED)] * len(eqn.outvars)
        else:
            result = _result(eqn, operands, [tuple(x.aval.shape) for x in eqn.invars])
            if result.rows >= 0 and _stays_zero(eqn.primitive.name, operands):
                result = _Of(result.rows, result.same, True)
            results = [result] * len(eqn.outvars)
        known.update(zip(eqn.outvars, results, strict=True))
    return [of(x) for x in jaxpr.outvars]


def _inner(eqn: Any) -> Any:
    """The function that an equation applies once to its operands."""
    if eqn.primitive.name in (
        "jit",
        "pjit",
        "closed_call",
        "custom_jvp_call",
        "custom_vjp_call",
        "remat",
        "checkpoint",
    ):
        for name in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
            found = eqn.params.get(name)
            if found is not None:
                found = getattr(found, "jaxpr", found)
                return found if len(found.invars) == len(eqn.invars) else None
    return None


def _stays_zero(name: str, operands: Sequence[_Of]) -> bool:
    """Whether rows that are zeros are so in the result."""
    having = [o for o in operands if o.rows >= 0]
    if name in _FACTORS:
        return any(o.zero for o in having)
    return name in _ODD and len(having) == len(operands) and all(o.zero for o in having)


def _result(eqn: Any, operands: Sequence[_Of], shapes: Sequence[tuple[int, ...]]) -> _Of:
    name, params = eqn.primitive.name, eqn.params
    shape = tuple(eqn.outvars[0].aval.shape)
    if name in _ELEMENTWISE:
        return _elementwise(operands, shapes, shape)
    if name == "iota":
        return _Of(FREE, set(range(len(shape))) - {params["dimension"]})
    if not operands:
        return _Of()
    x = operands[0]
    if name == "broadcast_in_dim":
        dims = params["broadcast_dimensions"]
        if x.rows >= 0:
            return _Of(dims[x.rows] if shapes[0][x.rows] == shape[dims[x.rows]] else MIXED)
        new = {d for d in range(len(shape)) if d not in dims}
        return _Of(FREE, new | {d for i, d in enumerate(dims) if i in x.same or shapes[0][i] == 1})
    if all(o.rows == FREE for o in operands):
        # Random bits are as good for one row as for another; so is what is made of a value that is the same all over.
        even = all(len(o.same) == len(s) for o, s in zip(operands, shapes, strict=True))
        return _Of(FREE, range(len(shape)) if even or name in _RANDOM else ())
    if name in _REDUCTIONS:
        axes = params["axes"]
        if name == "reduce_sum" and x.zero and x.rows in axes:
            return _Of()
        return _Of(MIXED if x.rows in axes else x.rows - sum(a < x.rows for a in axes))
    if name in _ALONG:
        rows = max(o.rows for o in operands)
        others = any(o.rows != rows and (o.rows != FREE or rows not in o.same) for o in operands)
        return _Of(MIXED if others or params[_ALONG[name]] == rows else rows)
    if name == "stack":
        return _Of(x.rows + (params["axis"] <= x.rows) if all(o.rows == x.rows for o in operands) else MIXED)
    if name == "dot_general":
        return _product(params["dimension_numbers"], operands, shapes)
    if name == "gather":
        return _gathered(params, operands, shapes, shape)
    if any(o.rows != FREE for o in operands[1:]):
        return _Of(MIXED)
    if name == "pad":
        return _Of(x.rows if params["padding_config"][x.rows] == (0, 0, 0) else MIXED)
    if name == "conv_general_dilated":
        numbers = params["dimension_numbers"]
        alone = x.rows == numbers.lhs_spec[0] and params["batch_group_count"] == 1
        return _Of(numbers.out_spec[0] if alone else MIXED)
    if name.startswith("reduce_window"):
        sizes = ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
        alone = all(params[n][x.rows] == 1 for n in sizes if n in params)
        return _Of(x.rows if alone and tuple(params["padding"][x.rows]) == (0, 0) else MIXED)
    if name == "dynamic_slice":
        return x if params["slice_sizes"][x.rows] == shapes[0][x.rows] else _Of(MIXED)
    if len(operands) > 1:
        return _Of(MIXED)
    return _moved(name, params, x.rows, shapes[0], shape)


def _elementwise(operands: Sequence[_Of], shapes: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> _Of:
    rows = {o.rows for o in operands if o.rows >= 0}
    if len(rows) > 1:
        return _Of(MIXED)
    same = set(range(len(shape)))
    for o, s in zip(operands, shapes, strict=True):
        if len(s) == len(shape):  # else a number
            spread = {d for d in same if s[d] == 1}
            if o.rows in spread and shape[o.rows] != 1:
                return _Of(MIXED)
            same &= spread | o.same | rows if o.rows >= 0 else spread | o.same
    if not rows:
        return _Of(FREE, same)
    return _Of(*rows if rows <= same else (MIXED,))


def _moved(name: str, params: Any, rows: int, before: tuple[int, ...], after: tuple[int, ...]) -> _Of:
    """Where the rows go if the one operand's elements are rearranged."""
    if name == "transpose":
        return _Of(tuple(params["permutation"]).index(rows))
    if name == "squeeze":
        dims = params["dimensions"]
        return _Of(MIXED if rows in dims else rows - sum(d < rows for d in dims))
    if name == "reshape" and params.get("dimensions") is None:
        ahead, count = math.prod(before[:rows]), before[rows]
        for d, n in enumerate(after):
            if n == count and math.prod(after[:d]) == ahead and count != 1:
                return _Of(d)
    if name == "slice":
        whole = params["start_indices"][rows] == 0 and after[rows] == before[rows]
        return _Of(rows if whole else MIXED)
    if name == "tile":
        place = rows + len(after) - len(before)
        return _Of(place if after[place] == before[rows] else MIXED)
    if name == "rev" and rows not in params["dimensions"]:
        return _Of(rows)
    return _Of(MIXED)


def _product(numbers: Any, operands: Sequence[_Of], shapes: Sequence[tuple[int, ...]]) -> _Of:
    (contracted, batched) = numbers
    if all(o.zero and o.rows in contracted[side] for side, o in enumerate(operands)):
        same = {tuple(contracted[side]).index(o.rows) for side, o in enumerate(operands)}
        return _Of() if len(same) == 1 else _Of(MIXED)
    places = []
    for side, o in enumerate(operands):
        if o.rows < 0:
            continue
        if o.rows in contracted[side]:
            return _Of(MIXED)
        if o.rows in batched[side]:
            place = tuple(batched[side]).index(o.rows)
            if operands[1 - side].rows != batched[1 - side][place]:
                return _Of(MIXED)
            places.append(place)
            continue
        used = (*contracted[side], *batched[side])
        ahead = len(batched[0]) + sum(d not in used for d in range(o.rows))
        if side:
            ahead += len(shapes[0]) - len(contracted[0]) - len(batched[0])
        places.append(ahead)
    return _Of(places[0] if len(set(places)) == 1 else MIXED)


def _gathered(
    params: Any, operands: Sequence[_Of], shapes: Sequence[tuple[int, ...]], after: tuple[int, ...]
) -> _Of:
    numbers = params["dimension_numbers"]
    source, index = operands
    batch = [d for d in range(len(after)) if d not in numbers.offset_dims]  # those of the indices, in order
    if source.rows == FREE:
        return _Of(batch[index.rows])
    pairs = dict(zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True))
    if source.rows in pairs:
        place = pairs[source.rows]
        return _Of(batch[place] if index.rows == place else MIXED)
    gone = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    whole = params["slice_sizes"][source.rows] == shapes[0][source.rows]
    if index.rows != FREE or source.rows in gone or not whole or source.rows in numbers.start_index_map:
        return _Of(MIXED)
    return _Of(numbers.offset_dims[sum(d not in gone for d in range(source.rows))])
