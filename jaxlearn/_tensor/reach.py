"""What a recorded function can have seen of Python: everything that leads from it to a value.

The search begins at the function, its arguments and the globals that it names, and follows containers, objects,
classes, closures and default arguments. Of objects those attributes count whose names stand in the code that ran: as
attributes, or as texts (``getattr(self, "rate")``). A name that is only called, as ``step`` in ``optimizer.step()``,
says nothing about a number of that name. Where code makes up names while it runs, all attributes count.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from .dispatch import TENSOR_TYPES
from .python_state import SCALARS, Array, Cells, Content, Function, Items, Named, in_cell

__all__ = ["Names", "Reach", "attributes_of", "is_of_library", "is_plain", "is_small", "is_users"]

# Packages whose functions are not the user's program, and whose objects are their own business.
_PACKAGES = {
    __name__.partition(".")[0],
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "orbax",
    "numpy",
    "scipy",
    "ml_dtypes",
}
_LIBRARIES = _PACKAGES | sys.stdlib_module_names
# What takes attributes by names that need not stand in the code.
_DYNAMIC = {
    "getattr", "hasattr", "vars", "dir", "eval", "exec", "attrgetter", "methodcaller", "asdict", "astuple", "fields",
    "__dict__", "__getattribute__", "__slots__",
}  # fmt: skip
# Objects that are looked at, elements of one container, and bytes of a NumPy array.
_OBJECTS = 4096
_ELEMENTS = 4096
_BYTES = 1 << 16
_REGISTRIES = (
    "_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks", "_backward_hooks",
    "_backward_pre_hooks",
)  # fmt: skip
_OF_MODULE = "jaxlearn.nn.modules.module"
_READS = {"LOAD_ATTR", "LOAD_SUPER_ATTR", "IMPORT_FROM"}
# Whether a bit tells that an attribute is loaded to be called.
_CALLS_ATTRIBUTES = sys.version_info >= (3, 12)
_CALLED = (types.FunctionType, types.MethodType, functools.partial)
_LEAVES = {int, float, str, bytes, bool, complex, type(None), types.BuiltinFunctionType, types.CodeType}


def is_of_library(name: Any) -> bool:
    """Whether a Python module of this name is a library's."""
    return str(name).partition(".")[0] in _LIBRARIES


def is_users(x: Any) -> bool:
    """Whether a class or Python module is the user's."""
    return not is_of_library(x.__module__ if isinstance(x, type) else x.__name__)


def is_plain(kind: type) -> bool:
    """Whether a class is the user's alone: all that its objects hold is the user's."""
    return is_users(kind) and all(cls.__module__.partition(".")[0] not in _PACKAGES for cls in kind.__mro__)


def is_small(x: Any) -> bool:
    """Whether the elements of an array are compared."""
    if isinstance(x, np.ndarray):
        return x.nbytes <= _BYTES and not x.dtype.hasobject
    return memoryview(x).nbytes <= _BYTES


class _Slots:
    """The slots of an object, to be asked as its ``__dict__`` is."""

    __slots__ = ("names", "owner")

    def __init__(self, owner: Any, names: tuple[str, ...]) -> None:
        self.owner = owner
        self.names = names

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return object.__getattribute__(self.owner, name)
        except AttributeError:
            return default

    def items(self) -> list[tuple[str, Any]]:
        found = [(name, self.get(name, self)) for name in self.names]
        return [(name, value) for name, value in found if value is not self]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.names)


# The names of classes' slots. No class is held: who refers to it says whether it is outside of a function.
_known_slots: weakref.WeakKeyDictionary[type, tuple[str, ...]] = weakref.WeakKeyDictionary()


def _slots(kind: type) -> tuple[str, ...]:
    known = _known_slots.get(kind)
    if known is not None:
        return known
    found: list[str] = []
    for cls in kind.__mro__:
        names = vars(cls).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in ("__dict__", "__weakref__"):
                mangled = name.startswith("__") and not name.endswith("__")
                found.append(f"_{cls.__name__.lstrip('_')}{name}" if mangled else name)
    _known_slots[kind] = tuple(found)
    return _known_slots[kind]


def attributes_of(x: Any) -> list[Any]:
    """The attributes that an object holds itself: its ``__dict__`` and its slots, as far as it has them."""
    found: list[Any] = []
    try:
        found.append(object.__getattribute__(x, "__dict__"))
    except (AttributeError, TypeError):
        pass
    slots = _slots(type(x))
    if slots:
        found.append(_Slots(x, slots))
    return found


class Names:
    """The names in some functions' code.

    Args:
        codes: of the functions.

    Attributes:
        read: names of attributes that are read, and texts.
        called: names of attributes that are only called, and of the functions themselves.
        unknown: whether there may be others.
    """

    def __init__(self, codes: Collection[types.CodeType]) -> None:
        read: set[str] = set()
        called: set[str] = set()
        for code in codes:
            some, others = _names(code)
            read |= some
            called |= others
            called.add(code.co_name)
        self.read = frozenset(read)
        self.called = frozenset(called - read)
        self.unknown = any(not _DYNAMIC.isdisjoint(code.co_names) for code in codes)


@functools.lru_cache(4096)
def _names(code: types.CodeType) -> tuple[frozenset[str], frozenset[str]]:
    read: set[str] = set()
    called: set[str] = set()
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name == "LOAD_METHOD" or (
            name == "LOAD_ATTR" and _CALLS_ATTRIBUTES and (instruction.arg or 0) & 1
        ):
            called.add(instruction.argval)
        elif name in _READS:
            read.add(instruction.argval)
    texts = list(code.co_consts)
    while texts:
        x = texts.pop()
        if isinstance(x, str):
            read.add(x)
        elif isinstance(x, (tuple, frozenset)):
            texts.extend(x)
    return frozenset(read), frozenset(called)


