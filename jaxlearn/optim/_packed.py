"""An optimizer's state as one value of the graph, as long as nobody looks at it.

AdamW has 323 tensors of state over the 161 parameters of a ResNet-50. As values of their own they would be most of what
a step's plan has to number, mark and clear, and 0.3 ms of Python. So between the steps the arrays lie in one value, and
the tensors in ``optimizer.state`` are given theirs when the state is read. That nobody but the optimizer can look at
them is read off reference counts, as in the engine's plans.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from .._engine.capture import CONSTANT
from .._engine.device import default_device
from .._engine.graph import evaluate
from .._engine.program import copied, to_device
from .._engine.recorder import recorder
from .._engine.value import NO_DATA, Aval, Bundle, Value, bundled

__all__ = ["PackedState"]

# References if nobody else has one. To a value: its cell, a variable and getrefcount's argument; to an array: its value
# and the same; to a cell: its tensor and the argument.
_VALUE_REFS = 3
_ARRAY_REFS = 3
_CELL_REFS = 2
_TENSOR_REFS = 5

# What the tensors hold meanwhile.
_ELSEWHERE = Value(None, 0, None, ())


class PackedState:
    """The state of one update.

    Args:
        tensors: the state tensors.
        twins: for each that all parameters share the tensors of the same value, those of the other parameters.
        owners: for each the number of its parameter, None for what all of them share.
        parameters: how many there are.
    """

    __slots__ = ("_counts", "bundle", "results", "shown", "tensors", "twins", "value", "version", "whole")

    def __init__(
        self, tensors: list[Any], twins: list[list[Any]], owners: list[int | None], parameters: int
    ) -> None:
        self.tensors = tensors
        self.twins = twins
        # How many tensors each parameter's dictionary has.
        self._counts = [owners.count(None)] * parameters
        for i in owners:
            if i is not None:
                self._counts[i] += 1
        self.bundle: Bundle | None = None
        self.value: Value | None = None  # what they hold, while it is here
        self.shown: bool | None = None  # whether others hold the tensors too, and are to see each step
        self.version = 0  # the steps made since the tensors held it
        # The last update as it was recorded, with the values of the parameters, until it is computed.
        self.whole: Value | None = None
        self.results: list[Value] = []

    def pack(self) -> Value | None:
        """All tensors as one value; None where some are views or not computed yet."""
        self.settle()  # the last step was interrupted
        if self.value is not None:
            return self.value
        if not self.packable():
            return None
        avals: list[Aval] = []
        arrays: list[Any] = []
        capture = recorder.capture
        for tensor, twins in zip(self.tensors, self.twins, strict=True):
            value = tensor._cell.value
            array = value.array
            if type(array) is np.ndarray:
                if value.aval.device is not default_device():
                    array = to_device(array, value.aval)
            else:
                # A captured function holds what is made in it, as the state of a first step is, for as long as it runs.
                made = capture is not None and capture.sources.get(id(value)) is CONSTANT
                ours = made + [twin._cell.value for twin in twins].count(value)
                if getrefcount(value) > _VALUE_REFS + ours or getrefcount(array) > _ARRAY_REFS:
                    array = copied(array)
            avals.append(value.aval)
            arrays.append(array)
        self.bundle = bundled(tuple(avals))
        value = Value(self.bundle, 0, None, ())
        value.array = tuple(arrays)
        # From here on the state is there, so an interruption loses nothing of it.
        self.value = value
        for tensors in (self.tensors, *self.twins):
            for tensor in tensors:
                tensor._cell.value = _ELSEWHERE
        self.shown = None
        return value

    def packable(self) -> bool:
        """Whether the tensors are no views, and computed; in a captured function, that it has not met them yet."""
        capture = recorder.capture
        for tensor in self.tensors:
            value = tensor._cell.value
            if tensor._view is not None or value.array is None or value.aval.traced or value.array is NO_DATA:
                return False
            if capture is not None and capture.knows(tensor._cell):
                return False
        return not any(twin._view is not None for twins in self.twins for twin in twins)

    def still(self, bundle: Bundle) -> bool:
        """Whether the state is, or can be, one value of this type."""
        if self.value is not None:
            return self.bundle is bundle
        return self.packable() and bundled(tuple([t._cell.value.aval for t in self.tensors])) is bundle

    def unseen(self) -> bool:
        """Whether nobody else could have changed the state since the last step."""
        return self.value is not None and self.shown is False

    def taken(self, whole: Value, results: list[Value], known: bool, entries: list[dict[str, Any]]) -> None:
        """The packed state went into an update, whose results are to come.

        Args:
            whole: the update.
            results: the values of the parameters.
            known: whether others hold the optimizer's state as a whole.
            entries: the parameters' dictionaries in it.
        """
        self.results = results
        self.whole = whole
        self.value = None
        self.look(known, entries)

    def look(self, known: bool, entries: list[dict[str, Any]]) -> bool:
        """Whether others hold the tensors too; the arguments are those of :meth:`taken`."""
        if self.shown is None:
            self.shown = known or self._held_elsewhere(entries)
        return self.shown

    def _held_elsewhere(self, entries: list[dict[str, Any]]) -> bool:
        """Whether someone else holds a tensor, an alias of one, or one of the dictionaries."""
        counts = self._counts
        for tensors in (self.tensors, *self.twins):
            for i in range(len(tensors)):
                tensor = tensors[i]
                # In its dictionary, among what the update expects there, here, in a variable and an argument.
                if getrefcount(tensor) > _TENSOR_REFS or getrefcount(tensor._cell) > _CELL_REFS:
                    return True
        for i in range(len(entries) if self.tensors else 0):
            entry = entries[i]
            # In the state, in the update once and with each tensor, in a variable and an argument.
            if getrefcount(entry) > counts[i] + 4:
                return True
        return False

    def settle(self) -> None:
        """Hand out what the update has computed, if there is one."""
        whole = self.whole
        if whole is None:
            return
        arrays = whole.array if whole.array is not None else evaluate(whole)
        for value, array in zip(self.results, arrays, strict=False):
            value.array = array
            value.inputs = ()
        value = Value(self.bundle, 0, None, ())
        value.array = arrays[len(self.results) :]
        self.value = value
        self.version += 1
        # Last, so that what was interrupted is done again.
        self.whole = None
        self.results = []
        if self.shown:
            self.unpack()

    def unpack(self) -> None:
        """Give the tensors what they hold."""
        self.settle()
        value = self.value
        if value is None:
            return
        capture = recorder.capture
        if capture is not None and capture.knows(self):
            capture.unbundle("an optimizer's state is looked at that the function has changed")
        if value.array is None:
            evaluate(value)
        assert self.bundle is not None
        held: Value
        for tensor, twins, array, aval in zip(
            self.tensors, self.twins, value.array, self.bundle.avals, strict=True
        ):
            held = Value(aval, 0, None, ())
            held.array = array
            for t in (tensor, *twins):
                t._cell.value = held
                t._cell.version += self.version
        self.value = None
        self.version = 0
