"""The accelerator, whichever it is: https://docs.pytorch.org/docs/stable/accelerator.html"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

import jax

from . import _streams
from ._engine.device import Device, default_device
from ._engine.graph import synchronize as wait_for_devices
from ._streams import Stream
from ._tensor.devices import current_ordinal, set_current_ordinal
from .cuda.memory import statistics

__all__ = [
    "current_accelerator",
    "current_device_idx",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "empty_cache",
    "empty_host_cache",
    "get_memory_info",
    "is_available",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_accumulated_memory_stats",
    "reset_peak_memory_stats",
    "set_device_idx",
    "set_device_index",
    "set_stream",
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
    """The ordinal of the accelerator in use.

    Raises:
        RuntimeError: there is none.
    """
    return _ordinal(None)


def current_device_idx() -> int:
    """torch's older name of :func:`current_device_index`.

    Raises:
        RuntimeError: there is none.
    """
    return _ordinal(None)


def set_device_index(device: Any, /) -> None:
    """Choose the accelerator that a device name without a number means from now on in this thread.

    Args:
        device: ordinal or device; a negative ordinal changes nothing.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    if not (isinstance(device, int) and device < 0):
        set_current_ordinal(_ordinal(device))


def set_device_idx(device: Any, /) -> None:
    """torch's older name of :func:`set_device_index`.

    Args:
        device: ordinal or device; a negative ordinal changes nothing.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    set_device_index(device)


class device_index:
    """Context in which a device name without a number means another accelerator.

    https://docs.pytorch.org/docs/stable/generated/torch.accelerator.device_index.html

    Args:
        device: its ordinal; None changes nothing.

    Raises:
        RuntimeError: there is no such accelerator.
    """

    def __init__(self, device: int | None, /) -> None:
        self.idx = device
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx is not None:
            self.prev_idx = current_ordinal()
            set_device_index(self.idx)

    def __exit__(self, *exc: object) -> None:
        if self.idx is not None:
            set_current_ordinal(self.prev_idx)


def current_stream(device: Any = None, /) -> Stream:
    """The stream that is in use on an accelerator: see :class:`jaxlearn.Stream`.

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return _streams.current_stream(Device(default_device().type, _ordinal(device)))


def set_stream(stream: Stream) -> None:
    """Make a stream the one in use on its accelerator.

    Args:
        stream: the stream.
    """
    _streams.set_stream(stream)


def synchronize(device: Any = None, /) -> None:
    """Wait until everything recorded so far is computed.

    Args:
        device: accepted; all devices are waited for.
    """
    wait_for_devices()


def empty_cache() -> None:
    """Nothing to do: JAX's allocator gives memory back by itself."""


def empty_host_cache() -> None:
    """Nothing to do: JAX gives the memory of its transfers back by itself."""


def memory_stats(device_index: Any = None, /) -> OrderedDict[str, int]:
    """What JAX's allocator counts on an accelerator, under torch's names where it has some; see ``cuda.memory_stats``.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return statistics(_device(device_index))


def memory_allocated(device_index: Any = None, /) -> int:
    """Bytes in use on an accelerator.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return memory_stats(device_index)["allocated_bytes.all.current"]


def max_memory_allocated(device_index: Any = None, /) -> int:
    """The largest number of bytes that were in use on an accelerator.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return memory_stats(device_index)["allocated_bytes.all.peak"]


def memory_reserved(device_index: Any = None, /) -> int:
    """Bytes that JAX's allocator holds on an accelerator.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return memory_stats(device_index)["reserved_bytes.all.current"]


def max_memory_reserved(device_index: Any = None, /) -> int:
    """The largest number of bytes that JAX's allocator held on an accelerator.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    return memory_stats(device_index)["reserved_bytes.all.peak"]


def get_memory_info(device_index: Any = None, /) -> tuple[int, int]:
    """Bytes free and bytes in all that JAX may use on an accelerator.

    Args:
        device_index: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is no such accelerator.
    """
    counted = memory_stats(device_index)
    return counted["limit_bytes"] - counted["allocated_bytes.all.current"], counted["limit_bytes"]


def reset_peak_memory_stats(device_index: Any = None, /) -> None:
    """Refused: JAX counts the peak from the program's start and cannot begin anew.

    Args:
        device_index: ordinal or device.

    Warns:
        UserWarning: there is an accelerator, whose peak goes on being counted.
    """
    if is_available():
        warnings.warn("JAX counts the peak of memory from the program's start; it stays", stacklevel=2)


def reset_accumulated_memory_stats(device_index: Any = None, /) -> None:
    """Refused as :func:`reset_peak_memory_stats` is, and for the same reason.

    Args:
        device_index: ordinal or device.

    Warns:
        UserWarning: there is an accelerator, whose allocations go on being counted.
    """
    if is_available():
        warnings.warn("JAX counts allocations from the program's start; they stay", stacklevel=2)


def _ordinal(device: Any) -> int:
    devices = _devices()
    if not devices:
        raise RuntimeError("Cannot access accelerator device when none is available: JAX sees only the CPU")
    index = device if device is None or isinstance(device, int) else Device(device).index
    if index is None:
        return current_ordinal()
    if not 0 <= index < len(devices):
        raise RuntimeError(f"invalid device ordinal {index}: there are {len(devices)} accelerators")
    return index


def _device(device: Any) -> Any:
    return _devices()[_ordinal(device)]
