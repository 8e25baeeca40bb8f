"""Compiled functions: record a function once for each kind of arguments, then replay one program."""

from __future__ import annotations

import functools
import threading
import types
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from .._autograd.modes import modes
from .._autograd.node import GradNode, next_sequence
from .._autograd.used_up import again, outline, used_up
from .._dtypes import get_default_dtype
from .._engine.capture import Capture, HostRead
from .._engine.known import Known
from .._engine.recorder import recorder
from .._engine.replay import Replay
from .._engine.signature import Vjp
from .._engine.stats import counters
from .._overrides.calls import PLAIN
from .._overrides.modes import look_no_more
from .._random.generator import current_generator
from .arguments import Arguments, Results, described, difference
from .cell import view_of
from .dispatch import wrap, wrap_cell
from .methods_subclass import as_class
from .node_replay import NodeReplay, why_not
from .python_state import random_states
from .side_effects import Watch, refuse_stored_tensors

__all__ = ["compile_function", "forget_recordings", "stance"]

# Recordings that one function keeps: kinds of arguments, and values of numbers for each kind.
_KINDS = 128
_VALUES = 8


# The tables of all compiled functions, by identity.
_tables: weakref.WeakValueDictionary[int, _Table] = weakref.WeakValueDictionary()


class _Kind(list["_Recording"]):
    """The recordings for one kind of arguments, the latest first.

    Where what a function depends on changes in each call, an annealed weight or a counter, a recording costs more than
    the call and is used once: the function is called as it is then, and tried again now and then.
    """

    called = 0  # times that the function was called as it is
    numbers: list[str] | None = None  # the numbers of the last such call

    def is_waste(self, numbers: list[str]) -> bool:
        """Whether another recording would hardly be used again.

        Args:
            numbers: those among the arguments.
        """
        if any(r.uses > 1 for r in self):
            return False
        if numbers == self.numbers and all(r.numbers != numbers for r in self):
            return False  # they stay as they are now
        self.numbers = numbers
        self.called += 1
        return self.called < 64 or bool(self.called & (self.called - 1))


class _Table(OrderedDict[Any, _Kind]):
    """The recordings of one function, by the kind of arguments."""


def forget_recordings() -> None:
    """Make every compiled function be recorded anew at its next call."""
    for table in list(_tables.values()):
        table.clear()


class _Stance(threading.local):
    """What calling a compiled function means: "default", or one of the others of ``torch.compiler.set_stance``."""

    name = "default"


stance = _Stance()


class _Recording:
    """One recording of a function: its replay, and how its results are put together. Without a replay the function is
    called as it is."""

    def __init__(self, numbers: list[Any], described: dict[Any, Any], replay: Replay | None = None) -> None:
        self.numbers = [repr(n) for n in numbers]
        self.described = described
        self.replay = replay
        self.build: Callable[[list[Any]], Any] = _unbuilt
        self.results: list[_Result] = []
        self.bundles = True
        self.spared = False
        self.known: list[Known] = []  # what decided that there is no replay
        self.uses = 0

    def __call__(self, tensors: list[Any]) -> Any:
        assert self.replay is not None
        self.uses += 1
        if isinstance(self.replay, NodeReplay):
            made = self.replay.record(tensors)
            return self.build([result(made, tensors) for result in self.results])
        values = self.replay(tensors, wrap)
        return self.build([result(values, tensors) for result in self.results])


def _unbuilt(values: list[Any]) -> Any:
    raise AssertionError("a recording without a replay")


