"""Pooling: the mean or the norm over windows."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional as F
from ..module import Module
from ._common import ntuple, own_init

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
]


class _AvgPoolNd(Module):
    """The constructor and text of the mean pools."""

    dimensions: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        pool = F.avg_pool2d if self.dimensions == 2 else F.avg_pool3d
        return pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _LPPoolNd(Module):
    """The constructor and text of the norm pools."""

    dimensions: ClassVar[int]

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        pool = (F.lp_pool1d, F.lp_pool2d, F.lp_pool3d)[self.dimensions - 1]
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool1d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: zeros added on both sides.
        ceil_mode: whether windows may reach over the end.
        count_include_pad: whether the padding counts in the mean.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AvgPool1d(2)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 4])
    """

    dimensions = 1

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(
            ntuple(kernel_size, 1),
            ntuple(stride if stride is not None else kernel_size, 1),
            ntuple(padding, 1),
            ceil_mode,
            count_include_pad,
        )

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, L) or (C, L)."""
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


@own_init
class AvgPool2d(_AvgPoolNd):
    """The mean of each window of (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: zeros added on both sides.
        ceil_mode: whether windows may reach over the end.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: what to divide by instead of the window's size.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AvgPool2d(2)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 4, 4])
    """

    dimensions = 2


@own_init
class AvgPool3d(_AvgPoolNd):
    """The mean of each window of (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool3d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: zeros added on both sides.
        ceil_mode: whether windows may reach over the end.
        count_include_pad: whether the padding counts in the mean.
        divisor_override: what to divide by instead of the window's size.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AvgPool3d(2)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 4, 4, 4])
    """

    dimensions = 3


class LPPool1d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool1d.html

    Args:
        norm_type: p.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        ceil_mode: whether windows may reach over the end.
    """

    dimensions = 1


class LPPool2d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html

    Args:
        norm_type: p.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        ceil_mode: whether windows may reach over the end.
    """

    dimensions = 2


class LPPool3d(_LPPoolNd):
    """(Σ xᵖ)^(1/p) over each window of (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool3d.html

    Args:
        norm_type: p.
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        ceil_mode: whether windows may reach over the end.
    """

    dimensions = 3
