"""Calls of functions and methods in all forms that torch's signatures allow, and in some that they do not.

torch's own stubs tell the overloads: parameters, their types and defaults. From a call with the required arguments come
others: each argument by keyword, each optional one given, sequences as tuples, lists and ``torch.Size``, numbers as
NumPy's, as 0-dimensional tensors, as truth values, None, and things of a wrong type.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Call", "calls"]

# Makes an argument for either library.
Maker = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True)
class Parameter:
    name: str
    kind: str
    required: bool
    keyword_only: bool
    variadic: bool = False


@dataclasses.dataclass(frozen=True)
class Call:
    """A call with either library.

    Args:
        name: the function's or method's.
        method: whether it is a method, of the first argument.
        args: makers of the positional arguments.
        kwargs: of the others.
        text: what it looks like.
    """

    name: str
    method: bool
    args: tuple[Maker, ...]
    kwargs: tuple[tuple[str, Maker], ...]
    text: str

    def __call__(self, torch: Any) -> Any:
        args = [make(torch) for make in self.args]
        kwargs = {name: make(torch) for name, make in self.kwargs}
        if self.method:
            return getattr(args[0], self.name)(*args[1:], **kwargs)
        return getattr(torch, self.name)(*args, **kwargs)


def _kind(annotation: str) -> str:
    """What kind of argument an annotation asks for."""
    for kind, marks in (
        ("tensors", ("tuple[Tensor, ...]", "list[Tensor]", "Sequence[Tensor]")),
        ("tensor", ("Tensor",)),
        ("dims", ("_size", "Sequence[_int]", "list[_int]")),
        ("number", ("Number", "_complex", "_float")),
        ("int", ("_int", "SymInt", "int")),
        ("bool", ("_bool",)),
        ("dtype", ("_dtype",)),
        ("device", ("DeviceLikeType",)),
    ):
        if any(mark in annotation for mark in marks):
            return (
                kind
                if kind != "dims" or "_int |" not in annotation.replace("Sequence[_int]", "")
                else "dim or dims"
            )
    return "other"


@functools.cache
def _overloads(file: str, owner: str | None) -> dict[str, list[list[Parameter]]]:
    """The overloads of the functions of a stub, or of the methods of a class in it."""
    import torch

    tree = ast.parse((Path(torch.__file__).parent / "_C" / file).read_text())
    body = tree.body
    if owner is not None:
        body = next(n.body for n in body if isinstance(n, ast.ClassDef) and n.name == owner)
    found: dict[str, list[list[Parameter]]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(list(_parameters(node, owner is not None)))
    return found


def _parameters(node: ast.FunctionDef, method: bool) -> Iterator[Parameter]:
    a = node.args
    plain = [*a.posonlyargs, *a.args]
    first_default = len(plain) - len(a.defaults)
    for i, p in enumerate(plain):
        kind = "tensor" if method and i == 0 else _kind(ast.unparse(p.annotation) if p.annotation else "")
        yield Parameter("input" if method and i == 0 else p.arg, kind, i < first_default, False)
    if a.vararg is not None:
        yield Parameter(a.vararg.arg, "dims", True, False, True)
    for p, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        yield Parameter(
            p.arg, _kind(ast.unparse(p.annotation) if p.annotation else ""), default is None, True
        )


def _floats(torch: Any) -> Any:
    return torch.tensor([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])


def _square(torch: Any) -> Any:
    return torch.tensor([[2.0, 0.5], [0.5, 1.0]])


_SQUARE = {
    "mm",
    "matmul",
    "det",
    "inverse",
    "cholesky",
    "trace",
    "matrix_power",
    "slogdet",
    "logdet",
    "mv",
    "matrix_exp",
}
# Names that tell what a tensor must hold.
_HOLDS: dict[str, Maker] = {
    "index": lambda torch: torch.tensor([[0, 1, 0], [1, 0, 1]]),
    "indices": lambda torch: torch.tensor([0, 1]),
    "mask": lambda torch: torch.tensor([[True, False, True], [False, True, False]]),
    "condition": lambda torch: torch.tensor([[True, False, True], [False, True, False]]),
    "repeats": lambda torch: torch.tensor([1, 2]),
    "boundaries": lambda torch: torch.tensor([-1.0, 0.5, 2.5]),
    "sorted_sequence": lambda torch: torch.tensor([[-1.0, 0.5, 2.5], [0.0, 1.0, 2.0]]),
}
_BASE: dict[str, Maker] = {
    "tensor": _floats,
    "tensors": lambda torch: (_floats(torch), _floats(torch)),
    "dims": lambda torch: (1, 0),
    "dim or dims": lambda torch: 1,
    "number": lambda torch: 2,
    "int": lambda torch: 1,
    "bool": lambda torch: True,
    "dtype": lambda torch: torch.float64,
    "device": lambda torch: "cpu",
    "other": lambda torch: None,
}
_WRONG: dict[str, Maker] = {"'a'": lambda torch: "a", "None": lambda torch: None, "{}": lambda torch: {}}
_OTHERS: dict[str, dict[str, Maker]] = {
    "tensor": _WRONG
    | {
        "2": lambda torch: 2,
        "2.5": lambda torch: 2.5,
        "True": lambda torch: True,
        "np.float32(2)": lambda torch: np.float32(2),
        "integers": lambda torch: torch.tensor([[1, 2, 3], [4, 5, 6]]),
        "a number's tensor": lambda torch: torch.tensor(2.0),
        "[[...]]": lambda torch: [[0.5, 1.0, 2.0]],
        "without elements": lambda torch: torch.ones(0, 3),
    },
    "tensors": _WRONG
    | {
        "[x, x]": lambda torch: [_floats(torch), _floats(torch)],
        "x": _floats,
        "()": lambda torch: (),
        "(x, 1)": lambda torch: (_floats(torch), 1),
        "(integers, x)": lambda torch: (torch.tensor([[1, 2, 3], [4, 5, 6]]), _floats(torch)),
    },
    "dims": _WRONG
    | {
        "[1, 0]": lambda torch: [1, 0],
        "Size": lambda torch: torch.Size([1, 0]),
        "(-1, 0)": lambda torch: (-1, 0),
        "1": lambda torch: 1,
        "(1,)": lambda torch: (1,),
        "()": lambda torch: (),
        "np.int64": lambda torch: (np.int64(1), 0),
        "tensors": lambda torch: (torch.tensor(1), torch.tensor(0)),
        "(1.0, 0)": lambda torch: (1.0, 0),
        "(1, 1)": lambda torch: (1, 1),
        "(2, 5)": lambda torch: (2, 5),
    },
    "number": _WRONG
    | {
        "2.5": lambda torch: 2.5,
        "True": lambda torch: True,
        "0": lambda torch: 0,
        "-1": lambda torch: -1,
        "np.float32(2)": lambda torch: np.float32(2),
        "np.int64(2)": lambda torch: np.int64(2),
        "tensor(2.)": lambda torch: torch.tensor(2.0),
        "inf": lambda torch: float("inf"),
    },
    "int": _WRONG
    | {
        "-1": lambda torch: -1,
        "0": lambda torch: 0,
        "5": lambda torch: 5,
        "np.int64(1)": lambda torch: np.int64(1),
        "tensor(1)": lambda torch: torch.tensor(1),
        "tensor(1.)": lambda torch: torch.tensor(1.0),
        "True": lambda torch: True,
        "1.0": lambda torch: 1.0,
        "(1,)": lambda torch: (1,),
    },
    "bool": _WRONG
    | {
        "False": lambda torch: False,
        "1": lambda torch: 1,
        "0": lambda torch: 0,
        "np.True_": lambda torch: np.True_,
        "1.0": lambda torch: 1.0,
        "tensor(True)": lambda torch: torch.tensor(True),
    },
    "dtype": _WRONG
    | {
        "int64": lambda torch: torch.int64,
        "float": lambda torch: float,
        "'float32'": lambda torch: "float32",
        "np.float64": lambda torch: np.float64,
        "bool": lambda torch: torch.bool,
    },
    "device": {
        "device": lambda torch: torch.device("cpu"),
        "None": lambda torch: None,
        "1.0": lambda torch: 1.0,
    },
    "other": {},
}
_OTHERS["dim or dims"] = _OTHERS["dims"] | _OTHERS["int"]
# What is not called in these forms: "out" is another test's, and what memory holds is nobody's.
_LEFT_OUT = {"out", "generator", "layout", "pin_memory", "memory_format", "non_blocking"}


def calls(name: str, method: bool) -> Iterator[Call]:
    """All forms of calling a function of torch, or a method of its tensors.

    Args:
        name: the function's or method's.
        method: whether it is one.
    """
    file, owner = ("__init__.pyi", "TensorBase") if method else ("_VariableFunctions.pyi", None)
    seen: set[str] = set()
    for overload in _overloads(file, owner).get(name, ()):
        for call in _forms(name, method, overload):
            if call.text not in seen:
                seen.add(call.text)
                yield call


def _forms(name: str, method: bool, overload: list[Parameter]) -> Iterator[Call]:
    required = [p for p in overload if p.required and p.name not in _LEFT_OUT]
    if any(p.kind == "other" for p in required):
        return
    optional = [p for p in overload if not p.required and p.name not in _LEFT_OUT and p.kind != "other"]

    def base(p: Parameter) -> Maker:
        if p.kind == "tensor":
            if name.rstrip("_") in _SQUARE:
                return _square
            return _HOLDS.get(p.name, _floats)
        return _BASE[p.kind]

    def call(args: list[tuple[str, Maker]], kwargs: list[tuple[str, str, Maker]]) -> Call:
        shown = [text for text, _ in args] + [f"{key}={text}" for key, text, _ in kwargs]
        if method:
            text = f"x.{name}({', '.join(shown[1:])})"
        else:
            text = f"torch.{name}({', '.join(shown)})"
        return Call(name, method, tuple(m for _, m in args), tuple((k, m) for k, _, m in kwargs), text)

    def plain(p: Parameter) -> tuple[str, Maker]:
        return f"<{p.name}>", base(p)

    positional = [p for p in required if not p.keyword_only]
    named = [(p.name, *plain(p)) for p in required if p.keyword_only]
    args: list[tuple[str, Maker]] = []
    for p in positional:
        if p.variadic:
            args += [("1", lambda torch: 1), ("0", lambda torch: 0)]
        else:
            args.append(plain(p))
    yield call(args, named)
    yield call(args, [*named, ("nonsense", "1", lambda torch: 1)])
    if len(args) > method:
        yield call(args[:-1], named)
    if not any(p.variadic for p in overload):
        split = 1 if method else 0
        yield call(args[:split], [*[(p.name, *plain(p)) for p in positional[split:]], *named])
        for i, p in enumerate(positional):
            if i >= split and not (i == 0 and p.kind == "tensor"):
                for text, maker in _OTHERS[p.kind].items():
                    yield call([*args[:i], (text, maker), *args[i + 1 :]], named)
    for p in optional:
        for text, maker in {"base": base(p), **_OTHERS[p.kind]}.items():
            yield call(args, [*named, (p.name, text, maker)])
    given = list(args)
    for p in [p for p in overload if not p.required and not p.keyword_only]:
        if p.kind == "other" or p.name in _LEFT_OUT:
            return
        given.append(plain(p))
        yield call(given, named)
