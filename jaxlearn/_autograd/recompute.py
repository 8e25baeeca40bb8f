"""Recomputing a part of the forward when backward comes to it, instead of keeping what it saved (checkpoints).

Recorded anew, that part would be the same computation as before, which XLA does once, keeping the results. So
everything that it reads from outside goes through a barrier together with the gradients that have arrived: it is
another computation then, and cannot start before those gradients are there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._dtype_objects import from_numpy_dtype
from .._engine.barrier import barrier
from .._engine.recorder import recorder
from .._engine.value import Aval, Value
from .._random.generator import current_generator
from .._size import Size
from .._tensor.step_key import remembered_key, repeated_key
from .gradient import constant
from .modes import enable_grad, modes
from .node import GradNode, watchers
from .saving import Packed, pop_saver, push_saver

__all__ = ["CheckpointError", "Frame", "Randomness", "autocast_as", "behind_barrier"]

_TIP = (
    "\nTip: To see a more detailed error message, either pass `debug=True` to\n"
    "`torch.utils.checkpoint.checkpoint(...)` or wrap the code block\n"
    "with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to\n"
    "enable checkpoint-debug mode globally.\n"
)


class CheckpointError(RuntimeError):
    """A checkpoint's recomputation differs from its forward."""


class Randomness:
    """The state that random numbers are drawn from, and drawing the same ones again."""

    def __init__(self) -> None:
        self.state = current_generator().get_state()
        self.key = remembered_key()
        self.first = _drawn_values()

    def end(self) -> None:
        """The part that will be repeated has ended."""
        # While a step is captured each replay draws anew: the repeated part must use the very same draws.
        self.drawn = _drawn_values()[len(self.first) :]

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """Draw as from the start, and go on where drawing had stopped afterwards."""
        generator = current_generator()
        now = generator.get_state()
        generator.set_state(self.state)
        capture = recorder.capture
        if capture is not None:
            capture.redraw = iter(self.drawn)
        try:
            with repeated_key(self.key):
                yield
        finally:
            generator.set_state(now)
            if capture is not None:
                capture.redraw = None


@contextlib.contextmanager
def autocast_as(settings: Any) -> Iterator[None]:
    """Cast operands as it was done before: backward usually runs after the autocast context has ended."""
    before, modes.autocast = modes.autocast, settings
    try:
        yield
    finally:
        modes.autocast = before


def _drawn_values() -> list[Value]:
    return [] if recorder.capture is None else list(recorder.capture.drawn_values)


def behind_barrier(
    run: Callable[[], None], arguments: Sequence[Value], given: Sequence[Value]
) -> dict[int, Value]:
    """Record what ``run`` does so that XLA does it again, after the values ``given`` are there.

    Only the arguments and what else is pending get a barrier: a parameter needs none, as what is computed with it is
    computed with one of these too.

    Returns:
        For each value from outside that was read, by its id, the one to use in its place; the backward nodes that were
        made use these already.
    """
    made: list[GradNode] = []
    start = len(recorder.nodes)
    nodes = recorder.nodes
    watchers.insert(0, made.append)
    try:
        run()
    finally:
        watchers.remove(made.append)
    if recorder.nodes is not nodes:
        start = 0  # values were read meanwhile: what was recorded before that has been computed
    new = recorder.nodes[start:]
    inside = {id(v) for v in new}
    chosen = {id(v) for v in arguments}
    outside: dict[int, Value] = {}
    rest: dict[int, Value] = {}
    for value in new:
        for operand in value.inputs:
            if id(operand) not in inside:
                pending = operand.array is None or id(operand) in chosen
                (outside if pending else rest)[id(operand)] = operand
    outside = outside or rest
    del recorder.nodes[start:]
    fresh = barrier(list(outside.values()), given)
    recorder.nodes.extend(new)
    replaced = dict(zip(outside, fresh, strict=True))
    for value in new:
        value.inputs = tuple([replaced.get(id(i), i) for i in value.inputs])
    for node in made:
        if node.inputs:
            node.inputs = tuple([replaced.get(id(i), i) for i in node.inputs])
    return replaced


class _StopRecomputationError(Exception):
    """Everything that was saved has been computed again."""


