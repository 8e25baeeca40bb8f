"""What torch says of a call whose arguments fit none of a function's signatures.

torch's functions are found by trying the arguments against a list of signatures; ours are Python functions that look at
what they need. Only when one of them has failed are the arguments tried here, against the same list
(``call_signatures.txt``): if none fits, the error is torch's about the call, otherwise the one that there was stands.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import jax

from .. import _dtypes as dtypes
from .._engine.device import Device
from .._engine.memory_errors import OutOfMemoryError
from .._naming import type_name
from .._overrides.discovery import call_again, has_new_override, outside
from ..ops.op import Op
from .argument_kinds import PYTHON_DTYPES, is_integer, is_number
from .inner_calls import enclosing, first_uses, inner_call
from .signatures import TENSOR_TYPES

__all__ = ["explain", "inner_error", "signatures_of"]

# What torch calls its types of parameters.
_WORDS = {
    "Device": "torch.device", "Generator": "torch.Generator", "IntArrayRef": "tuple of ints", "Layout": "torch.layout",
    "MemoryFormat": "torch.memory_format", "Scalar": "Number", "ScalarType": "torch.dtype", "SymInt": "int",
    "TensorList": "tuple of Tensors", "c10::string_view": "str", "double": "float", "int64_t": "int",
    "ArrayRef<double>": "tuple of floats", "ArrayRef<Scalar>": "tuple of Scalars",
}  # fmt: skip
# What torch prints before the names of some modules' functions.
_PREFIXES = ("special_", "linalg_", "fft_")
# NumPy's names of parameters.
_NUMPYS = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "x1": "input", "x2": "other"}
# Functions that take numbers for tensors.
_NUMBERS = {
    "add", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "true_divide"
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A parameter of a signature.

    Args:
        kind: torch's word for its type.
        name: its name.
        default: what torch prints for its default, None if it must be given.
        nullable: whether None may be given.
        single: whether an integer may stand for a tuple of them.
        keyword_only: whether it is given by name alone.
    """

    kind: str
    name: str
    default: str | None
    nullable: bool
    single: bool
    keyword_only: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + ("" if self.default is None else f" = {self.default}")


_PARAMETER = re.compile(r"([\w:.<>]+?)(\[\d*\])?(\?)? (\w+)(?:=(.*))?")


@functools.cache
def _table() -> dict[str, tuple[tuple[Parameter, ...], ...]]:
    """The signatures by name; a method's name begins with a dot."""
    found = {}
    for line in (Path(__file__).parent / "call_signatures.txt").read_text().splitlines():
        if line.startswith("("):
            texts, names = line.rsplit(": ", 1)
            signatures = tuple(_parsed(text) for text in texts[1:-1].split(") ("))
            found.update(dict.fromkeys(names.split(), signatures))
    return found


def _parsed(text: str) -> tuple[Parameter, ...]:
    parameters = []
    keyword_only = False
    for part in text.split(", ") if text else ():
        if part == "*":
            keyword_only = True
            continue
        match = _PARAMETER.fullmatch(part)
        assert match is not None, part
        kind, size, null, name, default = match.groups()
        nullable = null is not None or default == "None"
        word = _WORDS.get(kind, kind)
        parameters.append(Parameter(word, name, default, nullable, bool(size), keyword_only))
    return tuple(parameters)


def signatures_of(name: str, method: bool = False) -> tuple[tuple[Parameter, ...], ...]:
    """The signatures of a function of torch, or of a tensor's method; none if torch has it in Python.

    Args:
        name: the function's name.
        method: whether it is a method.
    """
    table = _table()
    if not method:
        return table.get(name, ())
    if "." + name in table:
        return table["." + name]
    of = table.get(name) or table.get(name.removesuffix("_"), ())
    return tuple(
        tuple(p for p in parameters if p.name not in ("input", "out"))
        for parameters in of
        if any(p.name == "input" for p in parameters)
    )


def _is_tensor(x: Any) -> bool:
    return type(x) in TENSOR_TYPES or isinstance(x, jax.Array)


class _Unfit(Exception):
    """The arguments do not fit a signature; the message is torch's for the only signature there is."""


