"""Tensor methods: arithmetic, elementary functions, comparisons, and Python's operators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .._engine.recorder import recorder
from .._overrides.discovery import has_new_override, operator_again
from ..ops import comparison, conjugation
from ..ops import pointwise as arithmetic
from ..ops import pointwise_bits as bits
from ..ops import pointwise_exp as exponential
from ..ops import pointwise_gamma as gamma
from ..ops import pointwise_numbers as numbers
from ..ops import pointwise_power as power
from ..ops import pointwise_rounding as rounding
from ..ops import pointwise_select as select
from ..ops import pointwise_special as special
from ..ops import pointwise_trig as trigonometric
from ..ops.op import explained
from . import predicates
from .core import tensor_from_array
from .dispatch import TENSOR_TYPES
from .host_calls import two_on_host
from .inplace import inplace

__all__ = ["PointwiseMethods", "operator", "swapped"]

_NUMBERS = (bool, int, float, complex, np.number, np.bool_)


def operator(
    function: Callable[..., Any], *, arrays: bool = False, numbers: bool = True
) -> Callable[[Any, Any], Any]:
    """An operation as a method of Python's operator protocol: foreign operands are left to their own class.

    So a tensor and an array give what NumPy makes of the two, in NumPy's dtype, and an array and a tensor an error.

    Args:
        function: of the tensor and the other operand.
        arrays: whether the other operand may be a NumPy array, as it may where NumPy cannot have the tensor's values.
        numbers: whether it may be a number.
    """
    foreign = _NUMBERS if numbers else ()

    @functools.wraps(function)
    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind in TENSOR_TYPES or (kind is float and numbers) or isinstance(other, foreign):
            return function(self, other)
        if kind is np.ndarray and (arrays or recorder.capture is not None or self._current().aval.traced):
            # A copy: what is recorded is computed later, when the program may have written to the array.
            return function(self, tensor_from_array(other.copy()))
        return (
            function(self, other)
            if hasattr(other, "__jax_array__")
            else _other_operand(function, method, self, other)
        )

    definition = getattr(function, "op", None)
    if definition is None or not definition.at_once or function.__wrapped__ is not definition.fn:  # type: ignore[attr-defined]
        return method  # made of other functions, or an operation's in-place form

    @functools.wraps(function)
    def quick(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind in TENSOR_TYPES or kind is float or kind is int:
            return two_on_host(definition, self, other)  # what the function does, less some calls
        return method(self, other)

    return quick


def _other_operand(function: Callable[..., Any], method: Callable[..., Any], tensor: Any, other: Any) -> Any:
    """A ``jax.Array`` (or tracer) counts as a tensor, and one's own class may have an override; anything else is not
    an operand."""
    import jax

    if isinstance(other, jax.Array):
        return function(tensor, tensor_from_array(other))
    if has_new_override((other,), {}):
        return operator_again(method, tensor, other)
    return NotImplemented


def swapped(function: Callable[..., Any], *, numbers: bool = True) -> Callable[[Any, Any], Any]:
    return operator(lambda tensor, other: function(other, tensor), numbers=numbers)


def _inverse_times(tensor: Any, other: Any) -> Any:
    """``number / tensor``, which torch computes as the reciprocal times the number."""
    return arithmetic.mul(arithmetic.reciprocal(tensor), other)


_number_over = operator(_inverse_times)


def _over(self: Any, other: Any) -> Any:
    """``other / tensor``; NumPy is left an array's product with the reciprocal."""
    return arithmetic.reciprocal(self) * other if type(other) is np.ndarray else _number_over(self, other)


def _float_power_into(self: Any, exponent: Any) -> Any:
    """:func:`float_power` for its in-place form, which converts nothing.

    Raises:
        RuntimeError: the tensor has not the result's dtype.
    """
    result = power.float_power(self, exponent)
    if self.dtype is not result.dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype._scalar_name} but the operation's result requires "
            f"dtype {result.dtype._scalar_name}"
        )
    return result


@explained(name="polygamma")
def _polygamma(self: Any, n: int) -> Any:
    """The n-th derivative of the digamma function; see :func:`jaxlearn.polygamma`."""
    return gamma.polygamma(n, self)


