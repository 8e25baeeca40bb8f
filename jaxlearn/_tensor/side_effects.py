"""What a function does beside computing: changes to Python objects, which a replayed program would not repeat.

While a function is recorded, a profiling hook tells which functions of the user's run and which methods they call on
lists, dictionaries and sets. What these functions can reach (their arguments and free variables, the globals they
name, and a few levels of what these hold) is noted when they begin and compared afterwards.
"""

from __future__ import annotations

import builtins
import dis
import gc
import io
import logging
import sys
import types
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from inspect import CO_GENERATOR
from typing import Any

from .._engine.capture import Capture, Unsupported
from .._engine.lines import Line
from .._engine.plan import Plan, planning
from .arguments import children
from .contents import BUFFERS, CONTAINERS, MISSING, contents, is_nested, put_back
from .dispatch import TENSOR_TYPES
from .python_state import SCALARS, PythonState, differs, in_cell
from .reach import Reach, attributes_of, is_of_library, is_plain, is_users
from .streams import asks_outside, position, went_on

__all__ = ["SideEffect", "Watch", "refuse_stored_tensors"]

_WRITERS = {
    "append", "extend", "insert", "pop", "popitem", "remove", "clear", "update", "setdefault", "add", "discard", "sort",
    "reverse", "appendleft", "popleft",
}  # fmt: skip
# How many references lead from an object to what is certainly outside, at most.
_DEPTH = 10
# How many objects are looked at.
_REACHED = 10_000
# Elements of a container whose own contents are compared.
_INSIDE = 256
# How many containers deep.
_LEVELS = 10
# Where the standard library's logger writes what is not filtered out.
_LOGS = logging.Logger._log.__code__


class SideEffect(Unsupported):
    """A compiled function changes something that its program cannot change again in each call."""


class _Change:
    """A change that was found: what, and whether it only made something that was missing."""

    def __init__(self, what: str, line: Line | None, begins: bool) -> None:
        self.what = what
        self.line = line
        self.begins = begins


