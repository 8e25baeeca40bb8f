"""Lists of tensors at once: ``torch._foreach_add(xs, ys)`` is ``[x + y for x, y in zip(xs, ys)]``.

PyTorch has these to launch fewer kernels; here the results are recorded one by one and computed in one program anyhow.
A second argument is a number or 0-dimensional tensor for all, or a list with one for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._naming import type_name
from .tensor import Tensor

__all__: list[str] = []

Function = Callable[..., Any]


def _lists(name: str, *lists: Any) -> int:
    """The common length of the lists among the arguments.

    Raises:
        RuntimeError: a list is empty, or their lengths differ.
        TypeError: the first one is no list of tensors.
    """
    first = lists[0]
    if not isinstance(first, (tuple, list)):
        kind = type_name(first)
        raise TypeError(f"{name}(): argument 'self' (position 1) must be tuple of Tensors, not {kind}")
    for i, x in enumerate(first):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(x)}")
    lengths = [len(x) for x in lists if isinstance(x, (tuple, list))]
    if not lengths[0]:
        raise RuntimeError("Tensor list must have at least one tensor.")
    for n in lengths[1:]:
        if n != lengths[0]:
            raise RuntimeError(f"Tensor lists must have the same number of tensors, got {lengths[0]} and {n}")
    return lengths[0]


# What the functions begin with that take something beside the tensors: those made here among them.
_WITH_OTHERS = ("_", "add", "sub", "mul", "div", "clamp_m", "pow", "lerp", "mm")


def _spread(x: Any, n: int) -> Any:
    return x if isinstance(x, (tuple, list)) else [x] * n


def _each(function: Function) -> Function:
    """The function of each tensor of a list, with one argument for each or the same one for all."""
    name = f"_foreach_{function.__name__.removeprefix('_')}"
    alone = not function.__name__.startswith(_WITH_OTHERS)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and alone:
            raise TypeError(f"{name}() takes 1 positional argument but {1 + len(args)} were given")
        n = _lists(name, self, *args)
        rows = zip(*[_spread(a, n) for a in args], strict=True) if args else [()] * n
        return tuple([function(x, *row, **kwargs) for x, row in zip(self, rows, strict=True)])

    return call


def _each_in_place(function: Function) -> Function:
    """The in-place function of each tensor of a list, which is returned."""
    return _in_place(_each(function))


def _in_place(call: Function) -> Function:
    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        call(self, *args, **kwargs)
        return self

    return write


def _scaled(method: Function) -> Function:
    """``addcmul`` and ``addcdiv``, whose number comes by position or as ``value=``; a list or vector: one for each."""

    def apply(x: Any, first: Any, second: Any, value: Any = 1) -> Any:
        return method(x, first, second, value=value.item() if isinstance(value, Tensor) else value)

    apply.__name__ = method.__name__
    each = _each(apply)

    def call(self: Any, tensor1: Any, tensor2: Any, value: Any = 1, *, scalars: Any = None) -> Any:
        given = value if scalars is None else scalars
        return each(
            self, tensor1, tensor2, list(given) if isinstance(given, Tensor) and given.dim() else given
        )

    return call


def _largest(x: Any) -> Any:
    return x.max()


def _smallest_of(x: Any, other: Any) -> Any:
    return x.minimum(other) if isinstance(other, Tensor) else x.clamp_max(other)


def _largest_of(x: Any, other: Any) -> Any:
    return x.maximum(other) if isinstance(other, Tensor) else x.clamp_min(other)


def _write_smallest(x: Any, other: Any) -> Any:
    return x.copy_(_smallest_of(x, other))


def _write_largest(x: Any, other: Any) -> Any:
    return x.copy_(_largest_of(x, other))


def _norm(x: Any, ord: Any = 2, dtype: Any = None) -> Any:
    return x.norm(ord, dtype=dtype)


def _powsum(x: Any, ord: Any = 2, dtype: Any = None) -> Any:
    return (x if dtype is None else x.to(dtype)).abs().pow(ord).sum()


def _copy(x: Any, source: Any, non_blocking: bool = False) -> Any:
    return x.copy_(source)


def _foreach_pow(self: Any, exponent: Any) -> Any:
    """Powers; either side may be the list."""
    if isinstance(self, (tuple, list)):
        return _each(Tensor.pow)(self, exponent)
    return tuple([self**e for e in exponent])


_foreach_abs = _each(Tensor.abs)
_foreach_abs_ = _each_in_place(Tensor.abs_)
_foreach_acos = _each(Tensor.acos)
_foreach_acos_ = _each_in_place(Tensor.acos_)
_foreach_asin = _each(Tensor.asin)
_foreach_asin_ = _each_in_place(Tensor.asin_)
_foreach_atan = _each(Tensor.atan)
_foreach_atan_ = _each_in_place(Tensor.atan_)
_foreach_ceil = _each(Tensor.ceil)
_foreach_ceil_ = _each_in_place(Tensor.ceil_)
_foreach_cos = _each(Tensor.cos)
_foreach_cos_ = _each_in_place(Tensor.cos_)
_foreach_cosh = _each(Tensor.cosh)
_foreach_cosh_ = _each_in_place(Tensor.cosh_)
_foreach_erf = _each(Tensor.erf)
_foreach_erf_ = _each_in_place(Tensor.erf_)
_foreach_erfc = _each(Tensor.erfc)
_foreach_erfc_ = _each_in_place(Tensor.erfc_)
_foreach_exp = _each(Tensor.exp)
_foreach_exp_ = _each_in_place(Tensor.exp_)
_foreach_expm1 = _each(Tensor.expm1)
_foreach_expm1_ = _each_in_place(Tensor.expm1_)
_foreach_floor = _each(Tensor.floor)
_foreach_floor_ = _each_in_place(Tensor.floor_)
_foreach_frac = _each(Tensor.frac)
_foreach_frac_ = _each_in_place(Tensor.frac_)
_foreach_lgamma = _each(Tensor.lgamma)
_foreach_lgamma_ = _each_in_place(Tensor.lgamma_)
_foreach_log = _each(Tensor.log)
_foreach_log_ = _each_in_place(Tensor.log_)
_foreach_log10 = _each(Tensor.log10)
_foreach_log10_ = _each_in_place(Tensor.log10_)
_foreach_log1p = _each(Tensor.log1p)
_foreach_log1p_ = _each_in_place(Tensor.log1p_)
_foreach_log2 = _each(Tensor.log2)
_foreach_log2_ = _each_in_place(Tensor.log2_)
_foreach_neg = _each(Tensor.neg)
_foreach_neg_ = _each_in_place(Tensor.neg_)
_foreach_reciprocal = _each(Tensor.reciprocal)
_foreach_reciprocal_ = _each_in_place(Tensor.reciprocal_)
_foreach_round = _each(Tensor.round)
_foreach_round_ = _each_in_place(Tensor.round_)
_foreach_rsqrt = _each(Tensor.rsqrt)
_foreach_rsqrt_ = _each_in_place(Tensor.rsqrt_)
_foreach_sigmoid = _each(Tensor.sigmoid)
_foreach_sigmoid_ = _each_in_place(Tensor.sigmoid_)
_foreach_sign = _each(Tensor.sign)
_foreach_sign_ = _each_in_place(Tensor.sign_)
_foreach_sin = _each(Tensor.sin)
_foreach_sin_ = _each_in_place(Tensor.sin_)
_foreach_sinh = _each(Tensor.sinh)
_foreach_sinh_ = _each_in_place(Tensor.sinh_)
_foreach_sqrt = _each(Tensor.sqrt)
_foreach_sqrt_ = _each_in_place(Tensor.sqrt_)
_foreach_tan = _each(Tensor.tan)
_foreach_tan_ = _each_in_place(Tensor.tan_)
_foreach_tanh = _each(Tensor.tanh)
_foreach_tanh_ = _each_in_place(Tensor.tanh_)
_foreach_trunc = _each(Tensor.trunc)
_foreach_trunc_ = _each_in_place(Tensor.trunc_)
_foreach_add = _each(Tensor.add)
_foreach_add_ = _each_in_place(Tensor.add_)
_foreach_sub = _each(Tensor.sub)
_foreach_sub_ = _each_in_place(Tensor.sub_)
_foreach_mul = _each(Tensor.mul)
_foreach_mul_ = _each_in_place(Tensor.mul_)
_foreach_div = _each(Tensor.div)
_foreach_div_ = _each_in_place(Tensor.div_)
_foreach_clamp_max = _each(Tensor.clamp_max)
_foreach_clamp_max_ = _each_in_place(Tensor.clamp_max_)
_foreach_clamp_min = _each(Tensor.clamp_min)
_foreach_clamp_min_ = _each_in_place(Tensor.clamp_min_)
_foreach_pow_ = _each_in_place(Tensor.pow_)
_foreach_maximum = _each(_largest_of)
_foreach_maximum_ = _each_in_place(_write_largest)
_foreach_minimum = _each(_smallest_of)
_foreach_minimum_ = _each_in_place(_write_smallest)
_foreach_addcdiv = _scaled(Tensor.addcdiv)
_foreach_addcdiv_ = _in_place(_scaled(Tensor.addcdiv_))
_foreach_addcmul = _scaled(Tensor.addcmul)
_foreach_addcmul_ = _in_place(_scaled(Tensor.addcmul_))
_foreach_lerp = _each(Tensor.lerp)
_foreach_lerp_ = _each_in_place(Tensor.lerp_)
_foreach_max = _each(_largest)
_foreach_norm = _each(_norm)
_foreach_powsum = _each(_powsum)
_foreach_mm = _each(Tensor.mm)
_foreach_clone = _each(Tensor.clone)
_foreach_copy_ = _each_in_place(_copy)
_foreach_zero_ = _each_in_place(Tensor.zero_)