@dataclasses.dataclass
class _Call:
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def try_on(self, parameters: Sequence[Parameter]) -> None:
        """Fit the arguments to a signature. Raises _Unfit if they do not."""
        args, name = self.args, self.name
        positional = [p for p in parameters if not p.keyword_only]
        gathers = len(positional) == 1 and positional[0].kind == "tuple of ints"  # x.view(2, 3)
        if len(args) > len(positional) and not gathers:
            self._too_many(positional)
        place = 0
        named = set()
        for i, p in enumerate(parameters):
            by_name = place >= len(args)
            if not by_name:
                if p.keyword_only:
                    self._too_many(positional)
                given, present = args[place], True
            else:
                key = next((k for k in self.kwargs if k == p.name or _NUMPYS.get(k) == p.name), None)
                given, present = (None, False) if key is None else (self.kwargs[key], True)
                if key is not None:
                    named.add(key)
            if (not present and p.default is not None) or (present and given is None and p.nullable):
                pass
            elif not present:
                missing = [q for q in parameters[i:] if q.default is None]
                words = ", ".join(f'"{q.name}"' for q in missing)
                end = "s" if len(missing) == 1 else ""
                raise _Unfit(f"{name}() missing {len(missing)} required positional argument{end}: {words}")
            elif not self._fits(given, p, i):
                if gathers and not by_name and is_integer(given):
                    place = len(args)
                    continue
                where = "" if by_name else f" (position {place + 1})"
                wrong = f"{name}(): argument '{p.name}'{where} must be {p.kind}, "
                if p.kind == "tuple of ints" and isinstance(given, (tuple, list)):
                    wrong += f"but found element of type {type_name(given[0])} at pos 0"
                else:
                    wrong += f"not {type_name(given)}"
                raise _Unfit(wrong)
            if not by_name:
                place += 1
        for key in self.kwargs:
            if key not in named:
                if any(key == p.name or _NUMPYS.get(key) == p.name for p in parameters):
                    raise _Unfit(f"{name}() got multiple values for argument '{key}'")
                raise _Unfit(f"{name}() got an unexpected keyword argument '{key}'")
        self._unpack(parameters)

    def _too_many(self, positional: Sequence[Parameter]) -> None:
        least, most, n = sum(p.default is None for p in positional), len(positional), len(self.args)
        takes = f"{most}" if least == most else f"from {least} to {most}"
        raise _Unfit(
            f"{self.name}() takes {takes} positional argument{'s' * (takes != '1')} but {n} "
            f"{'were' if n > 1 else 'was'} given"
        )

    def _fits(self, x: Any, p: Parameter, place: int) -> bool:
        match p.kind:
            case "Tensor":
                return _is_tensor(x) or (self.name.removesuffix("_") in _NUMBERS and is_number(x))
            case "tuple of Tensors":
                if not isinstance(x, (tuple, list)):
                    return False
                for i, item in enumerate(x):
                    if not _is_tensor(item):
                        raise TypeError(
                            f"expected Tensor as element {i} in argument {place}, but got {type_name(item)}"
                        )
                return True
            case "int":
                return is_integer(x)
            case "Number":
                return is_number(x)
            case "float":
                return is_number(x) and not isinstance(x, complex)
            case "bool":
                return isinstance(x, bool) or type(x).__name__ == "bool_"
            case "tuple of ints":
                if isinstance(x, (tuple, list, range)):
                    return not x or is_integer(x[0])
                return p.single and is_integer(x)
            case "str":
                return isinstance(x, str)
            case "torch.dtype":
                return isinstance(x, dtypes.dtype) or (isinstance(x, type) and x in PYTHON_DTYPES)
            case "torch.device":
                return isinstance(x, (str, Device)) or is_integer(x)
            case _:
                return not isinstance(x, (str, int, float, tuple, list, dict)) or p.kind.startswith(
                    "tuple of"
                )

    def _unpack(self, parameters: Sequence[Parameter]) -> None:
        """Look at the other integers of a tuple, as torch does when a signature has been chosen."""
        values = dict(zip((p.name for p in parameters if not p.keyword_only), self.args, strict=False))
        values |= {_NUMPYS.get(k, k): v for k, v in self.kwargs.items()} | self.kwargs
        for i, p in enumerate(parameters):
            given = values.get(p.name)
            if p.kind != "tuple of ints":
                continue
            if i < len(self.args) and is_integer(given) and not p.single:
                given = self.args[i:]
            for at, item in enumerate(given if isinstance(given, (tuple, list)) else ()):
                if not is_integer(item):
                    raise TypeError(
                        f"{self.name}(): argument '{p.name}' failed to unpack the object at pos {at + 1} with error "
                        f'"type must be tuple of ints,but got {type_name(item)}"'
                    )

    def against(self, options: Sequence[Sequence[Parameter]]) -> str | None:
        """torch's words if the arguments fit none of the signatures."""
        if len(options) == 1:
            return self._single(options[0])
        for parameters in options:
            try:
                self.try_on(parameters)
            except _Unfit:
                continue
            return None
        given = len(self.args) + len(self.kwargs)
        plausible = [
            parameters
            for parameters in options
            if sum(p.default is None for p in parameters) <= given <= len(parameters)
        ]
        if len(plausible) == 1:
            return self._single(plausible[0])
        return self._none_of(options)

    def _single(self, parameters: Sequence[Parameter]) -> str | None:
        try:
            self.try_on(parameters)
        except _Unfit as error:
            return str(error)
        return None

    def _none_of(self, options: Sequence[Sequence[Parameter]]) -> str:
        parts = [type_name(a) for a in self.args]
        # torch goes through a hash table, whose order is mostly the opposite of the call's.
        named = [f"{key}={type_name(a)}" for key, a in reversed(self.kwargs.items())]
        given = ", ".join(parts + named) if parts else "".join(part + ", " for part in named)
        lines = []
        for parameters in options:
            places = [str(p) for p in parameters]
            star = next((i for i, p in enumerate(parameters) if p.keyword_only), None)
            if star is not None:
                places.insert(star, "*")
            lines.append(f" * ({', '.join(places)})\n")
            if max(len(places), 1) == len(self.args) + len(
                self.kwargs
            ):  # torch counts the star, and an empty list
                lines.append(self._mismatch(parameters, star))
        return (
            f"{self.name}() received an invalid combination of arguments - got ({given}), but expected one of:\n"
            + "".join(lines)
        )

    def _mismatch(self, parameters: Sequence[Parameter], star: int | None) -> str:
        names = {p.name: p for p in parameters}
        unknown = [key for key in reversed(self.kwargs) if key not in names]
        if unknown:
            return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"
        words = []
        places: list[Parameter | None] = list(parameters) or [None]
        if star is not None:
            places.insert(star, None)
        for i, p in enumerate(places):
            by_name = i >= len(self.args)
            if by_name and (p is None or p.name not in self.kwargs):
                continue
            x = self.kwargs[p.name] if by_name and p is not None else self.args[i]
            word = type_name(x)
            # Here torch compares names of types: no number is a "Number".
            fits = p is not None and (word == p.kind or (word == "int" and p.kind == "float"))
            if not fits and isinstance(x, (tuple, list)):
                inside = ", ".join(type_name(item) for item in x)
                word += f" of ({inside})" if isinstance(x, tuple) else f" of [{inside}]"
            words.append(
                (f"{p.name}=" if by_name and p is not None else "") + (word if fits else f"!{word}!")
            )
        return f"      didn't match because some of the arguments have invalid types: ({', '.join(words)})\n"


