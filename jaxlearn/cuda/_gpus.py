"""The GPUs that JAX sees, and which of them a program means."""

from __future__ import annotations

import functools
from typing import Any

import jax

from .._engine.device import Device
from .._tensor.devices import current_ordinal

__all__ = ["gpu", "gpus", "ordinal", "require"]


@functools.cache
def gpus() -> tuple[Any, ...]:
    """JAX's GPUs, in their order."""
    try:
        return tuple(jax.devices("gpu"))
    except RuntimeError:
        return ()


def require() -> None:
    """Raise torch's error if there is no GPU."""
    if not gpus():
        raise RuntimeError(
            "No CUDA GPUs are available: JAX sees only "
            + ", ".join(sorted({d.platform for d in jax.devices()}))
        )


def ordinal(device: Any = None) -> int:
    """The number of the GPU that an ordinal, a device or None (the one in use) means.

    Raises:
        RuntimeError: there is no such GPU.
        ValueError: the device is none.
    """
    require()
    if device is None:
        return current_ordinal()
    index: int | None = device if isinstance(device, int) else None
    if index is None:
        named = Device(device)
        if named.type != "cuda":
            raise ValueError(f"Expected a cuda device, but got: {named}")
        index = current_ordinal() if named.index is None else named.index
    if not 0 <= index < len(gpus()):
        raise RuntimeError(f"invalid device ordinal {index}: there are {len(gpus())} GPUs")
    return index


def gpu(device: Any = None) -> Any:
    """JAX's device for an ordinal, a device or None (the one in use).

    Raises:
        RuntimeError: there is no such GPU.
    """
    return gpus()[ordinal(device)]
