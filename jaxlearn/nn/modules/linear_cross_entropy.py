"""``LinearCrossEntropyLoss``, where torch has it."""

from __future__ import annotations

from .loss_classes import LinearCrossEntropyLoss as LinearCrossEntropyLoss

__all__ = ["LinearCrossEntropyLoss"]
