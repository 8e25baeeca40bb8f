"""The accelerator, whichever it is: https://docs.pytorch.org/docs/stable/accelerator.html"""

from __future__ import annotations

from typing import Any

import jax

from ._engine.device import Device, default_device
from ._engine.graph import synchronize as wait_for_devices

__all__ = [
    "current_accelerator",
    "current_device_index",
    "device_count",
    "empty_cache",
    "is_available",
    "max_memory_allocated",
    "memory_allocated",
    "set_device_index",
    "synchronize",
]


def _devices() -> list[Any]:
    return [] if default_device().type == "cpu" else jax.local_devices()


def is_available() -> bool:
    """Whether JAX sees a GPU or TPU."""
    return bool(_devices())


def current_accelerator(check_available: bool = False) -> Device | None:
    """The kind of accelerator that JAX computes on, None if that is the CPU.

    https://docs.pytorch.org/docs/stable/generated/torch.accelerator.current_accelerator.html

    Args:
        check_available: accepted for torch's sake: what JAX computes on is there.

    Example::

        >>> import jaxlearn as torch
        >>> device = torch.accelerator.current_accelerator() or torch.device("cpu")
    """
    return Device(default_device().type) if is_available() else None


def device_count() -> int:
    """The number of accelerators that JAX sees here."""
    return len(_devices())


def current_device_index() -> int:
    """The ordinal of the accelerator that new tensors are on."""
    _device(None)
    return default_device().index or 0


def set_device_index(device: Any, /) -> None:
    """Accepted for the accelerator in use; ``torch.set_default_device`` or ``jax.config`` choose another.

    Args:
        device: ordinal or device.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    _device(device)


def synchronize(device: Any = None, /) -> None:
    """Wait until everything recorded so far is computed.

    Args:
        device: accepted; all devices are waited for.
    """
    wait_for_devices()


def empty_cache() -> None:
    """Nothing to do: JAX's allocator gives memory back by itself."""


def memory_allocated(device_index: Any = None, /) -> int:
    """Bytes in use on an accelerator.

    Args:
        device_index: ordinal or device; default the first.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return int((_device(device_index).memory_stats() or {}).get("bytes_in_use", 0))


def max_memory_allocated(device_index: Any = None, /) -> int:
    """The largest number of bytes that were in use on an accelerator.

    Args:
        device_index: ordinal or device; default the first.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return int((_device(device_index).memory_stats() or {}).get("peak_bytes_in_use", 0))


def _device(device: Any) -> Any:
    devices = _devices()
    if not devices:
        raise RuntimeError("Cannot access accelerator device when none is available: JAX sees only the CPU")
    index = device if isinstance(device, int) else Device(device).index if device is not None else 0
    if not 0 <= (index or 0) < len(devices):
        raise RuntimeError(f"invalid device ordinal {index}: there are {len(devices)} accelerators")
    return devices[index or 0]
