"""Operations on small arrays that are on the host: the second call of a kind costs little more than NumPy's own work.

What a call does depends on the types of its operands and on its other arguments alone. It is kept under these as a
function of the arrays: a dictionary look-up then stands for sorting the arguments, finding the signature and wrapping
the result. What is not found there, or is not on the host, takes the general way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._autograd.modes import modes
from .._autograd.nowhere import lead_nowhere
from .._dtype_objects import dtype as Dtype
from .._engine.device import Device
from .._engine.recorder import recorder, ungraded, unusual
from .._engine.signature import Signature
from .._engine.value import Aval, Held, Value, held
from .._size import Size
from ..ops.host import quietly, run_quietly
from ..ops.op import Op, ViewFunction
from ..ops.shape_parts import select_view, slice_view
from ..ops.view_rules import Step, part_step, read_on_host
from .cell import Cell, View
from .signatures import TENSOR_TYPES
from .views import current

__all__ = [
    "HostCall",
    "alias_on_host",
    "call_of",
    "call_on_host",
    "make_alias",
    "new_on_host",
    "recall",
    "remember",
    "results_are",
    "two_on_host",
    "view_mode",
]

# What is done with the first argument and all operands' arrays, followed by the numbers; None leaves it to a program.
HostCall = Callable[..., Any]

_ndarray = np.ndarray
_new = object.__new__
_tensor_type: Any = None
_INT = {int}

# More kinds of calls of one operation than this come from arguments that never repeat.
_KNOWN = 4096


def results_are(cls: type) -> None:
    """Tell the type of results."""
    global _tensor_type
    _tensor_type = cls


def call_on_host(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an operation that can be computed on the host."""
    if unusual or not args:
        return Op.dispatch(op, args, kwargs)
    given: Sequence[Any] = args
    if kwargs:
        given = _bound(op, args, kwargs)
    elif len(args) == 1:
        x = args[0]
        if type(x) in TENSOR_TYPES and not x._requires_grad:
            view = x._view
            value = x._cell.value if view is None else _shown(x, view)
            array = value.array
            if type(array) is _ndarray:
                known = op.known.get(value.aval)
                if known is not None:
                    result = known(x, array)
                    if result is not None:
                        return result
                array = value = None  # what refers to an operand's array counts: see reclaim()
    elif len(args) == 2:
        return two_on_host(op, args[0], args[1])
    return _call(op, args, kwargs, given)


def two_on_host(op: Op, x: Any, y: Any) -> Any:
    """Call an operation that can be computed on the host with two arguments."""
    if not unusual and type(x) in TENSOR_TYPES and not x._requires_grad:
        view = x._view
        value = x._cell.value if view is None else _shown(x, view)
        array = value.array
        if type(array) is _ndarray:
            kind = type(y)
            result = None
            if kind in TENSOR_TYPES:
                if not y._requires_grad:
                    view = y._view
                    other = y._cell.value if view is None else _shown(y, view)
                    second = other.array
                    if type(second) is _ndarray:
                        known = op.known.get((value.aval, other.aval))
                        if known is not None:
                            result = known(x, array, second)
                    other = second = None
            elif kind is int or kind is float:
                if op.second_is_number:
                    known = op.known.get((value.aval, kind))
                    if known is not None:
                        result = known(x, array, y)
                elif kind is int:
                    known = op.known.get((value.aval, y))
                    if known is not None:
                        result = known(x, array)
            if result is not None:
                return result
        array = value = None  # what refers to an operand's array counts: see reclaim()
    args = x, y
    return Op.dispatch(op, args, _NOTHING) if unusual else _call(op, args, _NOTHING, args)


_NOTHING: dict[str, Any] = {}
_ELSEWHERE = held(None, None)  # type: ignore[arg-type]


def _shown(x: Any, view: Any) -> Value:
    """The value of a view; one without an array where the view may have to take up its base's history."""
    base = view.base
    if base is not None and base._requires_grad:
        return _ELSEWHERE
    value: Value = view.value if view.version == x._cell.version else current(x)
    return value


