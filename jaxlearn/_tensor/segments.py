"""Reductions of segments, whose lengths are looked at on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.op import explained
from ..ops.segments import segments_reduced
from .core import tensor_from_array
from .indexing import host_array

__all__ = ["segment_reduce"]

_KINDS = ("sum", "prod", "mean", "max", "min", "amax", "amin")


@explained
def segment_reduce(
    data: Any,
    reduce: str,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Any:
    """Reduce each of the segments that a dimension is divided into.

    Empty segments give 0 (sum), 1 (product), NaN (mean) or an infinity, or ``initial``.
    https://docs.pytorch.org/docs/stable/generated/torch.segment_reduce.html

    Args:
        data: the tensor, floating.
        reduce: ``"sum"``, ``"mean"``, ``"prod"``, ``"max"`` or ``"min"``.
        lengths: of the segments, along its last dimension; those before it are as the tensor's.
        indices: refused, as by torch.
        offsets: where the segments begin and the last one ends, in place of ``lengths``.
        axis: the dimension: the last one of ``lengths`` or ``offsets``.
        unsafe: do not look at the lengths.
        initial: what each reduction begins with.

    Raises:
        RuntimeError: neither ``lengths`` nor ``offsets``, or they do not fit the dimension.
        NotImplementedError: the tensor is not floating.

    Example::

        >>> import jaxlearn as torch
        >>> torch.segment_reduce(torch.tensor([1.0, 2.0, 3.0]), "sum", lengths=torch.tensor([2, 0, 1]))
        tensor([3., 0., 3.])
    """
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    if reduce not in _KINDS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    axis = axis + data.ndim if axis < 0 else axis
    name, given = ("lengths", lengths) if lengths is not None else ("offsets", offsets)
    if axis != given.ndim - 1:
        raise RuntimeError(
            f"segment_reduce(): Expected axis to be the last dimension of {name} but got {axis}."
        )
    if lengths is None:
        return segments_reduced(data, offsets, reduce, initial)
    sizes = host_array(lengths)
    if sizes.dtype.kind != "i":
        raise NotImplementedError(
            f"\"_segment_reduce_lengths_cpu_kernel1\" not implemented for '{lengths.dtype._scalar_name}'"
        )
    if not unsafe:
        if sizes.size and sizes.min() < 0:
            raise RuntimeError("lengths contains negative value!")
        if (sizes.sum(-1) != data.shape[axis]).any():
            raise RuntimeError(
                "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when "
                "!unsafe."
            )
    ends = np.concatenate([np.zeros_like(sizes[..., :1]), np.cumsum(sizes, -1)], -1)
    return segments_reduced(data, tensor_from_array(ends), reduce, initial)
