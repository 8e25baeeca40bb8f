"""Activation functions along a dimension."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..functional._arguments import sizes
from ..module import Module

__all__ = [
    "GLU",
    "LogSoftmax",
    "Softmax",
    "Softmax2d",
    "Softmin",
]


class Softmax(Module):
    r"""eˣⁱ / Σⱼ eˣʲ along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax.html

    Args:
        dim: the dimension whose elements sum to 1.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Softmax(dim=1)(torch.zeros(1, 4))
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply the function along the dimension."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    r"""log(eˣⁱ / Σⱼ eˣʲ) along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html

    Args:
        dim: the dimension whose elements sum to 1.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply the function along the dimension."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"dim={self.dim}"


class Softmin(Module):
    r"""e⁻ˣⁱ / Σⱼ e⁻ˣʲ along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmin.html

    Args:
        dim: the dimension whose elements sum to 1.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply the function along the dimension."""
        return F.softmin(input, self.dim)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"dim={self.dim}"


class Softmax2d(Module):
    """:class:`Softmax` over the channels of images (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Softmax2d.html
    """

    def forward(self, input: Any) -> Any:
        """Apply the function to (N, C, H, W) or (C, H, W)."""
        if len(sizes(input)) not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {len(sizes(input))}D instead")
        return F.softmax(input, -3)


class GLU(Module):
    r"""a·σ(b), with a and b the halves of the input along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.GLU.html

    Args:
        dim: the dimension.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply the function along the dimension."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"dim={self.dim}"