def _call(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any], given: Sequence[Any]) -> Any:
    """Call an operation with any arguments, ``given`` in the order of the parameters."""
    key: list[Any] = []
    operands: list[Any] = []
    numbers: list[Any] = []
    array: Any = None
    for a in given:
        t = type(a)
        if t in TENSOR_TYPES:
            view = a._view
            value = a._cell.value if view is None else _shown(a, view)
            array = value.array
            if type(array) is not _ndarray or (a._requires_grad and modes.grad):
                break
            key.append(value.aval)
            operands.append(array)
        elif t is int or t is float:
            if len(key) in op.numbers:
                key.append(t)
                numbers.append(a)
            elif t is int:
                key.append(a)
            else:
                key.append((t, a) if a > 0 or a < 0 else (t, str(a)))  # as in dispatch()
        elif a is None or t is str or t is Dtype or t is Device:
            key.append(a)
        elif t is bool:
            key.append((t, a))
        elif t is tuple or t is list or t is Size:
            part = _sequence(a, operands)
            if part is None:
                break
            key.append(part)
        else:
            break
    else:
        kind = tuple(key) if len(key) > 1 else key[0]
        known = op.known.get(kind)
        if known is None:
            return Op.dispatch(op, args, kwargs, kind)
        result = known(args[0], *operands, *numbers)
        if result is not None:
            return result
    array = value = None  # what refers to an operand's array counts: see reclaim()
    operands.clear()
    return Op.dispatch(op, args, kwargs)


