"""What a mask selects inside a compiled function, ``x[mask]``: its size is known only when the program runs.

It is computed with among all rows, those that the mask leaves out too: a row that is not selected is as the first one
that is, so that what is computed from it is as finite. In as far as each row's results are its own
(:mod:`.._engine.rows` tells) nothing more is needed; :mod:`.selection_calls` tells of everything else. Where the order
counts, the selected rows are brought to the front: they are packed then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from .._engine.capture import HostRead
from .._engine.lines import user_line
from .._engine.recorder import recorder
from .._engine.rows import MIXED, follow
from .._engine.value import Value
from .._overrides.modes import look
from ..ops.indexing import mask_rows
from .creation_ranges import arange
from .dispatch import TENSOR_TYPES
from .tensor import Tensor
from .tree import flatten, unflatten

__all__ = ["Selection", "by_rows", "equal", "first_rows", "refuse", "select"]


def _settled(name: str) -> Any:
    return property(lambda self: getattr(_settle(self), name))


class Selection(Tensor):
    """The tensor that a mask selects, as all rows together with the mask, while a compiled function is recorded."""

    _transient = True
    known_later = True  # see Results

    rows: Any  # the tensor of all rows
    valid: Any  # which of them are selected
    count: Any  # how many those are, a tensor
    place: int  # the dimension of the rows
    packed: bool  # whether the selected ones come first
    key: Value  # two selections with this in common have their rows at the same places
    made: Any  # the user's line

    # What the library looks at in a tensor that it is given.
    _cell = _settled("_cell")
    _view = _settled("_view")
    _grad_fn = _settled("_grad_fn")
    _requires_grad = _settled("_requires_grad")

    def __init__(self) -> None:
        """Made by :func:`select`."""

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do to the selected rows what a function does."""
        from .selection_calls import call  # which is made of tensors' methods

        kwargs = kwargs or {}
        given = [a for a in flatten((args, kwargs))[0] if type(a) is Selection]
        if recorder.capture is None:
            for selection in given:
                _settle(selection)
            return func(*args, **kwargs)
        name = func.__name__
        if name in ("__get__", "__set__", "__delete__"):
            name = func.__self__.fget.__name__  # type: ignore[attr-defined]
        return call(func, name, given, args, kwargs)

    def like(self, rows: Any, place: int | None = None) -> Selection:
        """What the same mask selects of other rows."""
        place = self.place if place is None else place
        return _make(rows, self.valid, self.count, place, self.packed, self.key, self.made)

    def sound(self, rows: Any) -> Selection:
        """The same of rows of which those that are not selected may hold anything."""
        return self.like(mask_rows(rows, self.valid, self.place))

    def chosen(self, valid: Any, count: Any = None) -> Selection:
        """Those alone of the selected rows that a mask of all rows selects too."""
        count = valid.sum() if count is None else count
        rows = mask_rows(self.rows, valid, self.place)
        return _make(rows, valid, count, self.place, False, valid._current(), self.made)

    def pack(self) -> Selection:
        """The same rows in the same order with the selected ones in front."""
        if self.packed:
            return self
        order = (~self.valid).argsort(stable=True)
        return first_rows(self.rows.index_select(self.place, order), self.count, self.place, self.made)

    def shortened(self, size: int) -> Selection:
        """The packed rows without the last ones, which cannot be selected."""
        return first_rows(self.rows.narrow(self.place, 0, size), self.count, self.place, self.made)

    def filled(self, fill: Any) -> Any:
        """The rows with a number in those that are not selected."""
        shape = [1] * self.rows.dim()
        shape[self.place] = -1
        return self.rows.masked_fill(~self.valid.reshape(shape), fill)

    def extreme(self, low: bool) -> Any:
        """The rows with the type's lowest or highest value in those that are not selected."""
        kind = self.rows.dtype._np
        if kind == np.bool_:
            return self.filled(not low)
        if kind.kind in "iu":
            return self.filled(int(np.iinfo(kind).min if low else np.iinfo(kind).max))
        return self.filled(-math.inf if low else math.inf)

    def aligned(self, other: Selection) -> bool:
        """Whether the rows of two selections are at the same places."""
        alike = self.packed == other.packed and self.valid.shape[0] == other.valid.shape[0]
        return alike and equal(self.key, other.key)

    def returned(self) -> tuple[list[Any], Callable[[list[Any]], Any]]:
        """For a function that returns it: tensors in its place, and what makes it of them on the host."""
        place = self.place
        return [self.rows, self.valid], lambda made: made[0][(*[slice(None)] * place, made[1])]


