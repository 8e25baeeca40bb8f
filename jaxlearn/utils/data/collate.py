"""Collation: a list of samples into a batch of the same structure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ..._dtypes import from_numpy_dtype, get_default_dtype
from ..._engine.graph import materialize
from ..._engine.value import concrete, intern
from ..._overrides.calls import PLAIN
from ..._tensor.core import TensorBase, tensor_from_array
from ..._tensor.dispatch import wrap
from ...ops.joining import stack

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert", "map_tensors"]

CollateMap = dict[Any, Callable[..., Any]]

_TEXT_OR_OBJECT = "SUO"


def _rebuilt_mapping(old: Mapping[Any, Any], new: dict[Any, Any]) -> Any:
    """A mapping of the old one's type, with its other attributes where it can be copied."""
    try:
        if isinstance(old, MutableMapping):
            clone = copy.copy(old)
            clone.update(new)
            return clone
        return type(old)(new)  # type: ignore[call-arg]
    except TypeError:
        return new


def _rebuilt_sequence(old: Sequence[Any], new: list[Any]) -> Any:
    """A sequence of the old one's type, with its other attributes where it can be copied."""
    try:
        if isinstance(old, MutableSequence):
            clone = copy.copy(old)
            for i, item in enumerate(new):
                clone[i] = item
            return clone
        return type(old)(new)  # type: ignore[call-arg]
    except TypeError:
        return new


def map_tensors(function: Callable[[Any], Any], data: Any) -> Any:
    """``data`` with ``function`` applied to every tensor in its mappings, sequences and tuples.

    Args:
        function: of one tensor.
        data: any structure.

    Returns:
        A structure of the same types.
    """
    if isinstance(data, TensorBase):
        return function(data)
    if isinstance(data, (str, bytes)):
        return data
    if isinstance(data, Mapping):
        return _rebuilt_mapping(data, {key: map_tensors(function, data[key]) for key in data})
    if isinstance(data, tuple):
        items = [map_tensors(function, item) for item in data]
        return type(data)(*items) if hasattr(data, "_fields") else type(data)(items)
    if isinstance(data, Sequence):
        return _rebuilt_sequence(data, [map_tensors(function, item) for item in data])
    return data


def default_convert(data: Any) -> Any:
    """One sample with its NumPy arrays and numbers as tensors, which share the arrays' memory; the rest as it is.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_convert

    Args:
        data: a sample, perhaps in mappings and sequences. A tuple becomes a list, as in torch.

    Example::

        >>> import numpy as np
        >>> from jaxlearn.utils.data import default_convert
        >>> default_convert({"x": np.array([0, 1]), "name": "a"})
        {'x': tensor([0, 1]), 'name': 'a'}
    """
    if isinstance(data, TensorBase) or isinstance(data, (str, bytes)):
        return data
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in _TEXT_OR_OBJECT else _as_tensor(data)
    if isinstance(data, np.generic):
        return _as_tensor(np.asarray(data))
    if isinstance(data, Mapping):
        return _rebuilt_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(item) for item in data))
    if isinstance(data, tuple):
        return [default_convert(item) for item in data]
    if isinstance(data, Sequence):
        return _rebuilt_sequence(data, [default_convert(item) for item in data])
    return data


