"""The names of ``torch.mps``, as they answer where Apple's GPU is not: https://docs.pytorch.org/docs/stable/mps.html"""

from __future__ import annotations

from typing import NoReturn

__all__ = [
    "current_allocated_memory",
    "device_count",
    "driver_allocated_memory",
    "empty_cache",
    "is_available",
    "manual_seed",
    "seed",
    "synchronize",
]


def _absent(call: str) -> NoReturn:
    raise RuntimeError(f"Cannot execute {call}() without MPS backend.")


def is_available() -> bool:
    """False: Apple's GPU is not among JAX's platforms here."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no such generator to seed.

    Args:
        seed: accepted, as torch does.
    """


def seed() -> None:
    """Nothing: there is no such generator to seed."""


def synchronize() -> None:
    """Refused.

    Raises:
        RuntimeError: always: there is no such device.
    """
    _absent("deviceSynchronize")


def empty_cache() -> None:
    """Refused.

    Raises:
        RuntimeError: always: there is no such device.
    """
    _absent("emptyCache")


def current_allocated_memory() -> int:
    """Refused.

    Raises:
        RuntimeError: always: there is no such device.
    """
    _absent("getCurrentAllocatedMemory")


def driver_allocated_memory() -> int:
    """Refused.

    Raises:
        RuntimeError: always: there is no such device.
    """
    _absent("getDriverAllocatedMemory")
