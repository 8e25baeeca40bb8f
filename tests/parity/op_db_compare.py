"""Comparing two results of an operator of the database, jaxlearn's and torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import jaxlearn

from .helper import TOLERANCES, array
from .op_db_convert import tensors_of
from .op_db_entries import DRAWN, PHASES, STRUCTURE_ONLY, TIES, key_of

__all__ = ["Different", "Unlike", "meaningful", "nearer", "same", "settled"]


class Different(AssertionError):
    """jaxlearn's answer is not torch's."""


class Unlike(AssertionError):
    """The values of two tensors, everything else about them being the same."""


def meaningful(op: Any, sample: Any) -> bool:
    """Whether the values of a sample's result can be compared."""
    option = DRAWN.get(key_of(op))
    return key_of(op) not in STRUCTURE_ONLY and not (option and sample.kwargs.get(option))


def tolerance(op: Any, dtype: Any) -> tuple[float, float]:
    """torch's tolerance for the dtype, and what the database loosens for the tests that compare values."""
    name = str(dtype).removeprefix("torch.")
    rtol, atol = TOLERANCES.get(name, (0.0, 0.0))
    classes = {
        None, "TestCommon", "TestUnaryUfuncs", "TestBinaryUfuncsDevice", "TestReductions", "TestConsistency",
        "TestMathBits", "TestOperators",
    }  # fmt: skip
    for info in op.decorators:
        if getattr(info, "cls_name", "") in classes and info.device_type in (None, "cpu"):
            for decorator in info.decorators:
                loosened = getattr(decorator, "d", {}).get(dtype)
                if loosened is not None and hasattr(loosened, "rtol"):
                    rtol, atol = max(rtol, loosened.rtol), max(atol, loosened.atol)
    return rtol, atol


def same(op: Any, got: Any, expected: Any, where: str, values: bool = True) -> None:
    """Compare two results of the operator: structure, types, shapes and, unless told otherwise, values."""
    if isinstance(expected, torch.Tensor):
        same_tensor(op, got, expected, where, values)
    elif isinstance(expected, torch.Size) or not isinstance(expected, (tuple, list, dict)):
        equal = np.array_equal(got, expected, equal_nan=True) if isinstance(expected, float) else None
        if not (equal or repr(got) == repr(expected)):
            raise Different(f"{where}: {got!r}, torch's {expected!r}")
    else:
        if isinstance(expected, dict):
            if list(got) != list(expected):
                raise Different(f"{where}: keys {list(got)}, torch's {list(expected)}")
            got, expected = list(got.values()), list(expected.values())
        if not isinstance(got, (tuple, list)) or len(got) != len(expected):
            raise Different(f"{where}: {type(got)}, torch's {type(expected)} of {len(expected)}")
        if isinstance(expected, tuple) != isinstance(got, tuple):
            raise Different(f"{where}: {type(got)}, torch's {type(expected)}")
        for name in getattr(type(expected), "__match_args__", ()):  # the names of torch's return types
            if not hasattr(got, name):
                raise Different(f"{where}: the result has no attribute {name}")
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            same(op, g, e, f"{where}[{i}]", values)


def same_tensor(op: Any, got: Any, expected: torch.Tensor, where: str, values: bool) -> None:
    if not isinstance(got, jaxlearn.Tensor):
        raise Different(f"{where}: {type(got)}, torch's Tensor")
    ours_ = (str(got.dtype), tuple(got.shape), got.requires_grad)
    theirs = (str(expected.dtype), tuple(expected.shape), expected.requires_grad)
    if ours_ != theirs:
        raise Different(f"{where}: {ours_}, torch's {theirs}")
    if not values:
        return
    rtol, atol = tolerance(op, expected.dtype)
    a, b = array(got), array(expected)
    if not close(a, b, rtol, atol):
        off = np.argwhere(~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True))
        at = tuple(off[0].tolist()) if len(off) else ()
        raise Unlike(f"{where}: {len(off)} of {b.size} elements differ, at {at} {a[at]}, torch's {b[at]}")


def close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rtol: float, atol: float) -> bool:
    if not rtol and not atol:
        return np.array_equal(a, b)
    return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


def _rms(x: np.ndarray[Any, Any]) -> float:
    return float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0


