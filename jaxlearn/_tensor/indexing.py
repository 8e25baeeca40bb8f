"""``x[index]`` and ``x[index] = value`` in all of torch's forms.

An index is worked off from left to right as a chain of views (integers, slices, None); what index tensors
are left is
one ``index`` or ``index_put`` operation on the result.
"""

from __future__ import annotations

import operator
from typing import Any

import jax
import numpy as np

from .._autograd.modes import modes
from .._engine.capture import HostRead
from .._engine.recorder import recorder, unusual
from .._engine.value import concrete
from .._warnings import warn_once
from ..ops.conversion import convert
from ..ops.indexing import index_get, index_set, set_box
from ..ops.shape import alias, unsqueeze, view_in_shape
from ..ops.shape_parts import select_view, slice_view
from .dispatch import TENSOR_TYPES, host_array_of, host_view, wrap
from .host_parts import part_on_host, place_on_host, row_on_host, set_on_host, span
from .index_check import check_put, check_range, check_shapes, on_host
from .index_writes import check_broadcast, in_shape, is_mask, set_by_mask, without_leading_ones
from .inplace import check_writable
from .layout import strides_of
from .numbers import check_number
from .views import assign

__all__ = [
    "getitem",
    "host_array",
    "index_put",
    "items_of",
    "legacy_name",
    "setitem",
    "walk",
]

_NONE = slice(None)
_SEQUENCES = (list, tuple, range)
_BOX_DIMS = 6


def host_array(tensor: Any, use: str = "shape", optional: bool = False) -> np.ndarray[Any, Any]:
    """The values on the host, where the shape of a result depends on them.

    In a captured step they can be had only of tensors from outside, see :meth:`.Capture.look`.

    Args:
        tensor: the tensor.
        use: what for.
        optional: whether the caller has another way.

    Raises:
        HostRead: they cannot be had, or are optional.
    """
    value = tensor._cell.value if tensor._view is None else tensor._current()
    if not unusual and type(value.array) is np.ndarray:
        return value.array
    return np.asarray(tensor._seen(use, optional))


def legacy_name(tensor: Any) -> str:
    """``torch.FloatTensor``: what torch calls the tensor's type in some messages."""
    return f"torch.{tensor.dtype._scalar_name}Tensor"


# -- what is in the brackets
# -----------------------------------------------------------------------------------------


def items_of(index: Any) -> tuple[Any, ...]:
    """The index as a tuple of ints, bools, slices, None, Ellipsis and tensors."""
    if type(index) is tuple:
        return tuple([_item(i) for i in index])
    if type(index) is list and len(index) < 32 and any(_nested(i) for i in index):
        return tuple([_item(i) for i in index])
    return (_item(index),)


def _nested(item: Any) -> bool:
    """Whether an element makes torch take a list for a tuple of indices."""
    return (
        item is None
        or item is Ellipsis
        or isinstance(item, (slice, list, tuple, np.ndarray))
        or type(item) in TENSOR_TYPES
    )


def _item(item: Any) -> Any:
    t = type(item)
    if t is int or t is slice or item is None or item is Ellipsis or t is bool:
        return item
    if t in TENSOR_TYPES:
        return _index_tensor(item)
    if isinstance(item, np.bool_):
        return bool(item)
    if isinstance(item, _SEQUENCES):
        array = np.asarray(item)
        return _index_tensor(wrap(concrete(array if array.size else array.astype(np.int64))))
    if isinstance(item, (np.ndarray, jax.Array)):
        # What is recorded is computed later: an array that the program writes to until then is not to be seen.
        return _index_tensor(wrap(concrete(item.copy() if isinstance(item, np.ndarray) else item)))
    if isinstance(item, str):
        raise TypeError("new(): invalid data type 'str'")
    try:
        return operator.index(item)
    except TypeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
            "indices (got "
            f"{t.__name__})"
        ) from None


def _index_tensor(item: Any) -> Any:
    aval = item._current().aval
    if aval.dtype.kind not in "iub" or aval.dtype.itemsize not in (1, 4, 8) or aval.dtype == np.int8:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if aval.dtype == np.uint8:
        warn_once("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.")
    if not aval.shape and aval.dtype not in (np.bool_, np.uint8):
        values = on_host(item)
        return item if values is None else int(values)
    return item


def _taken(item: Any) -> int:
    """How many dimensions an item of the index uses up."""
    if item is None or item is Ellipsis or type(item) is bool:
        return 0
    if type(item) in (int, slice):
        return 1
    return int(item.dim()) if is_mask(item) else 1


