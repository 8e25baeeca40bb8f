"""Operations that hand out what their gradient needs beside their results.

The gradient of most operations is computed from their operands, or from what costs next to nothing to compute again.
One that goes through a loop, a decomposition or several products (attention, a recurrent layer, ``svd``) would compute
them twice where something is read between forward and backward, which are two programs then. Such operations are
recorded with their intermediate results as further results, which only the backward node holds: in one program they
are what XLA keeps anyway, in two they are handed on.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import jaxpr_as_fun

from .jaxprs import costly
from .signature import Signature, linearize, weak_number, x64

__all__ = ["Keeping", "is_costly", "keeping"]


def is_costly(signature: Signature) -> bool:
    """Whether computing the operation again for its gradient would cost noticeably."""

    def run(*arrays: Any) -> Any:
        return signature.fn(*arrays, *[weak_number(jnp.asarray(k(1)), k) for k in signature.number_kinds])

    with x64():
        closed = jax.make_jaxpr(run)(*[a.struct for a in signature.avals])
    return costly(closed.jaxpr)


class Keeping(Signature):
    """An operation with its residuals as further results.

    Args:
        forward: the operation.
        wanted: the operands whose gradient will be asked for.

    Attributes:
        places: for each residual whether it is a further result (else an operand), and which.
    """

    __slots__ = ("forward", "places", "pulls", "tree", "wanted")

    def __init__(self, forward: Signature, wanted: tuple[int, ...]) -> None:
        self.forward = forward
        self.wanted = wanted
        self.pulls: dict[tuple[int, ...], Signature] = {}
        self.tree: Any = None
        self.places: list[tuple[bool, int]] = []
        n = len(forward.avals)

        def run(*operands: Any) -> Any:
            arrays = operands[:n]
            numbers = [weak_number(x, k) for x, k in zip(operands[n:], forward.number_kinds, strict=True)]
            out, pull = linearize(forward, wanted, arrays, numbers)
            leaves, self.tree = jax.tree.flatten(pull)
            number = {id(a): (False, i) for i, a in enumerate(arrays)}
            made: list[Any] = []
            for leaf in leaves:
                if id(leaf) not in number:
                    number[id(leaf)] = (True, len(made))
                    made.append(leaf)
                self.places.append(number[id(leaf)])
            return (*([out] if forward.single else out), *made)

        # Traced once: what is handed out must not depend on whether a number is a constant of the program.
        kinds = [jnp.int64 if k is int else jnp.float64 for k in forward.number_kinds]
        with x64():
            samples = [jax.ShapeDtypeStruct((), k) for k in kinds]
            traced = jaxpr_as_fun(jax.make_jaxpr(run)(*[a.struct for a in forward.avals], *samples))

        def fn(*operands: Any) -> Any:
            numbers = [jnp.asarray(x, k) for x, k in zip(operands[n:], kinds, strict=True)]
            return tuple(traced(*operands[:n], *numbers))

        super().__init__(
            forward.name, fn, forward.avals, forward.number_kinds, op=forward.op, device=forward.out[0].device
        )

    def pull(self, cotangents: tuple[int, ...]) -> Signature:
        """The gradient as an operation on the residuals and the cotangents of these results."""
        found = self.pulls.get(cotangents)
        if found is None:
            forward = self.forward
            vjp: Any = forward.vjp(self.wanted, cotangents)
            results = len(forward.out)
            avals = [self.out[results + i] if further else self.avals[i] for further, i in self.places]

            def fn(*arrays: Any) -> Any:
                pull = jax.tree.unflatten(self.tree, arrays[: len(avals)])
                return vjp.pull(pull, arrays[len(avals) :])

            found = self.pulls[cotangents] = Signature(
                vjp.name,
                fn,
                [*avals, *(forward.out[i] for i in cotangents)],
                training=True,
                device=forward.out[0].device,
            )
        return found


def keeping(signature: Signature, wanted: tuple[int, ...]) -> Keeping:
    """The signature that hands out the residuals of another for these gradients."""
    found = signature.vjps.get(("keeping", wanted))
    if found is None:
        found = signature.vjps["keeping", wanted] = Keeping(signature, wanted)
    assert isinstance(found, Keeping)
    return found