class Frame:
    """One checkpointed call: keeps what its operations save as places in the order of saving.

    Args:
        again: calls the function again when it is called; ``arguments(given)`` gives its arguments' values.
        context: what the recomputation runs in.
        randomness: the random numbers to repeat; None to draw new ones.
        early_stop: end the recomputation once everything saved is there.
        check: refuse a recomputation that saves other shapes, dtypes or devices.
        debug: name the operations in the error of a recomputation that differs.
    """

    def __init__(
        self,
        again: Any,
        context: Any,
        randomness: Randomness | None,
        early_stop: bool,
        check: bool,
        debug: bool,
    ) -> None:
        self.again = again
        self.context = context
        self.randomness = randomness
        self.early_stop = early_stop
        self.check = check
        self.debug = debug
        self.autocast = modes.autocast
        self.names: list[str] = []
        self.types: list[tuple[Aval, ...]] = []
        self.found: dict[int, Any] = {}
        self.running: Any = None

    def keep_inputs(self, node: GradNode) -> Packed:
        """See :class:`jaxlearn._autograd.saving.Saver`."""
        types = _types(node)
        if types is None:
            return _Stubs(node.signature.avals)
        self.types.append(types)
        self.names.append(node.name())
        return _Place(self, len(self.types) - 1)

    def keep_tensors(self, tensors: Sequence[Any]) -> Packed:
        """See :class:`jaxlearn._autograd.saving.Saver`."""
        self.types.append(_types_of(tensors))
        self.names.append("save_for_backward")
        return _Place(self, len(self.types) - 1)

    def take(self, place: int, given: Sequence[Value]) -> tuple[Any, ...]:
        """What was saved at a place, recomputed with all the rest when the first of them is asked for."""
        running = modes.running
        if running is None or self.running is None or self.running is not running:
            self.running = running
            self._recompute(given)
        if place not in self.found:
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you "
                "are calling ctx.saved_tensors in backward, make sure to do so only once. Otherwise please open an "
                "issue with details on your use case."
            )
        found: tuple[Any, ...] = self.found.pop(place)
        return found

    def _recompute(self, given: Sequence[Value]) -> None:
        collector = _Collector(self)

        def run() -> None:
            push_saver(collector)
            try:
                random = contextlib.nullcontext() if self.randomness is None else self.randomness.again()
                with random, enable_grad(), autocast_as(self.autocast), self.context:
                    self.again()
            except _StopRecomputationError:
                pass
            finally:
                pop_saver()

        replaced = behind_barrier(run, self.again.arguments(given), given)
        before, after = _flat(self.types), _flat(collector.types)
        if len(before) != len(after) or len(collector.types) != len(self.types):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(before)}\n"
                f"Number of tensors saved during recomputation: {len(after)}.\n"
                f"{self._explained(collector)}"
            )
        if self.check:
            self._compare(before, after, collector)
        self.found = {
            i: tuple([replaced.get(id(v), v) for v in kept]) for i, kept in enumerate(collector.kept)
        }

    def _compare(self, before: Sequence[Aval], after: Sequence[Aval], collector: _Collector) -> None:
        lines = [
            f"tensor at position {i}:\nsaved metadata: {_metadata(a)}\nrecomputed metadata: {_metadata(b)}"
            for i, (a, b) in enumerate(zip(before, after, strict=True))
            if (a.shape, a.dtype, a.device) != (b.shape, b.dtype, b.device)
        ]
        if lines:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than "
                "during the forward pass.\n" + "\n".join(lines) + f"\n.\n{self._explained(collector)}"
            )

    def _explained(self, collector: _Collector) -> str:
        if not self.debug:
            return _TIP
        return (
            f"Operations executed during the original forward: {', '.join(self.names)}\n"
            f"Operations executed during recomputation: {', '.join(collector.names)}"
        )


class _Place:
    """Something that a checkpoint will compute again."""

    __slots__ = ("frame", "number")

    def __init__(self, frame: Frame, number: int) -> None:
        self.frame = frame
        self.number = number

    def unpack(self, given: Sequence[Value]) -> tuple[Any, ...]:
        """See :class:`jaxlearn._autograd.saving.Packed`."""
        return self.frame.take(self.number, given)


class _Collector:
    """Sees what the recomputation saves."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.names: list[str] = []
        self.types: list[tuple[Aval, ...]] = []
        self.kept: list[tuple[Any, ...]] = []

    def keep_inputs(self, node: GradNode) -> Packed:
        """See :class:`jaxlearn._autograd.saving.Saver`."""
        assert node.inputs is not None
        types = _types(node)
        return _Given(node.inputs) if types is None else self._keep(node.name(), types, node.inputs)

    def keep_tensors(self, tensors: Sequence[Any]) -> Packed:
        """See :class:`jaxlearn._autograd.saving.Saver`."""
        return self._keep("save_for_backward", _types_of(tensors), tuple(tensors))

    def _keep(self, name: str, types: tuple[Aval, ...], kept: tuple[Any, ...]) -> Packed:
        frame = self.frame
        if len(self.kept) == len(frame.types):
            if not frame.early_stop:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original "
                    f"forward pass.\n{frame._explained(self)}"
                )
            raise _StopRecomputationError
        self.names.append(name)
        self.types.append(types)
        self.kept.append(kept)
        if frame.early_stop and len(self.kept) == len(frame.types):
            raise _StopRecomputationError
        return _Given(kept)


class _Given:
    """Something saved that is at hand."""

    __slots__ = ("kept",)

    def __init__(self, kept: tuple[Any, ...]) -> None:
        self.kept = kept

    def unpack(self, given: Sequence[Value]) -> tuple[Any, ...]:
        """See :class:`jaxlearn._autograd.saving.Packed`."""
        return self.kept


class _Stubs:
    """Inputs that the gradient does not look at."""

    __slots__ = ("avals",)

    def __init__(self, avals: tuple[Aval, ...]) -> None:
        self.avals = avals

    def unpack(self, given: Sequence[Value]) -> tuple[Any, ...]:
        """See :class:`jaxlearn._autograd.saving.Packed`."""
        return tuple([constant(a, 0) for a in self.avals])


def _types(node: GradNode) -> tuple[Aval, ...] | None:
    """The types of what torch would save; None where neither it nor the gradient here looks at anything."""
    signature = node.signature
    kept = signature.kept_for(node.wanted)
    if kept or any(signature.gradient_reads(node.wanted, i) for i in range(len(signature.avals))):
        return tuple([signature.out[-1 - i] if i < 0 else signature.avals[i] for i in kept])
    return None


def _types_of(tensors: Sequence[Any]) -> tuple[Aval, ...]:
    return tuple([t._current().aval for t in tensors if t is not None])


def _flat(types: Sequence[tuple[Aval, ...]]) -> list[Aval]:
    return [aval for group in types for aval in group]


def _metadata(aval: Aval) -> dict[str, Any]:
    return {"shape": Size(aval.shape), "dtype": from_numpy_dtype(aval.dtype), "device": aval.device}
