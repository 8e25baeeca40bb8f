"""Checks of optimizer options, with torch's wording."""

from __future__ import annotations

from typing import Any

from .._tensor.dispatch import TENSOR_TYPES

__all__ = ["below_one", "implementations", "non_negative", "one_element"]


def one_element(lr: Any) -> None:
    """Raise ValueError for a rate that is a tensor of several elements."""
    if type(lr) in TENSOR_TYPES and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def non_negative(what: str, value: Any) -> None:
    """Raise ValueError unless ``value >= 0`` (NaN is refused too)."""
    if not value >= 0:
        raise ValueError(f"Invalid {what}: {value}")


def below_one(what: str, index: int, value: Any) -> None:
    """Raise ValueError unless ``0 <= value < 1``."""
    if not 0.0 <= value < 1.0:
        raise ValueError(f"Invalid {what} at index {index}: {value}")


def implementations(fused: Any, foreach: Any, differentiable: Any) -> None:
    """Raise RuntimeError for choices among torch's implementations that exclude each other."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