class PointwiseMethods:
    """Operations element by element as methods; see the function of the same name in :mod:`jaxlearn` for each."""

    __array_priority__ = 1000  # NumPy arrays leave mixed operations to tensors

    add = arithmetic.add
    add_ = inplace(arithmetic.add)
    addcdiv = arithmetic.addcdiv
    addcdiv_ = inplace(arithmetic.addcdiv)
    addcmul = arithmetic.addcmul
    addcmul_ = inplace(arithmetic.addcmul)
    div = arithmetic.div
    div_ = inplace(arithmetic.div)
    divide = arithmetic.divide
    divide_ = inplace(arithmetic.divide, "divide_")
    floor_divide = arithmetic.floor_divide
    floor_divide_ = inplace(arithmetic.floor_divide)
    fmod = arithmetic.fmod
    fmod_ = inplace(arithmetic.fmod)
    lerp = arithmetic.lerp
    lerp_ = inplace(arithmetic.lerp)
    mul = arithmetic.mul
    mul_ = inplace(arithmetic.mul)
    multiply = arithmetic.multiply
    multiply_ = inplace(arithmetic.multiply, "multiply_")
    neg = arithmetic.neg
    neg_ = inplace(arithmetic.neg)
    negative = arithmetic.negative
    negative_ = inplace(arithmetic.negative, "negative_")
    positive = arithmetic.positive
    reciprocal = arithmetic.reciprocal
    reciprocal_ = inplace(arithmetic.reciprocal)
    remainder = arithmetic.remainder
    remainder_ = inplace(arithmetic.remainder)
    square = arithmetic.square
    square_ = inplace(arithmetic.square)
    sub = arithmetic.sub
    sub_ = inplace(arithmetic.sub)
    subtract = arithmetic.subtract
    subtract_ = inplace(arithmetic.subtract, "subtract_")
    true_divide = arithmetic.true_divide
    true_divide_ = inplace(arithmetic.true_divide)

    frexp = numbers.frexp
    gcd = numbers.gcd
    gcd_ = inplace(numbers.gcd)
    lcm = numbers.lcm
    lcm_ = inplace(numbers.lcm)
    ldexp = numbers.ldexp
    ldexp_ = inplace(numbers.ldexp)
    nextafter = numbers.nextafter
    nextafter_ = inplace(numbers.nextafter)

    exp = exponential.exp
    exp_ = inplace(exponential.exp)
    exp2 = exponential.exp2
    exp2_ = inplace(exponential.exp2)
    expm1 = exponential.expm1
    expm1_ = inplace(exponential.expm1)
    log = exponential.log
    log_ = inplace(exponential.log)
    log1p = exponential.log1p
    log1p_ = inplace(exponential.log1p)
    log2 = exponential.log2
    log2_ = inplace(exponential.log2)
    log10 = exponential.log10
    log10_ = inplace(exponential.log10)
    logaddexp = exponential.logaddexp
    logaddexp2 = exponential.logaddexp2
    logit = exponential.logit
    logit_ = inplace(exponential.logit)
    rsqrt = exponential.rsqrt
    rsqrt_ = inplace(exponential.rsqrt)
    sigmoid = exponential.sigmoid
    sigmoid_ = inplace(exponential.sigmoid)
    sqrt = exponential.sqrt
    sqrt_ = inplace(exponential.sqrt)
    xlogy = exponential.xlogy
    xlogy_ = inplace(exponential.xlogy)

    acos = trigonometric.acos
    acos_ = inplace(trigonometric.acos)
    acosh = trigonometric.acosh
    acosh_ = inplace(trigonometric.acosh)
    arccos = trigonometric.arccos
    arccos_ = inplace(trigonometric.arccos, "arccos_")
    arccosh = trigonometric.arccosh
    arccosh_ = inplace(trigonometric.arccosh, "arccosh_")
    arcsin = trigonometric.arcsin
    arcsin_ = inplace(trigonometric.arcsin, "arcsin_")
    arcsinh = trigonometric.arcsinh
    arcsinh_ = inplace(trigonometric.arcsinh, "arcsinh_")
    arctan = trigonometric.arctan
    arctan_ = inplace(trigonometric.arctan, "arctan_")
    arctan2 = trigonometric.arctan2
    arctan2_ = inplace(trigonometric.arctan2, "arctan2_")
    arctanh = trigonometric.arctanh
    arctanh_ = inplace(trigonometric.arctanh, "arctanh_")
    asin = trigonometric.asin
    asin_ = inplace(trigonometric.asin)
    asinh = trigonometric.asinh
    asinh_ = inplace(trigonometric.asinh)
    atan = trigonometric.atan
    atan_ = inplace(trigonometric.atan)
    atan2 = trigonometric.atan2
    atan2_ = inplace(trigonometric.atan2)
    atanh = trigonometric.atanh
    atanh_ = inplace(trigonometric.atanh)
    cos = trigonometric.cos
    cos_ = inplace(trigonometric.cos)
    cosh = trigonometric.cosh
    cosh_ = inplace(trigonometric.cosh)
    deg2rad = trigonometric.deg2rad
    deg2rad_ = inplace(trigonometric.deg2rad)
    hypot = trigonometric.hypot
    hypot_ = inplace(trigonometric.hypot)
    rad2deg = trigonometric.rad2deg
    rad2deg_ = inplace(trigonometric.rad2deg)
    sin = trigonometric.sin
    sin_ = inplace(trigonometric.sin)
    sinc = trigonometric.sinc
    sinc_ = inplace(trigonometric.sinc)
    sinh = trigonometric.sinh
    sinh_ = inplace(trigonometric.sinh)
    tan = trigonometric.tan
    tan_ = inplace(trigonometric.tan)
    tanh = trigonometric.tanh
    tanh_ = inplace(trigonometric.tanh)

    digamma = gamma.digamma
    digamma_ = inplace(gamma.digamma)
    erf = special.erf
    erf_ = inplace(special.erf)
    erfc = special.erfc
    erfc_ = inplace(special.erfc)
    erfinv = special.erfinv
    erfinv_ = inplace(special.erfinv)
    i0 = special.i0
    i0_ = inplace(special.i0)
    igamma = gamma.gammainc
    igamma_ = inplace(gamma.gammainc)
    igammac = gamma.gammaincc
    igammac_ = inplace(gamma.gammaincc)
    lgamma = gamma.lgamma
    lgamma_ = inplace(gamma.lgamma)
    mvlgamma = gamma.multigammaln
    mvlgamma_ = inplace(gamma.multigammaln)
    polygamma = _polygamma
    polygamma_ = inplace(_polygamma, "polygamma_")

    float_power = power.float_power
    float_power_ = inplace(_float_power_into, "float_power_")
    pow = power.pow
    pow_ = inplace(power.power)

    abs = rounding.abs
    abs_ = inplace(rounding.abs)
    absolute = rounding.absolute
    absolute_ = inplace(rounding.absolute, "absolute_")
    angle = rounding.angle
    angle_ = inplace(rounding.angle)
    ceil = rounding.ceil
    ceil_ = inplace(rounding.ceil)
    conj_physical = conjugation.conj_physical
    conj_physical_ = inplace(conjugation.conj_physical, "conj_physical_")
    copysign = rounding.copysign
    copysign_ = inplace(rounding.copysign)
    fix = rounding.fix
    fix_ = inplace(rounding.fix, "fix_")
    floor = rounding.floor
    floor_ = inplace(rounding.floor)
    frac = rounding.frac
    frac_ = inplace(rounding.frac)
    heaviside = rounding.heaviside
    heaviside_ = inplace(rounding.heaviside)
    round = rounding.round
    round_ = inplace(rounding.round)
    sgn = rounding.sgn
    sgn_ = inplace(rounding.sgn)
    sign = rounding.sign
    sign_ = inplace(rounding.sign)
    signbit = rounding.signbit
    trunc = rounding.trunc
    trunc_ = inplace(rounding.trunc)

    clamp = select.clamp
    clamp_ = inplace(select.clamp)
    clamp_max = select.clamp_max
    clamp_max_ = inplace(select.clamp_max)
    clamp_min = select.clamp_min
    clamp_min_ = inplace(select.clamp_min)
    clip = select.clip
    clip_ = inplace(select.clip, "clip_")
    fmax = select.fmax
    fmin = select.fmin
    masked_fill = select.masked_fill
    masked_fill_ = inplace(select.masked_fill, shared=True)
    maximum = select.maximum
    minimum = select.minimum
    nan_to_num = select.nan_to_num
    nan_to_num_ = inplace(select.nan_to_num)

    bitwise_and = bits.bitwise_and
    bitwise_and_ = inplace(bits.bitwise_and)
    bitwise_left_shift = bits.bitwise_left_shift
    bitwise_left_shift_ = inplace(bits.bitwise_left_shift)
    bitwise_not = bits.bitwise_not
    bitwise_not_ = inplace(bits.bitwise_not)
    bitwise_or = bits.bitwise_or
    bitwise_or_ = inplace(bits.bitwise_or)
    bitwise_right_shift = bits.bitwise_right_shift
    bitwise_right_shift_ = inplace(bits.bitwise_right_shift)
    bitwise_xor = bits.bitwise_xor
    bitwise_xor_ = inplace(bits.bitwise_xor)
    logical_and = bits.logical_and
    logical_and_ = inplace(bits.logical_and)
    logical_not = bits.logical_not
    logical_not_ = inplace(bits.logical_not)
    logical_or = bits.logical_or
    logical_or_ = inplace(bits.logical_or)
    logical_xor = bits.logical_xor
    logical_xor_ = inplace(bits.logical_xor)

    allclose = comparison.allclose
    eq = comparison.eq
    eq_ = inplace(comparison.eq)
    equal = predicates.equal
    ge = comparison.ge
    ge_ = inplace(comparison.ge)
    greater = comparison.greater
    greater_ = inplace(comparison.greater, "greater_")
    greater_equal = comparison.greater_equal
    greater_equal_ = inplace(comparison.greater_equal, "greater_equal_")
    gt = comparison.gt
    gt_ = inplace(comparison.gt)
    isclose = comparison.isclose
    isfinite = comparison.isfinite
    isinf = comparison.isinf
    isnan = comparison.isnan
    isneginf = comparison.isneginf
    isposinf = comparison.isposinf
    isreal = comparison.isreal
    le = comparison.le
    le_ = inplace(comparison.le)
    less = comparison.less
    less_ = inplace(comparison.less, "less_")
    less_equal = comparison.less_equal
    less_equal_ = inplace(comparison.less_equal, "less_equal_")
    lt = comparison.lt
    lt_ = inplace(comparison.lt)
    ne = comparison.ne
    ne_ = inplace(comparison.ne)
    not_equal = comparison.not_equal
    not_equal_ = inplace(comparison.not_equal, "not_equal_")

    __add__ = operator(arithmetic.add)
    __radd__ = operator(arithmetic.add)
    __iadd__ = operator(add_)
    __sub__ = operator(arithmetic.sub)
    __rsub__ = operator(arithmetic.rsub)
    __isub__ = operator(sub_)
    __mul__ = operator(arithmetic.mul)
    __rmul__ = operator(arithmetic.mul)
    __imul__ = operator(mul_)
    __truediv__ = operator(arithmetic.true_divide)
    __rtruediv__ = _over
    __rdiv__ = __rtruediv__
    __itruediv__ = operator(true_divide_)
    __floordiv__ = operator(arithmetic.floor_divide)
    __rfloordiv__ = swapped(arithmetic.floor_divide)
    __ifloordiv__ = operator(floor_divide_)
    __mod__ = operator(arithmetic.remainder)
    __rmod__ = swapped(arithmetic.remainder)
    __imod__ = operator(remainder_)
    __pow__ = operator(power.pow)
    __rpow__ = swapped(power.pow)
    __ipow__ = operator(pow_)
    __and__ = operator(bits.bitwise_and)
    __rand__ = operator(bits.bitwise_and)
    __iand__ = operator(bitwise_and_)
    __or__ = operator(bits.bitwise_or)
    __ror__ = operator(bits.bitwise_or)
    __ior__ = operator(bitwise_or_)
    __xor__ = operator(bits.bitwise_xor)
    __rxor__ = operator(bits.bitwise_xor)
    __ixor__ = operator(bitwise_xor_)
    __lshift__ = operator(bits.bitwise_left_shift)
    __rlshift__ = swapped(bits.bitwise_left_shift)
    __ilshift__ = operator(bitwise_left_shift_)
    __rshift__ = operator(bits.bitwise_right_shift)
    __rrshift__ = swapped(bits.bitwise_right_shift)
    __irshift__ = operator(bitwise_right_shift_)
    __eq__ = operator(comparison.eq, arrays=True)
    __ne__ = operator(comparison.ne, arrays=True)
    __lt__ = operator(comparison.lt)
    __le__ = operator(comparison.le)
    __gt__ = operator(comparison.gt)
    __ge__ = operator(comparison.ge)
    __neg__ = arithmetic.neg
    __abs__ = rounding.abs
    __pos__ = arithmetic.positive

    def __invert__(self) -> Any:
        if self.is_floating_point() or self.is_complex():  # type: ignore[attr-defined]
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return bits.bitwise_not(self)

    __hash__ = object.__hash__  # defining __eq__ takes it away

    @explained(method=True)
    def where(self, condition: Any, other: Any) -> Any:
        """This tensor's elements where the condition holds, else ``other``'s; see :func:`jaxlearn.where`."""
        return select.where(condition, self, other)
