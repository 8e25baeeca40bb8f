"""What index operations look at before they run: the indices' values, computed ones if asked for, and the shapes."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from .._engine.graph import evaluate
from .._engine.recorder import recorder
from ..ops.indexing import index_get, index_set
from .argument_kinds import refuse
from .signatures import TENSOR_TYPES

__all__ = [
    "check_put",
    "check_range",
    "check_shapes",
    "in_range",
    "is_index_check_enabled",
    "known_values",
    "on_host",
    "set_index_check",
    "within",
]

# Up to this many values go through a list: in a training step, whose caches the last program has emptied, NumPy's
# set-up for a reduction takes 45 µs, and the list of a batch of 64 labels 10.
_FEW = 512


class _Switch:
    """Whether the check is on, in all threads."""

    def __init__(self) -> None:
        self.on = False


_switch = _Switch()


def is_index_check_enabled() -> bool:
    """Whether :func:`set_index_check` is on."""
    return _switch.on


class set_index_check:
    """Switch the check of computed indices on or off: at once, and as a context back again at its end.

    Indices and class numbers that come from data are always looked at, and one out of range is an error at its line.
    Those that are computed (by ``argmax``, say) are looked at in this mode only, as that computes what was recorded
    before them and so takes a step apart. Inside :func:`jaxlearn.compile` nothing is looked at.

    Args:
        mode: True to switch on.

    Example::

        >>> import jaxlearn as torch
        >>> weight, places = torch.ones(3, 2), torch.tensor([2, 9]).sort().values
        >>> with torch.set_index_check(True):
        ...     torch.nn.functional.embedding(places, weight)
        Traceback (most recent call last):
        IndexError: index out of range in self
    """

    def __init__(self, mode: bool) -> None:
        self._before = _switch.on
        _switch.on = bool(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        _switch.on = self._before


def known_values(tensor: Any) -> np.ndarray[Any, Any] | None:
    """The values that a check may look at: on the host already, or computed for it if that is switched on."""
    value = tensor._current()
    if type(value.array) is np.ndarray:
        return value.array
    if not _switch.on or recorder.capture is not None or value.aval.device.type == "meta":
        return None
    array = evaluate(value)
    return None if isinstance(array, jax.core.Tracer) else np.asarray(array)


def within(values: np.ndarray[Any, Any], low: int, end: int) -> bool:
    """Whether all integers, of which there is one at least, are in ``[low, end)``."""
    if values.size <= _FEW:
        found = values.ravel().tolist()
        return bool(min(found) >= low and max(found) < end)
    return bool(values.min() >= low and values.max() < end)


def on_host(tensor: Any) -> np.ndarray[Any, Any] | None:
    """The values if reading them costs nothing."""
    if recorder.capture is not None:
        return None
    return known_values(tensor)


def check_range(
    index: Any, size: int, message: str, error: type[Exception] = IndexError, lowest: int | None = None
) -> None:
    """Refuse an index tensor, if its values are on the host, that points outside ``[-size, size)``.

    Args:
        index: the index tensor.
        size: the number of elements it points into.
        message: torch's wording, with ``{}`` for the offending index.
        error: its exception.
        lowest: the lowest index allowed, if it is not ``-size``.
    """
    if not in_range(index, size, lowest):
        values, low = on_host(index), -size if lowest is None else lowest
        assert values is not None
        bad = values[(values >= size) | (values < low)].reshape(-1)[0]
        raise error(message.format(int(bad)))


def in_range(index: Any, size: int, lowest: int | None = None) -> bool:
    """Whether :func:`check_range` refuses nothing."""
    values = on_host(index) if type(index) in TENSOR_TYPES else None
    if values is None or not values.size or values.dtype.kind not in "iub":
        return True  # the operation refuses what is no index
    return within(values, -size if lowest is None else lowest, size)


def check_shapes(viewed: Any, indices: tuple[Any, ...], values: Any) -> None:
    """Let an indexed read, or a write of values, refuse shapes: torch looks at them before it looks at the indices."""
    struct = viewed._current().aval.struct
    indexed = {dim for dim, item in enumerate(indices) if item is not None}
    # XLA refuses to take from nothing in words of its own.
    shape = [1 if dim in indexed and not n else n for dim, n in enumerate(struct.shape)]
    operands: list[Any] = [jax.ShapeDtypeStruct(shape, struct.dtype)]
    operands += [None if t is None else t._current().aval.struct for t in indices]
    if values is None:
        jax.eval_shape(lambda x, *i: index_get.op.fn(x, i), *operands)
    else:
        given = values._current().aval.struct if type(values) in TENSOR_TYPES else values
        jax.eval_shape(lambda v, x, *i: index_set.op.fn(x, i, v), given, *operands)


def check_put(indices: Any, values: Any) -> None:
    """Refuse what ``index_put`` takes neither for indices nor for values.

    Raises:
        IndexError: an index tensor holds floating point numbers.
        TypeError: something is no tensor.
    """
    if type(indices) not in (tuple, list):
        raise refuse("index_put", "indices", "tuple of Tensors", indices, 1)
    if type(values) not in TENSOR_TYPES:
        raise refuse("index_put", "values", "Tensor", values, 2)
    for i, item in enumerate(indices):
        if type(item) not in TENSOR_TYPES and item is not None:
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(item).__name__}")
        if item is not None and item.dtype._np.kind not in "bi" and item.dtype._scalar_name != "Byte":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
