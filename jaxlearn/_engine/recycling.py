"""Memory of last step's gradients, written over by this step's.

PyTorch lets a program look at ``p.grad`` after ``optimizer.step()``, so a step hands all gradients out, and the next
``zero_grad()`` lets go of them. On the CPU, memory fresh from the operating system costs a page fault for every 4 KiB
that is written: an MLP 784-512-512-10 spends 5 % of its step on them (batch 64). So a step's large results that take
over nobody's memory are remembered here, and those that nobody else holds when the next step begins are donated to it.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import jax
import numpy as np

from .device import default_device, jax_device
from .value import Aval

__all__ = ["forget_spare_arrays", "retire", "spare_arrays", "worth_recycling"]

# Below this many elements the allocator has memory at hand.
_LARGE = 16384
# To a retired array: the pool's list and getrefcount's argument.
_POOL_REFS = 2

_pool: dict[Aval, list[Any]] = {}
_NONE: list[Any] = []


def worth_recycling(aval: Aval) -> bool:
    """Whether fresh memory for it is slow: large arrays on the CPU; accelerators keep pools of their own."""
    return aval.size >= _LARGE and aval.device.type == "cpu"


def spare_arrays(avals: list[Aval]) -> list[Any]:
    """An array of each type that nobody reads any more, to be donated."""
    found = []
    for aval in avals:
        retired = _pool.get(aval, _NONE)
        for i in range(len(retired) - 1, -1, -1):
            if getrefcount(retired[i]) <= _POOL_REFS:
                found.append(retired.pop(i))
                break
        else:
            found.append(_fresh(aval))
    return found


def _fresh(aval: Aval) -> Any:
    # An array placed by name is committed to its device, and so would be the results: another program to JAX.
    where = None if aval.device is default_device() else jax_device(aval.device)
    # Not jnp.empty, which compiles a program for each shape.
    return jax.device_put(np.empty(aval.shape, aval.dtype), where, may_alias=False)


def retire(avals: list[Aval], arrays: list[Any]) -> None:
    """Remember a step's results: their memory is written over when nobody else holds them any more."""
    for aval, array in zip(avals, arrays, strict=True):
        retired = _pool.setdefault(aval, [])
        retired.append(array)
        if len(retired) > 2:  # two models of a kind take turns; more are allocated afresh
            del retired[: -2 * avals.count(aval)]


def forget_spare_arrays() -> None:
    """Free the memory kept for the next step."""
    _pool.clear()