def nearer(got: Any, expected: Any, exact: Any, where: str, room: float | None = None) -> None:
    """Hold that ours is no farther from the float64 run than torch's float32, or within tolerance of it.

    Args:
        room: how many times as far as torch's it may be in the root mean square; the largest distances are compared
            if it is not given.
    """
    for g, e, x in zip(tensors_of(got), tensors_of(expected), tensors_of(exact), strict=True):
        if tuple(g.shape) != tuple(e.shape) or str(g.dtype) != str(e.dtype):
            raise Different(f"{where}: {g.dtype}{g.shape}, torch's {e.dtype}{e.shape}")
        rtol, atol = TOLERANCES.get(str(e.dtype).removeprefix("torch."), (0.0, 0.0))
        a, b, c = (array(t) for t in (g, e, x))
        if not np.array_equal(np.isfinite(a), np.isfinite(c)):
            raise Different(f"{where}: {a}, in float64 {c}")
        finite = np.isfinite(c) & np.isfinite(b)
        off, theirs = np.abs(a - c)[finite], np.abs(b - c)[finite]
        if room is not None and _rms(off) <= room * _rms(theirs):
            continue
        bound = np.maximum(atol + rtol * np.abs(c)[finite], theirs.max(initial=0.0))
        if (off > bound).any():
            raise Different(f"{where}: off float64 by up to {off.max()}, torch by {theirs.max()}")


def magnitudes(result: Any) -> Any:
    """A result without the signs or phases of its tensors; the gradients beside it stay."""
    if isinstance(result, (torch.Tensor, jaxlearn.Tensor)):
        return result.abs()
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], list):
        return magnitudes(result[0]), result[1]
    return tuple(magnitudes(r) for r in result)


def subspaces(op: Any, result: Any) -> Any:
    """A singular value decomposition with, for the vectors that belong to no singular value, what they span.

    They are any orthogonal basis of it; the projection onto it is the same for all.
    """
    if len(result) == 2:  # with the gradients, or the operand, beside it
        return subspaces(op, result[0]), result[1]
    u, s, v = result
    if s.ndim == 0 or not s.numel():
        return result
    v = v.mH if op.name == "linalg.svd" else v
    found = [s]
    for vectors in (u, v):
        rest = vectors[..., s.shape[-1] :]
        found += [vectors[..., : s.shape[-1]], rest @ rest.mH]
    return tuple(found)


def settled(op: Any, sample: Any, got: Any, expected: Any) -> tuple[Any, Any]:
    """The two results with, for each index that torch leaves open, the element that it points to, and for vectors of
    an open phase their magnitudes.

    Results of ``check_main`` are pairs of the result and the gradients; the gradients stay.
    """
    if op.name in ("linalg.svd", "svd"):
        got, expected = subspaces(op, got), subspaces(op, expected)
    if key_of(op) in PHASES:
        return magnitudes(got), magnitudes(expected)
    if key_of(op) not in TIES or sample.kwargs.get("stable"):
        return got, expected
    place = TIES[key_of(op)][0]
    dim = sample.kwargs.get("dim", sample.args[place] if len(sample.args) > place else -1)
    values = array(sample.input)

    def pointed(indices: Any) -> np.ndarray[Any, Any]:
        if not values.ndim:
            return values
        where = array(indices)
        if key_of(op) in ("sort", "argsort"):
            count = np.sort(where, axis=dim)
            shape = [-1 if d == dim % values.ndim else 1 for d in range(values.ndim)]
            if not (count == np.arange(values.shape[dim]).reshape(shape)).all():
                raise Different("an index is missing in a sort")
        whole = where if where.ndim == values.ndim else np.expand_dims(where, dim)
        return np.take_along_axis(values, whole, dim).reshape(where.shape)

    def replaced(result: Any, make: Any) -> Any:
        if isinstance(result, (torch.Tensor, jaxlearn.Tensor)):
            return make(pointed(result)) if str(result.dtype) == "torch.int64" else result
        if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], list):
            return replaced(result[0], make), result[1]
        first, second = result
        return first, make(pointed(second))

    if not tensors_of(expected)[0].numel():
        return got, expected
    return replaced(got, jaxlearn.tensor), replaced(expected, torch.tensor)