def _check_index(index: int, size: int, dim: int) -> int:
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for dimension {dim} with size {size}")
    return index + size if index < 0 else index


def _check_count(self: Any, items: tuple[Any, ...]) -> int:
    """The number of dimensions that the Ellipsis stands for, or that follow the index."""
    used = sum(map(_taken, items))
    if used > self.dim():
        raise IndexError(f"too many indices for tensor of dimension {self.dim()}")
    return int(self.dim()) - used


def _check_single(self: Any, index: Any) -> None:
    """Refuse an integer or a slice that is the whole index of a tensor without dimensions."""
    if self.dim():
        return
    if type(index) is slice:
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if type(index) is int:
        if index == 0:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to "
                "convert a 0-dim tensor to a number"
            )
        _check_index(index, 0, 0)


# -- reading
# ---------------------------------------------------------------------------------------------------------


def getitem(self: Any, index: Any) -> Any:
    """A part of the tensor: an alias for integers, slices, None and Ellipsis, a copy for index tensors.

    https://docs.pytorch.org/docs/stable/tensor_view.html

    Raises:
        IndexError: an index is out of bounds or of a wrong kind, or there are too many.
        ValueError: a slice's step is not positive.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.arange(6).reshape(2, 3)
        >>> x[1], x[:, 1], x[x > 3]
        (tensor([3, 4, 5]), tensor([1, 4]), tensor([4, 5]))
    """
    kind = type(index)
    if kind is int:
        row = row_on_host(self, index)
        if row is not None:
            return row
        shape = self._current().aval.shape
        if shape:
            return _select(self, 0, _check_index(index, shape[0], 0))
    else:
        if kind in TENSOR_TYPES:
            place = place_on_host(index)
            if place is not None:
                return getitem(self, place)
        part = part_on_host(self, index if kind is tuple else (index,))
        if part is not None:
            return part
        if kind is slice:
            shape = self._current().aval.shape
            if shape:
                return _slice(self, 0, *span(index, shape[0]))
        elif index is None:
            return unsqueeze(self, 0)
    _check_single(self, index)
    viewed, tensors = walk(self, items_of(index))
    if tensors:
        return _get(viewed, tensors)
    return alias(self) if viewed is self else viewed


def _select(x: Any, dim: int, index: int) -> Any:
    """One index of a dimension; the index has been checked."""
    array = host_array_of(x)
    if array is None:
        return select_view(x, dim, index)
    part: tuple[Any, ...] = (*_EVERYTHING[:dim], index, ...)
    aval = x._current().aval
    if dim == 0 and aval.strides is None:
        return host_view(x, ((select_view.op, (dim, index)),), array[part])
    own = strides_of(aval)
    return host_view(x, ((select_view.op, (dim, index)),), array[part], (*own[:dim], *own[dim + 1 :]))


def _slice(x: Any, dim: int, start: int, length: int, step: int) -> Any:
    """A span of a dimension; it has been checked."""
    array = host_array_of(x)
    if array is None:
        return slice_view(x, dim, start, length, step)
    part: tuple[Any, ...] = (*_EVERYTHING[:dim], slice(start, start + length * step, step))
    aval = x._current().aval
    steps = ((slice_view.op, (dim, start, length, step)),)
    if dim == 0 and step == 1 and aval.strides is None:
        return host_view(x, steps, array[part])
    own = strides_of(aval)
    return host_view(x, steps, array[part], (*own[:dim], own[dim] * step, *own[dim + 1 :]))


_EVERYTHING = (slice(None),) * 64  # as many dimensions as NumPy has


def walk(self: Any, items: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    """The basic part of the index as views, and the index tensors by the dimension of the result they "
    "belong to."""
    rest = _check_count(self, items)
    result = self
    tensors: list[Any] = []
    dim = original = 0
    for item in items:
        shape = result._current().aval.shape
        if item is None:
            result = unsqueeze(result, dim)
            dim += 1
        elif item is Ellipsis:
            dim += rest
            original += rest
            rest = 0
        elif type(item) is int:
            result = _select(result, dim, _check_index(item, shape[dim], original))
            original += 1
        elif type(item) is slice:
            start, length, step = span(item, shape[dim])
            if length != shape[dim] or step != 1:
                result = _slice(result, dim, start, length, step)
            dim += 1
            original += 1
        else:
            if type(item) is bool or (is_mask(item) and not item.dim()):
                # A mask of one more dimension, which has one element: an index, if it is known.
                result = unsqueeze(result, dim)
                shape = result._current().aval.shape
                known = np.asarray(item) if type(item) is bool else on_host(item)
                if known is None:
                    item = view_in_shape(item, (1,))
                else:
                    item = wrap(concrete(np.zeros(int(known.astype(bool)), np.int64)))
            else:
                original += _taken(item)
            tensors.extend([None] * (dim - len(tensors)))
            tensors.append(item)
            if is_mask(item):
                _check_mask(item, shape, dim)
                tensors.extend([...] * (item.dim() - 1))
                dim += item.dim()
            else:
                dim += 1
    return result, tensors


def _check_mask(mask: Any, shape: tuple[int, ...], dim: int) -> None:
    for d, n in enumerate(mask.shape):
        if n != shape[dim + d]:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {d} does not match the shape of the "
                "indexed tensor "
                f"{list(shape)} at index {dim + d}"
            )


