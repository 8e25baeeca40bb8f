"""Padding by values of the tensor itself."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional as F
from ..functional._arguments import sizes
from ..module import Module
from ._common import ntuple, own_init

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
]


class _Pad(Module):
    """Padding by a mode of :func:`jaxlearn.nn.functional.pad`."""

    dimensions: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self.dimensions)

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class _CircularPadNd(_Pad):
    """Padding by the values at the other end, with torch's check of the input."""

    mode = "circular"

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        least = self.dimensions + 1
        if len(sizes(input)) not in (least, least + 1):
            raise ValueError(f"expected {least}D or {least + 1}D input (got {len(sizes(input))}D input)")
        return super().forward(input)


@own_init
class CircularPad1d(_CircularPadNd):
    """Padding of (N, C, L) by the values at the other end.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad1d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.CircularPad1d(1)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 10])
    """

    dimensions = 1


@own_init
class CircularPad2d(_CircularPadNd):
    """Padding of (N, C, H, W) by the values at the other end.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad2d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.CircularPad2d(1)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 10, 10])
    """

    dimensions = 2


@own_init
class CircularPad3d(_CircularPadNd):
    """Padding of (N, C, D, H, W) by the values at the other end.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CircularPad3d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.CircularPad3d(1)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 10, 10, 10])
    """

    dimensions = 3


@own_init
class ReflectionPad1d(_Pad):
    """Padding of (N, C, L) by the mirror image of the values at the border, without the border itself.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReflectionPad1d(1)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 10])
    """

    dimensions = 1
    mode = "reflect"


@own_init
class ReflectionPad2d(_Pad):
    """Padding of (N, C, H, W) by the mirror image of the values at the border, without the border itself.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReflectionPad2d(1)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 10, 10])
    """

    dimensions = 2
    mode = "reflect"


@own_init
class ReflectionPad3d(_Pad):
    """Padding of (N, C, D, H, W) by the mirror image of the values at the border, without the border itself.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReflectionPad3d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReflectionPad3d(1)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 10, 10, 10])
    """

    dimensions = 3
    mode = "reflect"


@own_init
class ReplicationPad1d(_Pad):
    """Padding of (N, C, L) by copies of the values at the border.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReplicationPad1d(1)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 10])
    """

    dimensions = 1
    mode = "replicate"


@own_init
class ReplicationPad2d(_Pad):
    """Padding of (N, C, H, W) by copies of the values at the border.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReplicationPad2d(1)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 10, 10])
    """

    dimensions = 2
    mode = "replicate"


@own_init
class ReplicationPad3d(_Pad):
    """Padding of (N, C, D, H, W) by copies of the values at the border.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad3d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ReplicationPad3d(1)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 10, 10, 10])
    """

    dimensions = 3
    mode = "replicate"
