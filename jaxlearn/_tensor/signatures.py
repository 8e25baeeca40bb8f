"""Making an operation's signature: its function of the operands alone, everything else in the call filled in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .._engine.device import Device
from .._engine.signature import Signature
from .._engine.value import Aval, Value
from .._naming import type_name
from ..ops.op import Op
from ..ops.pointwise_rules import dependencies_alone
from ..ops.shape_errors import as_torch
from .layout import lay_out_results

__all__ = ["TENSOR_TYPES", "common_device", "make_signature", "refuse_operands"]

# Tensor and its subclasses; a set look-up is the fastest test of an argument.
TENSOR_TYPES: set[type] = set()


class _Slot:
    """Stands for an array (or a number) in a signature's argument template."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


Signature.analysing = staticmethod(dependencies_alone)


def make_signature(op: Op, args: tuple[Any, ...], inputs: list[Value]) -> Signature:
    """The signature of an operation on these arguments. Raises what the operation's own checks raise."""
    kinds: list[type] = []
    count = [0]
    filled = []
    for position, a in enumerate(args):
        if position in op.numbers and type(a) in (int, float):
            filled.append(_Slot(len(inputs) + len(kinds)))
            kinds.append(type(a))
        else:
            filled.append(_template(a, count))
    names = op.parameters[op.positional :]

    def fn(*operands: Any) -> Any:
        full = [_fill(a, operands) for a in filled]
        return op.fn(*full[: op.positional], **dict(zip(names, full[op.positional :], strict=True)))

    devices = [a for a in args if type(a) is Device]
    avals = [v.aval for v in inputs]
    device = devices[0] if devices else common_device(avals)
    try:
        signature = Signature(op.name, fn, avals, kinds, op=op, device=device)
    except (TypeError, ValueError) as error:
        torchs = as_torch(error)
        if torchs is None:
            raise
        raise torchs from None
    lay_out_results(op, args, avals, signature)
    signature.arguments = lambda operands: [_fill(a, operands) for a in filled]
    signature.differentiable = op.differentiable and any(a.dtype.kind in "fcV" for a in signature.out)
    named = [_fill(a, [*avals, *kinds]) for a in filled]
    signature.grad_name = op.grad_name if isinstance(op.grad_name, str) else op.grad_name(*named)
    if op.undefined is not None:
        slots = [filled[op.index[name]] for name in op.undefined(*named) if name in op.index]
        signature.undefined = frozenset(s.index for s in slots if isinstance(s, _Slot))
    saves = op.saves(*named) if callable(op.saves) else op.saves
    keeps = op.keeps(*named) if callable(op.keeps) else op.keeps
    kept = [
        i
        for s in (*saves, *keeps)
        for i in ([-1 - int(s[6:] or 0)] if s.startswith("result") else _operands_in(filled[op.index[s]]))
    ]
    signature.saves = tuple(i for i in kept if -len(signature.out) <= i < len(inputs))
    if keeps:
        signature.keeps = frozenset(i for s in keeps for i in _operands_in(filled[op.index[s]]))
    if op.selects:
        chosen = [i for s in op.selects for i in _operands_in(filled[op.index[s]])]
        signature.selects = frozenset(i for i in chosen if i < len(inputs))
    if op.direct is not None:
        signature.host = op.direct(named, signature.out)
    if signature.host is None and op.host is not None:
        signature.host = _host_call(op, filled, signature)
    return signature


