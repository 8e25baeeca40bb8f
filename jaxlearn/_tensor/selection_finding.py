"""What is found by values in a compiled function, as a selection: ``nonzero()``, ``unique()``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import _dtypes as dtypes
from .._autograd.modes import no_grad
from .._engine.lines import user_line
from ..ops.joining import cat, stack
from .creation_constants import ones
from .creation_ranges import arange
from .selection import Selection, first_rows, select

__all__ = ["nonzero_rows", "unique_elements"]


def nonzero_rows(input: Any, as_tuple: bool) -> Any:
    """The places of the elements that are not zero.

    Args:
        input: the tensor.
        as_tuple: one vector for each dimension instead of a matrix.
    """
    mask = input if input.dtype._np == np.bool_ else input != 0
    shape = tuple(input.shape) or (1,)[:as_tuple]
    mask = mask if mask.dim() else mask.reshape(1)
    number = arange(math.prod(shape)).reshape(mask.shape)
    places = [number // math.prod(shape[d + 1 :]) % n for d, n in enumerate(shape)]
    if as_tuple:
        return tuple([select(p, [mask]) for p in places])
    return select(stack(places, -1) if places else number.reshape(1, 1)[:, :0], [mask])


def unique_elements(input: Any, return_inverse: bool, return_counts: bool, consecutive: bool) -> Any:
    """The different elements, and where in them each element is, and how often each comes.

    Args:
        input: the tensor, or what a mask selects of one dimension.
        return_inverse: whether the second result is wanted.
        return_counts: whether the third is.
        consecutive: whether only neighbours are compared, and the order stays.
    """
    with no_grad():
        selection = input.pack() if type(input) is Selection else None
        flat = input.detach().reshape(-1) if selection is None else selection.rows.detach()
        valid = None if selection is None else selection.valid
        if not consecutive:
            rows = flat if selection is None else _behind(selection)
            order = rows.sort(stable=True)[1]
            flat = flat[order]  # the selected ones are in front still
        new = flat[1:] != flat[:-1]
        new = cat([ones(min(len(flat), 1), dtype=dtypes.bool), new])
        if valid is not None:
            new = new & valid
        made = user_line() if selection is None else selection.made
        found = select(flat, [new]).pack()
        group = (new.cumsum(0) - 1).clamp(min=0)
        results = [found]
        if return_inverse:
            inverse = group if consecutive else group.new_zeros(group.shape).scatter(0, order, group)
            results.append(inverse.reshape(input.shape) if selection is None else selection.sound(inverse))
        if return_counts:
            each = (valid if valid is not None else ones(new.shape, dtype=dtypes.bool)).long()
            counts = each.new_zeros(each.shape).scatter_add(0, group, each)
            results.append(first_rows(counts, found.count, 0, made))
        return tuple(results) if len(results) > 1 else found


def _behind(selection: Selection) -> Any:
    """The packed rows with what a stable sort puts last in those that are not selected."""
    return selection.filled(math.nan) if selection.rows.is_floating_point() else selection.extreme(False)
