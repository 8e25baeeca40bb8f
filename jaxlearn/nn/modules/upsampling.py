"""Upsampling by interpolation."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Interpolate (N, C, ...) to another size.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html

    Args:
        size: of the result.
        scale_factor: the result's size over the input's; one of the two is given.
        mode: "nearest", "linear", "bilinear", "bicubic" or "trilinear".
        align_corners: whether the corners' centres, rather than their edges, stay where they are.
        recompute_scale_factor: whether to compute the factor again from the rounded size.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Upsample(scale_factor=2)(torch.ones(1, 1, 2, 2)).shape
        torch.Size([1, 1, 4, 4])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...)."""
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        """The size or factor, and the mode."""
        what = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{what}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Interpolate images (N, C, H, W) by the nearest pixel.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingNearest2d.html

    Args:
        size: of the result.
        scale_factor: the result's size over the input's; one of the two is given.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Interpolate images (N, C, H, W) linearly in both directions, corners aligned.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.UpsamplingBilinear2d.html

    Args:
        size: of the result.
        scale_factor: the result's size over the input's; one of the two is given.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