def _make(rows: Any, valid: Any, count: Any, place: int, packed: bool, key: Value, made: Any) -> Selection:
    capture = recorder.capture
    if not capture.selects:
        capture.selects = True
        look()
    selection: Selection = object.__new__(Selection)
    selection.__dict__.update(
        rows=rows, valid=valid, count=count, place=place, packed=packed, key=key, made=made
    )
    return selection


def first_rows(rows: Any, count: Any, place: int, made: Any) -> Selection:
    """The first rows of a tensor as a selection.

    Args:
        rows: the tensor.
        count: how many, a tensor.
        place: their dimension.
        made: the user's line.
    """
    valid = arange(rows.shape[place]) < count
    return _make(mask_rows(rows, valid, place), valid, count, place, True, count._current(), made)


def select(source: Any, tensors: list[Any]) -> Any:
    """What one mask selects while a compiled function is recorded; None if there are other index tensors.

    Args:
        source: the tensor.
        tensors: the index tensors by the dimension that they belong to.
    """
    places = [d for d, item in enumerate(tensors) if item is not None and item is not ...]
    mask = tensors[places[0]]
    if len(places) > 1 or mask.dtype._np != np.bool_:
        return None
    rows, valid = mask_rows(source, mask, places[0]), mask.reshape(-1)
    return _make(rows, valid, mask.sum(), places[0], False, mask._current(), user_line())


def _settle(selection: Selection) -> Any:
    """Make it the tensor that it stands for, where the recording has been given up and values can be read."""
    if recorder.capture is not None:
        refuse(selection, "this use")
    made, build = selection.returned()
    tensor = build(made)
    selection.__class__ = Tensor  # type: ignore[assignment]
    selection.__dict__.clear()
    selection.__dict__.update(tensor.__dict__)
    return selection


def refuse(selection: Selection, what: str) -> NoReturn:
    """Refuse what needs the number of what is selected.

    Raises:
        HostRead: always.
    """
    raise HostRead(
        f"{selection.made}: the number of elements that a mask selects was read on the host inside a compiled "
        f"function, but it is known only when the program runs: {what} needs it, or mixes the elements. What is done "
        "to each by itself or along them in their order, a sum, mean, maximum and the like, a loss, and y[mask] = ... "
        "with the same mask do not. Use torch.where or a product with the mask, or leave this function uncompiled "
        "(torch.compiler.disable)"
    )


def equal(a: Value, b: Value, depth: int = 8) -> bool:
    """Whether two values are the same, or what the same operations give of the same."""
    if a is b:
        return True
    return bool(
        depth
        and a.inputs
        and a.code == b.code
        and a.signature is b.signature
        and repr(a.numbers) == repr(b.numbers)
        and all(equal(x, y, depth - 1) for x, y in zip(a.inputs, b.inputs, strict=True))
    )


def by_rows(
    func: Callable[..., Any], given: Sequence[Selection], args: Any, kwargs: Any, zeros: bool = False
) -> Any:
    """The function on all rows, if it keeps them apart; else None.

    Args:
        func: the function.
        given: the selections among its arguments, whose rows are at the same places.
        args: its arguments.
        kwargs: those by keyword.
        zeros: rows that are not selected are zeros, so that sums of products may go over all rows.
    """
    stand_ins = {id(s): s.filled(0) if zeros else s.rows for s in given}
    seeds = {id(stand_ins[id(s)]._current()): s.place for s in given}
    start = len(recorder.nodes)
    leaves, structure = flatten((args, kwargs))
    args, kwargs = unflatten([stand_ins.get(id(x), x) for x in leaves], structure)
    leaves, structure = flatten(func(*args, **kwargs))
    values = [x._current() if type(x) in TENSOR_TYPES else None for x in leaves]
    dim_of = follow(recorder.nodes[start:], seeds, zeros)
    results = []
    for x, value in zip(leaves, values, strict=True):
        if value is None:
            return None  # a number, as of the elements
        place = dim_of(value)
        if place == MIXED:
            return None
        own = next((s for s in given if s.rows is x), None)
        if own is not None and own.place != place:
            return None
        if place < 0 and func.__name__.endswith("_like"):
            place = given[0].place
        results.append(own if own is not None else x if place < 0 else given[0].like(x, place))
    return unflatten(results, structure)