def _bound(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The arguments in the order of the parameters; in place of a wrong one stands what is on the list of no kind."""
    given = [*args, *op.defaults[len(args) :]]
    for name, a in kwargs.items():
        place = op.index.get(name, -1)
        if place < len(args):
            return [op]
        given[place] = a
    return given


def _sequence(items: Any, operands: list[Any]) -> Any:
    """What stands for integers, or for tensors on the host, in the key of a call; None for anything else."""
    types = set(map(type, items))
    if types == _INT:
        return tuple(items)
    if not types or not types <= TENSOR_TYPES:
        return None
    key: list[Any] = [type(items)]
    for a in items:
        view = a._view
        value = a._cell.value if view is None else current(a)
        array = value.array
        if type(array) is not _ndarray or (a._requires_grad and modes.grad):
            return None
        if view is not None and view.base is not None and view.base._requires_grad:
            return None
        key.append(value.aval)
        operands.append(array)
    return tuple(key)


def remember(known: dict[Any, HostCall], kind: Any, call: HostCall) -> None:
    """Keep what is done for calls of a kind."""
    if len(known) >= _KNOWN:
        known.clear()
    known[kind] = call


def call_of(op: Op, signature: Signature, args: tuple[Any, ...], inputs: Sequence[Value]) -> HostCall | None:
    """What computes a signature on the host at once if everything is there already: views always, other operations on
    small arrays.

    Args:
        op: the operation.
        signature: with a form for the host.
        args: all arguments.
        inputs: the operands.
    """
    if not inputs or [type(v.array) for v in inputs].count(_ndarray) < len(inputs):
        return None
    host, out = signature.host, signature.out
    if not op.view:
        if max(aval.size for aval in out) > op.host_limit:
            return None
        return _plain(host, out[0]) if signature.single else _several(host, out, signature.out_type)
    if signature.single:
        return _one_view(host, out[0], ((op, args[1:]),))
    shape = inputs[0].aval.shape
    steps = [(part_step(op, shape, i, args[1:]),) for i in range(len(out))]
    return _several_views(host, out, steps, signature.out_type)


def new_on_host(array: np.ndarray[Any, Any], aval: Aval) -> Any:
    """A new tensor of an array on the host, of a known type, while nothing is captured."""
    # held() and cell_of() written out, here and below: a call of each takes as long as what it does.
    value = Held()
    value.aval, value.array = aval, array
    value.code = 0
    value.signature = None
    value.inputs = value.numbers = ()
    result = _new(_tensor_type)
    cell = result._cell = Cell()
    cell.value = value
    cell.version = cell.untracked = 0
    if ungraded and modes.inference:
        result._inference = True
    return result


def _plain(host: Callable[..., Any], aval: Aval) -> HostCall:
    ufunc = getattr(host, "quiet", None)

    def call(source: Any, *operands: Any) -> Any:
        if ufunc is None:
            array = host(*operands)
            if array is None:
                return None
        else:
            try:
                array = run_quietly(ufunc, *operands)
            except RuntimeError:
                array = quietly(ufunc, *operands)
            if type(array) is not _ndarray:
                array = np.asarray(array)
        value = Held()
        value.aval, value.array = aval, array
        value.code = 0
        value.signature = None
        value.inputs = value.numbers = ()
        result = _new(_tensor_type)
        cell = result._cell = Cell()
        cell.value = value
        cell.version = cell.untracked = 0
        if ungraded and modes.inference:
            result._inference = True
        return result

    return call


def _several(host: Callable[..., Any], avals: Sequence[Aval], container: Any) -> HostCall:
    def call(source: Any, *operands: Any) -> Any:
        arrays = host(*operands)
        if arrays is None:
            return None
        results = [new_on_host(array, aval) for array, aval in zip(arrays, avals, strict=True)]
        if hasattr(container, "_fields"):
            return container(*results)
        return results if container is list else tuple(results)

    return call


def _one_view(host: Callable[..., Any], aval: Aval, steps: tuple[Step, ...]) -> HostCall:
    return lambda source, *operands: alias_on_host(source, steps, host(*operands), aval)


def alias_on_host(source: Any, steps: tuple[Step, ...], array: np.ndarray[Any, Any], aval: Aval) -> Any:
    """A view of a tensor on the host.

    Args:
        source: the tensor.
        steps: the view operations that lead from it to the view.
        array: the part of its array.
        aval: the part's type.
    """
    value = Held()
    value.aval, value.array = aval, array
    value.code = 0
    value.signature = None
    value.inputs = value.numbers = ()
    result = _new(_tensor_type)
    if ungraded or source._inference or not steps[-1][0].differentiable:
        make_alias(source, steps, result, value, view_mode())
        return result
    # make_alias() for the commonest case
    cell = result._cell = source._cell
    own = result._view = View()
    own.value = value
    version = own.version = cell.version
    own.writes = version - cell.untracked
    view = source._view
    if view is None:
        own.base, own.steps, own.kind = source, steps, ""
    else:
        own.base = source if view.base is None else view.base
        own.steps, own.kind = view.steps + steps, view.kind
    return result


def _several_views(
    host: Callable[..., Any], avals: Sequence[Aval], steps: Sequence[tuple[Step, ...]], container: Any
) -> HostCall:
    def call(source: Any, *operands: Any) -> Any:
        # make_alias() with what is the same for all of them done once
        cell, view, mode = source._cell, source._view, (ungraded and view_mode()) or "multi"
        base = source if view is None or view.base is None else view.base
        before = () if view is None else view.steps
        version, writes, inference = cell.version, cell.version - cell.untracked, source._inference
        results = []
        for aval, chain, array in zip(avals, steps, host(*operands), strict=True):
            value = Held()
            value.aval, value.array = aval, array
            value.code = 0
            value.signature = None
            value.inputs = value.numbers = ()
            result = _new(_tensor_type)
            result._cell = cell
            own = result._view = View()
            own.base, own.steps, own.kind, own.value = base, before + chain, mode, value
            own.version, own.writes = version, writes
            if base._requires_grad:
                lead_nowhere(result)
            if inference:
                result._inference = True
            results.append(result)
        return results if container is list else tuple(results)

    return call


def view_mode() -> str:
    """What makes a view made now one that must not be written to with a history; see :class:`View`."""
    return "" if modes.grad and not modes.hidden else "inference" if modes.inference else "no_grad"


def make_alias(source: Any, steps: tuple[Step, ...], result: Any, value: Value, kind: str) -> None:
    """Make a new tensor an alias of another.

    Args:
        source: the other tensor.
        steps: the view operations that lead from it to the alias.
        result: the alias, without a storage yet.
        value: the alias's.
        kind: as in :class:`View`.
    """
    view, cell = source._view, source._cell
    if view is None:
        base = source
    else:
        base = source if view.base is None else view.base
        kind = kind or view.kind
    if not steps[-1][0].differentiable:  # the bits as another type: autograd does not see through that
        base = None
    if view is not None:
        steps = view.steps + steps
    result._cell = cell
    own = result._view = View()
    own.base, own.steps, own.kind, own.value = base, steps, kind, value
    version = own.version = cell.version
    own.writes = version - cell.untracked
    if kind and base is not None and base._requires_grad and result._grad_fn is None:
        lead_nowhere(result)
    if result._inference is not source._inference:
        result._inference = source._inference


def recall(function: ViewFunction, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a function that makes views of its first argument, by integers."""
    if (unusual and recorder.capture is not None) or not args or type(args[0]) not in TENSOR_TYPES:
        return function.fn(*args, **kwargs)
    source = args[0]
    view = source._view
    value = source._cell.value if view is None else current(source)
    array = value.array
    if type(array) is not _ndarray or (source._requires_grad and modes.grad):
        return function.fn(*args, **kwargs)
    kind: tuple[Any, ...]
    count = len(args)
    if count == 2:
        a = args[1]
        if type(a) is not int and not _integers(a):
            return function.fn(*args, **kwargs)
        kind = value.aval, a
    elif count == 1:
        kind = (value.aval,)
    else:
        kind = (value.aval, *args[1:])
        for a in args[1:]:
            if type(a) is not int and not _integers(a):
                return function.fn(*args, **kwargs)
    if kwargs:
        if not all(type(a) is int for a in kwargs.values()):
            return function.fn(*args, **kwargs)
        kind += tuple(kwargs.items())
    known = function.known.get(kind)
    if known is not None:
        return known(source, array)
    result = function.fn(*args, **kwargs)
    call = _views_again(source, result)
    if call is not None:
        remember(function.known, kind, call)
    return result


def _integers(a: Any) -> bool:
    return (type(a) is tuple or type(a) is Size) and set(map(type, a)) == _INT


def _views_again(source: Any, result: Any) -> HostCall | None:
    """What makes such views of another tensor as these are of this one; None if they are none, or not on the host."""
    several = isinstance(result, (tuple, list))
    own = () if source._view is None else source._view.steps
    aval = source._current().aval
    avals, chains, readers = [], [], []
    for r in result if several else (result,):
        view = r._view
        if view is None or r._cell is not source._cell or type(view.value.array) is not _ndarray:
            return None
        steps = view.steps[len(own) :]
        if not steps or view.steps[: len(own)] != own:
            return None
        avals.append(view.value.aval)
        chains.append(steps)
        readers.append(_reader(aval, view.value.aval, steps))
    if several:
        return _several_views(lambda array: [read(array) for read in readers], avals, chains, type(result))
    return _one_view(readers[0], avals[0], chains[0])


def _reader(source: Aval, aval: Aval, steps: tuple[Step, ...]) -> Callable[[Any], Any]:
    """What shows the part of an array that a chain of views leads to."""
    (op, rest), *more = steps
    if not more:
        if op is select_view.op:
            return operator.itemgetter((*[slice(None)] * rest[0], rest[1], ...))
        if op is slice_view.op:
            dim, start, length, step = rest
            return operator.itemgetter((*[slice(None)] * dim, slice(start, start + length * step, step)))
        direct = None if op.direct is None else op.direct((source, *rest), (aval,))
        if direct is not None:
            return direct
    return lambda array: read_on_host(array, steps)


Op.call_on_host = staticmethod(call_on_host)
ViewFunction.recall = staticmethod(recall)
