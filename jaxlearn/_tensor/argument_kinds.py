"""What an operation takes for its arguments that are no operands: torch's own conversions, and its refusals.

The annotations of the operation's function tell which kind each one is. This is looked at when a combination of
arguments is new: it costs the calls that follow nothing.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.recorder import recorder
from .._naming import type_name
from ..ops.op import Op
from .signatures import TENSOR_TYPES

__all__ = [
    "PYTHON_DTYPES", "accepted", "integer", "is_integer", "is_number", "number", "refuse", "tensor", "truth"
]  # fmt: skip

PYTHON_DTYPES = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool, complex: dtypes.complex128}
_DIMS = ("Sequence[int]", "int | Sequence[int]", "int | tuple[int, ...]", "tuple[int, ...]")
# Parameters that are tensors, whatever the function's annotations.
_TENSORS = {"batch1", "batch2", "index", "mask", "tensor1", "tensor2"}
_TENSORS |= {"source", "src", "input2", "mat", "mat1", "mat2", "vec", "vec1", "vec2"}
# Others that the annotations leave open.
_NAMED = {"dim": "dims?", "alpha": "number", "beta": "number", "correction": "number", "keepdim": "bool"}


def refuse(function: str, name: str, wanted: str, given: Any, position: int | None = None) -> TypeError:
    """torch's error for an argument of a wrong type.

    Args:
        function: the function's name.
        name: the argument's.
        wanted: what it must be.
        given: what it is.
        position: its place, counted from 1, if it was given by it.
    """
    place = "" if position is None else f" (position {position})"
    return TypeError(f"{function}(): argument '{name}'{place} must be {wanted}, not {type_name(given)}")


@functools.cache
def _kinds(op: Op) -> list[tuple[int, str, str]]:
    """The parameters to look at: place, name and kind, with a question mark where None may stand for it."""
    found = []
    overloaded = "unbiased" in op.index  # a truth value in the place of dim is another parameter's
    for i, p in enumerate(inspect.signature(op.fn).parameters.values()):
        told = str(p.annotation)
        kind = told.removesuffix(" | None")
        optional = "?" if kind != told or p.default is None else ""
        if kind in ("bool", "int"):
            found.append((i, p.name, kind + optional))
        elif kind == "float":
            found.append((i, p.name, "number" + optional))
        elif kind == "float | str":
            found.append((i, p.name, "number or name" + optional))
        elif kind.removesuffix(" | str") in _DIMS:
            words = "dims or name" if kind.endswith(" | str") else "dims"
            found.append((i, p.name, words + optional))
        elif told == "Any" and p.name in _NAMED and (p.name == "dim" or p.default is not p.empty):
            if p.name == "dim" and overloaded:
                found.append((i, p.name, "dims or bool?"))
            elif p.name != "dim" or op.name not in ("max", "min"):
                found.append((i, p.name, _NAMED[p.name] + optional))
        elif told == "Any" and op.name == "scatter" and p.name == "src":
            found.append((i, p.name, "Tensor or number"))
        elif told == "Any" and (p.name in _TENSORS or (i == 0 and p.name == "input")) and i not in op.numbers:
            found.append((i, p.name, "Tensor" + optional))
        elif p.name in ("dtype", "out_dtype"):
            found.append((i, p.name, "dtype?"))
    return found


def accepted(op: Op, args: tuple[Any, ...], count: int = 0) -> tuple[Any, ...] | None:
    """The arguments as the operation is to be given them; None if they are already.

    Args:
        op: the operation.
        args: all of its arguments.
        count: how many of them were given by position.

    Raises:
        TypeError: one is of a type that torch does not take for it.
    """
    changed = list(args)
    for i, name, kind in _kinds(op):
        given = args[i]
        if given is None and kind.endswith("?"):
            continue
        taken = _TAKE[kind.rstrip("?")](given)
        if taken is _WRONG:
            raise refuse(op.name, name, _WORDS[kind.rstrip("?")], given, i + 1 if i < count else None)
        changed[i] = taken
    after = tuple(changed)
    return None if all(a is b for a, b in zip(args, after, strict=True)) else after


_WRONG = object()
_WORDS = {
    "Tensor": "Tensor",
    "bool": "bool",
    "dims": "tuple of ints",
    "dims or bool": "tuple of ints",
    "dims or name": "tuple of ints",
    "dtype": "torch.dtype",
    "int": "int",
    "number": "Number",
    "number or name": "Number",
    "Tensor or number": "Tensor",
}


def _bool(x: Any) -> Any:
    return x if type(x) is bool else _WRONG


def _int(x: Any) -> Any:
    kind = type(x)
    if kind is int:
        return x
    if kind in TENSOR_TYPES:
        return int(x.item()) if not x.dim() and x.dtype._np.kind in "iu" and not x.requires_grad else _WRONG
    if kind is bool or not hasattr(kind, "__index__") or isinstance(x, (np.bool_, np.ndarray)):
        return _WRONG
    return x.__index__()


def _dims(x: Any) -> Any:
    if isinstance(x, (tuple, list)):
        parts = [_int(n) for n in x]
        if any(n is _WRONG for n in parts):
            return _WRONG
        return x if all(a is b for a, b in zip(parts, x, strict=True)) else type(x)(parts)
    return _int(x)


def _number(x: Any) -> Any:
    kind = type(x)
    if kind in (int, float, bool, complex):
        return x
    if kind in TENSOR_TYPES:
        if x.dim():
            return _WRONG
        # One that is still to be computed, or that is traced, goes in as an operand: reading it would cut the step. So
        # does one in a compiled function, whose value may be another in the next call.
        return x.item() if type(x._current().array) is np.ndarray and recorder.capture is None else x
    return x if isinstance(x, (np.number, np.bool_, int, float, complex)) else _WRONG


def _dtype(x: Any) -> Any:
    if x in PYTHON_DTYPES if isinstance(x, type) else False:
        return PYTHON_DTYPES[x]
    return x if isinstance(x, dtypes.dtype) else _WRONG


def _tensor(x: Any) -> Any:
    return x if type(x) in TENSOR_TYPES or hasattr(x, "__jax_array__") else _WRONG


_TAKE: dict[str, Callable[[Any], Any]] = {
    "Tensor": _tensor,
    "bool": _bool,
    "dims": _dims,
    "dims or bool": lambda x: x if type(x) is bool else _dims(x),
    "dims or name": lambda x: x if isinstance(x, str) else _dims(x),
    "dtype": _dtype,
    "int": _int,
    "number": _number,
    "number or name": lambda x: x if isinstance(x, str) else _number(x),
    "Tensor or number": lambda x: x if _number(x) is not _WRONG else _tensor(x),
}


def is_integer(given: Any) -> bool:
    """Whether torch takes an argument for an integer.

    Args:
        given: the argument.
    """
    return _int(given) is not _WRONG


def is_number(given: Any) -> bool:
    """Whether torch takes an argument for a number.

    Args:
        given: the argument.
    """
    if type(given) in TENSOR_TYPES and given.requires_grad:
        return False
    return _number(given) is not _WRONG


def integer(function: str, name: str, given: Any, position: int | None = None) -> int:
    """The argument as an integer, for functions that are no operations.

    Args:
        function: the function's name.
        name: the argument's.
        given: an integer of any kind, or a tensor that is one.
        position: its place, counted from 1, if it was given by it.

    Raises:
        TypeError: it is none.
    """
    taken = given if type(given) is int else _int(given)
    if taken is _WRONG:
        raise refuse(function, name, "int", given, position)
    found: int = taken
    return found


def truth(function: str, name: str, given: Any, position: int | None = None) -> bool:
    """The argument as a truth value, for functions that are no operations.

    Args:
        function: the function's name.
        name: the argument's.
        given: True or False.
        position: its place, counted from 1, if it was given by it.

    Raises:
        TypeError: it is neither.
    """
    if type(given) is not bool:
        raise refuse(function, name, "bool", given, position)
    return given


def number(function: str, name: str, given: Any) -> Any:
    """The argument as a number, for functions that are no operations.

    Args:
        function: the function's name.
        name: the argument's.
        given: a number of any kind, or a tensor that is one.

    Raises:
        TypeError: it is none.
    """
    taken = _number(given)
    if taken is _WRONG:
        raise refuse(function, name, "Number", given)
    return taken


def tensor(function: str, name: str, given: Any) -> Any:
    """The argument, for functions that are no operations.

    Args:
        function: the function's name.
        name: the argument's.
        given: a tensor.

    Raises:
        TypeError: it is none.
    """
    if type(given) not in TENSOR_TYPES:
        raise refuse(function, name, "Tensor", given)
    return given
