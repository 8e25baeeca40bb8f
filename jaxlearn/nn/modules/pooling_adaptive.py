"""Pooling to a given size of the result."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional as F
from ..module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
]


class _AdaptiveAvgPoolNd(Module):
    """The constructor and text of the mean pools to a given size."""

    dimensions: ClassVar[int]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        pool = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d)[self.dimensions - 1]
        return pool(input, self.output_size)

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"


class _AdaptiveMaxPoolNd(Module):
    """The constructor and text of the maximum pools to a given size."""

    dimensions: ClassVar[int]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        pool = (F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)[self.dimensions - 1]
        return pool(input, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows as the result has elements, over (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool1d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveAvgPool1d(3)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 3])
    """

    dimensions = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows as the result has elements, over (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveAvgPool2d(3)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 3, 3])
    """

    dimensions = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of as many windows as the result has elements, over (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool3d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveAvgPool3d(3)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 3, 3, 3])
    """

    dimensions = 3


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum of each of as many windows as the result has elements, over (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool1d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.
        return_indices: whether to return the places of the maxima too.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveMaxPool1d(3)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 3])
    """

    dimensions = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum of each of as many windows as the result has elements, over (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.
        return_indices: whether to return the places of the maxima too.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveMaxPool2d(3)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 3, 3])
    """

    dimensions = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum of each of as many windows as the result has elements, over (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool3d.html

    Args:
        output_size: of the result: a number, or one (or None: as the input) for each dimension.
        return_indices: whether to return the places of the maxima too.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.AdaptiveMaxPool3d(3)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 3, 3, 3])
    """

    dimensions = 3
