"""Contexts in which operations choose their own dtype, and what custom autograd functions need there."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._engine.device import Device, jax_device
from .._tensor.autocast import enabled as is_enabled
from .._tensor.autocast import settings, switch
from .._tensor.dispatch import TENSOR_TYPES

__all__ = [
    "autocast",
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "clear_autocast_cache",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "is_autocast_available",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
]


def is_autocast_available(device_type: str) -> bool:
    """Whether there are autocasting rules for a device type: ``"cpu"``, ``"cuda"`` and ``"tpu"``.

    https://docs.pytorch.org/docs/stable/amp.html#torch.amp.is_autocast_available

    Args:
        device_type: the type's name.

    Example::

        >>> import jaxlearn as torch
        >>> torch.amp.is_autocast_available("cpu")
        True
    """
    return device_type in settings.dtypes


def _known(device_type: str) -> str:
    if device_type not in settings.dtypes:
        raise RuntimeError(f"unsupported autocast device_type '{device_type}'")
    return device_type


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether operations on a device type are autocast in this thread.

    Args:
        device_type: the type's name.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.autocast("cpu"):
        ...     torch.is_autocast_enabled("cpu")
        True
    """
    return is_enabled(_known(device_type))


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """Switch autocasting on or off for a device type, in this thread.

    Args:
        device_type: the type's name; left out, ``"cuda"``.
        enabled: True to switch on.
    """
    if enabled is None:
        device_type, enabled = "cuda", device_type
    switch(_known(device_type), bool(enabled))


def get_autocast_dtype(device_type: str) -> dtypes.dtype:
    """The narrow dtype of a device type: ``bfloat16``, on CUDA ``float16``, unless it was set.

    Args:
        device_type: the type's name.

    Example::

        >>> import jaxlearn as torch
        >>> torch.get_autocast_dtype("cpu")
        torch.bfloat16
    """
    return settings.dtypes[_known(device_type)]


def set_autocast_dtype(device_type: str, dtype: dtypes.dtype) -> None:
    """Set the narrow dtype of a device type in this thread.

    Args:
        device_type: the type's name.
        dtype: ``bfloat16`` or ``float16``.
    """
    settings.dtypes[_known(device_type)] = dtype
    if is_enabled(device_type):
        switch(device_type, True)


def is_autocast_cpu_enabled() -> bool:
    """:func:`is_autocast_enabled` for the CPU."""
    return is_enabled("cpu")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """:func:`set_autocast_enabled` for the CPU.

    Args:
        enabled: True to switch on.
    """
    switch("cpu", bool(enabled))


def get_autocast_cpu_dtype() -> dtypes.dtype:
    """:func:`get_autocast_dtype` of the CPU."""
    return settings.dtypes["cpu"]


def set_autocast_cpu_dtype(dtype: dtypes.dtype) -> None:
    """:func:`set_autocast_dtype` for the CPU.

    Args:
        dtype: ``bfloat16`` or ``float16``.
    """
    set_autocast_dtype("cpu", dtype)


def get_autocast_gpu_dtype() -> dtypes.dtype:
    """:func:`get_autocast_dtype` of CUDA."""
    return settings.dtypes["cuda"]


def set_autocast_gpu_dtype(dtype: dtypes.dtype) -> None:
    """:func:`set_autocast_dtype` for CUDA.

    Args:
        dtype: ``bfloat16`` or ``float16``.
    """
    set_autocast_dtype("cuda", dtype)


