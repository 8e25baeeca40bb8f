"""What looks at all that a mask selects in a compiled function at once: statistics, attention, searching, counting.

The functions are as those of :mod:`.selection_order`: each takes the function that is called and its arguments, and
gives the result, or None where it is none of its business.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._autograd.modes import no_grad
from ..ops.shape_dims import wrap_dim
from .creation_ranges import arange
from .selection import Selection

__all__ = ["WHOLE"]


def _batch_norm(
    func: Any,
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """In training the mean and the variance are those of the selected rows."""
    if not training or type(x) is not Selection or x.place == 1:
        return None
    dims = [d for d in range(x.rows.dim()) if d != 1]
    shape = [1, -1, *[1] * (len(dims) - 1)]
    mean, variance = x.mean(dims), x.var(dims, correction=0)
    if running_mean is not None:
        count = x.count * math.prod(x.rows.shape[d] for d in dims if d != x.place)
        with no_grad():
            unbiased = variance * count / (count - 1)
            for running, now in ((running_mean, mean), (running_var, unbiased)):
                running.copy_(running * (1 - momentum) + now * momentum)
    result = (x - mean.reshape(shape)) * (variance + eps).rsqrt().reshape(shape)
    if weight is not None:
        result = result * weight.reshape(shape)
    return result if bias is None else result + bias.reshape(shape)


def _attention(
    func: Any,
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **options: Any,
) -> Any:
    """Attention to the selected keys, from selected queries or all."""
    if attn_mask is not None or type(key) is not Selection or type(value) is not Selection:
        return None
    if key.place != key.rows.dim() - 2 or value.place != key.place or not key.aligned(value):
        return None
    selected = type(query) is Selection
    if selected and query.place != query.rows.dim() - 2:
        return None
    if is_causal:  # the queries' and keys' numbers are compared
        key, value = key.pack(), value.pack()
        query = query.pack() if selected else query
    rows = query.rows if selected else query
    mask = (key.valid | (key.count == 0)).reshape(1, -1).expand(rows.shape[-2], -1)
    if is_causal:
        mask = mask & (arange(mask.shape[0]).reshape(-1, 1) >= arange(mask.shape[1]))
    found = func(rows, key.rows, value.rows, mask, dropout_p, **options)
    return query.sound(found) if selected else found.masked_fill(key.count == 0, 0.0)


def _isin(func: Any, elements: Any, test_elements: Any, **options: Any) -> Any:
    if type(test_elements) is not Selection:
        return None
    # Rows that are not selected are as the first one that is.
    found = func(elements, test_elements.rows, **options)
    if options.get("invert"):
        return found | (test_elements.count == 0)
    return found & (test_elements.count > 0)


def _searchsorted(func: Any, sequence: Any, values: Any, **options: Any) -> Any:
    if func.__name__ == "bucketize":
        sequence, values = values, sequence
    if type(sequence) is not Selection or type(values) is Selection or sequence.rows.dim() != 1:
        return None
    packed = sequence.pack()
    rows = packed.extreme(False)
    given = (values, rows) if func.__name__ == "bucketize" else (rows, values)
    found = func(*given, **options)
    return found.minimum(packed.count.to(found.dtype))


def _histc(func: Any, x: Any, bins: int = 100, min: Any = 0, max: Any = 0) -> Any:
    if type(x) is not Selection or min == max:
        return None
    return func(x.filled(max + 1 + abs(max)), bins, min, max)


def _roll(func: Any, x: Any, shifts: Any, dims: Any = None) -> Any:
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = (dims,) if isinstance(dims, int) else tuple(dims or ())
    if not dims and x.rows.dim() == 1:
        dims = (0,)
    if len(shifts) != len(dims) or x.place not in [wrap_dim(d, x.rows.dim()) for d in dims]:
        return None
    packed = x.pack()
    for shift, dim in zip(shifts, dims, strict=True):
        if wrap_dim(dim, x.rows.dim()) != x.place:
            packed = func(packed, shift, dim)
            continue
        places = (arange(packed.valid.shape[0]) - shift) % packed.count.clamp(min=1)
        packed = packed.sound(packed.rows.index_select(x.place, places))
    return packed


WHOLE: dict[str, Callable[..., Any]] = {
    "batch_norm": _batch_norm,
    "scaled_dot_product_attention": _attention,
    "isin": _isin,
    **dict.fromkeys(("searchsorted", "bucketize"), _searchsorted),
    "histc": _histc,
    "roll": _roll,
}
