"""Which device an argument means, as the one object the engine compares by identity."""

from __future__ import annotations

import functools
from typing import Any

from .._engine.device import Device, default_device, jax_device

__all__ = ["resolve_device"]


def resolve_device(device: Any) -> Device:
    """The device meant by ``"cuda"``, ``"cuda:1"``, an ordinal, a device or None, with its index filled in.

    Raises:
        RuntimeError: there is no such device here.
    """
    if device is None:
        return default_device()
    return _resolved(device if type(device) is Device else Device(device))


@functools.cache
def _resolved(device: Device) -> Device:
    jax_device(device)
    full = Device("cpu") if device.type == "cpu" else Device(device.type, device.index or 0)
    return default_device() if full == default_device() else full
