"""The public functions' way into overrides: while some class or mode overrides, each function's code is another one.

A function is changed in place, by giving it other code, so that every reference to it, wherever it was imported, takes
part at once, and so that it costs nothing while nobody overrides. The function's own code lives on in a second function
object, to which the new code leads.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

from .calls import PLAIN, call_overrides, found_in, get_overloaded_args
from .names import BINARY, OPERATORS, SPACES, calls_in_python, looks_at_arguments, members, public_functions
from .state import DisableTorchFunctionSubclass, overrides, state

__all__ = ["Entry", "activate", "deactivate", "entries", "is_active", "keep_active", "namespaces"]

_TARGET = 8128  # stands in the template for what is called


@functools.cache
def _template(free: int) -> types.CodeType:
    """Code that calls another function with all its arguments, with as many free variables as the function has."""
    names = [f"free{i}" for i in range(free)]
    made = "".join(f"    {name} = None\n" for name in names)
    used = "".join(f"            {name}\n" for name in names)
    mentioned = f"        if 0:\n{used}" if used else ""
    source = (
        f"def outer():\n{made}    def enter(*args, **kwargs):\n{mentioned}"
        f"        target = {_TARGET}\n        return target(*args, **kwargs)\n"
    )
    outer = next(c for c in compile(source, __file__, "exec").co_consts if isinstance(c, types.CodeType))
    return next(c for c in outer.co_consts if isinstance(c, types.CodeType))


class Entry:
    """A public function that can be overridden.

    Args:
        function: the function.
        public: what overrides are given: the function itself, or a property's ``__get__``.
        name: torch's name of it, "torch.Tensor.add".
        in_python: whether torch has it in Python; see :mod:`.names`.
        seen_by_classes: whether arguments' overrides count.
        operator: whether it may be one of Python's operators, which leave the answer to the other operand.
    """

    __slots__ = ("_alone", "_codes", "_signature", "function", "impl", "in_python", "name", "operator", "public",
                 "seen_by_classes")  # fmt: skip

    def __init__(
        self,
        function: types.FunctionType,
        public: Any,
        name: str,
        in_python: bool,
        seen_by_classes: bool,
        operator: bool,
    ) -> None:
        self.function, self.public, self.name = function, public, name
        self.in_python, self.seen_by_classes, self.operator = in_python, seen_by_classes, operator
        code = function.__code__
        self.impl = types.FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        self.impl.__kwdefaults__ = function.__kwdefaults__
        self.impl.__dict__.update(function.__dict__)
        function.__dict__.setdefault("__wrapped__", self.impl)  # for inspect.signature()
        template = _template(len(code.co_freevars))
        consts = tuple([_entering(self) if c == _TARGET else c for c in template.co_consts])
        self._codes = (
            code,
            template.replace(co_consts=consts, co_name=code.co_name, co_qualname=code.co_qualname),
        )
        self._signature: inspect.Signature | None = None

    def switch(self, active: bool) -> None:
        """Let the function look for overrides, or not any more."""
        self.function.__code__ = self._codes[active]

    def in_mode(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call while a mode is entered."""
        if _is_arrays(args):
            return self.impl(*args, **kwargs)  # the library computes
        found = found_in((*args, *kwargs.values())) if state.level == 0 and self.seen_by_classes else []
        return self.call(found, args, kwargs)

    def call(self, found: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Hand the call over to a mode, or to the arguments that have an override."""
        if self.in_python:
            try:
                args, kwargs, relevant = self._in_torchs_form(args, kwargs)
            except TypeError:
                return self.impl(*args, **kwargs)  # which says what is wrong
            found = get_overloaded_args(relevant)
            result = call_overrides(self.public, found, args, kwargs)
        elif self.operator and any(type(a) not in PLAIN and not overrides(type(a)) for a in args):
            # NumPy's arrays are for operators alone
            result = call_overrides(self.function, found, args, kwargs, in_python=False)
        else:
            types = (type(args[0]),) if not found and self._takes_itself_alone(args) else None
            result = call_overrides(self.public, found, args, kwargs, in_python=False, types=types)
        if result is not NotImplemented or self.operator:
            return result
        raise TypeError(self._nobody(found))

    def _in_torchs_form(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], list[Any]]:
        """What is required by position, the rest by keyword; and the arguments to look at."""
        if self.operator:
            return args, kwargs, list(args)
        if self._signature is None:
            self._signature = inspect.signature(self.impl)
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for name, parameter in self._signature.parameters.items():
            value = bound.arguments[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(value)
            elif parameter.kind is parameter.VAR_KEYWORD:
                named.update(value)
            elif parameter.default is parameter.empty and not self.name.startswith("torch.nn.init."):
                positional.append(value)
            else:
                named[name] = value
        relevant: list[Any] = []
        for value in (*positional, *named.values()):
            relevant.extend(value if isinstance(value, (tuple, list)) else (value,))
        return tuple(positional), named, relevant

    def _takes_itself_alone(self, args: tuple[Any, ...]) -> bool:
        """Whether it is a property, or a method without parameters: a mode is told the tensor's type then."""
        return (
            len(args) == 1
            and self.name.startswith("torch.Tensor.")
            and (self.public is not self.function or len(inspect.signature(self.impl).parameters) == 1)
        )

    def _nobody(self, found: list[Any]) -> str:
        """What torch says where all overrides have answered ``NotImplemented``."""
        if self.in_python:
            text = (
                f"no implementation found for '{self.name}' on types that implement __torch_function__: "
                f"{[type(a) for a in found]}"
            )
            return text + (f" nor in mode {state.modes[-1]}" if state.modes else "")
        lines = [f"  - mode object {state.modes[-1]}\n"] if state.modes else []
        lines += [f"  - tensor subclass {type(a)}\n" for a in found]
        return (
            f"Multiple dispatch failed for '{_name_in_c(self.name)}'; all __torch_function__ handlers returned "
            f"NotImplemented:\n\n{''.join(lines)}\nFor more information, try re-running with TORCH_LOGS=not_implemented"
        )


def _name_in_c(name: str) -> str:
    """The name that torch's C++ functions go by in messages."""
    space, _, short = name.rpartition(".")
    if space in ("torch.linalg", "torch.fft", "torch.special"):
        return f"{name.rpartition('.')[0]}.{space[6:]}_{short}"
    return f"torch.nn.{short}" if space == "torch.nn.functional" else name


def _is_arrays(args: tuple[Any, ...]) -> bool:
    import jax

    return any(isinstance(a, jax.Array) for a in args)


def _entering(entry: Entry) -> Callable[..., Any]:
    """What the function's other code calls."""
    impl, all_plain, blind = entry.impl, PLAIN.issuperset, not entry.seen_by_classes

    def enter(*args: Any, **kwargs: Any) -> Any:
        level = state.level
        if state.modes and level < 2:
            return entry.in_mode(args, kwargs)
        if level or (not kwargs and all_plain(map(type, args))):
            return impl(*args, **kwargs)
        found = found_in((*args, *kwargs.values()))
        if blind and found:
            with DisableTorchFunctionSubclass():
                return impl(*args, **kwargs)
        return entry.call(found, args, kwargs) if found else impl(*args, **kwargs)

    return enter


def namespaces() -> dict[str, Any]:
    """torch's modules with functions that can be overridden, and Tensor, by their names without "torch."."""
    root = __name__.partition(".")[0]
    found = {
        space: sys.modules[root] if space == "torch" else importlib.import_module(f"{root}.{space}")
        for space in SPACES
    }
    return {**found, "Tensor": sys.modules[root].Tensor}


@functools.cache
def entries() -> list[Entry]:
    """An entry for each function that can be overridden."""
    found: dict[types.FunctionType, Entry] = {}
    named: dict[types.FunctionType, tuple[str, str]] = {}
    spaces = namespaces()
    tensor = spaces.pop("Tensor")
    for space, module in spaces.items():
        for name, function in public_functions(space, module):
            if function not in named or function.__name__ == name or named[function][0] != space:
                named[function] = space, name
    for function, (space, name) in named.items():
        full = f"torch.{name}" if space == "torch" else f"torch.{space}.{name}"
        classes = looks_at_arguments(space, name)
        found[function] = Entry(function, function, full, calls_in_python(space, name), classes, False)
    for name, member in members(tensor):
        if type(member) is property:
            for accessor, public, kind in (
                (member.fget, member.__get__, "get"),
                (member.fset, member.__set__, "set"),
                (member.fdel, member.__delete__, "delete"),
            ):
                if isinstance(accessor, types.FunctionType) and accessor not in found:
                    text = f"torch.Tensor.{name}.__{kind}__"
                    found[accessor] = Entry(accessor, public, text, False, True, False)
        elif member not in found:
            shown = OPERATORS.get(name, name)
            python = calls_in_python("Tensor", name)
            text = f"torch.Tensor.{shown}"
            found[member] = Entry(member, getattr(tensor, shown), text, python, True, name in BINARY)
    return list(found.values())


class _Active:
    """Whether the functions look for overrides now, and whether some class will always need it."""

    now = False
    always = False


def is_active() -> bool:
    """Whether the functions look for overrides."""
    return _Active.now


def activate() -> None:
    """Let all functions look for overrides."""
    if not _Active.now:
        _Active.now = True
        for entry in entries():
            entry.switch(True)


def keep_active() -> None:
    """:func:`activate` for good: there is a class with an override."""
    _Active.always = True
    activate()


def deactivate() -> None:
    """The last mode is left: take the functions' own code again, unless there are classes with an override."""
    if _Active.now and not _Active.always:
        _Active.now = False
        for entry in entries():
            entry.switch(False)
