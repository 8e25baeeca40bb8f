"""Weighted sums of a few elements along one dimension, each sum of its own elements with its own weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["Taps", "weighted_sums"]

# Up to this many elements are added one after the other, in one fused loop; more are reduced.
FEW = 8


class Taps(NamedTuple):
    """Which elements each sum takes, and how much of them; a weight where ``valid`` is false counts for nothing.

    An element that a sum takes with weight 0 belongs to it: its NaN is the sum's, as it is torch's. That is why this
    is no matrix of weights, in whose product each NaN would reach every sum.
    """

    places: np.ndarray[Any, Any]  # (sums, elements)
    weight: np.ndarray[Any, Any]
    valid: np.ndarray[Any, Any]
    size: int  # elements there are

    @staticmethod
    def make(index: Any, weight: Any, size: int, valid: Any = None) -> Taps:
        """Tables in which everything is valid unless told otherwise."""
        valid = np.ones(index.shape, bool) if valid is None else valid
        return Taps(np.where(valid, index, 0), np.where(valid, weight, 0.0), valid, size)

    def transposed(self) -> Taps:
        """What each element gives to the sums, as sums over them."""
        element = self.places[self.valid]
        total = np.broadcast_to(np.arange(len(self.places))[:, None], self.places.shape)[self.valid]
        weight = self.weight[self.valid]
        order = np.argsort(element, kind="stable")
        counts = np.bincount(element, minlength=self.size)
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        shape = (self.size, max(counts.max(initial=0), 1))
        index, weights, valid = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, bool)
        at = (element[order], place)
        index[at], weights[at], valid[at] = total[order], weight[order], True
        return Taps(index, weights, valid, len(self.places))


def weighted_sums(x: Any, taps: Taps, axis: int, backward: Taps | None = None) -> Any:
    """The sums along a dimension, which takes their number as its size; the gradient gathers, as the sums do.

    Args:
        backward: the taps of the gradient, where torch computes it with weights of another precision.

    JAX's own gradient of a gather scatters, which takes XLA:CPU several times as long; a product with the matrix of
    weights took twice as long for twofold enlargement (8x64x56x56: 55 -> 24 ms, backward 65 -> 17 ms).
    """

    @jax.custom_vjp
    def sums(x: Any) -> Any:
        return _gathered(x, taps, axis)

    sums.defvjp(
        lambda x: (_gathered(x, taps, axis), None),
        lambda _, gradient: (weighted_sums(gradient, (backward or taps).transposed(), axis),),
    )
    return sums(x)


def _gathered(x: Any, taps: Taps, axis: int) -> Any:
    count = taps.places.shape[1]
    if count > FEW:
        after = (1,) * (x.ndim - axis - 1)
        every = jnp.take(x, jnp.asarray(taps.places), axis=axis, mode="clip")
        parts = every * jnp.asarray(taps.weight, x.dtype).reshape(*taps.weight.shape, *after)
        return jnp.where(taps.valid.reshape(*taps.valid.shape, *after), parts, 0).sum(axis + 1)
    shape = [1] * x.ndim
    shape[axis] = -1
    total: Any = jnp.zeros((*x.shape[:axis], len(taps.places), *x.shape[axis + 1 :]), x.dtype)
    for k in range(count):
        weight = jnp.asarray(taps.weight[:, k], x.dtype).reshape(shape)
        part = jnp.take(x, jnp.asarray(taps.places[:, k]), axis=axis, mode="clip") * weight
        if not taps.valid[:, k].all():
            part = jnp.where(taps.valid[:, k].reshape(shape), part, 0)
        total = part if k == 0 else total + part
    return total
