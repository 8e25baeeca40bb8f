"""Look-ups by index, with torch's range checks where the indices are on the host."""

from __future__ import annotations

import warnings
from typing import Any

from ... import _dtypes as dtypes
from ..._tensor.index_check import within
from ..._tensor.indexing import host_array
from ...ops import nn_embedding
from ._arguments import host_values, require_tensor

__all__ = ["embedding", "embedding_bag", "one_hot"]


def _padding(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def _check_range(input: Any, weight: Any) -> None:
    values = host_values(input)
    if values is None or not values.size or values.dtype.kind != "i":
        return  # other dtypes are refused as such
    if not within(values, 0, weight.shape[0]):
        raise IndexError("index out of range in self")


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    r"""The rows of a table at the given indices, :math:`y_{...} = w_{i_{...}}`.

    Indices that were computed on the device are not looked at: rows that do not exist come out as NaN.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html

    Args:
        input: int64 or int32 indices (*).
        weight: table (rows, features).
        padding_idx: the row that receives no gradient.
        max_norm: rows that are looked up and longer than this are first scaled to it, in place.
        norm_type: exponent of that norm.
        scale_grad_by_freq: divide each row's gradient by how often its index occurs.
        sparse: accepted; gradients are dense.

    Returns:
        A tensor (*, features).

    Raises:
        IndexError: an index is out of range.
        RuntimeError: the indices are no integers.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.embedding(torch.tensor([1, 1]), torch.tensor([[0.0, 1.0], [2.0, 3.0]]))
        tensor([[2., 3.],
                [2., 3.]])
    """
    require_tensor("embedding", input, "indices", 2)
    if weight.dim() != 2:
        raise RuntimeError("'weight' must be 2-D")
    padding_idx = _padding(padding_idx, weight.shape[0])
    _check_range(input, weight)
    if max_norm is not None:
        renormalize(input, weight, max_norm, norm_type)
    return nn_embedding.embedding(input, weight, padding_idx, scale_grad_by_freq)


def renormalize(input: Any, weight: Any, max_norm: float, norm_type: float) -> None:
    """Scale the rows at the indices down to ``max_norm``, in place and outside of autograd."""
    target = weight.detach()
    target.copy_(nn_embedding.renormalized(input, target, float(max_norm), float(norm_type)))


def one_hot(input: Any, num_classes: int = -1) -> Any:
    r"""Vectors that are 1 at the index and 0 elsewhere.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html

    Args:
        input: int64 indices (*).
        num_classes: length of the vectors. Default: one more than the largest index, which is waited for.

    Returns:
        An int64 tensor (*, num_classes).

    Raises:
        RuntimeError: an index is negative or not below ``num_classes``, or the input is not int64.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    if str(input.dtype) == "torch.int64":
        values = host_array(input, "array") if num_classes == -1 else host_values(input)
        if values is not None:
            if num_classes == -1 and not values.size:
                raise RuntimeError("Can not infer total number of classes from empty tensor.")
            if values.size and values.min() < 0:
                raise RuntimeError("Class values must be non-negative.")
            if num_classes == -1:
                num_classes = int(values.max()) + 1
            elif values.size and values.max() >= num_classes:
                raise RuntimeError("Class values must be smaller than num_classes.")
    return nn_embedding.one_hot(input, num_classes)


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Any:
    r"""Sums, means or maxima of the table's rows over bags of indices.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html

    Args:
        input: int64 or int32 indices, (bags, size), or (total,) with ``offsets``.
        weight: table (rows, features).
        offsets: where each bag begins, (bags,).
        max_norm: rows that are looked up and longer than this are first scaled to it, in place.
        norm_type: exponent of that norm.
        scale_grad_by_freq: divide each row's gradient by how often its index occurs.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: accepted; gradients are dense.
        per_sample_weights: a factor for each index, with ``"sum"`` only.
        include_last_offset: ``offsets`` ends with the total number of indices.
        padding_idx: indices that are left out of their bag.

    Returns:
        A tensor (bags, features); zeros for empty bags.

    Raises:
        ValueError: the arguments do not fit together.
        IndexError: an index is out of range.

    Example::

        >>> import jaxlearn as torch
        >>> table = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
        >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 1]]), table)
        tensor([[1., 2.]])
    """
    if weight.dtype == dtypes.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    if per_sample_weights is not None and tuple(per_sample_weights.shape) != tuple(input.shape):
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if input.ndim == 1 and offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if input.ndim == 1 and offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        _check_range(input, weight)
        renormalize(input, weight, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}'). Please open a feature request on GitHub."
        )
    _check_bags(input, weight, offsets, per_sample_weights, mode, include_last_offset, padding_idx)
    padding_idx = _padding(padding_idx, weight.shape[0])
    if offsets is not None and include_last_offset:
        offsets = offsets[:-1]
    return nn_embedding.embedding_bag(
        input, weight, offsets, per_sample_weights, mode, scale_grad_by_freq, padding_idx
    )


def _check_bags(
    input: Any,
    weight: Any,
    offsets: Any,
    factors: Any,
    mode: str,
    include_last: bool,
    padding_idx: int | None,
) -> None:
    """torch's checks of the operation's arguments; values are looked at where they are on the host."""
    for given in (input,) if offsets is None else (input, offsets):
        if given.dtype not in (dtypes.int64, dtypes.int32):
            raise RuntimeError(
                "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but "
                f"got {given.type()} instead (while checking arguments for embedding_bag)"
            )
    if not weight.is_floating_point():
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have one of the following scalar types: Half, BFloat16, "
            f"Float, Double; but got {weight.type()} instead (while checking arguments for embedding_bag)"
        )
    if include_last and offsets is not None and not offsets.shape[0]:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    starts = None if offsets is None else host_values(offsets)
    if starts is not None and starts.size:
        if starts[0] != 0:
            raise RuntimeError(
                "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
                f"However, got {starts[0]}"
            )
        if starts[-1] > input.shape[0]:
            raise RuntimeError(
                f"offsets[-1] can not be greater than input's length {input.shape[0]} but got offsets[-1] of "
                f"{starts[-1]}"
            )
    if factors is not None and factors.dtype != weight.dtype:
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for argument #1 "
            f"'per_sample_weights'; but type {weight.type()} does not equal {factors.type()} (while checking arguments "
            "for embedding_bag)"
        )
    rows = weight.shape[0]
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-rows} through {rows - 1}, but got {padding_idx}"
        )
    values = host_values(input)
    if values is None or not values.size or within(values, 0, rows):
        return
    place = int(((values < 0) | (values >= rows)).reshape(-1).argmax())
    index = values.reshape(-1)[place]
    # torch has one kernel for the common case, and another one.
    if mode == "max" or weight.dtype == dtypes.float64:
        raise RuntimeError(
            f"embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx to be {index}"
        )
    raise RuntimeError(
        f"Index {place} of input takes value {index} which is not in the valid range [0, {rows})"
    )