def _called_as_method(frame: FrameType | None, given: int) -> bool:
    """Whether the call that a frame is at gives an argument less than the function was given: the tensor itself."""
    if frame is None or frame.f_lasti < 0:
        return False
    code = frame.f_code.co_code
    at = frame.f_lasti
    while at > 0 and dis.opname[code[at]] == "CACHE":  # the interpreter's own room behind the instruction
        at -= 2
    return dis.opname[code[at]] in ("CALL", "CALL_KW") and code[at + 1] == given - 1


def explain(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType | None, bound: bool = False
) -> TypeError | None:
    """torch's error about a call that has failed, if the arguments are what is wrong with it.

    Args:
        name: the name that torch prints.
        args: the arguments, the tensor itself among them.
        kwargs: those given by name.
        frame: the caller's, which tells whether a method was called.
        bound: whether it is known that one was.
    """
    if name not in _table() and not bound:
        if hasattr(sys.modules[__name__.partition(".")[0]], name):
            return None  # torch has it in Python, another module a function of the same name
        name = next((p + name for p in _PREFIXES if p + name in _table()), name)
    method = bound or _called_as_method(frame, len(args) + len(kwargs))
    options = signatures_of(name, method)
    if not options:
        return None
    if method:
        args = args[1:]
        if options == ((),) and (args or kwargs):
            what = "keyword arguments" if kwargs else f"arguments ({len(args)} given)"
            return TypeError(f"TensorBase.{name}() takes no {what}")
    try:
        text = _Call(name, args, kwargs).against(options)
    except TypeError as error:
        return error
    return None if text is None else TypeError(text)


