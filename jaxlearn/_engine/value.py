"""Values: what a tensor holds before and after it is computed.

A :class:`Value` is either *concrete* (``array`` is a NumPy or JAX array) or *pending* (``array`` is None and
``signature``, ``inputs`` and ``numbers`` say how to compute it). Its type is an :class:`Aval`; avals are interned, so
that a dictionary look-up by them costs an identity hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import getrefcount
from typing import Any

import jax
import numpy as np

from .device import Device, default_device, device_of
from .recorder import recorder
from .snapshots import snapshot

__all__ = [
    "NO_DATA",
    "Aval",
    "Bundle",
    "Held",
    "Lent",
    "Value",
    "aval_of",
    "bundled",
    "concrete",
    "held",
    "intern",
    "lend",
    "lent_copy",
    "meta",
    "own",
    "reclaim",
    "unmark",
]


class Aval:
    """Shape, dtype and device of a value. Make them with :func:`intern` only: equal ones are the same object.

    ``strides`` are those that torch would lay it out with, None for row-major ones; XLA knows nothing of them.
    """

    __slots__ = ("device", "dtype", "element", "shape", "size", "sizes", "strides", "traced")

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        device: Device,
        strides: tuple[int, ...] | None = None,
    ) -> None:
        self.strides = strides
        self.shape = shape
        self.dtype = dtype
        self.device = device
        size = 1
        for n in shape:
            size *= n
        self.size = size
        if size * dtype.itemsize >= 1 << 63 and device.type != "meta":
            raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")
        self.sizes: Any = None  # the shape as what ``x.shape`` gives, once it was asked for
        self.element: Any = None  # and the dtype as what ``x.dtype`` gives
        self.traced = False

    def __repr__(self) -> str:
        text = f"{self.dtype}[{','.join(map(str, self.shape))}]"
        return text if self.strides is None else f"{text}{{strides {','.join(map(str, self.strides))}}}"

    @property
    def struct(self) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(self.shape, self.dtype)


_interned: dict[tuple[tuple[int, ...], np.dtype[Any], Device, tuple[int, ...] | None], Aval] = {}


def intern(
    shape: tuple[int, ...], dtype: np.dtype[Any], device: Device, strides: tuple[int, ...] | None = None
) -> Aval:
    """The one Aval of this shape, dtype, device and strides (None: row-major)."""
    key = (shape, dtype, device, strides)
    aval = _interned.get(key)
    if aval is None:
        aval = _interned[key] = Aval(shape, dtype, device, strides)
    return aval


class Bundle:
    """The type of a value that is several arrays, a tuple of them. Make it with :func:`bundled`.

    No tensor has such a value; it goes from one optimizer update to the next, and counts as one where each array by
    itself would be looked at by every plan.
    """

    __slots__ = ("avals", "size", "struct", "traced")

    def __init__(self, avals: tuple[Aval, ...]) -> None:
        self.avals = avals
        self.struct = tuple([aval.struct for aval in avals])
        self.size = 0  # as one array it has none
        self.traced = False

    def __repr__(self) -> str:
        return f"{len(self.avals)} arrays"


_bundles: dict[tuple[Aval, ...], Bundle] = {}


def bundled(avals: tuple[Aval, ...]) -> Bundle:
    """The one Bundle of these types."""
    bundle = _bundles.get(avals)
    if bundle is None:
        bundle = _bundles[avals] = Bundle(avals)
    return bundle


class Value:
    """One array, computed or to be computed.

    ``uses``, ``needed``, ``kept`` and ``index`` are a plan's notes, which it begins with :func:`unmark`. ``varying`` is
    set on values whose numbers are known to change from run to run.
    """

    __slots__ = (
        "__weakref__", "array", "aval", "code", "index", "inputs", "kept", "needed", "numbers", "signature", "uses",
        "varying",
    )  # fmt: skip
    uses: int
    needed: bool
    kept: bool
    index: int
    varying: bool

    def __init__(
        self,
        aval: Aval | Bundle | None,
        code: int,
        signature: Any,
        inputs: tuple[Value, ...],
        numbers: tuple[Any, ...] = (),
    ) -> None:
        self.aval: Any = aval
        self.code = code  # what the node is, as a small integer: the graph's key is made of them
        self.signature = signature
        self.inputs = inputs
        self.numbers = numbers
        self.array: Any = None


class Held(Value):
    """A value whose array is on the host, made by setting all that :class:`Value` takes: Python loops make many, and a
    call of ``__init__`` takes longer than the rest; see :func:`held`."""

    __slots__ = ()
    __init__ = object.__init__


def held(array: np.ndarray[Any, Any], aval: Aval) -> Value:
    """The value of an array on the host, of a known type, while nothing is captured."""
    value = Held()
    value.aval, value.array = aval, array
    value.code = 0
    value.signature = None
    value.inputs = value.numbers = ()
    return value


class Lent(Value):
    """A value whose NumPy array others may write to: the one that ``from_numpy`` was given, or that ``numpy()`` gave.

    XLA reads an aligned array where it lies, when the program runs. So what is recorded takes a copy.
    """

    __slots__ = ()


# To an array: the value's field, reclaim()'s variable and getrefcount's argument.
_ARRAY_REFS = 3


def lend(value: Value) -> None:
    """Others get to know the value's array, if it is on the host."""
    if type(value.array) is np.ndarray:
        value.__class__ = Lent


def lent_copy(value: Value) -> Value:
    """A value with a copy of the array, for others to know; who has the value sees nothing of what they write."""
    made = held(value.array.copy(), value.aval)
    made.__class__ = Lent
    return made


def reclaim(value: Value) -> bool:
    """Whether a lent array has come back: nobody else refers to it any more. Then the value is like any other."""
    array = value.array
    if type(array) is np.ndarray and (array.base is not None or getrefcount(array) > _ARRAY_REFS):
        return False
    value.__class__ = Value
    return True


def own(value: Value) -> Value:
    """What may be recorded in place of a lent value, or of a view's on such memory: its own copy of the array."""
    if type(value) is Lent and reclaim(value):
        return value
    if type(value.array) is not np.ndarray:
        return value
    return held(snapshot(value.array), value.aval)


def unmark(values: Iterable[Value]) -> None:
    """Forget what an earlier plan noted on the values."""
    for value in values:
        value.uses = 0
        value.needed = value.kept = False
        value.index = -1


class _NoData:
    """What a value on the meta device has in place of an array."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<no data>"


NO_DATA = _NoData()


def meta(aval: Aval) -> Value:
    """A value of the meta device: a type without data. Operations on it give such values too, and record nothing."""
    value = Value(aval, 0, None, ())
    value.array = NO_DATA
    return value


def concrete(array: Any, aval: Aval | Bundle | None = None) -> Value:
    """A Value of an array that exists: a NumPy array (still on the host), a JAX array or a tracer."""
    value = Value(aval or aval_of(array), 0, None, ())
    value.array = array
    if recorder.capture is not None:
        recorder.capture.constant(value)
    return value


def aval_of(array: Any) -> Aval:
    """The Aval of an array. A tracer's is a fresh object, so nothing recorded for arrays is looked up for it."""
    if isinstance(array, jax.core.Tracer):
        aval = Aval(tuple(array.shape), np.dtype(array.dtype), default_device())
        aval.traced = True
        return aval
    if isinstance(array, np.ndarray):
        return intern(array.shape, array.dtype, default_device())
    return intern(tuple(array.shape), np.dtype(array.dtype), device_of(array))