def _host_call(op: Op, filled: list[Any], signature: Signature) -> Callable[..., Any]:
    """The operation's NumPy form as a function of the operands, like the signature's own function."""
    host = op.host
    assert host is not None
    names = op.parameters[op.positional :]
    fixed = dict(zip(names, filled[op.positional :], strict=True))
    if op.host_takes_dtype:
        fixed["dtype"] = signature.out[0].dtype
    positional = filled[: op.positional]
    # The places of single operands, of sequences of nothing but operands, and of everything else that holds some.
    slots = [(place, a.index) for place, a in enumerate(positional) if type(a) is _Slot]
    rows: list[tuple[int, int, int]] = []
    mixed: list[int] = []
    for place, a in enumerate(positional):
        if type(a) in (tuple, list) and _has_slots(a):
            if all(type(x) is _Slot for x in a):
                rows.append((place, a[0].index, a[-1].index + 1))
            else:
                mixed.append(place)
    variable = [
        name for name, a in fixed.items() if type(a) is _Slot or (type(a) in (tuple, list) and _has_slots(a))
    ]

    def call(*operands: Any) -> Any:
        args = positional.copy()
        for place, index in slots:
            args[place] = operands[index]
        for place, start, stop in rows:
            args[place] = operands[start:stop]
        for place in mixed:
            args[place] = _fill(args[place], operands)
        if variable:
            return host(*args, **{**fixed, **{name: _fill(fixed[name], operands) for name in variable}})
        return host(*args, **fixed)

    return call


def _operands_in(a: Any) -> list[int]:
    """The numbers of the operands that an argument is or has in it."""
    if type(a) in (tuple, list):
        return [i for x in a for i in _operands_in(x)]
    return [a.index] if type(a) is _Slot else []


def _has_slots(a: Any) -> bool:
    return any(type(x) is _Slot or (type(x) in (tuple, list) and _has_slots(x)) for x in a)


# Parameters that torch takes tensors for, and nothing else.
_TENSOR_PARAMETERS = {
    "abs", "angle", "imag", "input", "mat1", "mat2", "real", "target", "tensor", "vec", "vec1", "vec2", "weight"
}  # fmt: skip


def refuse_operands(op: Op, args: tuple[Any, ...]) -> None:
    """Name the operand that is no tensor, if an operation failed because it was given one.

    Raises:
        TypeError: with torch's words.
    """
    for i, (name, a) in enumerate(zip(op.parameters, args, strict=False)):
        optional = a is None and op.defaults[i] is not inspect.Parameter.empty
        if name in _TENSOR_PARAMETERS and not optional and type(a) not in TENSOR_TYPES:
            raise TypeError(
                f"{op.name}(): argument '{name}' (position {i + 1}) must be Tensor, not {type_name(a)}"
            ) from None
    flat = [x for a in args for x in (a if isinstance(a, (tuple, list)) else (a,))]
    if any(type(a) not in TENSOR_TYPES and type(a) is not Device for a in flat):
        given = ", ".join(map(type_name, args))
        raise TypeError(f"{op.name}() received an invalid combination of arguments - got ({given})") from None


def _template(a: Any, count: list[int]) -> Any:
    """The argument with slots in place of its tensors, numbered on from ``count[0]``."""
    if type(a) in TENSOR_TYPES:
        count[0] += 1
        return _Slot(count[0] - 1)
    if isinstance(a, (tuple, list)):
        items = [_template(x, count) for x in a]
        return items if type(a) is list else tuple(items)
    return a


def common_device(avals: list[Aval]) -> Device | None:
    """The operands' one device; 0-dimensional ones on the CPU go anywhere, and so do the keys of random masks.

    Raises:
        RuntimeError: the operands are on several devices.
    """
    found: Device | None = None
    if len(avals) > 1:
        avals = [a for a in avals if a.shape != (2,) or a.dtype != np.uint32]
    for aval in avals:
        if found is None or (
            aval.device != found and found.type == "cpu" and not _dimensioned_on(avals, found)
        ):
            found = aval.device
        elif aval.device != found and (aval.shape or aval.device.type != "cpu"):
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {found} and "
                f"{aval.device}!"
            )
    return found


def _dimensioned_on(avals: list[Aval], device: Device) -> bool:
    return any(a.shape and a.device == device for a in avals)


def _fill(a: Any, operands: Any) -> Any:
    if type(a) is _Slot:
        return operands[a.index]
    if type(a) is tuple or type(a) is list:
        return type(a)(_fill(x, operands) for x in a)
    return a