def compile_function(function: Any, name: str = "") -> Any:
    """The function, recorded at its first call with arguments of new types and replayed from then on.

    Args:
        function: anything callable.
        name: for statistics, where it is not the function's.
    """
    recordings = _Table()
    _tables[id(recordings)] = recordings
    begun: set[Any] = set()  # kinds whose first call only made things that stay, such as a cache on a module
    unbundled: set[Any] = set()  # kinds of calls that look at what would be in a bundle
    looking: set[Any] = set()  # and at tensors from outside, as it cannot be done without
    name = name or getattr(function, "__qualname__", type(function).__name__)
    own = _Own(function, name)

    @functools.wraps(function)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        if recorder.capture is not None or stance.name == "force_eager":
            return function(*args, **kwargs)  # inside another compiled function it is part of that one
        if own.possible and args and own.owns(args[0], compiled):
            return own.bound(*args[1:], **kwargs)
        try:
            taken = Arguments(args, kwargs)
            tensors = taken.tensors
            key: Any = (
                taken.key,
                modes.grad,
                modes.inference,
                modes.autocast,
                get_default_dtype(),
                _types(tensors),
            )
            candidates = recordings.get(key)
        except (TypeError, RecursionError):
            return function(*args, **kwargs)  # an argument that cannot be compared
        if candidates is None:
            if any(t._current().aval.traced for t in tensors):
                return function(*args, **kwargs)  # inside the user's own jax transformation
            candidates = _Kind()
        why = ""
        numbers = taken.numbers
        if len(candidates) > 1 and all(r.replay is None and not r.known for r in candidates):
            return function(*args, **kwargs)  # whatever the numbers
        for recording in candidates:
            if numbers and recording.numbers != [repr(n) for n in numbers]:
                continue
            if recording.replay is None:
                why = next(filter(None, (known.changed() for known in recording.known)), "")
                if why:
                    continue
                return function(*args, **kwargs)
            why = recording.replay.changed()
            if not why:
                return recording(tensors)
        known = [r for others in recordings.values() for r in others]
        if known and stance.name == "eager_on_recompile":
            return function(*args, **kwargs)
        if len(candidates) == _VALUES and candidates.is_waste([repr(n) for n in numbers]):
            if candidates.called == 1:
                reason = why or "a number among the arguments changed"
                counters.explain_call(f"compile({name}): {_VALUES} recordings were used once each, {reason}")
            return function(*args, **kwargs)
        seen = described(args, kwargs)
        if known:
            nearest = min((difference(r.described, seen) for r in reversed(known)), key=len)
            why = why or ", ".join(nearest[:3]) or "another mode (grad, inference or default dtype)"
            if stance.name == "fail_on_recompile":
                raise RuntimeError(
                    "Detected recompile when torch.compile stance is 'fail_on_recompile'. "
                    f"compile({name}): {why}"
                )
        elif stance.name in ("eager_then_compile", "aot_eager_then_compile") and not begun:
            begun.add(None)
            return function(*args, **kwargs)
        counters.recordings += 1
        why = f"compile({name}): {why or 'first call'}"
        recording = _Recording(numbers, seen)
        record = functools.partial(
            _record, recording, function, args, kwargs, tensors, why, key not in begun, key not in unbundled
        )
        recorded = None
        try:
            recorded = record(key in looking)
        except HostRead:
            if not recording.spared:
                raise
        if recorded is None:
            looking.add(key)
            recorded = record(True)
        out, settled = recorded
        if not recording.bundles:
            unbundled.add(key)
        if settled:
            recordings[key] = candidates
            candidates.insert(0, recording)
            del candidates[_VALUES:]
            recordings.move_to_end(key)
            while len(recordings) > _KINDS:
                recordings.popitem(last=False)
        begun.add(key)
        return out if recording.replay is None else recording(tensors)

    return compiled


class _Own:
    """The object whose class has the function for a method.

    What it holds is no part of the call but of what is around the function, as it is for ``compile(object.method)``.
    That is so for one object; where a second one is met, objects of this class are arguments like others.

    Args:
        function: what is compiled.
        name: for statistics.
    """

    def __init__(self, function: Any, name: str) -> None:
        self.possible = isinstance(function, types.FunctionType)
        self._function = function
        self._name = name
        self._object: Any = None
        self.bound: Any = None

    def owns(self, x: Any, compiled: Any) -> bool:
        """Whether this is the object, which it becomes at the first call."""
        if self.bound is None:
            held = getattr(type(x), self._function.__name__, None)
            while held is not compiled and held is not None:
                held = getattr(held, "__wrapped__", None)
            if held is not None and not callable(x):
                self._object = x
                self.bound = compile_function(types.MethodType(self._function, x), self._name)
        self.possible = x is self._object and self.bound is not None
        return self.possible


