"""Several gradients at once (``is_grads_batched``): they travel stacked in a leading dimension.

A recorded operation's gradient is mapped over that dimension by ``jax.vmap``. Hooks and the backward of Functions are
Python that expects one gradient: they are called for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._engine.graph import record
from .._engine.signature import Signature
from .._engine.value import intern
from .gradient import Gradient
from .node import GradNode

__all__ = ["batched_vjp", "each"]


def batched_vjp(vjp: Signature, inputs: int, batch: int) -> Signature:
    """The gradient's signature for ``batch`` stacked gradients.

    Args:
        vjp: the signature for one.
        inputs: how many of its operands are the operation's inputs; these have no batch dimension.
        batch: how many gradients there are.
    """
    key = ("batched", batch)
    found = vjp.vjps.get(key)
    if found is None:
        end = len(vjp.avals)

        def fn(*operands: Any) -> Any:
            def one(given: Any) -> Any:
                return vjp.fn(*operands[:inputs], *given, *operands[end:])

            return jax.vmap(one)(operands[inputs:end])

        stacked = [intern((batch, *a.shape), a.dtype, a.device) for a in vjp.avals[inputs:]]
        found = Signature(
            f"vmap_{vjp.name}",
            fn,
            (*vjp.avals[:inputs], *stacked),
            vjp.number_kinds,
            training=True,
            device=vjp.out[0].device,
        )
        found.grad_name = vjp.grad_name
        vjp.vjps[key] = found
    return found


def each(batch: int | None, call: Callable[..., Any], *given: Any) -> Any:
    """``call(*given)`` for each gradient of the batch, the results stacked; just that without a batch.

    Args:
        batch: how many gradients are stacked; None for one that is not.
        call: takes and returns gradients, None, and lists and tuples of them.
        given: its arguments.
    """
    if batch is None:
        return call(*given)
    results = [call(*[_part(g, i) for g in given]) for i in range(batch)]
    return _stack(results)


def _is_leaf(x: Any) -> bool:
    return x is None or isinstance(x, Gradient)


def _part(tree: Any, i: int) -> Any:
    return jax.tree.map(lambda g: None if g is None else _select(g, i), tree, is_leaf=_is_leaf)


def _stack(trees: list[Any]) -> Any:
    return jax.tree.map(_stacked, *trees, is_leaf=_is_leaf)


_selections: dict[Any, Signature] = {}


def _select(gradient: Gradient, i: int) -> Gradient:
    aval = gradient.value.aval
    signature = _selections.get(aval)
    if signature is None:
        signature = _selections[aval] = Signature(
            "select",
            lambda x, k: jax.lax.dynamic_index_in_dim(x, k, keepdims=False),
            (aval,),
            (int,),
            training=True,
        )
        signature.grad_name = "SelectBackward0"
    return _recorded(signature, [gradient], (i,))


def _stacked(*parts: Gradient | None) -> Gradient | None:
    present = [p for p in parts if p is not None]
    if len(present) < len(parts):
        return None
    avals = tuple([p.value.aval for p in present])
    signature = _selections.get(avals)
    if signature is None:
        signature = _selections[avals] = Signature("stack", lambda *x: jnp.stack(x), avals, training=True)
        signature.grad_name = "StackBackward0"
    return _recorded(signature, present, ())


def _recorded(signature: Signature, operands: list[Gradient], numbers: tuple[Any, ...]) -> Gradient:
    values = tuple([g.value for g in operands])
    result = Gradient(record(signature, values, numbers))
    if any(g.edge is not None for g in operands):
        result.edge = (GradNode(signature, values, numbers, tuple([g.edge for g in operands])), 0)
    return result
