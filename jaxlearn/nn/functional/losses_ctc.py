"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._engine.value import concrete, intern
from ..._tensor.call_errors import explain
from ..._tensor.dispatch import TENSOR_TYPES, wrap
from ...ops import nn_loss_ctc as ops
from ._arguments import deciding_values, host_values

__all__ = ["ctc_loss"]


def _lengths(given: Any, like: Any) -> Any:
    """Lengths as a tensor (batch,) on the device of ``like``."""
    if type(given) in TENSOR_TYPES:
        if given.is_floating_point():
            raise RuntimeError("input_lengths must be integral")
        return given.long().reshape(-1).to(like.device)
    array = np.asarray(given, np.int64).reshape(-1)
    return wrap(concrete(array, intern(array.shape, array.dtype, like.device)))


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """Minus the log probability of the targets, over all their alignments with the input.

    Connectionist temporal classification, https://www.cs.toronto.edu/~graves/icml_2006.pdf;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html

    Args:
        log_probs: (T, N, C), or (T, C), results of ``log_softmax``.
        targets: (N, S), or all one behind the other; classes other than ``blank``.
        input_lengths: (N,), at most T; a tensor or a tuple.
        target_lengths: (N,), at most S; a tensor or a tuple.
        blank: the class of nothing.
        reduction: ``"none"``, ``"mean"`` (each loss divided by its target's length) or ``"sum"``.
        zero_infinity: infinite losses (of targets longer than their input) and their gradients count as 0.

    Raises:
        RuntimeError: sizes or dtypes do not fit, or (where the lengths are on the host) a length is too great.

    Example::

        >>> import jaxlearn as torch
        >>> scores = torch.zeros(4, 1, 3).log_softmax(-1)
        >>> torch.nn.functional.ctc_loss(scores, torch.tensor([[1, 2]]), (4,), (2,))
        tensor(0.8432)
    """
    given = (log_probs, targets, input_lengths, target_lengths)
    if any(type(x) not in TENSOR_TYPES for x in given):
        error = explain("ctc_loss", (*given, blank, 0, zero_infinity), {}, None)
        if error is not None:
            raise error
    batched = log_probs.dim() == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.dim() == 1 else targets
    inputs, lengths = _lengths(input_lengths, log_probs), _lengths(target_lengths, log_probs)
    if not log_probs.numel():
        raise RuntimeError("log_probs tensor must not be empty")
    for name, given in (("input_lengths", inputs), ("target_lengths", lengths)):
        if given.numel() != log_probs.size(1):
            raise RuntimeError(f"{name} must be of size batch_size")
    if targets.dim() not in (1, 2):
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {targets.dim()}-dimensional tensor for argument #2 'targets' (while "
            "checking arguments for ctc_loss_allocate_outputs)"
        )
    if targets.is_floating_point():
        targets = targets.long()
    if targets.dim() == 2 and targets.size(0) != log_probs.size(1):
        raise RuntimeError(
            f"Expected tensor to have size {log_probs.size(1)} at dimension 0, but got size {targets.size(0)} for "
            "argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
        )
    known, known_targets = host_values(inputs), host_values(lengths)
    if known is not None and known.size and known.min() < 0:
        raise RuntimeError(
            f"Expected input_lengths to have value at least 0, but got value {known.min()} (while checking arguments "
            "for ctc_loss_allocate_outputs)"
        )
    if known is not None and known.size and known.max() > log_probs.size(0):
        raise RuntimeError(
            f"Expected input_lengths to have value at most {log_probs.size(0)}, but got value {known.max()} (while "
            "checking arguments for ctc_loss_allocate_outputs)"
        )
    longest = targets.size(-1)
    if known_targets is not None and known_targets.size:
        if known_targets.min() < 0:
            raise RuntimeError(
                f"Expected target_lengths to have value at least 0, but got value {known_targets.min()} (while "
                "checking arguments for ctc_loss_allocate_outputs)"
            )
        if targets.dim() == 1:
            longest = targets.size(0) if deciding_values(lengths) is None else int(known_targets.max())
            if known_targets.sum() != targets.size(0):
                raise RuntimeError(
                    f"Expected tensor to have size {known_targets.sum()} at dimension 0, but got size "
                    f"{targets.size(0)} for argument #2 'targets' (while checking arguments for "
                    "ctc_loss_allocate_outputs)"
                )
        elif known_targets.max() > longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {known_targets.max()} at dimension 1, but got size {longest} "
                "for argument #2 'targets' (while checking arguments for ctc_loss_allocate_outputs)"
            )
    loss = ops.ctc_loss(
        log_probs, targets.to(log_probs.device), inputs, lengths, longest, blank, reduction, zero_infinity
    )
    return loss if batched or reduction != "none" else loss.squeeze(0)
