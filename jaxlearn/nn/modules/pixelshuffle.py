"""Moving elements between channels and space, and between groups of channels."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """(N, C·r², H, W) → (N, C, H·r, W·r).

    Shi et al. (2016); https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html

    Args:
        upscale_factor: r.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.PixelShuffle(3)(torch.ones(1, 9, 4, 4)).shape
        torch.Size([1, 1, 12, 12])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C·r², H, W)."""
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(N, C, H·r, W·r) → (N, C·r², H, W), the inverse of :class:`PixelShuffle`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html

    Args:
        downscale_factor: r.
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, H·r, W·r)."""
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """The factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Divide the channels into groups and interleave them.

    Zhang et al. (2018); https://docs.pytorch.org/docs/stable/generated/torch.nn.ChannelShuffle.html

    Args:
        groups: how many.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...)."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number of groups."""
        return f"groups={self.groups}"
