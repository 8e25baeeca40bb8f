"""CUDA's names for mixed precision, which torch calls deprecated: https://docs.pytorch.org/docs/stable/amp.html"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from .. import _dtypes as dtypes
from .. import amp

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


def _deprecated(name: str) -> None:
    warnings.warn(
        f"`torch.cuda.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(amp.autocast):
    """:class:`jaxlearn.autocast` for ``"cuda"``.

    Args:
        enabled: False to switch autocasting off inside.
        dtype: the narrow dtype.
        cache_enabled: as there.
    """

    def __init__(
        self, enabled: bool = True, dtype: dtypes.dtype = dtypes.float16, cache_enabled: bool = True
    ) -> None:
        _deprecated("autocast")
        super().__init__("cuda", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """:class:`jaxlearn.amp.GradScaler` for ``"cuda"``.

    Args:
        init_scale: the scale to begin with.
        growth_factor: what the scale is multiplied by to grow.
        backoff_factor: what it is multiplied by after infinities.
        growth_interval: after how many steps without infinities it grows.
        enabled: False for a scaler that changes nothing.
    """

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        _deprecated("GradScaler")
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def custom_fwd(fwd: Callable[..., Any] | None = None, *, cast_inputs: dtypes.dtype | None = None) -> Any:
    """:func:`jaxlearn.amp.custom_fwd` for ``"cuda"``.

    Args:
        fwd: the method.
        cast_inputs: as there.
    """
    return functools.partial(amp.custom_fwd, device_type="cuda")(fwd, cast_inputs=cast_inputs)


def custom_bwd(bwd: Callable[..., Any]) -> Any:
    """:func:`jaxlearn.amp.custom_bwd` for ``"cuda"``.

    Args:
        bwd: the method.
    """
    return functools.partial(amp.custom_bwd, device_type="cuda")(bwd)
