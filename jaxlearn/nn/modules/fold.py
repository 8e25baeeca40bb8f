"""Sliding windows as columns, and back."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """The windows of images (N, C, H, W) as columns (N, C·window, number of windows).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        dilation: step between the elements of the window.
        padding: zeros added on both sides.
        stride: step of the window.
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, H, W)."""
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns of windows (N, C·window, number of windows) summed into images (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Fold.html

    Args:
        output_size: (H, W).
        kernel_size: of the window: a number, or one for each dimension.
        dilation: step between the elements of the window.
        padding: taken away on both sides.
        stride: step of the window.
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C·window, number of windows)."""
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
