"""Calling an operation: sort the arguments, find the signature, record, attach the backward node.

This is the hot path of the library: everything that depends on the arguments' types alone is kept in the signature.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._autograd.modes import SAVED_INFERENCE, modes
from .._autograd.node import GradNode, watchers
from .._dtype_objects import dtype as Dtype
from .._engine.device import Device
from .._engine.graph import record, record_many
from .._engine.outside import is_staged
from .._engine.recorder import recorder, ungraded, unusual
from .._engine.residuals import is_costly
from .._engine.signature import Signature, strong, x64
from .._engine.value import Aval, Lent, Value, concrete, intern, own
from ..ops.op import Op
from ..ops.view_rules import Step, contiguous_strides, part_step
from .argument_kinds import accepted, refuse
from .cell import Cell, CellIfAny, cell_of
from .host_calls import alias_on_host, call_of, make_alias, new_on_host, remember, results_are, view_mode
from .out_dtypes import COMPUTED_IN_OUT
from .signatures import TENSOR_TYPES, make_signature, refuse_operands
from .views import operand

__all__ = [
    "TENSOR_TYPES",
    "apply_signature",
    "dispatch",
    "host_alias",
    "host_array_of",
    "host_view",
    "new_on_host",
    "register_tensor_type",
    "wrap",
    "wrap_cell",
]

_tensor_type: Any = None

_requires_grad = operator.attrgetter("_requires_grad")
_array_of, _aval_of = operator.attrgetter("array"), operator.attrgetter("aval")

# What JAX raises where an operation must know an operand's value.
_NOT_KNOWN = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
)
# More argument combinations of one operation than this come from arguments that never repeat.
_SIGNATURES = 4096


def register_tensor_type(cls: type) -> None:
    """Make instances of the class count as tensors in operations; the first one is the type of results."""
    global _tensor_type
    TENSOR_TYPES.add(cls)
    if _tensor_type is None:
        _tensor_type = cls
        results_are(cls)


def wrap(value: Value) -> Any:
    """A new tensor of a value, with a storage of its own and no history."""
    t = object.__new__(_tensor_type)
    t._cell = cell_of(value)
    if ungraded and modes.inference:
        t._inference = True
    return t


def wrap_cell(cell: Cell) -> Any:
    """A new tensor on a storage, with no history."""
    t = object.__new__(_tensor_type)
    t._cell = cell
    return t


class _Arrays(Exception):
    """An operation was called with jax arrays: it applies at once."""


def dispatch(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], kind: Any = None) -> Any:
    """Call an operation on tensors: record it and return the result tensors.

    Args:
        op: the operation.
        args: the positional arguments.
        kwargs: the arguments by keyword.
        kind: under what to keep what is done if it is done on the host; None where that is not to be kept.
    """
    count = len(args)
    if kwargs or op.variadic is not None or len(args) != op.positional or op.keyword_only:
        if "out" in kwargs and "out" not in op.index:
            Op.refuse_out(op.name, args, kwargs)
            out = kwargs["out"]
            kwargs = {key: value for key, value in kwargs.items() if key != "out"}
            if op.name in COMPUTED_IN_OUT and type(out) in TENSOR_TYPES and kwargs.get("dtype") is None:
                kwargs["dtype"] = out.dtype
            result = dispatch(op, args, kwargs)
            return result if out is None else write_out(out, result, op.name, args, op.alone)
        n, v = len(args), op.variadic
        if (
            v is not None
            and n > v
            and (
                type(args[v]) is int
                or isinstance(args[v], (int, np.integer))
                or type(args[v]) in TENSOR_TYPES
            )
        ):
            args = (*args[:v], args[v:])  # x.view(2, 3) and x.view((2, 3)) are the same call
            n = v + 1
        if kwargs or not op.required <= n <= op.positional:
            args = op.bind(args, kwargs)
        else:
            args += op.defaults[n:]
    if unusual and modes.autocast is not None:
        args = modes.autocast.arguments(op, args)
    key: list[Any] = []
    tensors: list[Any] = []
    inputs: list[Value] = []
    numbers: list[Any] = []
    grad = nested = False
    for a in args:
        t = type(a)
        if t in TENSOR_TYPES:
            value = a._cell.value if a._view is None else operand(a)
            key.append(value.aval)
            inputs.append(value)
            tensors.append(a)
            if a._requires_grad:
                grad = True
        elif a is None or t is str or t is bool:
            key.append(a)
        elif t is int or t is float:
            if len(key) in op.numbers:
                key.append(t)
                numbers.append(a)
            else:
                # -0.0 and nan are other constants than what they are equal, or not equal, to.
                key.append((t, a) if t is int or a > 0 or a < 0 else (t, str(a)))
        elif t is tuple and set(map(type, a)) == _INT:
            key.append(a)
        elif t is tuple or t is list:
            before = len(tensors)
            try:
                key.append(_freeze(a, tensors, inputs))
            except _Arrays:
                return _immediate(op, args)
            nested = nested or len(tensors) > before
        elif t is slice or t is Dtype or t is Device:
            key.append((t, repr(a)) if t is slice else a)
        else:
            if hasattr(t, "__torch_function__"):
                raise TypeError(f"{op.name}() got a {t.__name__}, which is no tensor")
            a = plain(a)
            if isinstance(a, (jax.Array, np.ndarray)):
                return _immediate(op, args)
            if type(a) is not t or isinstance(a, (int, float, tuple, list)):
                # A number or sequence of another kind (NumPy's, torch.Size, an enum): the same as the plain one.
                taken = accepted(op, args, count) or args
                return _again(op, tuple([plain(x, i in op.numbers) for i, x in enumerate(taken)]))
            key.append(a)
    if unusual and recorder.capture is not None:
        recorder.capture.read(tensors)
    if nested:
        grad = grad or any(map(_requires_grad, tensors))
    frozen = tuple(key)
    signature = op.signatures.get(frozen)
    if signature is None:
        better = accepted(op, args, count)
        if better is not None:
            return _again(op, better)
        if any(isinstance(v.array, jax.core.Tracer) for v in inputs):
            capture = recorder.capture
            if capture is None or not capture.lifts:
                return _through_tracers(op, args, tensors, inputs, numbers)
            stand_ins = {id(v.aval): capture.lift(v).aval for v in inputs if v.aval.traced}
            inputs = [capture.lift(v) for v in inputs]
            frozen = _with_avals(frozen, stand_ins)
            signature = op.signatures.get(frozen)
    if signature is None:
        try:
            signature = make_signature(op, args, inputs)
        except (AttributeError, ValueError) as error:
            if type(error) is AttributeError or str(error).startswith("None is not a valid value for jnp"):
                refuse_operands(op, args)
            raise
        except _NOT_KNOWN:
            known = args[:1] + tuple([_as_number(op, i, x) for i, x in enumerate(args[1:], 1)])
            if all(a is b for a, b in zip(args, known, strict=True)):
                raise
            return _again(op, known)
        if len(op.signatures) >= _SIGNATURES:
            op.signatures.clear()
        op.signatures[frozen] = signature
    if op.at_once and signature.host is not None and not (grad and modes.grad) and recorder.capture is None:
        call = call_of(op, signature, args, inputs)
        if call is not None:
            if kind is not None and not (op.view and numbers):
                remember(op.known, kind, call)
            result = call(tensors[0], *map(_array_of, inputs), *numbers)
            if result is not None:
                return result
    if op.view:
        result = apply_signature(signature, tensors, tuple(inputs), tuple(numbers), grad)
        return alias(op, tensors[0], args, result)
    return apply_signature(signature, tensors, tuple(inputs), tuple(numbers), grad)


def _as_number(op: Op, i: int, x: Any) -> Any:
    """The i-th argument with each tensor in it that stands for a number read.

    Raises:
        TypeError: a tensor that requires grad stands for none.
    """
    if type(x) in TENSOR_TYPES and not x.dim():
        if x.requires_grad:
            raise refuse(op.name, (*op.index,)[i], "Number", x)
        return x.item()
    if type(x) in (tuple, list):
        parts = [_as_number(op, i, part) for part in x]
        return x if all(a is b for a, b in zip(x, parts, strict=True)) else type(x)(parts)
    return x


def _again(op: Op, args: tuple[Any, ...]) -> Any:
    """Call with all arguments, in their order, in place of others."""
    n = op.positional
    return dispatch(op, args[:n], dict(zip(op.parameters[n:], args[n:], strict=True)))


Op.dispatch = staticmethod(dispatch)
Op.write_out = staticmethod(lambda *arguments: write_out(*arguments))


def apply_signature(
    signature: Signature, tensors: list[Any], inputs: tuple[Value, ...], numbers: tuple[Any, ...], grad: bool
) -> Any:
    """Record a signature applied to tensors; results as the signature's function returns them."""
    for t in tensors:
        if type(t._cell.value) is Lent and recorder.capture is None:
            inputs = tuple(
                [own(v) if type(x._cell.value) is Lent else v for x, v in zip(tensors, inputs, strict=True)]
            )
            break
    if grad and signature.costly is not False and modes.grad and signature.differentiable and not watchers:
        if signature.costly is None:
            signature.costly = is_costly(signature)
        if signature.costly and recorder.capture is None:
            from .keeping import apply_keeping  # it needs dispatch itself

            return apply_keeping(signature, tensors, inputs, numbers)
    if signature.single:
        result = object.__new__(_tensor_type)
        result._cell = cell_of(record(signature, inputs, numbers))
        if grad and signature.differentiable and (not ungraded or modes.grad):
            node = GradNode(signature, inputs, numbers, edges(signature, tensors))
            result._grad_fn = node
            result._requires_grad = True
            if signature.saves:
                node.saved = saved(signature, tensors, result)
        elif ungraded and modes.inference:
            result._inference = True
        return result
    results = [wrap(v) for v in record_many(signature, inputs, numbers)]
    if grad and modes.grad and signature.differentiable:
        node = GradNode(signature, inputs, numbers, edges(signature, tensors))
        for i, r in enumerate(results):
            if signature.out[i].dtype.kind in "fcV":
                r._grad_fn = node
                r._output_nr = i
                r._requires_grad = True
        if signature.saves:
            node.saved = saved(signature, tensors, results)
    return structure(signature.out_type, results)


