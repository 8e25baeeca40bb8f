"""The names of ``torch.cuda`` that programs call, answered by JAX's GPUs: https://docs.pytorch.org/docs/stable/cuda.html"""

from __future__ import annotations

from typing import Any, NamedTuple

from .._engine.graph import synchronize as wait_for_devices
from .._engine.memory_errors import OutOfMemoryError as OutOfMemoryError
from .._tensor.devices import current_ordinal, set_current_ordinal
from . import amp as amp
from . import memory as memory
from . import nvtx as nvtx
from . import random as random
from . import streams as streams
from ._gpus import gpu, gpus, ordinal, require
from .memory import empty_cache as empty_cache
from .memory import get_allocator_backend as get_allocator_backend
from .memory import max_memory_allocated as max_memory_allocated
from .memory import max_memory_cached as max_memory_cached
from .memory import max_memory_reserved as max_memory_reserved
from .memory import mem_get_info as mem_get_info
from .memory import memory_allocated as memory_allocated
from .memory import memory_cached as memory_cached
from .memory import memory_reserved as memory_reserved
from .memory import memory_stats as memory_stats
from .memory import memory_summary as memory_summary
from .memory import reset_accumulated_memory_stats as reset_accumulated_memory_stats
from .memory import reset_max_memory_allocated as reset_max_memory_allocated
from .memory import reset_max_memory_cached as reset_max_memory_cached
from .memory import reset_peak_memory_stats as reset_peak_memory_stats
from .random import get_rng_state as get_rng_state
from .random import get_rng_state_all as get_rng_state_all
from .random import initial_seed as initial_seed
from .random import manual_seed as manual_seed
from .random import manual_seed_all as manual_seed_all
from .random import seed as seed
from .random import seed_all as seed_all
from .random import set_rng_state as set_rng_state
from .random import set_rng_state_all as set_rng_state_all
from .streams import Event as Event
from .streams import Stream as Stream
from .streams import StreamContext as StreamContext
from .streams import current_stream as current_stream
from .streams import default_stream as default_stream
from .streams import set_stream as set_stream
from .streams import stream as stream
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
    "OutOfMemoryError",
    "ShortTensor",
    "Stream",
    "StreamContext",
    "amp",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "device_of",
    "empty_cache",
    "get_allocator_backend",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_gencode_flags",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_current_stream_capturing",
    "is_initialized",
    "is_tf32_supported",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_stats",
    "memory_summary",
    "nvtx",
    "random",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_rng_state",
    "set_rng_state_all",
    "set_stream",
    "stream",
    "streams",
    "synchronize",
]


def is_available() -> bool:
    """Whether JAX sees a GPU."""
    return bool(gpus())


def device_count() -> int:
    """The number of GPUs that JAX sees."""
    return len(gpus())


def current_device() -> int:
    """The ordinal of the GPU that ``"cuda"`` means: JAX's first, or the one chosen by :func:`set_device`.

    Raises:
        RuntimeError: there is none.
    """
    return ordinal()


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is none.
    """
    return str(gpu(device).device_kind)


def set_device(device: Any) -> None:
    """Choose the GPU that ``"cuda"`` means from now on in this thread.

    Where tensors are made without a device is chosen by ``torch.set_default_device``.
    https://docs.pytorch.org/docs/stable/generated/torch.cuda.set_device.html

    Args:
        device: ordinal or device; a negative ordinal changes nothing.

    Raises:
        RuntimeError: there is no such GPU.
    """
    if not (isinstance(device, int) and device < 0):
        set_current_ordinal(ordinal(device))


class device:
    """Context in which ``"cuda"`` means another GPU.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.device.html

    Args:
        device: ordinal or device; None or a negative ordinal changes nothing.

    Raises:
        RuntimeError: there is no such GPU.
    """

    def __init__(self, device: Any) -> None:
        unchanged = device is None or (isinstance(device, int) and device < 0)
        self.idx = -1 if unchanged else ordinal(device)
        self.prev_idx = -1

    def __enter__(self) -> None:
        if self.idx >= 0:
            self.prev_idx = current_ordinal()
            set_current_ordinal(self.idx)

    def __exit__(self, *exc: object) -> None:
        if self.idx >= 0:
            set_current_ordinal(self.prev_idx)


class device_of(device):
    """Context in which ``"cuda"`` means the GPU that a tensor is on; nothing changes for one that is on none.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.device_of.html

    Args:
        obj: the tensor.
    """

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.device.index if obj.device.type == "cuda" else -1)


def synchronize(device: Any = None) -> None:
    """Wait until everything recorded so far is computed.

    Args:
        device: accepted; all devices are waited for.
    """
    wait_for_devices()


def ipc_collect() -> None:
    """Nothing to do: JAX shares no memory between processes."""


def init() -> None:
    """Start JAX's GPU backend.

    Raises:
        RuntimeError: there is no GPU.
    """
    require()


def is_initialized() -> bool:
    """Whether JAX's GPU backend is running."""
    return bool(gpus())


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the GPU computes with bfloat16: every one that XLA supports does, on old ones by way of float32.

    Args:
        including_emulation: count that way too.
    """
    return bool(gpus()) and (including_emulation or get_device_capability() >= (8, 0))


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of an NVIDIA GPU, as (major, minor).

    Args:
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is none.
    """
    major, _, minor = str(gpu(device).compute_capability).partition(".")
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
        device: ordinal or device; default the one in use.

    Raises:
        RuntimeError: there is none.
    """
    found = gpu(device)
    return _Properties(
        str(found.device_kind),
        *get_device_capability(device),
        memory_stats(device)["limit_bytes"],
        int(found.core_count),
    )


def get_arch_list() -> list[str]:
    """Empty: XLA compiles for the GPU that it finds."""
    return []


def get_gencode_flags() -> str:
    """Empty: XLA compiles for the GPU that it finds."""
    return ""


def is_current_stream_capturing() -> bool:
    """False: XLA makes its programs without capturing streams."""
    return False


def is_tf32_supported() -> bool:
    """Whether the GPU multiplies matrices as TensorFloat32, as NVIDIA's do since Ampere."""
    return bool(gpus()) and get_device_capability() >= (8, 0)
