"""Forward-mode derivatives of signatures, by ``jax.jvp`` of the operation's own function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend.core import jaxpr_as_fun

from .forward_only import differentiated
from .jaxprs import contains
from .signature import Signature

__all__ = ["Jvp", "jvp_of"]


class Jvp(Signature):
    """The directional derivative of a signature.

    Its operands are the signature's followed by a tangent for each of the inputs ``wanted``; its results are the
    tangents of the floating and complex results, whose numbers are ``results``.
    """

    __slots__ = ("forward", "results", "rule", "wanted")

    def __init__(self, forward: Signature, wanted: tuple[int, ...]) -> None:
        self.forward = forward
        self.wanted = wanted
        self.rule = None if forward.pushes is None else forward.pushes()
        self.results = tuple(i for i, a in enumerate(forward.out) if a.dtype.kind in "fcV")
        n, given = len(forward.avals), len(wanted)

        def fn(*arrays: Any) -> Any:
            return self._push(arrays[:n], arrays[n : n + given], arrays[n + given :])

        super().__init__(
            f"jvp_{forward.name}",
            fn,
            (*forward.avals, *(forward.avals[i] for i in wanted)),
            forward.number_kinds,
            training=True,
            device=forward.out[0].device,
            out=[forward.out[i] for i in self.results],
        )
        self.grad_name = forward.grad_name.removesuffix("0") + "Forward0"

    def _push(
        self, arrays: Sequence[Any], tangents: Sequence[Any], numbers: Sequence[Any]
    ) -> tuple[Any, ...]:
        forward, wanted = self.forward, self.wanted
        if self.rule is not None:
            pushed = self.rule(arrays, dict(zip(wanted, tangents, strict=True)))
            return tuple([pushed[i] for i in self.results])

        def floating(*diff: Any) -> tuple[Any, ...]:
            full = list(arrays)
            for i, d in zip(wanted, diff, strict=True):
                full[i] = d
            out = forward.call(full, numbers)
            return (out,) if forward.single else tuple(out[i] for i in self.results)

        primals = [arrays[i] for i in wanted]

        def push(primals: Any, tangents: Any) -> tuple[Any, ...]:
            return tuple(jax.jvp(floating, primals, tangents)[1])

        given = list(tangents)
        traced = jax.make_jaxpr(push)(primals, given)
        # What jax.jvp leaves of a function that has a reverse-mode rule alone; it is refused only when compiled.
        if contains(traced.jaxpr, "custom_lin"):
            return _transposed(floating, primals, tangents)
        return tuple(jaxpr_as_fun(traced)(*primals, *given))


def _transposed(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Any, ...]:
    """The tangents of a function that has a reverse-mode rule alone: the transpose of its pullback."""
    with differentiated(forward=True):
        out, pull = jax.vjp(function, *primals)
    _, transpose = jax.vjp(pull, tuple(out))
    (pushed,) = transpose(tuple(tangents))
    return tuple(pushed)


def jvp_of(signature: Signature, wanted: tuple[int, ...]) -> Jvp:
    """The signature of the directional derivative along the inputs ``wanted``, made once."""
    key = ("jvp", wanted)
    found = signature.vjps.get(key)
    if found is None:
        found = signature.vjps[key] = Jvp(signature, wanted)
    assert isinstance(found, Jvp)
    return found
