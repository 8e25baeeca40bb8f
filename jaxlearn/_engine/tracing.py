"""Recording a function on placeholders: the body of a ``vmap``, of a branch or of a loop.

While a :class:`Tracing` is the recorder's capture, what the function records stays out of the surrounding graph. The
function's arguments are placeholders, whose values nobody knows; the tensors that it closes over stay what they are
and become operands of the one node that stands for the function in the surrounding graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from .graph import compute, evaluate
from .recorder import recorder
from .value import Aval, Value, concrete, intern

__all__ = ["Tracing"]


class Tracing:
    """Watches a function being recorded on placeholders; use as a context manager around the call.

    Args:
        refuse: called with a value that is read on the host although it depends on a placeholder, and the use that is
            to be made of it; raises the error.
        draw: gives the value of random numbers (``draw(tracing, sample, shape)``, see :meth:`draw`).
    """

    # Tracers of the user's own jax transformation become operands like any other value.
    lifts = True

    def __init__(
        self,
        refuse: Callable[[Value | None, str], None],
        draw: Callable[[Tracing, Callable[..., Any], tuple[int, ...] | None], Value] | None = None,
    ) -> None:
        self._refuse = refuse
        self._draw = draw
        self.selects = False  # see Capture
        self.mapped = draw is not None  # the body is run for many samples at once, as vmap's is
        self.placeholders: dict[int, Value] = {}
        self.lifted: dict[int, Value] = {}  # a tracer's value -> what stands for it while recording
        self.origins: dict[int, Value] = {}  # and back
        self.constants: set[int] = set()  # arrays made inside
        self.cells: dict[int, tuple[Any, Value]] = {}  # written cells with their values before
        self.views: dict[int, tuple[Any, Value, int, int]] = {}  # views read anew, as they were before
        self.nodes: list[Value] = []
        self._held: list[Any] = []  # keeps what the ids stand for alive

    def __enter__(self) -> Tracing:
        self.parent = recorder.capture
        self._outside, recorder.nodes = recorder.nodes, []
        recorder.capture = self
        recorder.step += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self.nodes, recorder.nodes = recorder.nodes, self._outside
        self._outside = []
        recorder.capture = self.parent
        recorder.step += 1
        local = {id(v) for v in self.nodes} | self.constants | self.placeholders.keys()
        self.inside = local
        for view, value, version, writes in self.views.values():
            view.value, view.version, view.writes = value, version, writes
        # What the function wrote to cells of the surroundings is undone here; the node's results are written instead.
        # The version goes on, as views made inside remember it.
        self.written_outside: list[tuple[Any, Value]] = []
        for cell, before in self.cells.values():
            if id(before) not in local:
                self.written_outside.append((cell, cell.value))
                cell.value = before
                cell.version += 1

    def placeholder(self, aval: Aval) -> Value:
        """A value that is known only where the node runs."""
        value = Value(aval, 0, None, ())
        self.placeholders[id(value)] = value
        return value

    def lift(self, value: Value) -> Value:
        """What stands for a tracer of the user's own jax transformation; other values stand for themselves."""
        if not isinstance(value.array, jax.core.Tracer):
            return value
        found = self.lifted.get(id(value))
        if found is None:
            aval = value.aval
            found = Value(intern(aval.shape, aval.dtype, aval.device), 0, None, ())
            self.lifted[id(value)] = found
            self.origins[id(found)] = value
            self._held.append(value)
        return found

    def depends(self, value: Value, on: Callable[[int], bool] | None = None) -> bool:
        """Whether a value depends on a placeholder (of those whose id ``on`` accepts)."""
        accepted = (lambda key: key in self.placeholders or key in self.origins) if on is None else on
        seen: set[int] = set()
        stack = [value]
        while stack:
            v = stack.pop()
            if accepted(id(v)):
                return True
            if id(v) not in seen and v.array is None:
                seen.add(id(v))
                stack.extend(v.inputs)
        return False

    def reaches(self, value: Value) -> bool:
        """Whether a value depends on a placeholder of this recording or one around it."""
        return self.depends(value) or (isinstance(self.parent, Tracing) and self.parent.reaches(value))

    def outside(self, function: Callable[[], Any]) -> Any:
        """Call a function as if this recording did not go on."""
        nodes, recorder.nodes = recorder.nodes, self._outside
        recorder.capture = self.parent
        try:
            return function()
        finally:
            self._outside, recorder.nodes = recorder.nodes, nodes
            recorder.capture = self

    # -- what a capture is told: see Capture ----------------------------------------------------------------------

    def read(self, tensors: Sequence[Any]) -> None:
        """Operands of an operation; the surrounding capture wants to know those from outside."""
        if self.parent is not None:
            self.parent.read(tensors)

    def target(self, tensor: Any) -> None:
        """A tensor is written to as a whole: what it held is not read."""

    def keep(self, cells: Sequence[Any]) -> None:
        """Cells that stay from call to call."""
        if self.parent is not None:
            self.parent.keep(cells)

    def constant(self, value: Value) -> None:
        """An array made inside."""
        self.constants.add(id(value))
        self._held.append(value)
        if self.parent is not None:
            self.parent.constant(value)

    def draw(self, sample: Callable[..., Any], shape: tuple[int, ...] | None = None) -> Value:
        """Random numbers: ``sample(shape)``, or ``sample()`` where the sizes are not its argument."""
        if self._draw is None:
            return self.draw_outside(sample, shape)
        return self._draw(self, sample, shape)

    def draw_outside(self, sample: Callable[..., Any], shape: tuple[int, ...] | None) -> Value:
        """The numbers drawn once, as the surroundings draw."""

        def drawn() -> Value:
            if self.parent is not None:
                value: Value = self.parent.draw(sample, shape)
                return value
            return concrete(sample() if shape is None else sample(shape))

        value: Value = self.outside(drawn)
        return value

    def written(self, cell: Any) -> None:
        """A cell is about to be rebound."""
        self.cells.setdefault(id(cell), (cell, cell.value))

    def history_written(self, tensor: Any) -> None:
        """See :meth:`.Capture.history_written`."""
        if self.parent is not None:
            self.parent.history_written(tensor)

    def hooked(self, tensor: Any) -> None:
        """See :class:`Capture`; hooks do not run here."""

    def grad_read(self, tensor: Any) -> None:
        """A tensor's ``grad`` is looked at."""
        if self.parent is not None:
            self.parent.grad_read(tensor)

    def grad_written(self, tensor: Any) -> None:
        """A tensor's ``grad`` is about to be set."""
        if self.parent is not None:
            self.parent.grad_written(tensor)

    def called(self, module: Any) -> None:
        """A module is called."""
        if self.parent is not None:
            self.parent.called(module)

    def mode_written(self, module: Any) -> None:
        """A module's training mode is about to be set."""
        if self.parent is not None:
            self.parent.mode_written(module)

    def draws_from(self, stream: Any) -> None:
        """A generator is about to be drawn from."""
        if self.parent is not None:
            self.parent.draws_from(stream)

    def give_up(self, why: str) -> None:
        """What goes on cannot be a part of the surrounding capture."""
        if self.parent is not None:
            self.parent.give_up(why)

    def rederives(self, tensor: Any) -> bool:
        """Whether a view made outside must be made anew from its base: not in here, where its value would be lost."""
        view = tensor._view
        if self.parent is not None and self.parent.rederives(tensor):
            self.parent.give_up("a view made outside is used in a branch, a loop or a vmap")
        self.views.setdefault(id(view), (view, view.value, view.version, view.writes))
        return False

    def unwatched(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function that is no part of the recording."""
        return self.outside(lambda: function(*args, **kwargs))

    def guard(self, holds: Callable[[], bool]) -> None:
        """Something that the program is specialised on."""
        if self.parent is not None:
            self.parent.guard(holds)

    def host_read(self, value: Value | None = None, use: str = "item") -> Any:
        """A value is asked for on the host: computed now, unless it depends on a placeholder.

        Returns:
            Its array.
        """
        if value is None or self.depends(value):
            self._refuse(value, use)
        elif self.parent is not None:
            return self.outside(lambda: self.parent.host_read(value, use))
        elif value.array is not None or id(value) not in {id(n) for n in recorder.nodes}:
            self.outside(lambda: evaluate(value))
        else:
            self.outside(lambda: compute([value]))
        return None if value is None else value.array

    def look(self, tensor: Any, use: str = "item", optional: bool = False) -> Any:
        """A tensor's value is asked for to decide what is recorded, see :class:`Capture`."""
        value, outer = tensor._current(), self
        while isinstance(outer, Tracing) and not outer.depends(value):
            outer = outer.parent
        if outer is None or isinstance(outer, Tracing):
            return self.host_read(value, use)
        return outer.look(tensor, use, optional)
