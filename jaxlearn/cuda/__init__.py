"""The names of ``torch.cuda`` that programs call, answered by JAX's GPUs: https://docs.pytorch.org/docs/stable/cuda.html"""

from __future__ import annotations

import functools
import warnings
from typing import Any, NamedTuple

import jax

from .._engine.device import Device
from .._engine.graph import synchronize as wait_for_devices
from . import amp as amp
from .event import Event as Event
from .tensor_types import BFloat16Tensor as BFloat16Tensor
from .tensor_types import BoolTensor as BoolTensor
from .tensor_types import ByteTensor as ByteTensor
from .tensor_types import CharTensor as CharTensor
from .tensor_types import DoubleTensor as DoubleTensor
from .tensor_types import FloatTensor as FloatTensor
from .tensor_types import HalfTensor as HalfTensor
from .tensor_types import IntTensor as IntTensor
from .tensor_types import LongTensor as LongTensor
from .tensor_types import ShortTensor as ShortTensor

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "Event",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "amp",
    "current_device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "init",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
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
    wait_for_devices()


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


def memory_reserved(device: Any = None) -> int:
    """Bytes that JAX's allocator holds on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the first.
    """
    return _memory(device, "pool_bytes")


def max_memory_reserved(device: Any = None) -> int:
    """The largest number of bytes that JAX's allocator held on a GPU, 0 without one.

    Args:
        device: ordinal or device; default the first.
    """
    return _memory(device, "peak_pool_bytes")


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Bytes free and bytes in all that JAX may use on a GPU.

    Args:
        device: ordinal or device; default the first.

    Raises:
        RuntimeError: there is none.
    """
    _require()
    total = _memory(device, "bytes_limit")
    return total - _memory(device, "bytes_in_use"), total


def reset_peak_memory_stats(device: Any = None) -> None:
    """Refused: JAX counts the peak from the program's start and cannot begin anew.

    Args:
        device: ordinal or device.

    Warns:
        UserWarning: there is a GPU, whose peak goes on being counted.
    """
    if _gpus():
        warnings.warn("JAX counts the peak of memory from the program's start; it stays", stacklevel=2)


def ipc_collect() -> None:
    """Nothing to do: JAX shares no memory between processes."""


def init() -> None:
    """Start JAX's GPU backend.

    Raises:
        RuntimeError: there is no GPU.
    """
    _require()


def is_initialized() -> bool:
    """Whether JAX's GPU backend is running."""
    return bool(_gpus())


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes with bfloat16: every one that XLA supports does, on old ones by way of float32.

    Args:
        including_emulation: count that way too.
    """
    return bool(_gpus()) and (including_emulation or get_device_capability() >= (8, 0))


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of an NVIDIA GPU, as (major, minor).

    Args:
        device: ordinal or device; default the first.

    Raises:
        RuntimeError: there is none.
    """
    major, _, minor = str(_gpu(device).compute_capability).partition(".")
    return int(major), int(minor or 0)


class _Properties(NamedTuple):
    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int


def get_device_properties(device: Any = None) -> _Properties:
    """Name, compute capability, memory that JAX may use in bytes, and multiprocessors of a GPU.

    Args:
        device: ordinal or device; default the first.

    Raises:
        RuntimeError: there is none.
    """
    gpu = _gpu(device)
    return _Properties(
        str(gpu.device_kind),
        *get_device_capability(device),
        _memory(device, "bytes_limit"),
        int(gpu.core_count),
    )


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
