"""Capture: watch a function while it is recorded, to know what its program depends on and what it changes.

A captured program's inputs are found by watching what the function reads: its arguments, the storage cells of other
tensors, gradients present at entry, and values drawn anew for each call (random numbers, hyperparameters). Its
outputs are the results and every cell and gradient that the function wrote. :mod:`.replay` makes the program.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .graph import flush
from .known import Known
from .lines import Line, user_line
from .recorder import recorder, unprofiled
from .value import Value, concrete

__all__ = [
    "CONSTANT",
    "Capture",
    "HostRead",
    "TorchDynamoException",
    "UncapturedHigherOrderOpError",
    "Unsupported",
]

CONSTANT: tuple[str, Any] = ("constant", None)


class TorchDynamoException(RuntimeError):
    """What a compiled function raises about its compilation."""


class Unsupported(TorchDynamoException):
    """A compiled function does something that cannot be part of a program."""


class UncapturedHigherOrderOpError(Unsupported):
    """A function given to ``cond``, ``while_loop`` or the like does what cannot be part of a program.

    Args:
        what: the operation, what its function does, and the remedy.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            "This higher order operator doesn't work unless it is captured completely with torch.compile. Got graph "
            f"break/error:\n\n{what}"
        )


class HostRead(Unsupported):
    """A value was asked for while a compiled function is being recorded."""


