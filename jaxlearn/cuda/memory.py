"""The memory of GPUs, as JAX's allocator counts it: https://docs.pytorch.org/docs/stable/cuda.html#memory-management

Its counts begin with the program and cannot be set back.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

from ._gpus import gpu, gpus, ordinal

__all__ = [
    "empty_cache",
    "get_allocator_backend",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_stats",
    "memory_summary",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
]

# torch's names for what JAX counts.
_STATISTICS = {
    "allocated_bytes.all.current": "bytes_in_use",
    "allocated_bytes.all.peak": "peak_bytes_in_use",
    "reserved_bytes.all.current": "pool_bytes",
    "reserved_bytes.all.peak": "peak_pool_bytes",
    "allocation.all.allocated": "num_allocs",
    "max_split_size": "largest_alloc_size",
    "limit_bytes": "bytes_limit",
}


def empty_cache() -> None:
    """Nothing to do: JAX's allocator gives memory back by itself."""


def get_allocator_backend() -> str:
    """The name of the allocator: XLA's, which keeps blocks for later use as torch's native one does."""
    return "xla"


def statistics(device: Any) -> OrderedDict[str, int]:
    """What JAX counts on one of its devices under torch's names, and what torch does not count under JAX's.

    Args:
        device: JAX's device.
    """
    counted = device.memory_stats() or {}
    named = {name: int(counted.get(key, 0)) for name, key in _STATISTICS.items()}
    others = {key: int(n) for key, n in counted.items() if key not in _STATISTICS.values()}
    return OrderedDict(sorted((named | others).items()))


def memory_stats(device: Any = None) -> OrderedDict[str, int]:
    """What JAX's allocator counts on a GPU; empty without one.

    Under torch's names: bytes allocated and reserved, now and at most, the number of allocations and the largest one;
    beside them what only JAX counts.
    https://docs.pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html

    Args:
        device: ordinal or device; default the one in use.

    Example::

        >>> import jaxlearn as torch
        >>> torch.cuda.memory_stats().get("allocated_bytes.all.current", 0) == torch.cuda.memory_allocated()
        True
    """
    return statistics(gpu(device)) if gpus() else OrderedDict()


def memory_allocated(device: Any = None) -> int:
    """Bytes in use on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the one in use.
    """
    return memory_stats(device).get("allocated_bytes.all.current", 0)


def max_memory_allocated(device: Any = None) -> int:
    """The largest number of bytes that were in use on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the one in use.
    """
    return memory_stats(device).get("allocated_bytes.all.peak", 0)


def memory_reserved(device: Any = None) -> int:
    """Bytes that JAX's allocator holds on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the one in use.
    """
    return memory_stats(device).get("reserved_bytes.all.current", 0)


def max_memory_reserved(device: Any = None) -> int:
    """The largest number of bytes that JAX's allocator held on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the one in use.
    """
    return memory_stats(device).get("reserved_bytes.all.peak", 0)


def memory_cached(device: Any = None) -> int:
    """torch's older name of :func:`memory_reserved`.

    Args:
        device: ordinal or device; default the one in use.

    Warns:
        FutureWarning: always, as torch does.
    """
    warnings.warn(
        "`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`",
        FutureWarning,
        stacklevel=2,
    )
    return memory_reserved(device)


def max_memory_cached(device: Any = None) -> int:
    """torch's older name of :func:`max_memory_reserved`.

    Args:
        device: ordinal or device; default the one in use.

    Warns:
        FutureWarning: always, as torch does.
    """
    warnings.warn(
        "`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`",
        FutureWarning,
        stacklevel=2,
    )
    return max_memory_reserved(device)


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes free and bytes in all that JAX may use on a GPU.

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is none.
    """
    counted = statistics(gpu(device))
    total = counted["limit_bytes"]
    return total - counted["allocated_bytes.all.current"], total


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A table of :func:`memory_stats`.

    Args:
        device: ordinal or device; default the one in use.
        abbreviated: leave out what only JAX counts.

    Raises:
        RuntimeError: there is no GPU.
    """
    number = ordinal(device)
    counted = memory_stats(number)
    shown = {k: v for k, v in counted.items() if not abbreviated or k in _STATISTICS}
    width = max(map(len, shown), default=0)
    lines = [f"|{k:<{width}} | {v:>16,}|" for k, v in shown.items()]
    rule = "|" + "=" * (width + 19) + "|"
    title = f"|{f' CUDA memory summary, device ID {number}':<{width + 19}}|"
    return "\n".join([rule, title, rule, *lines, rule, ""])


def reset_peak_memory_stats(device: Any = None) -> None:
    """Refused: JAX counts the peak from the program's start and cannot begin anew.

    Args:
        device: ordinal or device.

    Warns:
        UserWarning: there is a GPU, whose peak goes on being counted.
    """
    if gpus():
        warnings.warn("JAX counts the peak of memory from the program's start; it stays", stacklevel=2)


def reset_accumulated_memory_stats(device: Any = None) -> None:
    """Refused as :func:`reset_peak_memory_stats` is, and for the same reason.

    Args:
        device: ordinal or device.

    Warns:
        UserWarning: there is a GPU, whose allocations go on being counted.
    """
    if gpus():
        warnings.warn("JAX counts allocations from the program's start; they stay", stacklevel=2)


def reset_max_memory_allocated(device: Any = None) -> None:
    """torch's older name of :func:`reset_peak_memory_stats`.

    Args:
        device: ordinal or device.

    Warns:
        UserWarning: there is a GPU, whose peak goes on being counted.
    """
    reset_peak_memory_stats(device)


def reset_max_memory_cached(device: Any = None) -> None:
    """torch's older name of :func:`reset_peak_memory_stats`.

    Args:
        device: ordinal or device.

    Warns:
        UserWarning: there is a GPU, whose peak goes on being counted.
    """
    reset_peak_memory_stats(device)