def structure(out_type: Any, results: list[Any]) -> Any:
    """The results in the container that the operation's function returns them in."""
    if hasattr(out_type, "_fields"):
        return out_type(*results)
    return list(results) if out_type is list else tuple(results)


def edges(signature: Signature, tensors: list[Any]) -> tuple[Any, ...]:
    """Where each input's gradient goes."""
    # edge_of() written out, in a loop: every operation that gradients flow through comes here.
    found: list[Any] = []
    for t in tensors:
        if t._requires_grad:
            node = t._grad_fn
            found.append(t if node is None else (node, t._output_nr))
        else:
            found.append(None)
    return tuple(found)


def saved(signature: Signature, tensors: list[Any], result: Any) -> list[tuple[Any, int, int]]:
    """The storage cells that torch keeps for backward, with their versions now and the numbers of the inputs; -1 stands
    for the result or the first of several, -2 for the second."""
    kept: list[tuple[Any, int, int]] = []
    for i in signature.saves:
        if i >= 0:
            tensor = tensors[i]
            if tensor._inference:
                wanted = tuple([k for k, t in enumerate(tensors) if t._requires_grad])
                if signature.keeps_input(wanted, i):
                    raise RuntimeError(SAVED_INFERENCE)
            cell = tensor._cell
        elif type(result) is list:
            kept.append((CellIfAny(result[-1 - i]._cell), 0, i))
            continue
        else:
            cell = result._cell
        kept.append((cell, cell.version - cell.untracked, i))
    return kept