def _is_public(function: Callable[..., Any], name: str) -> bool:
    """Whether users call this function by its name: others of the name may have other arguments than torch's."""
    library = sys.modules[__name__.partition(".")[0]]
    prefix, _, short = name.partition("_")
    spaces = [library, library.Tensor, library.nn.functional, library.special, library.linalg, library.fft]
    # A method is a copy of its function, which has the same variables.
    if any(
        getattr(getattr(space, name, None), "__closure__", None) is function.__closure__ for space in spaces
    ):
        return True
    space = getattr(library, prefix, None)
    return bool(short) and space is not None and getattr(space, short, None) is function


def _of_call(
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    method: bool = False,
    function: Callable[..., Any] | None = None,
    again: Callable[..., Any] | None = None,
) -> Exception | None:
    raised = sys.exc_info()[1]
    caller = outside(sys._getframe(2))
    if again is not None and has_new_override(args, kwargs):
        shown = name if method or _called_as_method(caller, len(args) + len(kwargs)) else None
        return call_again(again, shown, caller)
    if isinstance(raised, MemoryError):  # NumPy's
        return OutOfMemoryError(f"Out of memory: {raised}")
    if function is not None:
        older = function.op.older  # type: ignore[attr-defined]
        if any(len(order) == len(args) for order in older):
            return None  # the signatures of old are in no list
        if not _is_public(function, name):
            return inner_error(sys._getframe(2))
        if not method and function.op.fn.__module__.partition(".ops.")[2].startswith("nn_"):  # type: ignore[attr-defined]
            try:
                bound = inspect.signature(function).bind(*args, **kwargs)
            except TypeError:
                return explain(name, args, kwargs, caller, method)
            bound.apply_defaults()
            found = _inside(name, bound.arguments)
            if found is not None:
                return found
    return explain(name, args, kwargs, caller, method)


def inner_error(frame: FrameType | None) -> Exception | None:
    """torch's error about the arguments of the function of ``nn.functional`` that something which failed belongs to.

    Args:
        frame: of what failed.
    """
    outer = enclosing(frame, __name__.partition(".")[0])
    return None if outer is None else _inside(*outer)


def _inside(name: str, values: Mapping[str, Any]) -> Exception | None:
    """torch's error about what a function of ``nn.functional`` does with its arguments."""
    for argument, attribute in first_uses(name):
        given = values[argument]
        if not _is_tensor(given):
            try:
                getattr(given, attribute)()
            except (AttributeError, TypeError) as error:
                return error
    call = inner_call(name, values)
    if call is None:
        return None
    inner, signature, given = call
    try:
        _Call(inner, given, {}).try_on(_parsed(signature))
    except (_Unfit, TypeError) as error:
        return TypeError(str(error))
    return None


def _of_out(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse ``out=`` where torch does: no method takes it, nor does any of a function's signatures."""
    package = __name__.partition(".")[0] + "."
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(package):
        frame = frame.f_back
    method = _called_as_method(frame, len(args) + len(kwargs))
    found = next((p + name for p in ("", *_PREFIXES) if p + name in _table()), name)
    options = signatures_of(found, method)
    if options and not any(p.name == "out" for parameters in options for p in parameters):
        text = f"{found}() got an unexpected keyword argument 'out'"
        raise explain(found, args, kwargs, frame, method) or TypeError(text)


Op.explain = staticmethod(_of_call)
Op.refuse_out = staticmethod(_of_out)
