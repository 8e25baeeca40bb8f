"""Maximum pooling and its inverse."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional as F
from ..module import Module
from ._common import ntuple, on_tensors, own_init

__all__ = [
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _MaxPoolNd(Module):
    """The constructor and text of the maximum pools."""

    dimensions: ClassVar[int]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[self.dimensions - 1]
        return pool(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            self.ceil_mode,
            self.return_indices,
        )

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class _MaxUnpoolNd(Module):
    """The constructor and text of the inverses of the maximum pools."""

    dimensions: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        n = self.dimensions
        self.kernel_size = ntuple(kernel_size, n)
        self.stride = ntuple(stride if stride is not None else kernel_size, n)
        self.padding = ntuple(padding, n)

    @on_tensors
    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Put the maxima back where the pool found them.

        Args:
            input: the maxima.
            indices: where they were, as the pool returned it.
            output_size: the size of the result, where several are possible.
        """
        unpool = (F.max_unpool1d, F.max_unpool2d, F.max_unpool3d)[self.dimensions - 1]
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window of (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool1d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: minus infinity added on both sides.
        dilation: step between the elements of the window.
        return_indices: whether to return the places of the maxima too.
        ceil_mode: whether windows may reach over the end.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.MaxPool1d(2)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 4])
    """

    dimensions = 1


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window of (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: minus infinity added on both sides.
        dilation: step between the elements of the window.
        return_indices: whether to return the places of the maxima too.
        ceil_mode: whether windows may reach over the end.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.MaxPool2d(2)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 4, 4])
    """

    dimensions = 2


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window of (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool3d.html

    Args:
        kernel_size: of the window: a number, or one for each dimension.
        stride: step of the window; default its size.
        padding: minus infinity added on both sides.
        dilation: step between the elements of the window.
        return_indices: whether to return the places of the maxima too.
        ceil_mode: whether windows may reach over the end.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.MaxPool3d(2)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 4, 4, 4])
    """

    dimensions = 3


@own_init
class MaxUnpool1d(_MaxUnpoolNd):
    """The inverse of :class:`MaxPool1d`: each maximum in its place, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool1d.html

    Args:
        kernel_size: of the pool's window.
        stride: of the pool; default its window's size.
        padding: of the pool.
    """

    dimensions = 1


@own_init
class MaxUnpool2d(_MaxUnpoolNd):
    """The inverse of :class:`MaxPool2d`: each maximum in its place, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool2d.html

    Args:
        kernel_size: of the pool's window.
        stride: of the pool; default its window's size.
        padding: of the pool.
    """

    dimensions = 2


@own_init
class MaxUnpool3d(_MaxUnpoolNd):
    """The inverse of :class:`MaxPool3d`: each maximum in its place, zeros elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxUnpool3d.html

    Args:
        kernel_size: of the pool's window.
        stride: of the pool; default its window's size.
        padding: of the pool.
    """

    dimensions = 3
