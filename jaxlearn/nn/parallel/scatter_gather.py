"""Parts of a batch for several devices, and their results together again; as ``torch.nn.parallel.scatter_gather``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._tensor.core import TensorBase as Tensor
from ...ops.joining import cat, stack
from ...ops.shape_parts import chunk

__all__ = ["gather", "scatter", "scatter_kwargs"]


def _is_namedtuple(value: Any) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _rebuilt(like: Any, items: Any) -> Any:
    return type(like)(*items) if _is_namedtuple(like) else type(like)(items)


def scatter(inputs: Any, target_gpus: Sequence[Any], dim: int = 0) -> Any:
    """Cut every tensor in a structure into a part for each device, and give each device all else as it is.

    https://github.com/pytorch/pytorch/blob/main/torch/nn/parallel/scatter_gather.py

    Args:
        inputs: a tensor, or tuples, lists and dictionaries of them.
        target_gpus: the devices, or numbers of GPUs.
        dim: the dimension along which tensors are cut.

    Returns:
        A sequence of structures, as many as there are parts: a short batch has fewer than there are devices.

    Example::

        >>> import jaxlearn as torch
        >>> devices = [torch.device("cpu")] * 2
        >>> torch.nn.parallel.scatter({"x": torch.arange(3), "name": "a"}, devices)
        [{'x': tensor([0, 1]), 'name': 'a'}, {'x': tensor([2]), 'name': 'a'}]
    """
    if isinstance(inputs, Tensor):
        parts = chunk(inputs, len(target_gpus), dim)
        return tuple(part.to(device) for part, device in zip(parts, target_gpus, strict=False))
    if isinstance(inputs, (tuple, list)) and inputs:
        columns = zip(*(scatter(item, target_gpus, dim) for item in inputs), strict=False)
        return [_rebuilt(inputs, column) for column in columns]
    if isinstance(inputs, dict) and inputs:
        columns = zip(*(scatter(item, target_gpus, dim) for item in inputs.values()), strict=False)
        return [type(inputs)(zip(inputs, column, strict=True)) for column in columns]
    return [inputs for _ in target_gpus]


def scatter_kwargs(inputs: Any, kwargs: Any, target_gpus: Sequence[Any], dim: int = 0) -> Any:
    """The positional and keyword arguments of each device.

    Args:
        inputs: the positional arguments.
        kwargs: the keyword arguments, or None.
        target_gpus: as in :func:`scatter`.
        dim: as there.

    Returns:
        Two tuples of the same length: of tuples, and of dictionaries.
    """
    positional = scatter(inputs, target_gpus, dim) if inputs else []
    named = scatter(kwargs, target_gpus, dim) if kwargs else []
    n = max(len(positional), len(named))
    return (
        (*positional, *[()] * (n - len(positional))),
        (*named, *[{} for _ in range(n - len(named))]),
    )


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """Join the results of several devices, tensor by tensor.

    https://github.com/pytorch/pytorch/blob/main/torch/nn/parallel/scatter_gather.py

    Args:
        outputs: structures as a model returns them, one from each device.
        target_device: where the joined tensors are to be, or the number of a GPU.
        dim: the dimension along which they are joined; numbers become a vector.

    Raises:
        ValueError: dictionaries have different numbers of entries.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.parallel.gather([{"y": torch.zeros(1)}, {"y": torch.ones(2)}], torch.device("cpu"))
        {'y': tensor([0., 1., 1.])}
    """
    first = outputs[0]
    if isinstance(first, Tensor):
        moved = [t.to(target_device) for t in outputs]
        return stack(moved) if first.dim() == 0 else cat(moved, dim)
    if first is None:
        return None
    if isinstance(first, Mapping):
        if any(len(other) != len(first) for other in outputs):
            raise ValueError("All dicts must have the same number of keys")
        rows: Any = [(key, gather([o[key] for o in outputs], target_device, dim)) for key in first]
        return type(first)(rows)  # type: ignore[call-arg]
    return _rebuilt(first, [gather(column, target_device, dim) for column in zip(*outputs, strict=True)])
