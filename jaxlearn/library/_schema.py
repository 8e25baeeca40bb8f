"""Schemas of custom operators: the types of their arguments and results, in PyTorch's notation."""

from __future__ import annotations

import collections.abc
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from .._dtype_objects import dtype
from .._engine.device import Device
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.tensor import Tensor

__all__ = ["Schema", "infer_schema"]

_REQUIRED: Any = object()
_BASES = {Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool", str: "str", dtype: "ScalarType",
    Device: "Device"}  # fmt: skip
_RESULTS = {Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool"}
_PYTHON = {"SymInt": "int", "Scalar": "number", "ScalarType": "int"}
_WORDS = {"None": None, "True": True, "False": False}


class Parameter(NamedTuple):
    """One argument of an operator.

    Args:
        name: the argument's.
        type: without marks for aliases: ``Tensor[]?``.
        written: whether the operator writes to it.
        keyword_only: whether it is given by name only.
        default: its default.
    """

    name: str
    type: str
    written: bool
    keyword_only: bool
    default: Any

    def fitting(self, value: Any) -> Any:
        """The value as the kernel is given it.

        Raises:
            TypeError: it is of another type.
        """
        return _fitting(self.type, value)


class Schema:
    """The types of an operator's arguments and results.

    Args:
        name: the operator's, with its namespace.
        text: the rest: ``(Tensor x, int n=2) -> Tensor``.
    """

    def __init__(self, name: str, text: str) -> None:
        found = re.fullmatch(r"\s*\((.*)\)\s*->\s*(.*?)\s*", text, re.DOTALL)
        if found is None:
            raise RuntimeError(f"{name}{text}: expected a schema like (Tensor x, int n=2) -> Tensor")
        self.name = name
        self.parameters: list[Parameter] = []
        keyword_only = False
        for part in _parts(found[1]):
            if part == "*":
                keyword_only = True
            else:
                self.parameters.append(_parameter(name, part, keyword_only))
        result = found[2]
        listed = result.startswith("(") and result.endswith(")")
        self.results = [_plain(r.split(" ")[0]) for r in (_parts(result[1:-1]) if listed else [result])]
        self.listed = listed
        self.text = f"{name}({found[1].strip()}) -> {result}"
        self.written = [p.name for p in self.parameters if p.written]
        self.keyword_only = any(p.keyword_only for p in self.parameters)

    def __str__(self) -> str:
        return self.text

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments by place and those by name only, defaults filled in.

        Raises:
            RuntimeError: an argument is missing, unknown or of another type.
        """
        start, declared = f"{self.name}()", f"Declaration: {self.text}"
        count = len(args) + len(kwargs)
        if count > len(self.parameters):
            raise RuntimeError(
                f"{start} expected at most {len(self.parameters)} argument(s) but received {count} argument(s). "
                f"{declared}"
            )
        names = [p.name for p in self.parameters]
        by_place = [p for p in self.parameters if not p.keyword_only]
        if len(args) > len(by_place):
            raise RuntimeError(
                f"{start} takes {len(by_place)} positional argument(s) but {len(args)} was/were given.  {declared}"
            )
        for key in kwargs:
            if key not in names:
                raise RuntimeError(
                    f"Unknown keyword argument '{key}' for operator '{self.name}'. Schema: {self.text}"
                )
        positional: list[Any] = []
        keywords: dict[str, Any] = {}
        for place, p in enumerate(self.parameters):
            value = args[place] if place < len(args) else kwargs.get(p.name, p.default)
            if value is _REQUIRED:
                raise RuntimeError(f"{start} is missing value for argument '{p.name}'. {declared}")
            try:
                value = value if value is p.default else p.fitting(value)
            except TypeError:
                raise RuntimeError(
                    f"{start} Expected a value of type '{_shown(p.type)}' for argument '{p.name}' but instead found "
                    f"type '{type(value).__name__}'.\nPosition: {place}\nValue: {value}\n{declared}"
                ) from None
            if p.keyword_only:
                keywords[p.name] = value
            else:
                positional.append(value)
        return positional, keywords


def _parts(text: str) -> list[str]:
    """What stands between the commas that are in no brackets."""
    return [
        part.strip() for part in re.findall(r"(?:[^,\[\]()]|\[[^\]]*\]|\([^)]*\))+", text) if part.strip()
    ]


def _plain(kind: str) -> str:
    return re.sub(r"\([^)]*\)|\[\d+\]", lambda m: "[]" if m[0][0] == "[" else "", kind)


def _parameter(name: str, text: str, keyword_only: bool) -> Parameter:
    found = re.fullmatch(r"(\S+)\s+(\w+)(?:=(.*))?", text)
    if found is None:
        raise RuntimeError(f"{name}: expected an argument like 'Tensor x' or 'int n=2', got {text!r}")
    kind, own, default = found.groups()
    value = _REQUIRED if default is None else _value(default.strip())
    return Parameter(own, _plain(kind), "!" in kind, keyword_only, value)


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "\"'":
        return text[1:-1]
    if text[0] == "[":
        return [_value(part) for part in _parts(text[1:-1])]
    try:
        return int(text)
    except ValueError:
        return float(text)


def _shown(kind: str) -> str:
    if kind.endswith("?"):
        return f"Optional[{_shown(kind[:-1])}]"
    if kind.endswith("[]"):
        return f"List[{_shown(kind[:-2])}]"
    return _PYTHON.get(kind, kind)


def _fitting(kind: str, value: Any) -> Any:
    if kind.endswith("?"):
        return None if value is None else _fitting(kind[:-1], value)
    if kind.endswith("[]"):
        if not isinstance(value, (list, tuple)):
            raise TypeError
        return [_fitting(kind[:-2], v) for v in value]
    if kind == "Tensor":
        fits = type(value) in TENSOR_TYPES
    elif kind in ("SymInt", "int"):
        fits = isinstance(value, int)
    elif kind == "float":
        fits = isinstance(value, (int, float))
        value = float(value) if fits else value
    elif kind == "Scalar":
        fits = isinstance(value, (bool, int, float, complex))
    elif kind == "ScalarType":
        fits = isinstance(value, dtype)
    elif kind == "Device":
        fits = isinstance(value, (Device, str))
    else:
        fits = isinstance(value, {"bool": bool, "str": str}.get(kind, object))
    if not fits:
        raise TypeError
    return value


def infer_schema(
    prototype_function: Callable[..., Any],
    /,
    *,
    mutates_args: str | Iterable[str],
    op_name: str | None = None,
) -> str:
    """The schema of an operator, read off a function's annotations.

    https://docs.pytorch.org/docs/stable/library.html#torch.library.infer_schema

    Args:
        prototype_function: annotated with tensors, numbers, strings, dtypes and devices, lists of and optional ones.
        mutates_args: the names of the arguments that it writes to, or ``"unknown"`` for all tensors.
        op_name: put in front, if given.

    Returns:
        The schema in PyTorch's notation.

    Raises:
        ValueError: an annotation is missing, or of a type that operators do not take.

    Example::

        >>> import jaxlearn as torch
        >>> def scaled(x: torch.Tensor, by: float = 2.0) -> torch.Tensor: ...
        >>> torch.library.infer_schema(scaled, mutates_args=())
        '(Tensor x, float by=2.0) -> Tensor'
    """
    signature = inspect.signature(prototype_function)

    def refuse(what: str) -> typing.NoReturn:
        raise ValueError(f"infer_schema(func): {what} Got func with signature {signature})")

    unknown = isinstance(mutates_args, str)
    if unknown and mutates_args != "unknown":
        raise ValueError(
            "mutates_args must either be a sequence of the names of the arguments that are mutated or the string "
            "'unknown'. "
        )
    written = set() if unknown else set(mutates_args)
    namespace = prototype_function.__globals__
    parts: list[str] = []
    for place, (name, p) in enumerate(signature.parameters.items()):
        if p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
            refuse("We do not support positional-only args, varargs, or varkwargs.")
        if p.kind is p.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        if p.annotation is p.empty:
            refuse(f"Parameter {name} must have a type annotation.")
        kind = _type_of(_evaluated(p.annotation, namespace, refuse))
        if kind is None:
            refuse(f"Parameter {name} has unsupported type {p.annotation}.")
        if name in written or (unknown and kind.startswith("Tensor")):
            if not kind.startswith("Tensor"):
                refuse(
                    f"Parameter {name} is in mutable_args but only Tensors or collections of Tensors can be mutated"
                )
            kind = f"Tensor(a{place}!){kind.removeprefix('Tensor')}"
        parts.append(f"{kind} {name}" if p.default is p.empty else f"{kind} {name}={_default(p, refuse)}")
    strangers = written - signature.parameters.keys()
    if strangers:
        refuse(
            f"{strangers} in mutates_args were not found in the custom op's signature. mutates_args should contain the "
            "names of all args that the custom op mutates, or just the string 'unknown' if you don't know."
        )
    return f"{op_name or ''}({', '.join(parts)}) -> {_result(signature, namespace, refuse)}"


def _evaluated(annotation: Any, namespace: dict[str, Any], refuse: Callable[[str], typing.NoReturn]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, namespace)
    except Exception as error:
        refuse(f"Unsupported type annotation {annotation}. It is not a type. ({error}). ")


def _default(p: inspect.Parameter, refuse: Callable[[str], typing.NoReturn]) -> str:
    value = p.default
    if value is None or isinstance(value, (int, float, bool)):
        return str(value)
    if isinstance(value, (str, Device)):
        return f'"{value}"'
    if isinstance(value, dtype):
        return str(value).removeprefix("torch.")
    refuse(
        f"Parameter {p.name} has an unsupported default value type {type(value)}. Please file an issue on GitHub so we "
        "can prioritize this."
    )


def _type_of(annotation: Any) -> str | None:
    """The type of a parameter; None for one that operators do not take."""
    base = _BASES.get(annotation) if isinstance(annotation, type) else None
    if base is not None:
        return base
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        rest = [a for a in args if a is not types.NoneType]
        inner = "Scalar" if set(rest) == {int, float, bool} else _type_of(rest[0]) if len(rest) == 1 else None
        return None if inner is None else inner + "?" * (len(rest) < len(args))
    if origin in (list, collections.abc.Sequence) and len(args) == 1:
        inner = _type_of(args[0])
        return None if inner is None else inner + "[]"
    return None


def _result(
    signature: inspect.Signature, namespace: dict[str, Any], refuse: Callable[[str], typing.NoReturn]
) -> str:
    annotation = signature.return_annotation
    if annotation is signature.empty:
        refuse("No return type annotation was provided. Please add one.")
    annotation = _evaluated(annotation, namespace, refuse)

    def one(kind: Any) -> str:
        if typing.get_origin(kind) is list and typing.get_args(kind) == (Tensor,):
            return "Tensor[]"
        found = _RESULTS.get(kind) if isinstance(kind, type) else None
        found = "Scalar" if _type_of(kind) == "Scalar" else found
        return found or refuse(f"Return has unsupported type {kind}.")

    if annotation is None:
        return "()"
    if typing.get_origin(annotation) is tuple:
        kinds = typing.get_args(annotation)
        return one(kinds[0]) if len(kinds) == 1 else f"({', '.join(map(one, kinds))})"
    return one(annotation)
