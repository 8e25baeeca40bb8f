"""Distances between vectors."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class PairwiseDistance(Module):
    r"""‖x₁ - x₂ + ε‖ₚ along the last dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.PairwiseDistance.html

    Args:
        p: of the norm.
        eps: ε.
        keepdim: whether to keep the last dimension, with size 1.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Any, x2: Any) -> Any:
        """The distances of (N, D) and (N, D), or of one of them with all of the other."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    r"""x₁·x₂ / max(‖x₁‖ ‖x₂‖, ε) along a dimension.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.CosineSimilarity.html

    Args:
        dim: the dimension.
        eps: ε.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.CosineSimilarity()(torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]]))
        tensor([0.9600])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Any, x2: Any) -> Any:
        """The cosines between the vectors of two tensors."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
