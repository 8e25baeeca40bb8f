"""How a linear layer with cross entropy is split into chunks."""

from __future__ import annotations

import dataclasses
from typing import Any

from ... import _dtypes as dtypes

__all__ = ["LinearCrossEntropyOptions"]

_DTYPES = ("torch.float16", "torch.bfloat16", "torch.float32", "torch.float64")


@dataclasses.dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """For :func:`jaxlearn.nn.functional.linear_cross_entropy`: compute it for a part of the batch after the other.

    The scores (batch, classes) then never exist as a whole: the backward pass computes each part's again. Sums are
    taken in float32 at least whatever the policy.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LinearCrossEntropyOptions.html

    Args:
        allow_retain_graph: accepted; the backward pass can always be repeated.
        batch_chunk_size: samples in a part; default all of them, or what the method says.
        chunking_method: ``"aspect_ratio"`` for parts whose scores take as much memory as the input,
            ``"aspect_ratio:N"`` for N times smaller ones, ``"auto"`` for torch's choice, or None.
        acc_policy: ``"auto"``, ``"accurate"``, ``"balanced"`` or ``"compact"``; accepted.
        acc_dtype: dtype of sums; accepted.

    Raises:
        ValueError: an argument is none of these.

    Example::

        >>> from jaxlearn import nn
        >>> nn.LinearCrossEntropyOptions(batch_chunk_size=0)
        Traceback (most recent call last):
        ...
        ValueError: batch_chunk_size must be positive int or None, got 0
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtypes.dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in {"auto", "accurate", "balanced", "compact"}:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if self.chunking_method is not None and self.chunking_method != "auto":
            name, colon, factor = self.chunking_method.partition(":")
            factor = factor if colon else "1"
            if not (name == "aspect_ratio" and factor.isdigit() and int(factor) > 0):
                raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size: Any = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and str(self.acc_dtype) not in _DTYPES:
            raise ValueError(
                f"acc_dtype must be one of {{None, {', '.join(_DTYPES)}}}, got {self.acc_dtype!r}. Pass acc_dtype=None "
                "to let the op pick automatically."
            )

    def chunk_size(self, num_batches: int, in_features: int, num_classes: int, half: bool) -> int:
        """Samples in a part.

        Args:
            num_batches: samples of the batch.
            in_features: size of the input.
            num_classes: number of classes.
            half: whether the input is of a half type.

        Raises:
            ValueError: size and method disagree.
        """
        method = self.chunking_method
        if method == "auto":
            method = ("aspect_ratio" if half else "aspect_ratio:2") if self.batch_chunk_size is None else None
        if method is None:
            return min(self.batch_chunk_size or num_batches, num_batches) or 1
        factor = int(method.partition(":")[2] or 1)
        target = -(-num_batches // -(-num_classes // in_features))
        size = min((1 << (target - 1).bit_length()) // factor, num_batches)
        if self.batch_chunk_size is not None and min(self.batch_chunk_size, num_batches) != size:
            raise ValueError(
                f"batch_chunk_size (={self.batch_chunk_size}) and chunking_method ('{method}') give different chunk "
                f"sizes ({self.batch_chunk_size} vs {size}); pass only one."
            )
        return max(1, size)