class Capture:
    """Watches a function being recorded; use as a context manager around the call.

    Whatever happens inside, all cells, gradients and training modes are back in their state at entry afterwards, unless
    the capture is given up: then the function has simply been called, and what it recorded belongs to the caller's
    graph.

    Args:
        foreign: tells of a tensor whether backward through it would go on to what was recorded before the function.
        bundles: whether what only an optimizer looks at may be one value, a bundle; :attr:`bundled` if some is.
        looks: whether tensors from outside are looked at also where there is another way, see :meth:`look`;
            :attr:`spared` if one was not.
    """

    # Tracers of the user's own jax transformation are computed with at once, see Tracing.
    lifts = False

    def __init__(self, foreign: Callable[[Any], bool], bundles: bool = True, looks: bool = False) -> None:
        self.foreign = foreign
        self.bundles = bundles
        self.bundled = False
        self.looks = looks
        self.spared = False
        self.given_up = ""  # why
        self.selects = False  # whether masks have selected what is not known, see _tensor/selection.py
        self.again = False  # and whether it may be otherwise in the next call
        self.sources: dict[int, tuple[str, Any]] = {}  # leaf value -> where a replay finds its array
        self.held: list[Any] = []  # keeps what the ids above and below stand for alive
        self.tensors: dict[int, tuple[Any, Any, bool]] = {}  # those from outside: cell and requires_grad
        self.cells: dict[int, tuple[Any, Value, int]] = {}  # written cells with value and version at entry
        self.indirect: set[int] = set()  # cells that are read by others than the tensors above
        # Tensors whose place in the backward graph was set, with that at entry; those made inside die with the call.
        self.histories: dict[int, tuple[weakref.ref[Any], Any, int, bool]] = {}
        # Outside views whose value was made anew from their base, with what they had before.
        self.views: dict[int, tuple[Any, Value, int, int]] = {}
        # Outside views with the storage that they were on, and what makes them of it.
        self.placed: dict[int, tuple[Any, Any, Any]] = {}
        self.borrowed: set[int] = set()  # the cells of arguments that are views
        self.grads: dict[int, tuple[Any, Any]] = {}  # tensors whose grad was touched, with the grad at entry
        # Those whose grad was read before it was set, and whether it was None.
        self.grads_read: dict[int, tuple[Any, bool]] = {}
        self.grad_cells: dict[int, Any] = {}  # cells of gradients at entry -> their tensors
        self.drawn: list[tuple[Callable[[], np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = []
        self.drawn_values: list[Value] = []
        self.redraw: Iterator[Value] | None = None  # draws to repeat instead of new ones
        self.streams: dict[int, tuple[Any, Any]] = {}  # generators drawn from, with their state at entry
        self.modules: dict[int, tuple[Any, bool]] = {}  # modules called in the mode that they had at entry
        self.switched: dict[int, tuple[Any, bool]] = {}  # modules whose mode was set, with that at entry
        self.guards: list[Callable[[], bool]] = []
        self.looked: dict[int, tuple[Value, Any]] = {}  # values that were read on the host, with their arrays
        self.known: list[Known] = []  # those of them that depend on tensors from outside
        # Called before and after each replay; the latter also when the function has only been called.
        self.begins: list[Callable[[], object]] = []
        self.ends: list[Callable[[], object]] = []
        self.nodes: list[Value] = []
        self.origins: dict[int, Value] = {}  # nothing stands for something else here, as in a Tracing
        self.lines: dict[int, Line] = {}  # number of a node -> the user's line that recorded it

    def __enter__(self) -> Capture:
        flush()
        recorder.capture = self
        recorder.step += 1
        return self

    def __exit__(self, *exc: object) -> None:
        if self.given_up:
            return
        recorder.capture = None
        recorder.step += 1
        self.nodes, recorder.nodes = recorder.nodes, []
        self.after_cells = [
            (c, c.value, c.version - version) for c, _, version in self.cells.values() if self._old(c)
        ]
        made = {key for key, (t, _) in self.grads.items() if self._made(t._cell)}
        self.after_grads = [
            (t, None if t._grad is None else t._grad._current())
            for key, (t, g) in self.grads.items()
            if t._grad is not g and key not in made
        ]
        self.entry_grads = [read for key, read in self.grads_read.items() if key not in made]
        self.after_modes = [(m, m.training) for m, _ in self.switched.values()]
        for cell, value, version in self.cells.values():
            cell.value, cell.version = value, version
        for tensor, grad in self.grads.values():
            tensor._grad = grad
        for module, training in self.switched.values():
            module.training = training
        for view, value, version, writes in self.views.values():
            view.value, view.version, view.writes = value, version, writes

    def give_up(self, why: str) -> None:
        """Make this an ordinary call: what was recorded so far stays recorded, and nothing is undone afterwards."""
        if self.given_up:
            return
        self.given_up = why
        inner = recorder.capture
        if inner is self:
            recorder.capture = None
            return
        while inner.parent is not self:  # the recording of a branch, a loop or a vmap within this one
            inner = inner.parent
        inner.parent = None

    def unbundle(self, why: str) -> None:
        """Give up, to record the next call without bundles."""
        self.bundles = False
        self.again = True
        self.give_up(why)

    def release(self) -> None:
        """Let go of everything but the nodes: whoever holds one after that is not the recording."""
        for table in (
            self.sources,
            self.cells,
            self.views,
            self.grads,
            self.grads_read,
            self.grad_cells,
            self.placed,
            self.looked,
        ):
            table.clear()
        for held in (self.held, self.after_cells, self.after_grads, self.drawn_values):
            held.clear()
        self.histories = {key: entry for key, entry in self.histories.items() if entry[1] is None}

    # -- called while the function runs ---------------------------------------------------------------------------

    def read(self, tensors: Sequence[Any]) -> None:
        """Operands of an operation: those that existed before are inputs."""
        self.lines[len(recorder.nodes)] = user_line()
        for tensor in tensors:
            cell = tensor._cell
            value = cell.value
            source = self.sources.get(id(value))
            if id(tensor) not in self.tensors and (tensor._view is not None or id(cell) in self.cells):
                self.indirect.add(id(cell))
            if source is None:
                if value.array is None:  # made by the function
                    self._written_before(tensor)
                    continue
                self._source(value, ("cell", cell))
            elif source is CONSTANT or source[0] == "draw":
                continue
            elif source[0] == "cell" and source[1] is not cell:
                # Two storages that hold one value now need not in the next call, which is recorded with two.
                cell.value = Value(value.aval, value.code, None, ())
                cell.value.array = value.array
                self.again = True
                self.give_up("two tensors had the same value")
                return
            if tensor._grad_fn is not None and self.foreign(tensor):
                self.give_up("a tensor with a history outside of the function is used")
                return
            if tensor._view is None and (source is None or source[0] != "argument"):
                self.tensors.setdefault(id(tensor), (tensor, cell, tensor._requires_grad))

    def _written_before(self, tensor: Any) -> None:
        """A tensor is read whose storage the function has written to, perhaps by another name."""
        cell = tensor._cell
        if id(cell) in self.cells and tensor._grad_fn is None and tensor._view is None:
            before = self.cells[id(cell)][1]
            if before.array is not None and self.sources.get(id(before), ("cell",))[0] == "cell":
                self.tensors.setdefault(id(tensor), (tensor, cell, tensor._requires_grad))

    def drop_written_with_history(self) -> None:
        """Let go of tensors that got a history inside: aliases made there, as by ``buffer.data.add_(x)``, die with it.

        One from outside that got one is held there, and refused for that.
        """
        self.tensors = {
            key: (tensor, cell, before)
            for key, (tensor, cell, before) in self.tensors.items()
            if before or tensor._grad_fn is None
        }

    def target(self, tensor: Any) -> None:
        """A tensor is written to as a whole, whatever it holds: a replay writes to the same one's storage."""
        cell = tensor._cell
        if id(cell) not in self.cells and tensor._grad_fn is None and cell.value.array is not None:
            source = self.sources.get(id(cell.value))
            if source is None or source[0] == "cell":
                self.tensors.setdefault(id(tensor), (tensor, cell, tensor._requires_grad))

    def rederives(self, tensor: Any) -> bool:
        """Whether a view made outside must be made anew from its base, so that replays see the base's new values."""
        view = tensor._view
        if view.value.array is None:
            return False  # made by the function
        self.views.setdefault(id(view), (view, view.value, view.version, view.writes))
        if id(view.value) in self.sources:
            return False
        self.placed.setdefault(id(tensor), (tensor, tensor._cell, view))
        return True

    def keep(self, cells: Sequence[Any]) -> None:
        """Cells that stay from call to call although they may have been made inside, such as optimizer state."""
        for cell in cells:
            if cell.value.array is not None and self.sources.get(id(cell.value), CONSTANT) is CONSTANT:
                self._source(cell.value, ("cell", cell))

    def argument(self, value: Value, index: int, cell: Any, is_view: bool) -> None:
        """A tensor among the arguments."""
        self._source(value, ("argument", index))
        if is_view:
            self.borrowed.add(id(cell))

    def constant(self, value: Value) -> None:
        """An array made inside the function from data: the same in each replay."""
        self._source(value, CONSTANT)

    def draw(
        self, sample: Callable[..., np.ndarray[Any, Any]], shape: tuple[int, ...] | None = None
    ) -> Value:
        """A host array that each replay draws anew: ``sample(shape)``, or ``sample()`` if no shape is given."""
        if self.redraw is not None:
            return next(self.redraw)
        thunk = sample if shape is None else functools.partial(sample, shape)
        array = self.unwatched(thunk)
        value: Value = self.unwatched(concrete, array)
        self._source(value, ("draw", len(self.drawn)))
        self.drawn.append((thunk, array))
        self.drawn_values.append(value)
        return value

    def draws_from(self, stream: Any) -> None:
        """A generator is about to be drawn from."""
        if id(stream) not in self.streams:
            self.streams[id(stream)] = (stream, stream.get_state())

    def written(self, cell: Any) -> None:
        """A cell is about to be rebound."""
        self.cells.setdefault(id(cell), (cell, cell.value, cell.version))
        if id(cell) in self.borrowed:
            self.give_up("a view among the arguments is written to")

    def history_written(self, tensor: Any) -> None:
        """A tensor is about to get another place in the backward graph."""
        entry = (weakref.ref(tensor), tensor._grad_fn, tensor._output_nr, tensor._requires_grad)
        self.histories.setdefault(id(tensor), entry)

    def put_histories_back(self) -> None:
        """Give tensors the places in the backward graph that they had at entry: the call ends with an exception."""
        for reference, node, number, requires_grad in self.histories.values():
            tensor = reference()
            if tensor is not None:
                tensor._grad_fn, tensor._output_nr, tensor._requires_grad = node, number, requires_grad

    def hooked(self, tensor: Any) -> None:
        """A hook is about to go to a tensor. On one from outside it stays, and the next call adds another."""
        if not self._made(tensor._cell):
            self.give_up("a hook goes to a tensor from outside")

    def grad_read(self, tensor: Any) -> None:
        """A tensor's ``grad`` is looked at: whether there is one at entry is part of what the program depends on."""
        if id(tensor) not in self.grads:
            grad = tensor._grad
            self.grads[id(tensor)] = (tensor, grad)
            self.grads_read[id(tensor)] = (tensor, grad is None)
            if grad is not None:
                self._source(grad._current(), ("grad", tensor))
                self.grad_cells[id(grad._cell)] = tensor

    def grad_written(self, tensor: Any) -> None:
        """A tensor's ``grad`` is about to be set."""
        self.grads.setdefault(id(tensor), (tensor, tensor._grad))

    def called(self, module: Any) -> None:
        """A module is called: its training mode is part of what the program depends on."""
        if id(module) not in self.switched:
            self.modules.setdefault(id(module), (module, module.training))

    def mode_written(self, module: Any) -> None:
        """A module's training mode is about to be set."""
        self.switched.setdefault(id(module), (module, module.training))

    def guard(self, holds: Callable[[], bool]) -> None:
        """Something that the program is specialised on: a replay is refused once ``holds()`` is False."""
        self.guards.append(holds)

    def knows(self, cell: Any) -> bool:
        """Whether the function has written to the cell, or read it without having made it."""
        return id(cell) in self.cells or self.sources.get(id(cell.value), CONSTANT) is not CONSTANT

    def unwatched(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function that is no part of the recording; what it makes exists when it returns."""
        with unprofiled():
            inner, recorder.capture = recorder.capture, None
            nodes, recorder.nodes = recorder.nodes, []
            try:
                result = function(*args, **kwargs)
                flush()
                return result
            finally:
                recorder.capture, recorder.nodes = inner, nodes

    def host_read(self, value: Value | None = None, use: str = "item") -> Any:
        """A value is asked for on the host, to be used as one "item", for a "branch", a "shape", or as an "array".

        Returns:
            Its array.

        Raises:
            HostRead: it was not made here from data, so it is known only when the program runs.
        """
        array = None if value is None else self._found(value, False)
        if array is None:
            raise HostRead(
                f"{user_line()}: a tensor's value was read on the host inside a compiled function (item(), float(), "
                "bool(), tolist(), numpy(), print, an `if` on a tensor, or an operation whose result's size depends on "
                "values), but it is known only when the program runs. Return the tensor and read it outside, use "
                "torch.where or torch.cond for a choice between values, or leave this function uncompiled "
                "(torch.compiler.disable)"
            )
        return array

    def look(self, tensor: Any, use: str = "item", optional: bool = False) -> Any:
        """A tensor's value is asked for to decide what is recorded.

        One that depends on tensors from outside alone is read; from then on the program is specialised on it.

        Args:
            tensor: the tensor.
            use: see :meth:`host_read`.
            optional: whether there is another way, with a program for all values.

        Returns:
            Its array; None if the recording has been given up.

        Raises:
            HostRead: it is known only when the program runs, or need not be known.
        """
        value = tensor._current()
        if value.array is not None and id(value) not in self.sources and optional and not self.looks:
            self.spared = True
            return self.host_read(None, use)
        self.read([tensor])  # another may have been read that is on the same storage now
        if self.given_up:
            return None
        value = tensor._current()
        array = self._found(value, self.looks or not optional, optional)
        return self.host_read(None, use) if array is None else array

    def _found(self, value: Value, outside: bool, spares: bool = False) -> Any:
        """A value's array, if it is the same in each call or was looked at before; else None.

        Args:
            value: the value.
            outside: whether it may depend on tensors from outside.
            spares: whether it is to be noted that it does so and may not.
        """
        if id(value) in self.looked:
            return self.looked[id(value)][1]
        if value.array is not None and self.sources.get(id(value)) is CONSTANT:
            return value.array
        known = Known.of(value, self.sources)
        if known is None or (known.cells and not outside):
            self.spared = self.spared or (spares and known is not None)
            return None
        versions = [self.cells[id(c)][2] if id(c) in self.cells else c.version for c in known.cells]
        self.unwatched(known.begin, versions)
        if known.cells:
            self.known.append(known)
        self.looked[id(value)] = value, known.array
        return known.array

    def _source(self, value: Value, source: tuple[str, Any]) -> None:
        self.sources[id(value)] = source
        self.held.append(value)

    def _made(self, cell: Any) -> bool:
        """Whether a cell was made inside, and so is nobody's business afterwards."""
        if id(cell) in self.cells:
            return not self._old(cell)
        return cell.value.array is None or self.sources.get(id(cell.value)) is CONSTANT

    def _old(self, cell: Any) -> bool:
        """Whether a written cell existed before the capture, or was declared to stay."""
        value = self.cells[id(cell)][1]
        return value.array is not None and self.sources.get(id(value)) is not CONSTANT
