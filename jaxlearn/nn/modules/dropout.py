"""Dropout: elements or channels set to zero at random in training."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(Module):
    """The constructor and text of all dropout layers."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """In training, each element is zero with probability p, the others are divided by 1 - p.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html

    Args:
        p: the probability of zero.
        inplace: whether to write the result into the input.

    Raises:
        ValueError: ``p`` is not a probability.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Dropout(0.2).eval()(torch.ones(3))
        tensor([1., 1., 1.])
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to any shape."""
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Dropout of whole channels of (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout1d.html

    Args:
        p: the probability of zero.
        inplace: whether to write the result into the input.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, L) or (C, L)."""
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Dropout of whole channels of (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html

    Args:
        p: the probability of zero.
        inplace: whether to write the result into the input.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, H, W)."""
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Dropout of whole channels of (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout3d.html

    Args:
        p: the probability of zero.
        inplace: whether to write the result into the input.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, D, H, W) or (C, D, H, W)."""
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance of what comes out of :class:`SELU`.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html

    Args:
        p: the probability of zero.
        inplace: shown, without effect.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to any shape."""
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """:class:`AlphaDropout` of whole channels.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.FeatureAlphaDropout.html

    Args:
        p: the probability of zero.
        inplace: shown, without effect.

    Raises:
        ValueError: ``p`` is not a probability.
    """

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...)."""
        return F.feature_alpha_dropout(input, self.p, self.training)
