"""Forward mode: ``jvp`` and ``linearize``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._autograd.gradient import of_tensor, tensor_of
from .._autograd.levels import Level, push_forward
from .._autograd.node import next_sequence
from .._dtypes import from_numpy_dtype
from .._tensor.creation_constants import zeros_like
from .._tensor.tree import describe, flatten, unflatten
from ._arguments import check_has_aux, check_only_tensors, is_tensor, released
from .reverse import enter

__all__ = ["Pushforward", "jvp", "linearize"]

_JVP = "jvp(f, primals, tangents)"


class Pushforward:
    """A function recorded once, and tangents carried through it as often as wanted.

    Args:
        func: the function.
        primals: its arguments.
        argnums: those to differentiate by; None for all.
        has_aux: the function returns ``(output, aux)``.
        what: what messages call this.
    """

    def __init__(
        self, func: Callable[..., Any], primals: Any, argnums: Any, has_aux: bool, what: str
    ) -> None:
        with Level(carries=True) as level:
            args, self._inputs, _ = enter(level, primals, argnums)
            output, aux = func(*args), None
            if has_aux:
                check_has_aux(output, what)
                output, aux = output
                aux = released(level, aux)
            self._outputs, self._structure = flatten(output)
            check_only_tensors(self._outputs, what)
            self.output = unflatten(level.released(self._outputs), self._structure)
            self.aux = aux
        self._level = level

    def push(self, tangents: list[Any], strict: bool = False) -> Any:
        """The results' tangents for the arguments'."""
        given = []
        for node, t in zip(self._inputs, tangents, strict=True):
            dtype = from_numpy_dtype(node.signature.out[0].dtype)
            t = t if t.dtype == dtype else t.to(dtype)
            given.append(of_tensor(t))
        since = next_sequence()
        pushed = push_forward(self._outputs, self._inputs, given, self._level)
        results = []
        for output, tangent in zip(self._outputs, pushed, strict=True):
            if tangent is None:
                if strict:
                    raise RuntimeError(
                        "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is "
                        "not allowed with strict=True."
                    )
                results.append(zeros_like(output.detach()))
            else:
                results.append(tensor_of(tangent))
        return unflatten(self._level.released(results, since), self._structure)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """The value of a function and its derivative along given directions of its arguments.

    https://docs.pytorch.org/docs/stable/generated/torch.func.jvp.html

    Args:
        func: returns tensors.
        primals: the tuple of its arguments.
        tangents: the directions, structured as the arguments.
        strict: whether a result that does not depend on the arguments is an error; else its tangent is zero.
        has_aux: the function returns ``(output, aux)``.

    Returns:
        ``(output, tangent)`` or ``(output, tangent, aux)``.

    Raises:
        RuntimeError: ``primals`` is no tuple, the structures differ, or a result is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.jvp(torch.square, (torch.tensor(3.0),), (torch.tensor(1.0),))
        (tensor(9.), tensor(6.))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{_JVP}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    flat = _checked(primals, tangents)
    pushforward = Pushforward(func, primals, None, has_aux, _JVP)
    pushed = pushforward.push(flat, strict)
    return (pushforward.output, pushed, pushforward.aux) if has_aux else (pushforward.output, pushed)


def _checked(primals: Any, tangents: Any) -> list[Any]:
    """The tangents' leaves."""
    leaves, structure = flatten(primals)
    given, other = flatten(tangents)
    if structure != other:
        raise RuntimeError(
            f"{_JVP}: Expected primals and tangents to have the same python structure. For example, if primals is a "
            "tuple of 3 tensors, tangents also must be. Got primals with structure "
            f"{describe(structure)} and tangents with structure {describe(other)}"
        )
    for part, name in ((leaves, "primals"), (given, "tangents")):
        if not part:
            raise RuntimeError(f"{_JVP}: Expected {name} to contain at least one Tensor.")
        for x in part:
            if not is_tensor(x):
                raise RuntimeError(f"{_JVP}: Expected {name} to only contain Tensors, got {type(x)}")
    for primal, tangent in zip(leaves, given, strict=True):
        if not (primal.is_floating_point() or primal.is_complex()):
            raise ValueError(f"Expected primal to be floating point or complex, but got: {primal.dtype}")
        if primal.shape != tangent.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(primal.shape)} while the given forward gradient is of size "
                f"{list(tangent.shape)}."
            )
    return given


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function and its derivative at that point, as a function of directions.

    The function runs once; carrying many directions through costs the derivative alone.
    https://docs.pytorch.org/docs/stable/generated/torch.func.linearize.html

    Args:
        func: returns tensors.
        primals: its arguments.

    Returns:
        ``(output, jvp_fn)``; ``jvp_fn`` takes a direction for each argument.

    Raises:
        RuntimeError: a result is no tensor, or a direction is structured or shaped otherwise than its argument.

    Example::

        >>> import jaxlearn as torch
        >>> y, push = torch.func.linearize(torch.square, torch.tensor(3.0))
        >>> y, push(torch.tensor(2.0))
        (tensor(9.), tensor(12.))
    """
    pushforward = Pushforward(func, primals, None, False, "linearize")

    def push(*tangents: Any) -> Any:
        return pushforward.push(_checked_directions(primals, tangents))

    return pushforward.output, push


def _checked_directions(primals: Any, tangents: Any) -> list[Any]:
    leaves, structure = flatten(primals)
    given, other = flatten(tangents)
    if structure != other:
        raise RuntimeError(
            f"Expected the tangents {describe(other)} to have the same argspec as the primals {describe(structure)}"
        )
    for i, (primal, tangent) in enumerate(zip(leaves, given, strict=True)):
        for what in ("shape", "device", "dtype"):
            have, want = getattr(tangent, what), getattr(primal, what)
            if have != want:
                raise RuntimeError(
                    f"tangent:{i} with {what} {have} in flattened pytree doesn't match the {what} {want} of the "
                    "corresponding primal."
                )
    return given
