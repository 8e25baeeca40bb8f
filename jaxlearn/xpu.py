"""The names of ``torch.xpu``, as they answer where Intel's GPU is not: https://docs.pytorch.org/docs/stable/xpu.html"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "is_available",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "set_device",
    "synchronize",
]


def _absent() -> NoReturn:
    raise AssertionError("Torch not compiled with XPU enabled")


def is_available() -> bool:
    """False: Intel's GPU is not among JAX's platforms here."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no such generator to seed.

    Args:
        seed: accepted, as torch does.
    """


def manual_seed_all(seed: int) -> None:
    """Nothing: there are no such generators to seed.

    Args:
        seed: accepted, as torch does.
    """


def empty_cache() -> None:
    """Nothing: there is no such memory."""


def current_device() -> int:
    """Refused.

    Raises:
        AssertionError: always: there is no such device.
    """
    _absent()


def set_device(device: Any) -> None:
    """Refused.

    Args:
        device: which.

    Raises:
        AssertionError: always: there is no such device.
    """
    _absent()


def synchronize(device: Any = None) -> None:
    """Refused.

    Args:
        device: which.

    Raises:
        AssertionError: always: there is no such device.
    """
    _absent()
