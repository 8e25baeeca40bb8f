"""Element by element: comparisons, and tests of special values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from .host import direct_comparison, direct_test, host_comparison
from .op import explained, op
from .pointwise_rules import (
    check_tensors,
    is_bool,
    is_complex,
    is_float,
    operands,
    scalar_name,
)
from .promotion import is_number, promote

__all__ = [
    "all_equal",
    "allclose",
    "eq",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "le",
    "less",
    "less_equal",
    "lt",
    "ne",
    "not_equal",
    "same_on_host",
]


def _compared(name: str, compare: Callable[[Any, Any], Any], input: Any, other: Any) -> Any:
    a, b = operands(name, input, other)
    if name in ("lt", "le", "gt", "ge") and is_complex(a):
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_name(a)}'")
    return compare(a, b)


@op(
    numbers=("other",),
    differentiable=False,
    host=host_comparison(np.equal),
    direct=direct_comparison(np.equal),
)
def eq(input: Any, other: Any) -> Any:
    """Whether two elements are equal, :math:`input_i = other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.eq.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.eq(torch.tensor([1, 2, 3]), torch.tensor([1, 0, 3]))
        tensor([ True, False,  True])
    """
    return _compared("eq", jnp.equal, input, other)


@op(
    numbers=("other",),
    differentiable=False,
    host=host_comparison(np.not_equal),
    direct=direct_comparison(np.not_equal),
)
def ne(input: Any, other: Any) -> Any:
    """Whether two elements differ, :math:`input_i \\ne other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.ne.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ne(torch.tensor([1, 2, 3]), 2)
        tensor([ True, False,  True])
    """
    return _compared("ne", jnp.not_equal, input, other)


@op(
    numbers=("other",), differentiable=False, host=host_comparison(np.less), direct=direct_comparison(np.less)
)
def lt(input: Any, other: Any) -> Any:
    """Whether the element is smaller, :math:`input_i < other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.lt.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.lt(torch.tensor([1, 2, 3]), 2)
        tensor([ True, False, False])
    """
    return _compared("lt", jnp.less, input, other)


@op(
    numbers=("other",),
    differentiable=False,
    host=host_comparison(np.less_equal),
    direct=direct_comparison(np.less_equal),
)
def le(input: Any, other: Any) -> Any:
    """Whether the element is smaller or equal, :math:`input_i \\le other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.le.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.le(torch.tensor([1, 2, 3]), 2)
        tensor([ True,  True, False])
    """
    return _compared("le", jnp.less_equal, input, other)


@op(
    numbers=("other",),
    differentiable=False,
    host=host_comparison(np.greater),
    direct=direct_comparison(np.greater),
)
def gt(input: Any, other: Any) -> Any:
    """Whether the element is larger, :math:`input_i > other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.gt.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.gt(torch.tensor([1, 2, 3]), 2)
        tensor([False, False,  True])
    """
    return _compared("gt", jnp.greater, input, other)


@op(
    numbers=("other",),
    differentiable=False,
    host=host_comparison(np.greater_equal),
    direct=direct_comparison(np.greater_equal),
)
def ge(input: Any, other: Any) -> Any:
    """Whether the element is larger or equal, :math:`input_i \\ge other_i`.

    https://docs.pytorch.org/docs/stable/generated/torch.ge.html

    Args:
        input: a tensor (or a number).
        other: a tensor that broadcasts with it, or a number.

    Example::

        >>> import jaxlearn as torch
        >>> torch.ge(torch.tensor([1, 2, 3]), 2)
        tensor([False,  True,  True])
    """
    return _compared("ge", jnp.greater_equal, input, other)


@op(differentiable=False, direct=direct_test(np.isnan))
def isnan(input: Any) -> Any:
    """Whether the element is NaN.

    https://docs.pytorch.org/docs/stable/generated/torch.isnan.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isnan(torch.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    return jnp.isnan(input) if jnp.issubdtype(input.dtype, jnp.inexact) else jnp.zeros(input.shape, bool)


@op(differentiable=False, direct=direct_test(np.isinf))
def isinf(input: Any) -> Any:
    """Whether the element is infinite.

    https://docs.pytorch.org/docs/stable/generated/torch.isinf.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isinf(torch.tensor([1.0, float("-inf")]))
        tensor([False,  True])
    """
    return jnp.isinf(input) if jnp.issubdtype(input.dtype, jnp.inexact) else jnp.zeros(input.shape, bool)


@op(differentiable=False, direct=direct_test(np.isfinite))
def isfinite(input: Any) -> Any:
    """Whether the element is neither infinite nor NaN.

    https://docs.pytorch.org/docs/stable/generated/torch.isfinite.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isfinite(torch.tensor([1.0, float("inf"), float("nan")]))
        tensor([ True, False, False])
    """
    return jnp.isfinite(input) if jnp.issubdtype(input.dtype, jnp.inexact) else jnp.ones(input.shape, bool)


@op(differentiable=False)
def isposinf(input: Any) -> Any:
    """Whether the element is plus infinity.

    https://docs.pytorch.org/docs/stable/generated/torch.isposinf.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isposinf(torch.tensor([float("inf"), float("-inf")]))
        tensor([ True, False])
    """
    if is_complex(input):
        raise RuntimeError("isposinf does not support complex inputs.")
    return jnp.isposinf(input) if is_float(input) else jnp.zeros(input.shape, bool)


@op(differentiable=False)
def isneginf(input: Any) -> Any:
    """Whether the element is minus infinity.

    https://docs.pytorch.org/docs/stable/generated/torch.isneginf.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isneginf(torch.tensor([float("inf"), float("-inf")]))
        tensor([False,  True])
    """
    if is_complex(input):
        raise RuntimeError("isneginf does not support complex inputs.")
    return jnp.isneginf(input) if is_float(input) else jnp.zeros(input.shape, bool)


@op(differentiable=False)
def isreal(input: Any) -> Any:
    """Whether the element has no imaginary part.

    https://docs.pytorch.org/docs/stable/generated/torch.isreal.html

    Args:
        input: any shape.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isreal(torch.tensor([1.0, 1.0 + 1.0j]))
        tensor([ True, False])
    """
    return input.imag == 0 if is_complex(input) else jnp.ones(input.shape, bool)


@op(differentiable=False)
def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether :math:`|input_i - other_i| \\le atol + rtol \\cdot |other_i|`.

    https://docs.pytorch.org/docs/stable/generated/torch.isclose.html

    Args:
        input: a tensor.
        other: a tensor of the same dtype that broadcasts with it.
        rtol: relative tolerance, 0 or more.
        atol: absolute tolerance, 0 or more.
        equal_nan: whether two NaN are close.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isclose(torch.tensor([1.0, 1.1]), torch.tensor([1.0 + 1e-7, 1.0]))
        tensor([ True, False])
    """
    check_tensors("isclose", other=other)
    if input.dtype != other.dtype:
        raise RuntimeError(f"{scalar_name(input)} did not match {scalar_name(other)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if tolerance < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    a, b = operands("isclose", input, other)
    close = a == b
    inexact = jnp.issubdtype(a.dtype, jnp.inexact)
    if equal_nan and inexact:
        close = close | (jnp.isnan(a) & jnp.isnan(b))
    if (rtol == 0 and atol == 0) or is_bool(a):
        return close
    wide = b if inexact else b.astype(jnp.float32)
    allowed = atol + jnp.abs(rtol * wide)
    distance = jnp.abs(a - b)
    return close | (jnp.isfinite(distance) & (distance <= allowed))


@op(name="allclose", differentiable=False)
def _all_close(input: Any, other: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    return jnp.all(isclose.op.fn(input, other, rtol, atol, equal_nan))


@explained
def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements are close; see :func:`isclose`.

    https://docs.pytorch.org/docs/stable/generated/torch.allclose.html

    Args:
        input: a tensor.
        other: a tensor of the same dtype that broadcasts with it.
        rtol: relative tolerance, 0 or more.
        atol: absolute tolerance, 0 or more.
        equal_nan: whether two NaN are close.

    Returns:
        A Python ``bool``; the values are computed for it.

    Example::

        >>> import jaxlearn as torch
        >>> torch.allclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-6]))
        True
    """
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if isinstance(tolerance, float) and math.isnan(tolerance):
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got nan")
    return bool(_all_close(input, other, rtol, atol, equal_nan))


def same_on_host(input: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Whether all elements of two arrays are the same."""
    return 0 not in (input == other).tobytes()  # a fifth of the time that all() takes


def _all_equal_on_host(input: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(same_on_host(input, other))


@op(name="equal", differentiable=False, host=_all_equal_on_host)
def all_equal(input: Any, other: Any) -> Any:
    """Whether all elements of two tensors of one shape are the same: :func:`jaxlearn.equal` as a tensor."""
    return jnp.all(eq.op.fn(input, other))


@op(numbers=("elements", "test_elements"), differentiable=False)
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is one of several values.

    https://docs.pytorch.org/docs/stable/generated/torch.isin.html

    Args:
        elements: a tensor, or a number.
        test_elements: the values, or one.
        assume_unique: accepted for torch's sake.
        invert: tell which are none of the values instead.

    Raises:
        RuntimeError: the elements are boolean or complex, or both arguments are numbers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 3]))
        tensor([False,  True,  True])
    """
    if is_number(elements) and is_number(test_elements):
        raise RuntimeError("isin(): at least one of elements and test_elements must be a Tensor")
    for x in (elements, test_elements):
        if hasattr(x, "dtype") and (is_bool(x) or is_complex(x)):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {scalar_name(x)}")
    a, b = promote(elements, test_elements)
    if not a.size or not b.size:
        return jnp.full(a.shape, invert)
    return jnp.isin(a, b, invert=invert)


not_equal = ne
less = lt
less_equal = le
greater = gt
greater_equal = ge