def _freeze(sequence: Any, tensors: list[Any], inputs: list[Value]) -> Any:
    """The hashable form of a sequence argument; tensors in it are collected."""
    types = set(map(type, sequence))
    if types == _INT:
        return tuple(sequence)
    key: list[Any] = [type(sequence)]
    if types <= TENSOR_TYPES:
        values = [x._cell.value if x._view is None else operand(x) for x in sequence]
        tensors += sequence
        inputs += values
        key += map(_aval_of, values)
        return tuple(key)
    for x in sequence:
        t = type(x)
        if t in TENSOR_TYPES:
            value = x._cell.value if x._view is None else operand(x)
            tensors.append(x)
            inputs.append(value)
            key.append(value.aval)
        elif t is tuple or t is list:
            key.append(_freeze(x, tensors, inputs))
        elif isinstance(x, (jax.Array, np.ndarray)):
            raise _Arrays
        elif t is float or t is int or t is slice or t is complex:
            key.append((t, str(x)))
        else:
            key.append(x)
    return tuple(key)


_INT = {int}


def _with_avals(key: Any, stand_ins: dict[int, Aval]) -> Any:
    """A key with other types in place of tracers'."""
    if type(key) is tuple:
        return tuple([_with_avals(k, stand_ins) for k in key])
    return stand_ins.get(id(key), key)


def plain(a: Any, number: bool = False) -> Any:
    """A number or sequence of a special kind as Python's own: NumPy scalars, torch.Size, ranges, enums.

    Args:
        a: the value.
        number: whether it is one of the operands: NumPy's truth values are floating point numbers there, as in torch.
    """
    if isinstance(a, (np.generic,)):
        return float(a) if number and isinstance(a, np.bool_) else a.item()
    if isinstance(a, (bool, str)):
        return a
    if isinstance(a, int):
        return int(a)
    if isinstance(a, float):
        return float(a)
    if isinstance(a, (tuple, range)) and not hasattr(a, "_fields"):
        return tuple(a)
    return a