def _types(tensors: list[Any]) -> tuple[Any, ...]:
    """The tensors' types, and which of them share their memory."""
    found: list[Any] = []
    for t in tensors:
        found.append(t._cell.value.aval if t._view is None else t._current().aval)
        found.append(t._requires_grad and (1 if t._grad_fn is None else 2))
        if type(t) not in PLAIN:
            found.append(type(t))
    if len(tensors) > 1:
        first: dict[int, int] = {}
        found.extend([first.setdefault(id(t._cell), i) for i, t in enumerate(tensors)])
    return tuple(found)


def _record(
    recording: _Recording,
    function: Any,
    args: Any,
    kwargs: Any,
    tensors: list[Any],
    why: str,
    first: bool,
    bundles: bool,
    looks: bool,
) -> tuple[Any, bool]:
    """Record the function and complete the recording.

    Returns:
        The function's result if there is no replay, and whether the recording stands for later calls.
    """
    start = next_sequence()

    known = {id(t) for t in tensors}
    leading: list[Any] = []  # arguments with a history outside of the function that it uses

    def foreign(tensor: Any) -> bool:
        if not (modes.grad and tensor._requires_grad and tensor._grad_fn.sequence < start):
            return False
        leading.append(tensor)
        return id(tensor) not in known

    capture = Capture(foreign, bundles, looks)
    values = [t._current() for t in tensors]
    generator = current_generator()
    before = generator.get_state()
    drawn = random_states()
    watch = Watch(function, args, kwargs)
    undo: Callable[[], None] | None = watch.undo
    done = False
    try:
        with capture:
            for i, (t, value) in enumerate(zip(tensors, values, strict=True)):
                capture.argument(value, i, t._cell, t._view is not None)
            with watch:
                out = function(*args, **kwargs)
            if random_states() != drawn:
                capture.give_up("it draws random numbers of Python or NumPy, which are others in each call")
            varies = watch.varies(out)
            if varies:
                capture.give_up(varies)
            if not capture.given_up:
                results = Results(out)
                needing = [t for t in results.tensors if _needs_backward(t)]
                refused = why_not(capture, results.tensors, needing, tensors, start) if needing else ""
                if refused:
                    capture.give_up(refused)
                elif needing and capture.bundled:
                    capture.unbundle("a result needs a backward, and an optimizer has made a step")
                elif leading and any(isinstance(n.signature, Vjp) for n in recorder.nodes):
                    capture.give_up("backward goes on to what was made outside of the function")
                elif first and watch.only_begins(out):
                    # What was not there before is made once: a cache, a state. The next call is recorded.
                    capture.give_up("something is made at the first call")
                    done = True
                    return out, False
                else:
                    watch.refuse(out)
                    capture.read(results.tensors)
                    wanted = [t._current() for t in results.tensors]
        if capture.given_up:
            done = True
            recording.known = capture.known
            counters.explain_call(f"{why}: {capture.given_up}")
            return out, not capture.again
        if not needing:
            capture.drop_written_with_history()
        state = watch.state(
            [m for m, _ in capture.modules.values()], [t for t, _, _ in capture.tensors.values()]
        )
        replay: Replay
        if needing:
            replay = NodeReplay(capture, results.tensors, wanted, tensors, start, why, state.changed)
        else:
            replay = Replay(capture, wanted, [t._cell for t in tensors], why, state.changed)
        recording.results = _results(results.tensors, tensors, capture, bool(needing))
        recording.build = results.build
        results.tensors.clear()
        wanted.clear()
        needing.clear()
        leading.clear()
        undo = None
        del out, watch
        capture.release()
        refuse_stored_tensors(capture)
        recording.replay = replay
        done = True
    finally:
        if capture.selects:
            look_no_more()
        recording.bundles, recording.spared = capture.bundles, capture.spared and not looks
        if recording.replay is None:
            for end in capture.ends:
                end()
        if not done:
            for stream, state in capture.streams.values():
                stream.set_state(state)
            generator.set_state(before)
            if not capture.given_up:
                capture.put_histories_back()
                if undo is not None:
                    undo()
    return None, True


