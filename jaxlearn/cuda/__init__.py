"""The names of ``torch.cuda`` that programs call, answered by JAX's GPUs: https://docs.pytorch.org/docs/stable/cuda.html"""

from __future__ import annotations

import functools
from typing import Any

import jax

from .._engine.device import Device
from .._engine.graph import flush

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_name",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "memory_allocated",
    "set_device",
    "synchronize",
]


@functools.cache
def _gpus() -> tuple[Any, ...]:
    try:
        return tuple(jax.devices("gpu"))
    except RuntimeError:
        return ()


def is_available() -> bool:
    """Whether JAX sees a GPU."""
    return bool(_gpus())


def device_count() -> int:
    """The number of GPUs that JAX sees."""
    return len(_gpus())


def current_device() -> int:
    """The ordinal of the GPU in use: JAX's first."""
    _require()
    return 0


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Args:
        device: ordinal or device; default the first.

    Raises:
        RuntimeError: there is none.
    """
    return str(_gpu(device).device_kind)


def set_device(device: Any) -> None:
    """Accepted for the first GPU; JAX's default device is chosen by ``jax.config`` or ``CUDA_VISIBLE_DEVICES``.

    Args:
        device: ordinal or device.

    Raises:
        RuntimeError: there is no such GPU.
    """
    _gpu(device)


def synchronize(device: Any = None) -> None:
    """Wait until everything recorded so far is computed.

    Args:
        device: accepted; all devices are waited for.
    """
    flush()
    for d in jax.local_devices():
        jax.device_put(0, d).block_until_ready()


def empty_cache() -> None:
    """Nothing to do: JAX's allocator gives memory back by itself."""


def memory_allocated(device: Any = None) -> int:
    """Bytes in use on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the first.
    """
    return _memory(device, "bytes_in_use")


def max_memory_allocated(device: Any = None) -> int:
    """The largest number of bytes that were in use on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the first.
    """
    return _memory(device, "peak_bytes_in_use")


def manual_seed(seed: int) -> None:
    """Seed the generator of GPU numbers: here all devices share the default generator, which is left as it is.

    ``torch.manual_seed`` seeds all devices; a program that calls both means the same seed for both.

    Args:
        seed: accepted.
    """
    int(seed)


def manual_seed_all(seed: int) -> None:
    """See :func:`manual_seed`.

    Args:
        seed: accepted.
    """
    int(seed)


def _memory(device: Any, key: str) -> int:
    if not _gpus():
        return 0
    return int((_gpu(device).memory_stats() or {}).get(key, 0))


def _require() -> None:
    if not _gpus():
        raise RuntimeError(
            "No CUDA GPUs are available: JAX sees only "
            + ", ".join(sorted({d.platform for d in jax.devices()}))
        )


def _gpu(device: Any) -> Any:
    _require()
    index = Device("cuda", device).index if isinstance(device, int) else Device(device or "cuda").index
    if (index or 0) >= len(_gpus()):
        raise RuntimeError(f"invalid device ordinal {index}: there are {len(_gpus())} GPUs")
    return _gpus()[index or 0]
