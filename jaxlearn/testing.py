"""Comparing results in tests: https://docs.pytorch.org/docs/stable/testing.html"""

from __future__ import annotations

import cmath
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from . import _dtypes as dtypes
from ._tensor.creation_data import as_tensor
from ._tensor.dispatch import TENSOR_TYPES
from ._tensor.making import make_tensor as make_tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

# By dtype: (relative, absolute). Other dtypes are compared exactly.
_TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}
# assert_allclose's.
_OLDER = {dtypes.float16: (1e-3, 1e-3), dtypes.float32: (1e-4, 1e-5), dtypes.float64: (1e-5, 1e-8)}
_NUMBERS = {bool: dtypes.bool, int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    r"""Assert that two results are close, element by element: :math:`|a - e| \le \mathrm{atol} + \mathrm{rtol}\,|e|`.

    https://docs.pytorch.org/docs/stable/testing.html#torch.testing.assert_close

    Args:
        actual: a tensor, array, number, None, or a sequence or mapping of them.
        expected: what it should be.
        allow_subclasses: whether the two may be of different types of tensors or arrays.
        rtol: relative tolerance; both tolerances or none, which is torch's own for the dtype.
        atol: absolute tolerance.
        equal_nan: whether two NaN are equal.
        check_device: whether the devices must be equal.
        check_dtype: whether the dtypes must be equal; else both are promoted.
        check_layout: accepted for torch's sake: all tensors are dense.
        check_stride: whether the strides must be equal.
        msg: the error's text in place of the one that describes the difference, or a function of that one.

    Raises:
        AssertionError: they differ.
        ValueError: only one tolerance is given.
        TypeError: the two cannot be compared.

    Example::

        >>> import jaxlearn as torch
        >>> torch.testing.assert_close(torch.ones(2) / 3, torch.full((2,), 1 / 3))
        >>> torch.testing.assert_close(torch.tensor([1, 2]), torch.tensor([1, 3]))
        Traceback (most recent call last):
        ...
        AssertionError: Tensor-likes are not equal!
        <BLANKLINE>
        Mismatched elements: 1 / 2 (50.0%)
        Greatest absolute difference: 1 at index (1,)
        Greatest relative difference: 0.3333333432674408 at index (1,)
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    checks = {"device": check_device, "dtype": check_dtype, "stride": check_stride}
    tolerances = None if rtol is None or atol is None else (rtol, atol)
    problem = _difference(actual, expected, tolerances, equal_nan, allow_subclasses, checks)
    if problem is not None:
        text, where = problem
        if where:
            text += "\n\nThe failure occurred for item " + "".join(f"[{key!r}]" for key in where)
        if msg is not None:
            text = msg(text) if callable(msg) else msg
        raise AssertionError(text)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """torch's older :func:`assert_close`: dtypes and devices may differ, and two NaN are equal.

    Args:
        actual: a tensor, array or number.
        expected: what it should be.
        rtol: relative tolerance; both tolerances or none.
        atol: absolute tolerance.
        equal_nan: whether two NaN are equal.
        msg: the error's text in place of the one that describes the difference.

    Raises:
        AssertionError: they differ.
        ValueError: only one tolerance is given.

    Warns:
        FutureWarning: always, as torch does.
    """
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. "
        "Please use `torch.testing.assert_close()` instead. You can find detailed upgrade instructions in "
        "https://github.com/pytorch/pytorch/issues/61844.",
        FutureWarning,
        stacklevel=2,
    )
    a, e = (x if type(x) in TENSOR_TYPES else as_tensor(x) for x in (actual, expected))
    if rtol is None and atol is None:
        both = [_OLDER.get(x.dtype, (0.0, 0.0)) for x in (a, e)]
        rtol, atol = max(r for r, _ in both), max(t for _, t in both)
    assert_close(
        a,
        e,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=False,
        check_dtype=False,
        msg=msg or None,
    )


# A description of the difference, and the keys that lead to it.
_Problem = tuple[str, tuple[Any, ...]]


def _difference(
    actual: Any,
    expected: Any,
    tolerances: tuple[float, float] | None,
    equal_nan: bool,
    subclasses: bool,
    checks: Mapping[str, bool],
) -> _Problem | None:
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        missing, extra = expected.keys() - actual.keys(), actual.keys() - expected.keys()
        if missing or extra:
            return (
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(missing)}\n"
                f"Additional keys in the actual mapping: {sorted(extra)}"
            ), ()
        pairs = [(key, actual[key], expected[key]) for key in expected]
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", ()
        pairs = [(i, a, e) for i, (a, e) in enumerate(zip(actual, expected, strict=True))]
    elif actual is None or expected is None:
        return None if actual is expected else (f"None mismatch: {actual} is not {expected}", ())
    elif type(actual) in _NUMBERS and type(expected) in _NUMBERS:
        if checks["dtype"] and type(actual) is not type(expected):
            return f"The (d)types do not match: {type(actual)} != {type(expected)}.", ()
        return _scalars(
            actual,
            expected,
            _chosen(tolerances, [_NUMBERS[type(actual)], _NUMBERS[type(expected)]]),
            equal_nan,
        )
    elif _is_array(actual) and _is_array(expected) and (subclasses or type(actual) is type(expected)):
        return _arrays(actual, expected, tolerances, equal_nan, checks)
    else:
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}."
        )
    for key, a, e in pairs:
        problem = _difference(a, e, tolerances, equal_nan, subclasses, checks)
        if problem is not None:
            return problem[0], (key, *problem[1])
    return None


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str)


def _is_array(x: Any) -> bool:
    return type(x) in TENSOR_TYPES or isinstance(x, np.ndarray | np.generic)


def _chosen(given: tuple[float, float] | None, kinds: Sequence[dtypes.dtype]) -> tuple[float, float]:
    if given is not None:
        return given
    both = [_TOLERANCES.get(kind, (0.0, 0.0)) for kind in kinds]
    return max(r for r, _ in both), max(a for _, a in both)


def _arrays(
    actual: Any,
    expected: Any,
    tolerances: tuple[float, float] | None,
    equal_nan: bool,
    checks: Mapping[str, bool],
) -> _Problem | None:
    tensors = type(actual) in TENSOR_TYPES and type(expected) in TENSOR_TYPES
    attributes = [
        "shape",
        *(name for name in ("device", "dtype") if checks[name] and (tensors or name == "dtype")),
    ]
    for name in attributes:
        a, e = getattr(actual, name), getattr(expected, name)
        if a != e:
            return f"The values for attribute '{name}' do not match: {a} != {e}.", ()
    if tensors and checks["stride"] and actual.stride() != expected.stride():
        return (
            f"The values for attribute 'stride()' do not match: {actual.stride()} != {expected.stride()}.",
            (),
        )
    a, e = (
        np.asarray(x.detach().numpy(force=True) if type(x) in TENSOR_TYPES else x) for x in (actual, expected)
    )
    kinds = [dtypes.from_numpy_dtype(x.dtype) for x in (a, e)]
    rtol, atol = _chosen(tolerances, kinds)
    common = dtypes.promote_types(*kinds)._np
    a, e = (x.astype(np.int64 if common == np.bool_ else common) for x in (a, e))
    if not a.ndim:
        return _scalars(a.item(), e.item(), (rtol, atol), equal_nan)
    wide = np.complex128 if common.kind == "c" else np.float64
    with np.errstate(all="ignore"):
        exact = not (rtol or atol) and common.kind in "iub"
        close = a == e if exact else np.isclose(a.astype(wide), e.astype(wide), rtol, atol, equal_nan)
        if close.all():
            return None
        absolute = np.abs(a - e)
        real = absolute.dtype if absolute.dtype.kind in "fV" else np.dtype(np.float32)
        relative = absolute.astype(real) / np.abs(e).astype(real)
    # What is close counts for nothing in the search for the greatest difference.
    absolute, relative = np.where(close, 0, absolute), np.where(close, 0, relative)
    wrong = int((~close).sum())
    lines = [
        f"Mismatched elements: {wrong} / {close.size} ({wrong / close.size:.1%})",
        _greatest("absolute", absolute, atol, exact),
        _greatest("relative", relative, rtol, exact),
    ]
    return f"Tensor-likes are not {'equal' if exact else 'close'}!\n\n" + "\n".join(lines), ()


def _greatest(kind: str, differences: np.ndarray[Any, Any], tolerance: float, exact: bool) -> str:
    index = np.unravel_index(np.argmax(differences), differences.shape)
    allowed = "" if exact else f" (up to {tolerance} allowed)"
    return (
        f"Greatest {kind} difference: {differences[index].item()} at index {tuple(map(int, index))}{allowed}"
    )


def _scalars(actual: Any, expected: Any, tolerances: tuple[float, float], equal_nan: bool) -> _Problem | None:
    rtol, atol = tolerances
    if actual == expected or (equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return None
    absolute = abs(actual - expected)
    if cmath.isfinite(expected) and absolute <= atol + rtol * abs(expected):
        return None
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    exact = not (rtol or atol)
    allowed = ["", ""] if exact else [f" (up to {t} allowed)" for t in (atol, rtol)]
    return (
        f"Scalars are not {'equal' if exact else 'close'}!\n\nExpected {expected} but got {actual}.\n"
        f"Absolute difference: {absolute}{allowed[0]}\nRelative difference: {relative}{allowed[1]}"
    ), ()
