"""The CPU's names for mixed precision, which torch calls deprecated: https://docs.pytorch.org/docs/stable/amp.html"""

from __future__ import annotations

from .. import _dtypes as dtypes
from .. import amp
from .._warnings import warn

__all__ = ["GradScaler", "autocast"]


def _deprecated(name: str) -> None:
    warn(
        f"`torch.cpu.amp.{name}(args...)` is deprecated. Please use `torch.amp.{name}('cpu', args...)` instead.",
        FutureWarning,
    )


class autocast(amp.autocast):
    """:class:`jaxlearn.autocast` for ``"cpu"``.

    Args:
        enabled: False to switch autocasting off inside.
        dtype: the narrow dtype.
        cache_enabled: as there.
    """

    def __init__(
        self, enabled: bool = True, dtype: dtypes.dtype = dtypes.bfloat16, cache_enabled: bool = True
    ) -> None:
        _deprecated("autocast")
        super().__init__("cpu", dtype=dtype, enabled=enabled, cache_enabled=cache_enabled)


class GradScaler(amp.GradScaler):
    """:class:`jaxlearn.amp.GradScaler` for ``"cpu"``.

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
        super().__init__("cpu", init_scale, growth_factor, backoff_factor, growth_interval, enabled)
