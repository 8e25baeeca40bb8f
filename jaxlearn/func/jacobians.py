"""Jacobians and Hessians, row by row or column by column at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .._tensor.basis import standard_basis
from .._tensor.batching import batched
from .._tensor.tree import flatten, unflatten
from ..ops.joining import cat
from ._arguments import check_real, is_tensor, select
from .forward import Pushforward
from .reverse import Pullback
from .vectorize import check_randomness

__all__ = ["hessian", "jacfwd", "jacrev"]


def jacrev(
    func: Callable[..., Any],
    argnums: Any = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The function that gives the Jacobian of a function, by reverse mode: one pass for each element of the result.

    https://docs.pytorch.org/docs/stable/generated/torch.func.jacrev.html

    Args:
        func: returns floating tensors.
        argnums: the position, or a tuple of positions, of the arguments by which to differentiate.
        has_aux: the function returns ``(output, aux)``, and so does the Jacobian.
        chunk_size: how many elements of the result to treat at a time, if not all; saves memory.

    Returns:
        The function of the same arguments; its result is structured as the function's, each tensor replaced by the
        Jacobian by the argument, of shape ``(*output.shape, *argument.shape)``.

    Raises:
        RuntimeError: at a call, a tensor is complex, a result is not floating, or ``argnums`` does not fit.
        ValueError: ``chunk_size`` is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.jacrev(torch.square)(torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if not (chunk_size is None or chunk_size > 0):
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def jacobian(*args: Any) -> Any:
        check_real("jacrev", flatten(args)[0], "inputs")
        pull = Pullback(func, args, argnums, has_aux)
        outputs, structure = flatten(pull.output)
        check_real("jacrev", outputs, "outputs")
        primals, inner = flatten(select(args, argnums)[1])
        parts = []
        for basis in standard_basis(outputs, chunk_size):
            if chunk_size == 1:
                one = flatten(pull(unflatten([b[0] for b in basis], structure)))[0]
                parts.append([g.unsqueeze(0) for g in one])
            else:
                parts.append(_over_basis(lambda rows: pull(unflatten(rows, structure)), basis))
        stacked = parts[0] if len(parts) == 1 else [cat(p, 0) for p in zip(*parts, strict=True)]
        sizes = [t.numel() for t in outputs]
        columns = [
            [
                rows.reshape((*t.shape, *p.shape))
                for t, rows in zip(outputs, whole.split(sizes, 0), strict=True)
            ]
            for whole, p in zip(stacked, primals, strict=True)
        ]
        found = unflatten([unflatten(row, inner) for row in zip(*columns, strict=True)], structure)
        return (found, pull.aux) if has_aux else found

    return jacobian


def _over_basis(function: Callable[[list[Any]], Any], basis: list[Any]) -> list[Any]:
    """The function's tensors for all directions of a basis at once."""

    def one(rows: list[Any], _: Any) -> tuple[list[Any], list[int | None]]:
        results = flatten(function(rows))[0]
        return results, [0] * len(results)

    return batched(one, basis, [0] * len(basis), basis[0].shape[0])


def jacfwd(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The function that gives the Jacobian of a function, by forward mode: one pass for each element of the argument.

    The function itself is recorded once, whatever the number of passes.
    https://docs.pytorch.org/docs/stable/generated/torch.func.jacfwd.html

    Args:
        func: returns tensors.
        argnums: the position, or a tuple of positions, of the arguments by which to differentiate.
        has_aux: the function returns ``(output, aux)``, and so does the Jacobian.
        randomness: whether random numbers drawn in the function are an ``"error"``, ``"different"`` in each pass or
            the ``"same"`` in all, as for :func:`vmap`.

    Returns:
        The function of the same arguments; see :func:`jacrev`.

    Raises:
        RuntimeError: at a call, a tensor is complex, ``argnums`` does not fit, there is no such ``randomness``, or
            random numbers are drawn in the mode ``"error"``.
        ValueError: an argument to differentiate by is not floating.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.jacfwd(torch.square)(torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any) -> Any:
        check_randomness(randomness)
        check_real("jacfwd", flatten(args)[0], "inputs")
        chosen = args if argnums is None else select(args, argnums)[1]
        primals, inner = flatten(chosen)
        for p in primals:
            if is_tensor(p) and not p.is_floating_point():
                raise ValueError(f"Expected primal to be floating point or complex, but got: {p.dtype}")
        (basis,) = standard_basis(primals)
        outputs: list[Any] = []
        shapes: list[Any] = []

        def along(rows: list[Any], is_mapped: Callable[[Any], bool]) -> tuple[list[Any], list[int | None]]:
            push = Pushforward(func, args, argnums, has_aux, "jvp(f, primals, tangents)")
            outputs[:], structure = flatten(push.output)
            check_real("jacfwd", outputs, "outputs")
            further, aux = flatten(push.aux) if has_aux else ([], None)
            places = [0 if is_mapped(t) else None for t in further]
            shapes[:] = structure, aux, places
            columns = flatten(push.push(rows))[0]
            return [*columns, *further], [*[0] * len(columns), *places]

        results = batched(along, basis, [0] * len(basis), basis[0].shape[0], randomness)
        sizes = [p.numel() for p in primals]
        found = []
        for t, whole in zip(outputs, results, strict=False):
            columns = whole.movedim(0, -1).split(sizes, -1)
            parts = [c.reshape((*t.shape, *p.shape)) for c, p in zip(columns, primals, strict=True)]
            found.append(unflatten(parts, inner))
        result = unflatten(found, shapes[0])
        if not has_aux:
            return result
        further = zip(results[len(outputs) :], shapes[2], strict=True)
        return result, unflatten([t if place is None else t[0] for t, place in further], shapes[1])

    return jacobian


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """The function that gives the Hessian of a function: :func:`jacfwd` of :func:`jacrev`.

    https://docs.pytorch.org/docs/stable/generated/torch.func.hessian.html

    Args:
        func: returns floating tensors.
        argnums: the position, or a tuple of positions, of the arguments by which to differentiate.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