class Watch:
    """Notes what the user's functions change; use as a context manager around the call.

    Args:
        function: what is called.
        args, kwargs: what it is called with.
    """

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._called = [function, *args, *kwargs.values()]
        self._imported: dict[str, Any] = {}  # Python modules
        self._roots = {id(x) for x in _reachable((function, args, kwargs))}
        # Containers among the arguments are part of what a recording is looked up by.
        self._given = {id(x) for x in _reachable((args, kwargs)) if children(x) is not None}
        self._codes: dict[Any, list[str]] = {}  # the user's functions that ran, with private names in them
        self._others: set[Any] = set()  # functions of libraries
        self._before: dict[int, tuple[Any, str, dict[Any, Any]]] = {}
        self._holders: dict[int, Any] = {}  # in what these were found
        self._globals: dict[tuple[int, str], tuple[dict[str, Any], Any]] = {}
        self._names: dict[tuple[int, str], tuple[dict[str, Any], str, Any]] = {}  # globals that were read
        self._cells: dict[int, tuple[Any, str, Any]] = {}
        self._calls: list[tuple[Any, str, Line]] = []  # methods that write, called by the user
        self._printed: tuple[Line, str] | None = None
        self._streams: list[tuple[Any, Any]] = []  # iterators and the like, with where they are
        self._resumed: set[int] = set()  # frames of generators
        self._varies = ""
        self._changes: list[_Change] | None = None
        self._outer(function)

    def _outer(self, function: Any) -> None:
        """Note the variables of outer functions that the function, and functions among these variables, can set."""
        own = getattr(function, "__self__", None)
        if own is not None:
            self._note(own, type(own).__name__)
        if hasattr(function, "_modules"):
            function = type(function).forward
        function = getattr(function, "__func__", function)
        function = getattr(function, "__wrapped__", function)
        code = getattr(function, "__code__", None)
        if code is None or is_of_library(function.__globals__.get("__name__")):
            return
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
            if id(cell) not in self._cells:
                content = in_cell(cell)
                self._cells[id(cell)] = (cell, name, content)
                if isinstance(content, types.FunctionType):
                    self._outer(content)

    def __enter__(self) -> Watch:
        self._caller = sys._getframe(1).f_code
        self._profiler = sys.getprofile()
        # What the garbage collector calls (finalizers, `gc.callbacks`) is no part of the function.
        self._collects = gc.isenabled()
        gc.disable()
        sys.setprofile(self._event)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._profiler is None or callable(self._profiler):
            sys.setprofile(self._profiler)
        else:  # cProfile's before Python 3.12
            sys.setprofile(None)
            self._profiler.enable()
        if self._collects:
            gc.enable()

    # -- while the function runs ------------------------------------------------------------------------------------

    def _event(self, frame: types.FrameType, event: str, given: Any) -> None:
        code = frame.f_code
        if event == "call":
            if code.co_flags & CO_GENERATOR:
                self._resumed.add(id(frame))
            if code in self._codes:
                self._arguments(frame)
            elif code not in self._others:
                if not is_of_library(frame.f_globals.get("__name__")) and not self._is_behind(frame.f_back):
                    self._codes[code] = [name for name in code.co_names if name.startswith("_")]
                    self._begin(frame, code)
                else:
                    self._others.add(code)
                    if code is _LOGS:
                        self._prints(frame, "logs")
        elif event == "c_call" and code in self._codes:
            name = given.__name__
            if name in _WRITERS:
                target = getattr(given, "__self__", None)
                if isinstance(target, (list, dict, set)) or hasattr(target, "appendleft"):
                    self._calls.append((target, name, Line(code.co_filename, frame.f_lineno)))
            elif given is builtins.print:
                self._prints(frame, "prints")
            elif name == "write" and isinstance(getattr(given, "__self__", None), io.IOBase):
                self._prints(frame, "writes to a file")
            elif asks_outside(given):
                self._varies = "it asks for the time or for input, which is another in each call"

    def _is_behind(self, frame: types.FrameType | None) -> bool:
        """Whether a frame is one of Python's import or logging, or was called by it: hooks are no part of a program."""
        while frame is not None and frame.f_code not in self._codes and frame.f_code is not self._caller:
            if str(frame.f_globals.get("__name__")).partition(".")[0] in ("importlib", "logging"):
                return True
            frame = frame.f_back
        return False

    def _prints(self, frame: types.FrameType | None, what: str) -> None:
        while frame is not None and frame.f_code not in self._codes:
            frame = frame.f_back
        if frame is not None and self._printed is None:
            self._printed = Line(frame.f_code.co_filename, frame.f_lineno), what

    def _begin(self, frame: types.FrameType, code: types.CodeType) -> None:
        self._arguments(frame)
        for instruction in dis.get_instructions(code):
            name = instruction.argval
            if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                self._globals.setdefault(
                    (id(frame.f_globals), name), (frame.f_globals, frame.f_globals.get(name, MISSING))
                )
            elif instruction.opname == "IMPORT_NAME" and name in sys.modules:
                self._imported[name] = sys.modules[name]
            elif instruction.opname == "LOAD_GLOBAL" and name in frame.f_globals:
                value = frame.f_globals[name]
                self._names.setdefault((id(frame.f_globals), name), (frame.f_globals, name, value))
                self._note(value, name)
                self._members(value, code.co_names)

    def _members(self, x: Any, names: Iterable[str]) -> None:
        """Note what a Python module of the user's has by these names."""
        if isinstance(x, types.ModuleType) and is_users(x):
            held = vars(x)
            for name in names:
                if name in held and id(held[name]) not in self._before:
                    self._note(held[name], name, holder=x)
                    self._members(held[name], names)

    def _arguments(self, frame: types.FrameType) -> None:
        private = self._codes[frame.f_code]
        for name, value in frame.f_locals.items():
            self._note(value, name)
            if private and not is_plain(type(value)):
                # Other private attributes of such an object are the library's.
                for attributes in attributes_of(value):
                    for key in private:
                        self._nested(attributes.get(key), key, value, _LEVELS)

    def _note(self, x: Any, name: str, levels: int = _LEVELS, holder: Any = None) -> None:
        """Remember what is in an object or container now, and in those that it holds."""
        if id(x) in self._before or type(x) in TENSOR_TYPES or len(self._before) > _REACHED:
            return
        if holder is not None:
            self._holders[id(x)] = holder
        where = position(x)
        if where is not None:
            self._before[id(x)] = (x, name, {})
            self._streams.append((x, where))
            return
        content = contents(x)
        if content is None:
            return
        self._before[id(x)] = (x, name, content)
        if levels and len(content) <= _INSIDE and not isinstance(x, (*BUFFERS, types.ModuleType)):
            for key, value in content.items():
                self._nested(value, str(key), x, levels - 1)
        kind = x if isinstance(x, type) else type(x)
        for cls in kind.__mro__[kind is x :]:
            if is_users(cls):
                self._note(cls, cls.__name__)

    def _nested(self, x: Any, name: str, holder: Any, levels: int) -> None:
        if is_nested(x):
            self._note(x, name, levels, holder)

    # -- afterwards -------------------------------------------------------------------------------------------------

    def varies(self, out: Any) -> str:
        """Why the next call may find something else than this one; empty if there is no reason.

        Args:
            out: what the function returned.
        """
        for x, before in self._streams:
            if went_on(before, position(x), self._resumed) and self._outside(x, out):
                return f"a {type(x).__name__} from outside gives something else in each call"
        return self._varies

    def changes(self, out: Any) -> list[_Change]:
        """What is different in objects that are not the function's own.

        Args:
            out: what the function returned; what it holds is the function's own as well.
        """
        if self._changes is None:
            self._changes = [c for x, c in self._differences() if x is None or self._outside(x, out)]
        return self._changes

    def _outside(self, x: Any, out: Any) -> bool:
        """Whether something other than the function's own objects and this recording refers to an object."""
        skipped = {id(x) for x in _reachable(out)} - self._roots
        skipped |= {id(self._before), id(self._calls), *map(id, self._before.values()), *map(id, self._calls)}
        skipped |= {id(content) for _, _, content in self._before.values()}
        skipped |= {id(self._holders), id(self._streams), *map(id, self._streams)}
        level = [x]
        while id(level[-1]) in self._holders:  # the collector need not know of who holds numbers only
            level.append(self._holders[id(level[-1])])
        seen = {*map(id, level)}
        for _ in range(_DEPTH):
            if any(id(y) in self._roots for y in level):
                return True
            asked = tuple(level)  # which Python 3.13 counts among those that refer to them
            found = gc.get_referrers(*asked)
            skipped |= {id(level), id(asked), id(found)}
            level = [
                y
                for y in found
                if id(y) not in skipped and id(y) not in seen and not isinstance(y, types.FrameType)
            ]
            seen.update(map(id, level))
            found.clear()
            if any(
                isinstance(y, types.ModuleType) or (type(y) is dict and "__builtins__" in y) for y in level
            ):
                return True
            if not level:
                return False
        return True

    def _differences(self) -> Iterator[tuple[Any, _Change]]:
        for (_, name), (namespace, before) in self._globals.items():
            now = namespace.get(name, MISSING)
            if differs(before, now):
                line = self._store("STORE_GLOBAL", name)
                yield None, _Change(f"the global variable '{name}' is set", line, before is MISSING)
        for cell, name, before in self._cells.values():
            if differs(before, in_cell(cell)):
                line = self._store("STORE_DEREF", name)
                yield None, _Change(f"the variable '{name}' of an outer function is set", line, False)
        for x, name, before in self._before.values():
            now = contents(x)
            if now is None:
                continue
            if isinstance(x, (*CONTAINERS, *BUFFERS)):
                if before.keys() != now.keys() or any(differs(before[k], now[k]) for k in now):
                    line = next((where for target, _, where in self._calls if target is x), None)
                    new = isinstance(x, dict) and all(
                        k in now and not differs(before[k], now[k]) for k in before
                    )
                    what = f"the {type(x).__name__} '{name}' is changed"
                    yield x, _Change(what, line or self._store("STORE_SUBSCR", None), new)
                continue
            for key, value in now.items():
                was = before.get(key, MISSING)
                if key != "training" and differs(was, value):
                    what = f"the attribute '{key}' of {name} ({type(x).__name__}) is set"
                    yield x, _Change(what, self._store("STORE_ATTR", key), was is MISSING or was is None)

    def _store(self, opcode: str, name: str | None) -> Line | None:
        """The line of the first such instruction in the functions that ran."""
        for code in self._codes:
            for instruction in dis.get_instructions(code):
                if instruction.opname == opcode and (name is None or instruction.argval == name):
                    number = instruction.positions.lineno if instruction.positions else None
                    return Line(code.co_filename, number or code.co_firstlineno)
        return None

    def undo(self) -> None:
        """Put back what the function changed: its call ends with an exception, which leaves everything as it was."""
        for (_, name), (namespace, before) in self._globals.items():
            if before is MISSING:
                namespace.pop(name, None)
            else:
                namespace[name] = before
        for cell, _, before in self._cells.values():
            if before is not MISSING and before is not in_cell(cell):
                cell.cell_contents = before
        for x, _, before in self._before.values():
            put_back(x, before)

    def state(self, modules: Iterable[Any], tensors: Iterable[Any]) -> PythonState:
        """The values that the function saw, to be compared before a replay.

        Args:
            modules: those that were called.
            tensors: those from outside that were read.
        """
        reach = Reach(
            [*self._called, *(value for _, _, value in self._names.values()), *self._imported.values()],
            self._codes,
            self._given,
            modules,
        )
        return PythonState(self._names.values(), reach.found, reach.modules, tensors)

    def only_begins(self, out: Any) -> bool:
        """Whether there are changes, all of which made something that was missing."""
        changes = self.changes(out)
        return bool(changes) and all(c.begins for c in changes)

    def refuse(self, out: Any) -> None:
        """Warn of a print, and refuse changes.

        Raises:
            SideEffect: something was changed.
        """
        if self._printed is not None:
            line, what = self._printed
            warnings.warn(
                f"{line} {what} inside a compiled function: it does so when the function is recorded, not in "
                "later calls. Print outside, or exclude the function with torch.compiler.disable",
                stacklevel=5,
            )
        for change in self.changes(out):
            where = "" if change.line is None else f"{change.line}: "
            raise SideEffect(
                f"{where}{change.what} inside a compiled function, whose Python runs only when it is recorded: later "
                "calls would not do it. Return the value and do this outside, keep it in a tensor that is written in "
                "place (copy_, add_), or leave this function uncompiled (torch.compiler.disable)"
            )


