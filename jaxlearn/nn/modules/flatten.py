"""Joining dimensions and taking one apart."""

from __future__ import annotations

from typing import Any

from ..module import Module
from ._common import on_tensors

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Join the dimensions from ``start_dim`` to ``end_dim``.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html

    Args:
        start_dim: the first.
        end_dim: the last.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Flatten()(torch.ones(32, 1, 5, 5)).shape
        torch.Size([32, 25])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    @on_tensors
    def forward(self, input: Any) -> Any:
        """Apply the layer to any tensor with these dimensions."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Take a dimension apart.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Unflatten.html

    Args:
        dim: the dimension.
        unflattened_size: the sizes that replace it; one may be -1.

    Raises:
        TypeError: the sizes are not integers.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Unflatten(1, (2, 5, 5))(torch.ones(2, 50)).shape
        torch.Size([2, 2, 5, 5])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for place, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    f"unflattened_size must be tuple of ints, but found element of type {type(size).__name__} at pos "
                    f"{place}"
                )
        self.dim = dim
        self.unflattened_size = unflattened_size

    @on_tensors
    def forward(self, input: Any) -> Any:
        """Apply the layer to any tensor with this dimension."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The dimension and the sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