def collate(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """A list of samples as one sample whose elements are batches.

    Args:
        batch: samples of the same structure.
        collate_fn_map: what collates elements of a type (or of one of a tuple of types); each function is called with
            the list of elements and ``collate_fn_map``.

    Raises:
        TypeError: an element's type is unknown.
        RuntimeError: samples have different lengths or shapes.

    Example::

        >>> from jaxlearn.utils.data.collate import collate
        >>> collate([{"n": 1}, {"n": 2}], collate_fn_map={int: lambda batch, collate_fn_map: sum(batch)})
        {'n': 3}
    """
    first = batch[0]
    kind = type(first)
    if collate_fn_map is not None:
        function = collate_fn_map.get(kind)
        if function is None:
            function = next((f for types, f in collate_fn_map.items() if isinstance(first, types)), None)
        if function is not None:
            return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return _rebuilt_mapping(
            first,
            {key: collate([sample[key] for sample in batch], collate_fn_map=collate_fn_map) for key in first},
        )
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return kind(*(collate(items, collate_fn_map=collate_fn_map) for items in zip(*batch, strict=False)))
    if isinstance(first, Sequence):
        length = len(first)
        if any(len(sample) != length for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [collate(items, collate_fn_map=collate_fn_map) for items in zip(*batch, strict=True)]
        return columns if isinstance(first, tuple) else _rebuilt_sequence(first, columns)
    raise TypeError(_unknown(kind))


def default_collate(batch: Sequence[Any]) -> Any:
    """A list of samples as a batch: tensors, arrays and numbers are stacked along a new first dimension.

    Floats become float64, ints int64, strings and bytes stay a list; mappings, named tuples and sequences are kept,
    with batches as their elements; a tuple becomes a list.

    https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate

    Args:
        batch: samples of the same structure.

    Raises:
        TypeError: an element's type is none of these.
        RuntimeError: samples have different lengths or shapes.

    Example::

        >>> from jaxlearn.utils.data import default_collate
        >>> default_collate([(1, "a"), (2, "b")])
        [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate_tensors(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Tensors stacked: on the host where they are there already, else by the recorded operation."""
    for i, tensor in enumerate(batch):
        if not isinstance(tensor, TensorBase):
            kind = type(tensor)
            name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {name}")
    plain = all(type(tensor) in PLAIN for tensor in batch)
    if plain and not any(tensor.requires_grad for tensor in batch):
        arrays = [tensor._array() for tensor in batch]
        aval = batch[0]._current().aval
        # Types are interned: the same shape, dtype and device are the same object.
        if all(tensor._current().aval is aval for tensor in batch) and all(
            type(array) is np.ndarray for array in arrays
        ):
            shape = aval.shape
            stacked = np.concatenate(arrays).reshape(len(arrays), *shape) if shape else np.array(arrays)
            return wrap(concrete(stacked, intern(stacked.shape, aval.dtype, aval.device)))
    return stack(list(batch), 0)


def collate_arrays(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """NumPy arrays stacked."""
    dtype = batch[0].dtype
    if dtype.kind in _TEXT_OR_OBJECT:
        raise TypeError(_unknown(dtype))
    return collate([_as_tensor(np.asarray(array)) for array in batch], collate_fn_map=collate_fn_map)


def collate_numpy_numbers(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """NumPy scalars as a vector of their type."""
    return _as_tensor(np.array(batch))


def collate_floats(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Floats as a float64 vector."""
    for item in batch:
        if not hasattr(item, "__float__") and not hasattr(item, "__index__"):
            raise TypeError(f"must be real number, not {type(item).__name__}")
    return tensor_from_array(np.array([float(item) for item in batch], dtype=np.float64))


def collate_ints(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Ints as an int64 vector, bools as a bool one; a float among them makes all floats, as in ``torch.tensor``."""
    dtype: Any = np.bool_
    for item in batch:
        if isinstance(item, (float, np.floating)):
            dtype = get_default_dtype()._np
        elif not isinstance(item, (int, np.integer, np.bool_)):
            if isinstance(item, (str, bytes)):
                raise TypeError(f"new(): invalid data type '{type(item).__name__}'")
            raise RuntimeError(f"Could not infer dtype of {type(item).__name__}")
        elif dtype is np.bool_ and not isinstance(item, (bool, np.bool_)):
            dtype = np.int64
    try:
        return tensor_from_array(np.array(batch, dtype=dtype))
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None


def collate_texts(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Strings or bytes as they are."""
    return batch


default_collate_fn_map: CollateMap = {
    TensorBase: collate_tensors,
    np.ndarray: collate_arrays,
    (np.bool_, np.number, np.object_): collate_numpy_numbers,
    float: collate_floats,
    int: collate_ints,
    str: collate_texts,
    bytes: collate_texts,
}
"""What :func:`default_collate` does with elements of each type; it may be extended."""


def tensors_of(arrays: Iterable[Any]) -> list[Any]:
    """The tensors of a batch that a dataset has gathered itself."""
    return [tensor_from_array(array) for array in arrays]


def computed(tensor: Any) -> Any:
    """The tensor with its value computed."""
    tensor._array()
    return tensor


def sent(tensor: Any) -> Any:
    """The tensor with its value on its device, or on the way there."""
    materialize(tensor._current())
    return tensor


def _as_tensor(array: np.ndarray[Any, Any]) -> Any:
    from_numpy_dtype(array.dtype)  # raises torch's errors
    return tensor_from_array(array)


def _unknown(kind: Any) -> str:
    return f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}"
