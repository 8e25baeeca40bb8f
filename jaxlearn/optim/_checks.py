"""Checks of optimizer options, with torch's wording."""

from __future__ import annotations

from typing import Any

__all__ = ["below_one", "non_negative"]


def non_negative(what: str, value: Any) -> None:
    """Raise ValueError unless ``value >= 0`` (NaN is refused too)."""
    if not value >= 0:
        raise ValueError(f"Invalid {what}: {value}")


def below_one(what: str, index: int, value: Any) -> None:
    """Raise ValueError unless ``0 <= value < 1``."""
    if not 0.0 <= value < 1.0:
        raise ValueError(f"Invalid {what} at index {index}: {value}")