def _leaves(args: Any) -> Iterator[Any]:
    for a in args:
        if isinstance(a, (tuple, list)):
            yield from _leaves(a)
        else:
            yield a


def _immediate(op: Op, args: tuple[Any, ...]) -> Any:
    """Apply to jax arrays, without recording; tensors among them give their arrays."""

    def array(a: Any) -> Any:
        if type(a) in TENSOR_TYPES:
            return a.__jax_array__()
        if isinstance(a, (tuple, list)):
            return type(a)(array(x) for x in a)
        return a

    # Inside an operation's function NumPy's arrays are constants; a tensor's partner they are not.
    if not is_staged() and not any(isinstance(x, jax.Array) for x in _leaves(args)):
        refuse_operands(op, args)
    full = [array(a) for a in args]
    names = op.parameters[op.positional :]
    with x64():  # whatever the user's setting: dtypes are torch's here too
        return op.fn(*full[: op.positional], **dict(zip(names, full[op.positional :], strict=True)))


def _through_tracers(op: Op, args: Any, tensors: list[Any], inputs: list[Value], numbers: list[Any]) -> Any:
    """Inside the user's own jax transformation the values are tracers: compute at once, keep the backward graph."""
    signature = make_signature(op, args, inputs)
    found = [v.array if v.array is not None else _read(v) for v in inputs]
    with x64():  # whatever the user's setting: dtypes are torch's here too
        arrays = [jnp.asarray(a) for a in found]
        if not modes.grad:
            arrays = [jax.lax.stop_gradient(a) for a in arrays]  # to jax.grad, what no_grad means here
        out = signature.fn(*arrays, *numbers)
    results = [wrap(concrete(strong(o))) for o in ([out] if signature.single else out)]
    if modes.grad and signature.differentiable and any(t._requires_grad for t in tensors):
        node = GradNode(signature, tuple(inputs), tuple(numbers), edges(signature, tensors))
        node.traced = True
        for i, r in enumerate(results):
            if signature.out[i].dtype.kind in "fcV":
                r._grad_fn, r._output_nr, r._requires_grad = node, i, True
    result = results[0] if signature.single else structure(signature.out_type, results)
    return alias(op, tensors[0], args, result) if op.view else result


def _read(value: Value) -> Any:
    from .._engine.graph import evaluate

    return evaluate(value)


def alias(op: Op, source: Any, args: tuple[Any, ...], result: Any) -> Any:
    """Make the result (or each of several) of a view operation share its source's storage."""
    mode = view_mode()
    if isinstance(result, (tuple, list)):
        shape = source._current().aval.shape
        for i, r in enumerate(result):
            make_alias(source, (part_step(op, shape, i, args[1:]),), r, r._cell.value, mode or "multi")
    else:
        make_alias(source, ((op, args[1:]),), result, result._cell.value, mode)
    return result


def host_array_of(source: Any) -> np.ndarray[Any, Any] | None:
    """The tensor's array if a view of it may be made on the host at once: it is there and nothing records."""
    if (unusual and recorder.capture is not None) or (source._requires_grad and modes.grad):
        return None
    array = (source._cell.value if source._view is None else source._current()).array
    return array if type(array) is np.ndarray else None


def host_view(
    source: Any,
    steps: tuple[Step, ...],
    array: np.ndarray[Any, Any],
    strides: tuple[int, ...] | None = None,
) -> Any:
    """The result of view operations on a tensor for which :func:`host_array_of` gave an array.

    What :func:`dispatch` would do, without sorting the arguments and looking for their signature: datasets index small
    tensors in Python loops.

    Args:
        source: the tensor.
        steps: the operations, one after the other, each with its arguments after the first.
        array: the part of the source's array.
        strides: torch's of the result; None for row-major ones.
    """
    if strides is not None and strides == contiguous_strides(array.shape):
        strides = None
    return host_alias(
        source, steps, array, intern(array.shape, array.dtype, source._cell.value.aval.device, strides)
    )


def host_alias(source: Any, steps: tuple[Step, ...], array: np.ndarray[Any, Any], aval: Aval) -> Any:
    """:func:`host_view` of a known type.

    Args:
        source: the tensor.
        steps: the operations.
        array: the part of the source's array.
        aval: its type.
    """
    return alias_on_host(source, steps, array, aval)


def write_out(
    out: Any, result: Any, function: str, arguments: tuple[Any, ...] = (), alone: bool = False
) -> Any:
    """Write the result into ``out=``; see :func:`jaxlearn._tensor.inplace.write_out`."""
    from .inplace import write_out as write  # it needs dispatch itself

    return write(out, result, function, arguments, alone)
