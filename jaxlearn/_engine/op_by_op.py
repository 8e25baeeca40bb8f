"""Graphs run operation by operation: those that are seen for the first time, and those of many sizes.

Most graphs without a gradient and an optimizer update are never seen again, and compiling one costs tens of
milliseconds; it is compiled when it repeats. Each of its operations is compiled by itself and kept, for few types of
arguments: a text that grows by a token, or batches padded to their own longest line, bring new ones with every step.
What an operation has been compiled for several types already is computed in NumPy for others.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .device import default_device
from .disk_cache import use_disk_cache
from .host_program import TO_COMPILE, HostProgram, host_program
from .memory_errors import raise_device_error
from .placing import to_device
from .precision import matmul_precision
from .signature import Signature, weak_number, wide
from .stats import counters
from .traces import forget_traces
from .value import Aval, Value
from .xla_options import compiler_options

__all__ = ["OP_PROGRAMS", "forget_operations", "forget_sizes", "one_by_one", "seldom"]

OP_PROGRAMS = 512
# Graphs remembered.
_GRAPHS = 512
# Types of arguments that an operation is compiled for by itself, before it is computed in NumPy for others.
_TYPES = 4
# Sizes of a graph that are compiled: with a gradient at first sight, others at second.
_SIZES = 2
_NOT_KNOWN = math.inf
# Operations that a graph with a gradient may have for XLA alone, as loops and convolutions are, to be run one by one:
# so many, and one more for each ten of all, which take as long to compile together as that one by itself.
_MISSING, _PER_MISSING = 6, 10
# Operations in NumPy that make a graph large.
_LARGE = 32

# Graphs that were run operation by operation, and for how many more seconds that costs less than to compile them.
_seen: collections.OrderedDict[Any, float] = collections.OrderedDict()
_compiled: collections.OrderedDict[Any, Signature] = collections.OrderedDict()
# How many types of arguments an operation was compiled for; and which signatures are computed in NumPy since.
_types_compiled: collections.Counter[str] = collections.Counter()
_in_numpy: collections.OrderedDict[int, Signature] = collections.OrderedDict()
# For graphs, told by their operations alone, how many were seen.
_sizes: collections.OrderedDict[int, int] = collections.OrderedDict()


def forget_operations() -> None:
    """Forget what was compiled for single operations, and which graphs were seen."""
    for signature in _compiled.values():
        signature.compiled = None
    for signature in _in_numpy.values():
        signature.in_numpy = None
    for known in (_compiled, _in_numpy, _seen):
        known.clear()
    forget_sizes()


def forget_sizes() -> None:
    """Forget for how many types and sizes operations and graphs were seen, but not what was compiled."""
    _types_compiled.clear()
    _sizes.clear()
    forget_traces()


def seldom(key: Any, order: Sequence[Value], outputs: Sequence[Value]) -> bool:
    """Whether to run a graph that has no program operation by operation, rather than to compile it."""
    left = _seen.get(key)
    if left is not None:
        return left > 0
    sizes = _sizes_seen(order)
    if _trains(order) and not (
        sizes > _SIZES and _on_cpu(o.aval for o in outputs) and _has_numpy_programs(order)
    ):
        return False
    _seen[key] = _NOT_KNOWN if sizes > _SIZES else 0.0
    if len(_seen) > _GRAPHS:
        _seen.popitem(last=False)
    return True


def _trains(order: Sequence[Value]) -> bool:
    return any(n.signature is not None and n.signature.training for n in order)


def _has_numpy_programs(order: Sequence[Value]) -> bool:
    """Whether nearly all of the operations are compiled or can be computed in NumPy."""
    signatures = {n.signature.code: n.signature for n in order if n.signature is not None}
    missing, most = 0, max(_MISSING, len(order) // _PER_MISSING)
    for signature in signatures.values():
        if signature.compiled is None and _numpy_program(signature, always=True) is None:
            missing += 1
            if missing > most:
                return False
    return True


def _sizes_seen(order: Sequence[Value]) -> int:
    """How many graphs of the same operations were seen, which differ in their sizes; this is a new one."""
    operations = hash(tuple([n.signature.name for n in order if n.signature is not None]))
    count = _sizes[operations] = _sizes.get(operations, 0) + 1
    _sizes.move_to_end(operations)
    if len(_sizes) > _GRAPHS:
        _sizes.popitem(last=False)
    return count


def _on_cpu(avals: Iterable[Any]) -> bool:
    return all(a.device.type == "cpu" for a in avals if isinstance(a, Aval))


def one_by_one(key: Any, order: Sequence[Value], outputs: Sequence[Value]) -> list[Any]:
    """Run operation by operation: on the host where all operands are there, else by compiled operations.

    A graph that is computed in NumPy, because it is large and its shapes are new or because it comes in many sizes,
    is so again until that has taken as long as compiling it would.
    """
    counters.op_by_op += 1
    results: list[Any] = []
    in_numpy, seconds, repeated = 0, 0.0, 0
    for node in order:
        args = [i.array if i.array is not None else results[i.index] for i in node.inputs]
        signature = node.signature
        if signature is None:
            results.append(args[0][-(node.code + 2) // 2])
        else:
            done = None
            if signature.host is not None and _on_host(signature, args):
                done = signature.host(*args, *node.numbers)
            if done is None and (program := _numpy_program(signature)) is not None:
                done = program([*args, *node.numbers])
                in_numpy += 1
                seconds += program.seconds
                repeated += program.repeated
            results.append(run_operation(signature, args, node.numbers) if done is None else done)
    left = _seen.get(key, 0.0)
    if in_numpy > _LARGE or (in_numpy and left > 0):
        price = TO_COMPILE * (len(order) + repeated)
        _seen[key] = max((left if 0 < left < _NOT_KNOWN else price) - seconds, 0.0)
    elif left == _NOT_KNOWN:
        _seen[key] = 0.0
    return [results[node.index] for node in outputs]


def _numpy_program(signature: Signature, always: bool = False) -> HostProgram | None:
    """The operation in NumPy, ``always`` or once it was compiled for other types of arguments and not for these."""
    found = signature.in_numpy
    if found is None:
        if not always and (signature.compiled is not None or _types_compiled[signature.name] < _TYPES):
            return None
        on_cpu = _on_cpu((*signature.avals, *signature.out))
        found = signature.in_numpy = (host_program(signature) if on_cpu else None) or False
        _in_numpy[signature.code] = signature
        if len(_in_numpy) > 8 * OP_PROGRAMS:
            _in_numpy.popitem(last=False)[1].in_numpy = None
    return found or None


def _on_host(signature: Signature, args: Sequence[Any]) -> bool:
    size = sum(aval.size for aval in signature.out)
    return size <= signature.op.host_limit and all(type(a) is np.ndarray for a in args)


def run_operation(signature: Signature, args: Sequence[Any], numbers: Sequence[Any]) -> Any:
    """One operation as a program of its own; its numbers are operands, so it compiles once."""
    compiled = signature.compiled
    if compiled is None:
        counters.op_compiles += 1
        _types_compiled[signature.name] += 1
        use_disk_cache()
        n, kinds = len(signature.avals), signature.number_kinds

        def fn(*operands: Any) -> Any:
            nums = [weak_number(x, k) for x, k in zip(operands[n:], kinds, strict=True)]
            # Tracers, unless the user has switched jax.jit off: then the host's arrays come as they are.
            arrays = [jnp.asarray(x) if type(x) is np.ndarray else x for x in operands[:n]]
            with matmul_precision():
                return signature.call(arrays, nums)

        compiled = signature.compiled = jax.jit(fn, compiler_options=compiler_options())
        _compiled[signature.code] = signature
        if len(_compiled) > OP_PROGRAMS:
            old = _compiled.popitem(last=False)[1]
            if old.compiled is not None:
                old.compiled.clear_cache()
                old.compiled = None
    before = wide.get_local()
    try:
        wide.set_local(True)
        operands = [
            np.asarray(x, np.int64 if k is int else np.float64)
            for x, k in zip(numbers, signature.number_kinds, strict=True)
        ]
        placed = [
            to_device(a, v) if type(a) is np.ndarray and v.device is not default_device() else a
            for a, v in zip(args, signature.avals, strict=True)
        ]
        return compiled(*placed, *operands)
    except jax.errors.JaxRuntimeError as error:
        raise_device_error(error)
    finally:
        wide.set_local(before)  # not by `with x64()`: see Stage
