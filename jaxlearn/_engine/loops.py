"""``while`` with a gradient, for a number of iterations that is known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["while_loop"]

# Backward keeps this many states at most, and computes those between them anew.
SLOTS = 128

Arrays = tuple[Any, ...]


def while_loop(
    go_on: Callable[[Arrays], Any],
    body: Callable[[Arrays, Arrays, Arrays], Arrays],
    carry: Sequence[Any],
    closures: Sequence[Any],
    numbers: Sequence[Any] = (),
) -> Arrays:
    """``jax.lax.while_loop`` that reverse mode can differentiate.

    Backward runs the loop again and keeps every ``k``-th state, ``k`` being such that ``SLOTS`` suffice; up to that
    many iterations cost one more run. It has no derivative of its own.

    Args:
        go_on: whether to go on, by the state.
        body: the next state by the state, the closures and the numbers.
        carry: the first state.
        closures: what else the body depends on.
        numbers: operands that stand for Python numbers, which have no gradient.
    """

    @jax.custom_vjp
    def run(carry: Arrays, closures: Arrays, numbers: Arrays) -> Arrays:
        return jax.lax.while_loop(go_on, lambda c: body(c, closures, numbers), carry)

    def forward(carry: Arrays, closures: Arrays, numbers: Arrays) -> tuple[Arrays, Any]:
        def step(counted: Any) -> Any:
            return counted[0] + 1, body(counted[1], closures, numbers)

        count, out = jax.lax.while_loop(lambda c: go_on(c[1]), step, (jnp.zeros((), jnp.int64), carry))
        return out, (carry, closures, numbers, count)

    def backward(kept: Any, cotangents: Arrays) -> tuple[Arrays, Arrays, Arrays]:
        carry, closures, numbers, count = kept
        found = _reverse(lambda c, given: body(c, given, numbers), carry, closures, count, cotangents)
        return *found, tuple(map(_nothing, numbers))

    run.defvjp(forward, backward)
    return run(tuple(carry), tuple(closures), tuple(numbers))


def _reverse(
    body: Callable[[Arrays, Arrays], Arrays], carry: Arrays, closures: Arrays, count: Any, cotangents: Arrays
) -> tuple[Arrays, Arrays]:
    stride = jnp.maximum(1, -(-count // SLOTS))

    def remember(i: Any, held: Any) -> Any:
        state, slots = held
        slots = jax.lax.cond(
            i % stride == 0,
            lambda: tuple(slot.at[i // stride].set(x) for slot, x in zip(slots, state, strict=True)),
            lambda: slots,
        )
        return body(state, closures), slots

    empty = tuple(jnp.zeros((SLOTS, *x.shape), x.dtype) for x in carry)
    _, slots = jax.lax.fori_loop(0, count, remember, (carry, empty))
    moving, fixed = _floating(carry), _floating(closures)

    def step(k: Any, sums: tuple[Arrays, Arrays]) -> tuple[Arrays, Arrays]:
        index = count - 1 - k
        state = tuple(slot[index // stride] for slot in slots)
        state = jax.lax.fori_loop(0, index % stride, lambda _, c: body(c, closures), state)

        def floating(a: Arrays, b: Arrays) -> Arrays:
            out = body(_put(state, moving, a), _put(closures, fixed, b))
            return tuple(out[i] for i in moving)

        _, pull = jax.vjp(floating, tuple(state[i] for i in moving), tuple(closures[i] for i in fixed))
        into, more = pull(sums[0])
        return into, tuple(a + b for a, b in zip(sums[1], more, strict=True))

    first = tuple(cotangents[i] for i in moving), tuple(jnp.zeros_like(closures[i]) for i in fixed)
    into, total = jax.lax.fori_loop(0, count, step, first)
    return _cotangents(carry, moving, into), _cotangents(closures, fixed, total)


def _floating(arrays: Arrays) -> tuple[int, ...]:
    return tuple(i for i, x in enumerate(arrays) if jnp.issubdtype(x.dtype, jnp.inexact))


def _put(arrays: Arrays, places: tuple[int, ...], values: Arrays) -> Arrays:
    full = list(arrays)
    for i, value in zip(places, values, strict=True):
        full[i] = value
    return tuple(full)


def _cotangents(arrays: Arrays, places: tuple[int, ...], values: Arrays) -> Arrays:
    """The gradients of all arrays: those of whole numbers have none."""
    none: list[Any] = [None if i in places else _no_gradient(x) for i, x in enumerate(arrays)]
    return _put(tuple(none), places, values)


def _nothing(x: Any) -> Any:
    return jnp.zeros_like(x) if jnp.issubdtype(x.dtype, jnp.inexact) else _no_gradient(x)


def _no_gradient(x: Any) -> Any:
    return np.zeros(x.shape, jax.dtypes.float0)
