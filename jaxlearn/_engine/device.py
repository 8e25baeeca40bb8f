"""torch's devices on JAX's: ``cpu``, ``cuda`` (any GPU) and ``tpu``; the default is JAX's default device."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import jax

__all__ = ["Device", "backend_is_running", "default_device", "device_of", "jax_device"]

_PLATFORMS = {"cpu": "cpu", "gpu": "cuda", "cuda": "cuda", "rocm": "cuda", "tpu": "tpu"}
_TYPES = ("cpu", "cuda", "tpu", "meta")
_devices: dict[tuple[str, int | None], Device] = {}


class Device:
    """Where a tensor is: a type (``cpu``, ``cuda``, ``tpu``) and, if there are several, an index.

    As a context it is where new tensors are made. Printed and compared as torch's: https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.device

    Args:
        type: ``"cuda"``, ``"cuda:1"`` or another device.
        index: the ordinal, if it is not part of ``type``.

    Raises:
        RuntimeError: no such device type, or a malformed string.

    Example::

        >>> import jaxlearn as torch
        >>> torch.device("cuda", 1)
        device(type='cuda', index=1)
        >>> str(torch.device("cpu"))
        'cpu'
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None
    # Installed by jaxlearn._tensor.devices, which knows where new tensors are made.
    on_enter: ClassVar[Callable[[Device], None]]
    on_exit: ClassVar[Callable[[], None]]

    def __new__(cls, type: Any, index: int | None = None) -> Device:
        if isinstance(type, Device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = default_device().type, type
        if not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'device' must be torch.device, not {type.__class__.__name__}"
            )
        if index is not None and not isinstance(index, int):
            raise TypeError(
                f"device(): argument 'index' (position 2) must be int, not {index.__class__.__name__}"
            )
        name, colon, ordinal = type.partition(":")
        if colon:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            if not ordinal.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(ordinal)
        if not name.isalpha():
            raise RuntimeError(f"Invalid device string: '{type}'")
        if name not in _TYPES:
            raise RuntimeError(
                f"Expected one of {', '.join(_TYPES)} device type at start of device string: {name}"
            )
        # One object for each: equal ones are the same, which is what dictionaries of types compare most.
        found = _devices.get((name, index))
        if found is None:
            found = object.__new__(cls)
            object.__setattr__(found, "type", name)
            object.__setattr__(found, "index", index)
            found = _devices.setdefault((name, index), found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __repr__(self) -> str:
        return (
            f"device(type='{self.type}')"
            if self.index is None
            else f"device(type='{self.type}', index={self.index})"
        )

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self) -> Any:
        return (Device, (self.type, self.index))

    def __enter__(self) -> Device:
        Device.on_enter(self)
        return self

    def __exit__(self, *exc: object) -> None:
        Device.on_exit()


@functools.cache
def _wrap(platform: str, ordinal: int) -> Device:
    type = _PLATFORMS.get(platform, "cpu")
    return Device(type) if type == "cpu" else Device(type, ordinal)


@functools.cache
def _default() -> Device:
    device = jax.devices()[0]
    return _wrap(device.platform, device.local_hardware_id or 0)


def backend_is_running() -> bool:
    """Whether the library has asked JAX for its devices, so that XLA has read its flags."""
    return _default.cache_info().currsize > 0


def default_device() -> Device:
    """The device that new tensors are on: JAX's default device."""
    return _default()


def device_of(array: Any) -> Device:
    """The device of a JAX array (of several, the first)."""
    devices = array.devices()
    device = next(iter(devices)) if len(devices) == 1 else min(devices, key=lambda d: d.id)
    return _wrap(device.platform, device.local_hardware_id or 0)


@functools.cache
def jax_device(device: Device) -> Any:
    """The JAX device that a torch device names.

    Raises:
        RuntimeError: JAX has no such device here.
    """
    platform = {"cuda": "gpu"}.get(device.type, device.type)
    try:
        devices = jax.devices(platform)
    except RuntimeError:
        have = sorted({_PLATFORMS.get(d.platform, d.platform) for d in jax.devices()})
        raise RuntimeError(
            f"device {str(device)!r} was asked for, but JAX sees only {', '.join(have)} here; "
            f"use torch.device({have[0]!r}) or install JAX for that accelerator"
        ) from None
    index = device.index or 0
    if index >= len(devices):
        raise RuntimeError(
            f"device {str(device)!r} was asked for, but there are only {len(devices)} {device.type} devices"
        )
    return devices[index]