def _resolved(tensors: list[Any]) -> tuple[Any, ...]:
    """The index tensors with masks replaced by the places where they are true."""
    found: list[Any] = []
    for item in tensors:
        if item is ...:
            continue
        if item is not None and is_mask(item):
            found.extend([wrap(concrete(p)) for p in np.nonzero(host_array(item, "mask", True))])
        else:
            found.append(item)
    return tuple(found)


def _check_ranges(viewed: Any, indices: tuple[Any, ...], values: Any = None) -> None:
    """Refuse known indices that point outside; ``values`` are what is to be written."""
    shape = viewed._current().aval.shape
    for dim, item in enumerate(indices):
        if item is not None:
            message = f"index {{}} is out of bounds for dimension {dim} with size {shape[dim]}"
            if values is not None and not shape[dim]:
                message = "index is out of bounds for dimension with size 0"
            try:
                check_range(item, shape[dim], message)
            except IndexError:
                check_shapes(viewed, indices, values)
                raise


def _get(viewed: Any, tensors: list[Any]) -> Any:
    masked = any(item is not None and item is not ... and is_mask(item) for item in tensors)
    try:
        indices = _resolved(tensors)
    except HostRead:
        from .selection import select  # it is made of tensors' methods

        selected = select(viewed, tensors)
        if selected is None:
            raise
        return selected
    if masked and recorder.capture is None and not (modes.grad and viewed._requires_grad):
        # The result's shape is known on the host only, so a program for it would hardly ever be used twice.
        places = tuple([_NONE if i is None else host_array(i) for i in indices])
        return wrap(concrete(np.asarray(host_array(viewed)[places]), None))
    _check_ranges(viewed, indices)
    return index_get(viewed, indices)


# -- writing
# ---------------------------------------------------------------------------------------------------------


def setitem(self: Any, index: Any, value: Any) -> None:
    """Write a number or a tensor, broadcast and converted, into a part of the tensor; all aliases see it.

    Raises:
        IndexError: as for reading.
        RuntimeError: the value does not broadcast, or torch forbids to write here.
        TypeError: the value is neither a number nor a tensor.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.zeros(2, 2)
        >>> x[0] = torch.tensor([1, 2])
        >>> x[:, 1] = 5
        >>> x
        tensor([[1., 5.],
                [0., 5.]])
    """
    value = _value(self, value)
    _check_single(self, index)
    if index is False:
        return
    if index is True:
        index = None
    if set_on_host(self, index if type(index) is tuple else (index,), value):
        return
    items = items_of(index)
    if all(i is None or i is Ellipsis or type(i) in (int, slice) for i in items):
        _set_basic(self, items, value)
        return
    viewed, tensors = walk(self, items)
    check_writable(viewed, value, shared=True)
    if set_by_mask(viewed, tensors, value):
        return
    value = without_leading_ones(value)
    indices = _resolved(tensors)
    if type(value) in TENSOR_TYPES and value.dtype != viewed.dtype:
        if value.dim():
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{viewed.dtype._scalar_name} for the destination and {value.dtype._scalar_name} for the "
                "source."
            )
        value = convert(value, viewed.dtype)
    _check_ranges(viewed, indices, value)
    assign(viewed, index_set(viewed, indices, value))


def _value(self: Any, value: Any) -> Any:
    if type(value) in TENSOR_TYPES:
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float, complex)):
        check_number(value, self._current().aval.dtype)
        return value
    if isinstance(value, jax.Array):
        return wrap(concrete(value))
    name = "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__
    raise TypeError(f"can't assign a {name} to a {legacy_name(self)}")


