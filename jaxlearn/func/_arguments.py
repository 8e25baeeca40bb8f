"""What the transforms of functions ask of arguments and results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.tree import flatten, unflatten

__all__ = [
    "check_has_aux",
    "check_only_tensors",
    "check_real",
    "is_tensor",
    "name_of",
    "released",
    "select",
]


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor."""
    return type(x) in TENSOR_TYPES


def name_of(function: Any) -> str:
    """What messages call a function."""
    if hasattr(function, "__name__"):
        return str(function.__name__)
    inner = getattr(function, "func", None)
    return f"functools.partial({name_of(inner)}, ...)" if inner is not None else repr(function)


def select(args: Sequence[Any], argnums: Any) -> tuple[tuple[int, ...], Any]:
    """The positions that ``argnums`` names, counted from the front, and the arguments there.

    Raises:
        RuntimeError: it names a position that is not there, none, or one twice; or is no int and no tuple of ints.
    """
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    places = tuple(_position(n, len(args)) for n in (argnums if isinstance(argnums, tuple) else (argnums,)))
    if isinstance(argnums, tuple):
        if not places:
            raise RuntimeError("argnums must be non-empty")
        if len(set(places)) != len(places):
            raise RuntimeError(f"argnums elements must be unique, got {places}")
        return places, tuple(args[i] for i in places)
    return places, args[places[0]]


def _position(number: Any, count: int) -> int:
    if not isinstance(number, int):
        raise RuntimeError(f"argnum must be int, got: {type(number)}")
    if not -count <= number < count:
        raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")
    return number % count


def check_has_aux(output: Any, what: str) -> None:
    """Refuse the result of a function with ``has_aux=True`` that is no pair."""
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{what}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )


def check_only_tensors(leaves: Sequence[Any], what: str) -> None:
    """Refuse results that are no tensors, or none at all."""
    if not leaves or (len(leaves) == 1 and leaves[0] is None):
        raise RuntimeError(
            f"{what}: Expected f to be a function that has non-empty output (got output = {list(leaves)})"
        )
    for leaf in leaves:
        if not is_tensor(leaf):
            raise RuntimeError(
                f"{what}: expected f(*primals) to return only tensors, got unsupported type {type(leaf)}"
            )


def check_real(function: str, leaves: Sequence[Any], what: str) -> None:
    """Refuse complex tensors."""
    for i, leaf in enumerate(leaves):
        if is_tensor(leaf) and leaf.dtype.is_complex:
            raise RuntimeError(
                f"{function}: Expected all {what} to be real but received complex tensor at flattened input idx: {i}"
            )


def released(level: Any, tree: Any) -> Any:
    """Results, or what goes along with them, as the surroundings see them.

    Raises:
        RuntimeError: there is something other than a tensor.
    """

    leaves, structure = flatten(tree)
    for x in leaves:
        if not is_tensor(x):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(x)}")
    return unflatten(level.released(leaves), structure)