def is_autocast_cache_enabled() -> bool:
    """What :func:`set_autocast_cache_enabled` was given."""
    return settings.cache


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Say whether a parameter's cast may be kept for its next use.

    XLA makes one of equal casts in a program whatever is said here.

    Args:
        enabled: True to allow it.
    """
    settings.cache = bool(enabled)


def clear_autocast_cache() -> None:
    """Forget kept casts, of which there are none: equal casts are one in the compiled program."""


def autocast_increment_nesting() -> int:
    """Count one more context entered, and return how many there are."""
    settings.nesting += 1
    return settings.nesting


def autocast_decrement_nesting() -> int:
    """Count one context left, and return how many there are."""
    settings.nesting -= 1
    return settings.nesting


def _cuda_missing() -> bool:
    try:
        jax_device(Device("cuda"))
    except RuntimeError:
        return True
    return False


class autocast:
    """Context and decorator in which operations take their operands in the dtype that suits them.

    Products (``linear``, ``matmul``, convolutions) take a narrow dtype; losses and what loses too much in it take
    float32; ``cat`` and ``stack`` the widest of their operands'. The lists are PyTorch's for the device type (a TPU's
    are CUDA's). Results keep the dtype that they were computed in; float64 is never touched. Backward follows the
    dtypes of the forward.

    https://docs.pytorch.org/docs/stable/amp.html#torch.autocast

    Args:
        device_type: ``"cpu"``, ``"cuda"`` or ``"tpu"``: the operands that it applies to.
        dtype: the narrow dtype; by default that of :func:`get_autocast_dtype`.
        enabled: False to switch autocasting off inside.
        cache_enabled: see :func:`set_autocast_cache_enabled`.

    Raises:
        ValueError: the device type is no string.
        RuntimeError: there are no rules for it.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(2, 2)
        >>> with torch.autocast("cpu"):
        ...     (x @ x).dtype, (x + x).dtype
        (torch.bfloat16, torch.float32)
    """

    def __init__(
        self,
        device_type: str,
        dtype: dtypes.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        self._cache_enabled = settings.cache if cache_enabled is None else cache_enabled
        if enabled and device_type == "cuda" and _cuda_missing():
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
            enabled = False
        elif enabled and device_type != "cuda" and self.fast_dtype not in (dtypes.bfloat16, dtypes.float16):
            warnings.warn(
                f"In {device_type.upper()} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{device_type.upper()} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled

    def __enter__(self) -> autocast:
        self.prev = is_enabled(self.device)
        self.prev_fastdtype = settings.dtypes[self.device]
        self.prev_cache_enabled = settings.cache
        settings.dtypes[self.device] = self.fast_dtype
        switch(self.device, self._enabled)
        settings.cache = self._cache_enabled
        autocast_increment_nesting()
        return self

    def __exit__(self, *exc: object) -> None:
        autocast_decrement_nesting()
        settings.dtypes[self.device] = self.prev_fastdtype
        switch(self.device, self.prev)
        settings.cache = self.prev_cache_enabled

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(func):
            raise TypeError(
                f"autocast()(func) requires a callable, but got {type(func).__name__}. Did you mean to use autocast as "
                "a context manager? For example:\n    with torch.autocast(device_type=...):\n"
                "        output = model(input)"
            )

        @functools.wraps(func)
        def decorated(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return decorated


def _cast(value: Any, device_type: str, dtype: dtypes.dtype) -> Any:
    if type(value) in TENSOR_TYPES:
        wanted = (
            value.is_floating_point()
            and value.device.type == device_type
            and value._current().aval.dtype != np.float64
        )
        return value.to(dtype) if wanted else value
    if isinstance(value, (str, np.ndarray)):
        return value
    if isinstance(value, Mapping):
        return {_cast(k, device_type, dtype): _cast(v, device_type, dtype) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_cast(v, device_type, dtype) for v in value])
    return value


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str, cast_inputs: dtypes.dtype | None = None
) -> Any:
    """Decorator for the ``forward`` of an ``autograd.Function`` that is used under autocasting.

    https://docs.pytorch.org/docs/stable/amp.html#torch.amp.custom_fwd

    Args:
        fwd: the method.
        device_type: the device type whose autocasting counts.
        cast_inputs: under autocasting the arguments are converted to it, and the method runs without autocasting.

    Raises:
        ValueError: the device type is no string.

    Example::

        >>> import jaxlearn as torch
        >>> class Square(torch.autograd.Function):
        ...     @staticmethod
        ...     @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x @ x
        ...
        ...     @staticmethod
        ...     @torch.amp.custom_bwd(device_type="cpu")
        ...     def backward(ctx, grad):
        ...         (x,) = ctx.saved_tensors
        ...         return grad @ x.T + x.T @ grad
        >>> with torch.autocast("cpu"):
        ...     Square.apply(torch.ones(2, 2)).dtype
        torch.float32
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def decorated(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._dtype = get_autocast_dtype(device_type)
        ctx._fwd_used_autocast = cast_inputs is None and is_enabled(device_type)
        if cast_inputs is None or not is_enabled(device_type):
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return decorated


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str) -> Any:
    """Decorator for the ``backward`` that belongs to a :func:`custom_fwd`: it runs with the forward's autocasting.

    https://docs.pytorch.org/docs/stable/amp.html#torch.amp.custom_bwd

    Args:
        bwd: the method.
        device_type: the device type whose autocasting counts.

    Raises:
        ValueError: the device type is no string.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def decorated(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, dtype=ctx._dtype, enabled=ctx._fwd_used_autocast):
            return bwd(ctx, *args, **kwargs)

    return decorated