class Reach:
    """The search.

    Args:
        roots: where it begins.
        codes: of the user's functions that ran.
        given: ids of containers whose contents are compared elsewhere; only what these hold is looked at.
        modules: modules that are watched in any case.

    Attributes:
        found: what is to be compared.
        modules: what is to be compared if any module has changed.
    """

    def __init__(
        self,
        roots: Iterable[Any],
        codes: Collection[types.CodeType],
        given: Collection[int],
        modules: Iterable[Any],
    ) -> None:
        self._codes = codes
        self._names = Names(codes)
        self._all_names = self._names.read | self._names.called
        self._given = given
        self._seen: set[int] = set()
        self._waiting: deque[Any] = deque()
        self._held: list[Any] = []  # keeps what the ids stand for alive
        self.found: list[Content] = []
        self.modules: list[Named] = []
        self._enter((*modules, *roots))
        while self._waiting and len(self._seen) < _OBJECTS:
            x = self._waiting.popleft()
            look = _LOOKS.get(type(x)) or next(
                (f for t, f in _LOOKS.items() if isinstance(x, t)), Reach._object
            )
            look(self, x)

    def _enter(self, values: Iterable[Any]) -> None:
        for x in values:
            if type(x) in _LEAVES or type(x) in TENSOR_TYPES or id(x) in self._seen:
                continue
            self._seen.add(id(x))
            self._held.append(x)
            self._waiting.append(x)

    def _items(self, x: Any) -> None:
        if len(x) <= _ELEMENTS:
            if id(x) not in self._given:
                self.found.append(Items(x))
            self._enter(list(x.values()) if isinstance(x, dict) else list(x))
        if is_users(type(x)):
            self._object(x)

    def _tuple(self, x: tuple[Any, ...]) -> None:
        self._enter(x[:_ELEMENTS])

    def _array(self, x: np.ndarray[Any, Any]) -> None:
        if is_small(x):
            self.found.append(Array(x))

    def _function(self, x: types.FunctionType) -> None:
        cells = x.__closure__ or ()
        contents = list(map(in_cell, cells))
        if is_of_library(x.__globals__.get("__name__")):
            self._enter([x.__dict__.get("__wrapped__"), *[c for c in contents if isinstance(c, _CALLED)]])
            return
        if x.__dict__:
            self._attributes(x, x.__dict__)
        if x.__code__ in self._codes:
            self.found.append(Function(x))
            if cells:
                self.found.append(Cells(cells, x.__code__.co_freevars))
            self._enter([*contents, *(x.__defaults__ or ()), x.__kwdefaults__])

    def _method(self, x: types.MethodType) -> None:
        self._enter((x.__self__, x.__func__))

    def _partial(self, x: functools.partial[Any]) -> None:
        self._enter((x.func, *x.args, x.keywords))

    def _wrapper(self, x: Any) -> None:
        self._enter((x.__func__,))

    def _property(self, x: property) -> None:
        self._enter((x.fget,))

    def _class(self, x: type) -> None:
        for cls in x.__mro__:
            if is_users(cls):
                self._attributes(cls, vars(cls))

    def _python_module(self, x: types.ModuleType) -> None:
        if is_users(x):
            self._attributes(x, vars(x), every=False)

    def _object(self, x: Any) -> None:
        kind = type(x)
        held = attributes_of(x)
        if held and "_buffers" in held[0]:
            self._module(x, held[0])
        elif kind.__module__.partition(".")[0] not in _PACKAGES:
            for attributes in held:
                if id(x) in self._given:
                    self._enter([value for _, value in attributes.items()])
                else:
                    self._attributes(x, attributes)
        if is_users(kind):
            self._enter((kind,))

    def _module(self, x: Any, held: dict[str, Any]) -> None:
        first = next(cls for cls in type(x).__mro__ if not is_users(cls))
        names = self._all_names | {"forward"}
        # In which mode a module is called is known elsewhere.
        unread = "training" not in self._names.read
        if self._names.unknown or first.__module__ != _OF_MODULE:  # a library's layers read what they like

            def counts(name: str, value: Any) -> bool:
                if name == "training" and unread:
                    return False
                return name in names or type(value) in SCALARS or type(value) in TENSOR_TYPES

        else:

            def counts(name: str, value: Any) -> bool:
                return name in names and not (name == "training" and unread)

        own = Named(x, held, counts, self._names.called)
        self.modules.append(own)
        for name in _REGISTRIES:
            self.modules.append(Named(x, held[name], None, kind=name.strip("_").removesuffix("s") + " "))
        self._enter(own.values)
        self._enter(held["_modules"].values())

    def _attributes(self, x: Any, attributes: Any, every: bool = True) -> None:
        """Those of an object, a class or a Python module that count."""
        names = self._all_names
        every = every and self._names.unknown

        def counts(name: str, value: Any) -> bool:
            return name in names or (every and not (name.startswith("__") and name.endswith("__")))

        found = Named(x, attributes, counts, self._names.called)
        self.found.append(found)
        self._enter(found.values)


_LOOKS: dict[type, Callable[[Reach, Any], None]] = {
    list: Reach._items,
    dict: Reach._items,
    set: Reach._items,
    frozenset: Reach._items,
    deque: Reach._items,
    tuple: Reach._tuple,
    np.ndarray: Reach._array,
    types.FunctionType: Reach._function,
    types.MethodType: Reach._method,
    types.ModuleType: Reach._python_module,
    functools.partial: Reach._partial,
    staticmethod: Reach._wrapper,
    classmethod: Reach._wrapper,
    property: Reach._property,
    type: Reach._class,
}
