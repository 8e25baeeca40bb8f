"""The ways of choosing what is pruned."""

from __future__ import annotations

import numbers
from typing import Any

from ...._tensor.creation_constants import zeros_like
from ...._tensor.random import rand, rand_like
from ....ops.reduction_moments import norm
from ....ops.reduction_order import kthvalue, topk
from .container import BasePruningMethod, along

__all__ = [
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "RandomStructured",
    "RandomUnstructured",
]


def _check_amount(amount: Any) -> None:
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 if isinstance(amount, numbers.Integral) else not 0.0 <= float(amount) <= 1.0:
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer"
        )


def _count(amount: Any, size: int) -> int:
    """How many of so many are to be pruned."""
    count = int(amount) if isinstance(amount, numbers.Integral) else round(amount * size)
    if count > size:
        raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
    return count


def _channels(t: Any, dim: int) -> int:
    """The number of channels along a dimension."""
    if len(t.shape) <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
            f"{t.shape} with {len(t.shape)} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    return int(t.shape[dim])


class Identity(BasePruningMethod):
    """Prunes nothing, but makes the mask.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.Identity.html
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far."""
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> Any:  # type: ignore[override]
        """Make a mask of ones; see :func:`identity`."""
        return super().apply(module, name)


class _Unstructured(BasePruningMethod):
    """Prunes single elements; a subclass tells which."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: Any) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the elements chosen."""
        count = _count(self.amount, t.nelement())
        mask = default_mask.clone()
        if count != 0:
            mask.view(-1)[self._chosen(t, count)] = 0
        return mask

    def _chosen(self, t: Any, count: int) -> Any:
        """The flat indices of the elements to prune."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes elements at random.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomUnstructured.html

    Args:
        amount: how many elements (int), or which part of them (float between 0 and 1).
    """

    def _chosen(self, t: Any, count: int) -> Any:
        return topk(rand_like(t).view(-1), k=count).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`random_unstructured`."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """Prunes the smallest elements.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.L1Unstructured.html

    Args:
        amount: how many elements (int), or which part of them (float between 0 and 1).
    """

    def _chosen(self, t: Any, count: int) -> Any:
        return topk(t.detach().abs().view(-1), k=count, largest=False).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`l1_unstructured`."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prunes whole channels at random.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.RandomStructured.html

    Args:
        amount: how many channels (int), or which part of them (float between 0 and 1).
        dim: the channels' dimension.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the channels drawn."""
        size = _channels(t, self.dim)
        count = _count(self.amount, size)
        if count == 0:
            return default_mask
        drawn = rand(size)
        mask = zeros_like(t)
        mask[along(t.dim(), self.dim, drawn > kthvalue(drawn, k=count).values)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`random_structured`."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prunes the channels with the smallest norms.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.LnStructured.html

    Args:
        amount: how many channels (int), or which part of them (float between 0 and 1).
        n: the norm, as ``p`` of ``torch.norm``.
        dim: the channels' dimension.
    """

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount = amount
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask so far without the channels of small norm."""
        size = _channels(t, self.dim)
        count = _count(self.amount, size)
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        largest = topk(norm(t.detach(), p=self.n, dim=others), k=size - count, largest=True)
        if count == 0:
            return default_mask
        mask = zeros_like(t)
        mask[along(t.dim(), self.dim, largest.indices)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None
    ) -> Any:
        """Prune a parameter; see :func:`ln_structured`."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prunes by a given mask.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.prune.CustomFromMask.html

    Args:
        mask: zero where the parameter is to be.
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Both masks together."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Any) -> Any:  # type: ignore[override]
        """Prune a parameter; see :func:`custom_from_mask`."""
        return super().apply(module, name, mask=mask)
