"""Which device an argument means, as the one object the engine compares by identity; and the default one."""

from __future__ import annotations

import functools
import threading
from typing import Any

from .._engine.device import Device, default_device, jax_device

__all__ = [
    "META",
    "current_ordinal",
    "default_place",
    "get_default_device",
    "resolve_device",
    "set_current_ordinal",
    "set_default_device",
]


class _Default(threading.local):
    """Per thread: the device chosen for new tensors, None for JAX's, and those chosen around ``with`` blocks."""

    device: Device | None = None
    ordinal = 0  # of the accelerator that a name without one means

    def __init__(self) -> None:
        self.outer: list[Device | None] = []


_default = _Default()


def default_place() -> Device:
    """The device of new tensors in this thread for which none is named."""
    return _default.device or default_device()


def resolve_device(device: Any) -> Device:
    """The device meant by ``"cuda"``, ``"cuda:1"``, an ordinal, a device or None, with its index filled in.

    Raises:
        RuntimeError: there is no such device here.
        TypeError: ``device`` is nothing of that kind.
    """
    if device is None:
        return default_place()
    if not isinstance(device, (Device, str, int)):
        raise TypeError(f"empty(): argument 'device' must be torch.device, not {type(device).__name__}")
    return _resolved(device, _default.ordinal)


@functools.cache
def _resolved(device: Device | str | int, ordinal: int) -> Device:
    device = Device(device)
    if device.type == "meta":
        return META
    if device.type == "cpu":
        full = Device("cpu")
        jax_device(device)
    else:
        full = Device(device.type, ordinal if device.index is None else device.index)
        jax_device(full)
    return default_device() if full == default_device() else full


META = Device("meta")


def current_ordinal() -> int:
    """The number of the accelerator that ``"cuda"`` or ``"tpu"`` means in this thread."""
    return _default.ordinal


def set_current_ordinal(ordinal: int) -> None:
    """Choose the accelerator that ``"cuda"`` or ``"tpu"`` means in this thread.

    Args:
        ordinal: its number.
    """
    _default.ordinal = ordinal


def get_default_device() -> Device:
    """The device that new tensors are on.

    https://docs.pytorch.org/docs/stable/generated/torch.get_default_device.html
    """
    return resolve_device(None)


def set_default_device(device: Any) -> None:
    """Choose the device that new tensors are on.

    https://docs.pytorch.org/docs/stable/generated/torch.set_default_device.html

    Args:
        device: a device or its name; None for JAX's default device.

    Raises:
        RuntimeError: there is no such device here.

    Example::

        >>> import jaxlearn as torch
        >>> torch.set_default_device("meta")
        >>> torch.ones(2).device
        device(type='meta')
        >>> torch.set_default_device(None)
        >>> with torch.device("meta"):
        ...     torch.ones(2)
        tensor(..., device='meta', size=(2,))
    """
    _default.device = None if device is None else resolve_device(device)


def enter(device: Device) -> None:
    """Begin a ``with torch.device(...)`` block."""
    _default.outer.append(_default.device)
    set_default_device(device)


def leave() -> None:
    """End the innermost ``with torch.device(...)`` block."""
    _default.device = _default.outer.pop()


Device.on_enter, Device.on_exit = staticmethod(enter), staticmethod(leave)
