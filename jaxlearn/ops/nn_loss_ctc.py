"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from .nn_reduction import check_reduction
from .op import op
from .pointwise_rules import scalar_name

__all__ = ["ctc_loss"]


def _log_add(*terms: Any) -> Any:
    """log Σ exp; minus infinity, with a gradient of zeros, if all terms are."""
    stacked = jnp.stack(terms)
    top = jnp.max(stacked, 0)
    safe = jnp.where(jnp.isneginf(top), 0, top)
    total = jnp.sum(jnp.exp(stacked - lax.stop_gradient(safe)), 0)
    some = total > 0
    return jnp.where(some, jnp.log(jnp.where(some, total, 1)) + lax.stop_gradient(safe), -jnp.inf)


def _padded(targets: Any, lengths: Any, longest: int) -> Any:
    """Targets one behind the other as (batch, longest)."""
    starts = jnp.cumsum(lengths) - lengths
    places = starts[:, None] + jnp.arange(longest)
    return jnp.take(targets, places, mode="clip")


@op(
    grad_name=lambda *bound: {"none": "CtcLossBackward0", "sum": "SumBackward0"}.get(
        bound[6], "MeanBackward0"
    )
)
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    longest: int,
    blank: int,
    reduction: str,
    zero_infinity: bool,
) -> Any:
    """The loss on arrays; see :func:`jaxlearn.nn.functional.ctc_loss`.

    Args:
        log_probs: (time, batch, classes).
        targets: (batch, longest), or all one behind the other.
        input_lengths: (batch,), int64.
        target_lengths: (batch,), int64.
        longest: the greatest target length, for targets one behind the other.
        blank: the class of nothing.
        reduction: ``"none"``, ``"mean"`` or ``"sum"``.
        zero_infinity: infinite losses count as 0.

    Raises:
        RuntimeError: sizes or dtypes do not fit.
    """
    check_reduction(reduction)
    if log_probs.dtype not in (jnp.float32, jnp.float64):
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{scalar_name(log_probs)}'")
    if targets.dtype not in (jnp.int32, jnp.int64):
        raise RuntimeError(
            "Expected tensor for argument #2 'targets' to have scalar type Long; but got "
            f"torch.{scalar_name(targets)}Tensor instead (while checking arguments for ctc_loss_cpu)"
        )
    if not log_probs.size:
        raise RuntimeError("log_probs tensor must not be empty")
    time, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if lengths.shape != (batch,):
            raise RuntimeError(f"{name} must be of size batch_size")
    labels = targets if targets.ndim == 2 else _padded(targets, target_lengths, longest)
    labels = labels.astype(jnp.int64)
    size = 2 * labels.shape[1] + 1
    # Blanks between, before and behind the labels.
    spread = jnp.full((batch, size), blank, jnp.int64).at[:, 1::2].set(labels)
    skips = (
        jnp.zeros((batch, size), bool)
        .at[:, 2:]
        .set((spread[:, 2:] != blank) & (spread[:, 2:] != spread[:, :-2]))
    )
    scores = jnp.take_along_axis(log_probs, jnp.broadcast_to(spread, (time, batch, size)), -1, mode="clip")
    nothing = jnp.asarray(-jnp.inf, log_probs.dtype)

    def shifted(alpha: Any, by: int) -> Any:
        return jnp.pad(alpha, ((0, 0), (by, 0)), constant_values=nothing)[:, :size]

    def step(alpha: Any, now: Any) -> Any:
        score, t = now
        two = jnp.where(skips, shifted(alpha, 2), nothing)
        new = _log_add(alpha, shifted(alpha, 1), two) + score
        return jnp.where((t < input_lengths)[:, None], new, alpha), None

    begin = jnp.arange(size) < jnp.where(target_lengths > 0, 2, 1)[:, None]
    first = jnp.where(begin, scores[0], nothing)
    alpha, _ = lax.scan(step, first, (scores[1:], jnp.arange(1, time)))
    last = 2 * target_lengths[:, None]
    at_end = jnp.take_along_axis(alpha, last, 1)[:, 0]
    before = jnp.take_along_axis(alpha, jnp.maximum(last - 1, 0), 1)[:, 0]
    loss = -_log_add(at_end, jnp.where(target_lengths > 0, before, nothing))
    empty = jnp.where(target_lengths == 0, 0, jnp.inf).astype(loss.dtype)
    loss = jnp.where(input_lengths == 0, empty, loss)
    # torch's gradient is that of the log-softmax that came before, whose rows add up to 0.
    steps = (jnp.arange(time)[:, None] < input_lengths)[..., None]
    mass = jnp.sum(jnp.where(steps, jnp.exp(log_probs), 0), (0, 2))
    rise = mass - lax.stop_gradient(mass)
    impossible = jnp.isinf(loss)
    loss = loss + rise
    if zero_infinity:
        loss = jnp.where(impossible, 0, loss)
    else:
        # An infinite loss has a gradient of NaN: the root's at 0 is infinite, and the difference of two is 0.
        root = jnp.sqrt(jnp.where(impossible, rise, 1))
        loss = loss + (root - root)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return jnp.sum(loss)
    return jnp.mean(loss / jnp.maximum(target_lengths, 1).astype(loss.dtype))