def _set_basic(self: Any, items: tuple[Any, ...], value: Any) -> None:
    rest = _check_count(self, items)
    size = self._current().aval.shape
    if items and all(i is Ellipsis or i == slice(None) for i in items):
        return _set_whole(self, value)
    if self._view is not None or (type(value) in TENSOR_TYPES and value._cell is self._cell):
        _set_by_views(self, items, value)
        return
    spans: list[tuple[int, int]] = []
    starts: list[int | None] = []
    shape: list[int] = []
    partial = False

    def keep(count: int) -> None:
        for n in size[len(spans) : len(spans) + count]:
            spans.append((n, 1))
            starts.append(None)
            shape.append(n)

    for item in items:
        d = len(spans)
        if item is None:
            shape.append(1)
        elif item is Ellipsis:
            keep(rest)
            rest = 0
        elif type(item) is int:
            partial = True
            starts.append(_check_index(item, size[d], d))
            spans.append((1, 1))
        else:
            start, length, step = span(item, size[d])
            if (length, step) == (size[d], 1):
                keep(1)
                continue
            partial = True
            starts.append(start)
            spans.append((length, step))
            shape.append(length)
    keep(len(size) - len(spans))
    if not partial and None not in items:
        return _set_whole(self, value)
    _check_leaf(self, partial)
    check_broadcast(value, tuple(shape))
    if len(size) > _BOX_DIMS:
        _set_by_views(self, items, value)
        return
    check_writable(self)
    starts.extend([None] * (_BOX_DIMS - len(starts)))
    if type(value) in TENSOR_TYPES:
        value = convert(value, self.dtype) if value.dtype != self.dtype else value
    assign(self, set_box(self, value, tuple(spans), tuple(shape), *starts))


def _set_whole(self: Any, value: Any) -> None:
    check_broadcast(value, tuple(self.shape))
    check_writable(self, value)
    if type(value) in TENSOR_TYPES and value.dim():
        self.copy_(in_shape(value, tuple(self.shape)))
    else:
        self.fill_(value if type(value) in TENSOR_TYPES else wrap(concrete(np.asarray(value))))


def _check_leaf(self: Any, partial: bool) -> None:
    recorded = modes.grad and not modes.hidden
    if partial and recorded and self._requires_grad and self._view is None and self._grad_fn is None:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        )


def _set_by_views(self: Any, items: tuple[Any, ...], value: Any) -> None:
    """Write through the chain of views that the index is."""
    viewed, _ = walk(self, items)
    check_broadcast(value, tuple(viewed.shape))
    viewed = alias(self) if viewed is self else viewed
    check_writable(viewed, value)
    if type(value) not in TENSOR_TYPES:
        value = wrap(concrete(np.asarray(value)))
    value = convert(value, viewed.dtype)
    assign(viewed, in_shape(value, tuple(viewed.shape)))


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """A copy with ``values`` written, or added, at index tensors.

    https://docs.pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html

    Args:
        input: the tensor.
        indices: index tensors, one for each leading dimension; None for a whole one.
        values: a tensor of the same dtype that broadcasts to the indices' shape.
        accumulate: add instead of writing.

    Raises:
        IndexError: an index that is known on the host is out of bounds.
        RuntimeError: shapes or dtypes do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros(3).index_put((torch.tensor([0, 2]),), torch.tensor(1.0))
        tensor([1., 0., 1.])
    """
    check_put(indices, values)
    if len(indices) == 1 and not accumulate and values.numel() == 1 and is_mask(indices[0]):
        values = convert(values, input.dtype)  # which torch fills
    if values.dtype != input.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{input.dtype._scalar_name} for the destination and {values.dtype._scalar_name} for the source."
        )
    tensors: list[Any] = []
    shape = tuple(input.shape)
    if len(indices) > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)} (got {len(indices)})")
    for item in indices:
        dim = len(tensors)
        if item is not None and is_mask(item):
            _check_mask(item, shape, dim)
            tensors.extend([item, *[...] * (item.dim() - 1)])
        else:
            tensors.append(item)
    places = [p for p in tensors if p is not None and p is not ...]
    dims = [1 if is_mask(p) else p.dim() for p in places]
    rank = input.dim() - sum(p is not None for p in tensors) + max(dims, default=0)
    if values.dim() > rank:  # brackets would leave out leading dimensions of size 1
        result = input.detach()[tuple([slice(None) if p is None else p for p in indices])]
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to indexing result of "
            f"shape {list(result.shape)}"
        )
    indices = _resolved(tensors)
    _check_ranges(input, indices, values)
    return index_set(input, indices, values, accumulate)


index_put.op = index_set.op  # type: ignore[attr-defined]
