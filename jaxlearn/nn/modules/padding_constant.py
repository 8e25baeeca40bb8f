"""Padding by one value."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import functional as F
from ..module import Module
from ._common import ntuple, own_init

__all__ = [
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _ConstantPadNd(Module):
    """Padding by one value."""

    dimensions: ClassVar[int]

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self.dimensions)
        self.value = value

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...) or (C, ...)."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The widths and the value."""
        return f"padding={self.padding}, value={self.value}"


@own_init
class ConstantPad1d(_ConstantPadNd):
    """Padding of (N, C, L) by one value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.
        value: what is added.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConstantPad1d(1, 0.5)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 10])
    """

    dimensions = 1


@own_init
class ConstantPad2d(_ConstantPadNd):
    """Padding of (N, C, H, W) by one value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.
        value: what is added.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConstantPad2d(1, 0.5)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 10, 10])
    """

    dimensions = 2


@own_init
class ConstantPad3d(_ConstantPadNd):
    """Padding of (N, C, D, H, W) by one value.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ConstantPad3d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.
        value: what is added.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ConstantPad3d(1, 0.5)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 10, 10, 10])
    """

    dimensions = 3


class ZeroPad1d(ConstantPad1d):
    """Padding of (N, C, L) by zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad1d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ZeroPad1d(1)(torch.ones(2, 3, 8)).shape
        torch.Size([2, 3, 10])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Padding of (N, C, H, W) by zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ZeroPad2d(1)(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3, 10, 10])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Padding of (N, C, D, H, W) by zeros.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.ZeroPad3d.html

    Args:
        padding: the width: a number, or two for each dimension, the last dimension first.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.ZeroPad3d(1)(torch.ones(2, 3, 8, 8, 8)).shape
        torch.Size([2, 3, 10, 10, 10])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"