def _needs_backward(tensor: Any) -> bool:
    """Whether a result carries a history that no backward has used up yet."""
    return bool(tensor._requires_grad and tensor._grad_fn is not None and not used_up(tensor._grad_fn))


# How a replay's values and the arguments give one of the tensors returned.
_Result = Callable[[list[Any], list[Any]], Any]


def _results(returned: list[Any], arguments: list[Any], capture: Capture, recorded: bool) -> list[_Result]:
    """For each tensor returned, whether it is an argument, another tensor from outside, an alias of one, or new.

    ``recorded``: the replay gives tensors with their history, not values.
    """
    outside = {id(what) for kind, what in capture.sources.values() if kind == "cell"}
    own = {id(t) for t, _, _ in capture.tensors.values()}
    objects = {id(t): n for n, t in enumerate(arguments)}
    cells = {id(t._cell): n for n, t in enumerate(arguments)}
    made: list[_Result] = []
    for i, t in enumerate(returned):
        cell = id(t._cell)
        if id(t) in objects:
            made.append(functools.partial(_argument, objects[id(t)]))
        elif id(t) in own:
            made.append(functools.partial(_same, t))
        elif cell in cells:
            inside = arguments[cells[cell]]._view
            steps = () if t._view is None else t._view.steps[0 if inside is None else len(inside.steps) :]
            made.append(functools.partial(_part_of_argument, cells[cell], steps))
        elif cell in outside:
            made.append(functools.partial(_part, t._cell, () if t._view is None else t._view.steps))
        elif recorded:
            made.append(functools.partial(_given, i))
        elif t._requires_grad and t._grad_fn is not None:
            root = outline(t._grad_fn, lambda leaf: id(leaf) in own and id(leaf) not in objects)
            made.append(functools.partial(_used_up, i, root, t._output_nr))
        else:
            made.append(functools.partial(_new, i, t._requires_grad))
        if type(t) not in PLAIN and id(t) not in objects and id(t) not in own:
            made[-1] = functools.partial(_of_class, type(t), made[-1])
    return made


def _of_class(kind: type, result: _Result, values: list[Any], arguments: list[Any]) -> Any:
    return as_class(kind, result(values, arguments))


def _argument(n: int, values: list[Any], arguments: list[Any]) -> Any:
    return arguments[n]


def _same(tensor: Any, values: list[Any], arguments: list[Any]) -> Any:
    return tensor


def _part_of_argument(n: int, steps: tuple[Any, ...], values: list[Any], arguments: list[Any]) -> Any:
    view = arguments[n]._view
    return _part(arguments[n]._cell, steps if view is None else (*view.steps, *steps), values, arguments)


def _part(cell: Any, steps: tuple[Any, ...], values: list[Any], arguments: list[Any]) -> Any:
    result = wrap_cell(cell)
    if steps:
        result._view = view_of(None, steps, cell.value, cell)
        result._view.version = -1  # its value is made when it is asked for
    return result


def _given(i: int, values: list[Any], arguments: list[Any]) -> Any:
    return values[i]


def _used_up(i: int, root: GradNode, number: int, values: list[Any], arguments: list[Any]) -> Any:
    result = wrap(values[i])
    result._grad_fn, result._output_nr, result._requires_grad = again(root), number, True
    return result


def _new(i: int, requires_grad: bool, values: list[Any], arguments: list[Any]) -> Any:
    result = wrap(values[i])
    if requires_grad:
        result._requires_grad = True
    return result
