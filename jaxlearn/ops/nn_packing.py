"""Sequences of different lengths: padded to one tensor, or packed without padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from .op import op
from .promotion import cast

__all__ = ["padded_sequences", "taken_steps", "untaken_steps"]


@op(grad_name="PackPaddedSequenceBackward0")
def taken_steps(input: Any, time: Any, place: Any) -> Any:
    """The steps of padded sequences that are no padding.

    Args:
        input: (time, batch, *).
        time: for each step to take, its time.
        place: for each step to take, its sequence.

    Returns:
        A tensor (steps, *).
    """
    return input[time, place]


@op(grad_name=lambda *bound: "TransposeBackward0" if bound[5] else "torch::autograd::CopySlices")
def untaken_steps(
    data: Any, rows: Any, valid: Any, padding_value: float, length: int, batch_first: bool
) -> Any:
    """Packed steps as padded sequences.

    Args:
        data: (steps, *).
        rows: for each time and sequence, its row in the data; (time, batch).
        valid: where there is one.
        padding_value: the value elsewhere.
        length: time of the result, at least that of the rows.
        batch_first: whether the result's batch comes first.

    Returns:
        A tensor (length, batch, *), or (batch, length, *).
    """
    found = data[rows]
    shape = valid.shape + (1,) * (data.ndim - 1)
    fill = jnp.asarray(padding_value).astype(data.dtype)
    found = jnp.where(valid.reshape(shape), found, fill)
    extra = [(0, length - rows.shape[0])] + [(0, 0)] * (found.ndim - 1)
    found = jnp.pad(found, extra, constant_values=fill)
    return jnp.swapaxes(found, 0, 1) if batch_first else found


@op(grad_name="torch::autograd::CopySlices")
def padded_sequences(
    sequences: Sequence[Any], batch_first: bool, padding_value: float, padding_side: str
) -> Any:
    """Sequences as one tensor; see :func:`jaxlearn.nn.utils.rnn.pad_sequence`.

    Args:
        sequences: tensors (length, *).
        batch_first: whether the result is (batch, length, *) rather than (length, batch, *).
        padding_value: the value behind (or before) the shorter ones.
        padding_side: ``"right"`` or ``"left"``.

    Raises:
        RuntimeError: there are none, or they differ in more than their length.
    """
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    first = sequences[0]
    if first.ndim == 0:
        raise RuntimeError("ArrayRef: invalid slice, N = 1; size = 0")
    longest = max(x.shape[0] for x in sequences)
    rows = []
    for x in sequences:
        for i, (a, b) in enumerate(zip(first.shape[1:], x.shape[1:], strict=False), 1):
            if a != b:
                raise RuntimeError(
                    f"The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {i}"
                )
        if x.ndim != first.ndim:
            raise RuntimeError(
                f"The size of tensor a ({x.shape[0]}) must match the size of tensor b ({x.shape[-1]}) at "
                f"non-singleton dimension {max(x.ndim, first.ndim) - 1}"
            )
        missing = longest - x.shape[0]
        extra = [(0, missing) if padding_side == "right" else (missing, 0)] + [(0, 0)] * (x.ndim - 1)
        row = cast(x, first.dtype)
        rows.append(jnp.pad(row, extra, constant_values=jnp.asarray(padding_value).astype(first.dtype)))
    return jnp.stack(rows, 0 if batch_first else 1)