def _reachable(x: Any) -> list[Any]:
    """Containers and objects that an argument or result consists of, and the variables of a function."""
    found = [x]
    seen = {id(x)}
    for y in found:  # which grows
        inside: Any = ()
        if isinstance(y, dict):
            inside = y.values()
        elif isinstance(y, (list, tuple, set, deque)):
            inside = y
        elif isinstance(y, types.FunctionType):
            inside = (*(y.__closure__ or ()), *(y.__defaults__ or ()), *(y.__kwdefaults__ or {}).values())
        elif isinstance(y, types.CellType):
            inside = (in_cell(y),)
        elif isinstance(y, types.MethodType):
            inside = (y.__self__, y.__func__)
        elif type(y) not in SCALARS and type(y) not in TENSOR_TYPES and is_users(type(y)):
            held = attributes_of(y)
            inside = (*(d for d in held if isinstance(d, dict)), *(dict(d.items()) for d in held[1:]))
        if len(found) < _REACHED:
            found.extend(z for z in inside if id(z) not in seen and type(z) not in SCALARS[:-2])
            seen.update(map(id, inside))
    return found


def refuse_stored_tensors(capture: Capture) -> None:
    """Refuse tensors that were made by the function and are held by something else than its results.

    Raises:
        SideEffect: there is one.
    """
    with planning:
        stored = _held(capture)
        if stored:
            gc.collect()
            stored = _held(capture)
    if stored:
        position = stored[0]
        line = next((capture.lines[i] for i in range(position, -1, -1) if i in capture.lines), None)
        where = "" if line is None else f"{line}: "
        raise SideEffect(
            f"{where}a tensor made here, inside a compiled function, is stored outside of it (in a list, an attribute, "
            "a variable): later calls would not do it. Return the tensor, or keep it in a tensor that is written in "
            "place (copy_, add_), or leave this function uncompiled (torch.compiler.disable)"
        )


def _held(capture: Capture) -> list[int]:
    """The numbers of the captured nodes that somebody holds."""
    alive = {id(node) for node in Plan(capture.nodes).outputs}
    return [i for i, node in enumerate(capture.nodes) if id(node) in alive]
