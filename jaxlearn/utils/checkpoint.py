"""Checkpoints: compute a part of the forward again in backward instead of keeping its intermediate results.

https://docs.pytorch.org/docs/stable/checkpoint.html
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from .._autograd.function import Function
from .._autograd.modes import enable_grad, modes, no_grad
from .._autograd.node import Extra, edge_if_any
from .._autograd.recompute import CheckpointError as CheckpointError
from .._autograd.recompute import Frame, Randomness, autocast_as, behind_barrier
from .._autograd.saved import SavedTensors
from .._autograd.saving import pop_saver, push_saver, saver
from .._autograd.selective import SAC_IGNORED_OPS as SAC_IGNORED_OPS
from .._autograd.selective import CheckpointPolicy as CheckpointPolicy
from .._autograd.selective import SelectiveCheckpointContext as SelectiveCheckpointContext
from .._autograd.selective import create_selective_checkpoint_contexts as create_selective_checkpoint_contexts
from .._engine.barrier import barrier
from .._engine.value import Value
from .._naming import publish
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .._tensor.gradients import backward
from .._tensor.tree import flatten
from ..random import get_rng_state, set_rng_state

__all__ = [
    "SAC_IGNORED_OPS",
    "CheckpointError",
    "CheckpointFunction",
    "CheckpointPolicy",
    "SelectiveCheckpointContext",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "create_selective_checkpoint_contexts",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]


class _Settings:
    """What the contexts below set for all checkpoints; None leaves it to each call."""

    early_stop: bool | None = None
    debug: bool | None = None


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Context that says for all checkpoints whether a recomputation ends once everything that was saved is there.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.set_checkpoint_early_stop

    Args:
        enable: False to run the function to its end.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.checkpoint import checkpoint, set_checkpoint_early_stop
        >>> x = torch.ones(2, requires_grad=True)
        >>> with set_checkpoint_early_stop(False):
        ...     checkpoint(torch.sin, x, use_reentrant=False).sum().backward()
    """
    before, _Settings.early_stop = _Settings.early_stop, enable
    try:
        yield
    finally:
        _Settings.early_stop = before


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Context that says for all checkpoints whether the error of a recomputation that differs names the operations.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.set_checkpoint_debug_enabled

    Args:
        enabled: True to name them; None leaves it to each call's ``debug``.
    """
    before, _Settings.debug = _Settings.debug, enabled
    try:
        yield
    finally:
        _Settings.debug = before


def noop_context_fn() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """Contexts that do nothing, for the forward and for its recomputation."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The accelerators among the tensors given, and the states that their random numbers are drawn from.

    Random numbers come from one generator for all devices here, so each state is that generator's.

    Args:
        args: anything; tensors on the CPU do not count.
    """
    tensors = [a for a in flatten(list(args))[0] if type(a) in TENSOR_TYPES]
    devices = [t.get_device() for t in tensors if t.device.type not in ("cpu", "meta")]
    return devices, [get_rng_state() for _ in devices]


def set_device_states(
    devices: Sequence[int], states: Sequence[Any], *, device_type: str | None = None
) -> None:
    """Draw random numbers from these states again.

    Args:
        devices: what :func:`get_device_states` gave.
        states: the states that it gave.
        device_type: accepted: there is one generator.
    """
    for state in states:
        set_rng_state(state)


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors without their history, requiring grad where they did; what is no tensor stays.

    Args:
        inputs: the tuple.

    Raises:
        RuntimeError: it is no tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(
            f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}"
        )
    found = []
    for x in inputs:
        if type(x) in TENSOR_TYPES:
            requires = x.requires_grad
            x = x.detach()
            x.requires_grad = requires
        found.append(x)
    return tuple(found)


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if no tensor among the inputs requires grad.

    Args:
        inputs: a checkpoint's arguments.
    """
    if not any(type(x) in TENSOR_TYPES and x.requires_grad for x in inputs):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


class CheckpointFunction(Function):
    """The checkpoint with ``use_reentrant=True``: its backward runs the function again, and that one's backward."""

    @staticmethod
    def forward(ctx: Any, run_function: Any, preserve_rng_state: bool, *args: Any) -> Any:
        """Run the function without recording it for backward.

        Args:
            ctx: the context.
            run_function: the function.
            preserve_rng_state: whether backward repeats the random numbers.
            args: its arguments.
        """
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.autocast = modes.autocast
        ctx.randomness = Randomness() if preserve_rng_state else None
        ctx.args = [None if type(a) in TENSOR_TYPES else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if type(a) in TENSOR_TYPES]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        with no_grad():
            outputs = run_function(*args)
        if ctx.randomness is not None:
            ctx.randomness.end()
        return outputs

    @staticmethod
    def backward(ctx: Any, *args: Any) -> Any:
        """Run the function again, recorded this time, and go backward through it.

        Args:
            ctx: the context.
            args: the gradients of its results.

        Raises:
            RuntimeError: backward was asked for some gradients only, or no result requires grad.
        """
        if modes.running is not None and modes.running.targets:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` "
                "parameter to .backward(). To resolve this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
        inputs = list(ctx.args)
        for place, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            inputs[place] = tensor
        given = [g._current() for g in args if type(g) in TENSOR_TYPES]
        detached = detach_variable(tuple(_behind(inputs, given)))
        outputs: Any = None

        def run() -> None:
            nonlocal outputs
            random = contextlib.nullcontext() if ctx.randomness is None else ctx.randomness.again()
            with random, enable_grad(), autocast_as(ctx.autocast):
                outputs = ctx.run_function(*detached)

        behind_barrier(run, [d._current() for d in detached if type(d) in TENSOR_TYPES], given)
        results = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (o, g) for o, g in zip(results, args, strict=True) if type(o) in TENSOR_TYPES and o.requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([o for o, _ in pairs], [g for _, g in pairs], None, False, None)
        return (None, None, *[d._grad if type(d) in TENSOR_TYPES else None for d in detached])


def _behind(args: Sequence[Any], given: Sequence[Value]) -> list[Any]:
    """Arguments inside a jax transformation, not available before the gradients; others get their barrier later."""
    tensors = [a for a in args if type(a) in TENSOR_TYPES and a._current().aval.traced]
    if not tensors:
        return list(args)
    fresh = iter(barrier([t._current() for t in tensors], [g for g in given if g.aval.traced]))
    found = []
    for a in args:
        if type(a) in TENSOR_TYPES and a._current().aval.traced:
            requires, a = a.requires_grad, wrap(next(fresh))
            a._requires_grad = requires
        found.append(a)
    return found


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """Call a function and keep nothing for backward but its arguments: backward calls it again.

    The step stays one program; XLA is kept from finding out that the second computation is the first one again, so
    that the program really needs less memory.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint

    Args:
        function: the function.
        args: its arguments.
        use_reentrant: True for the older form, which runs a backward inside backward and knows fewer uses: no
            ``autograd.grad``, no keyword arguments, tensors only directly among the arguments.
        context_fn: gives two contexts, for the call and for its repetition.
        determinism_check: ``"default"`` compares shapes, dtypes and devices of what both computations save; ``"none"``
            compares nothing.
        debug: name the operations in the error of a repetition that differs.
        early_stop: end the repetition once everything that was saved is there.
        kwargs: the function's keyword arguments; and ``preserve_rng_state`` (True), whether the repetition draws the
            same random numbers.

    Raises:
        ValueError: an option that the form does not know.
        CheckpointError: in backward, if the repetition differs.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([0.0, 1.0], requires_grad=True)
        >>> y = torch.utils.checkpoint.checkpoint(lambda t: t.sin().exp(), x, use_reentrant=False)
        >>> y.sum().backward()
        >>> torch.allclose(x.grad, x.cos() * x.sin().exp())
        True
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, "
            "calling checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but "
            "if you need to preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for "
            "more details on the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    debug = debug if _Settings.debug is None else _Settings.debug
    if debug and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of {['default', 'none']}, but got {determinism_check}"
        )
    forward_context, recompute_context = context_fn()
    if not modes.grad:
        with forward_context:
            return function(*args, **kwargs)
    again = _Again(function, args, kwargs)
    randomness = Randomness() if preserve else None
    frame = Frame(
        again,
        recompute_context,
        randomness,
        early_stop if _Settings.early_stop is None else _Settings.early_stop,
        determinism_check == "default",
        debug,
    )
    push_saver(frame)
    try:
        with forward_context:
            result = function(*args, **kwargs)
    finally:
        pop_saver()
    if randomness is not None:
        randomness.end()
    return result


class _Again:
    """The call to repeat. The tensors among its arguments are saved as an operation saves its inputs: an enclosing
    checkpoint keeps them in its own way.
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.function = function
        self.kwargs = kwargs
        self.args = [None if type(a) in TENSOR_TYPES else a for a in args]
        self.places = [i for i, a in enumerate(args) if type(a) in TENSOR_TYPES]
        for i in self.places:
            edge_if_any(
                args[i]
            )  # a view that is to follow its base does so before what it is used for is noted
        self.extra = Extra()
        self.kept = SavedTensors([args[i] for i in self.places], self, saver())

        self.again: list[Any] = []

    def arguments(self, given: Sequence[Value]) -> list[Value]:
        """Fetch the arguments for the call, and give the values of those that are tensors."""
        self.again = list(self.args)
        self.kept.given = given
        for place, tensor in zip(self.places, self.kept.tensors(self), strict=True):
            self.again[place] = tensor
        self.again = _behind(self.again, given)
        return [self.again[i]._current() for i in self.places]

    def __call__(self) -> Any:
        args, self.again = self.again, []
        return self.function(*args, **self.kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Call modules one after the other, in segments that are checkpoints; the last segment is none.

    https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint_sequential

    Args:
        functions: a ``Sequential``, or a sequence of modules or functions.
        segments: how many segments.
        input: the first one's argument.
        use_reentrant: see :func:`checkpoint`.
        kwargs: ``preserve_rng_state`` (True), whether the repetition draws the same random numbers.

    Raises:
        ValueError: another keyword argument.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
        >>> x = torch.ones(1, 2, requires_grad=True)
        >>> torch.utils.checkpoint.checkpoint_sequential(model, 2, x, use_reentrant=False).shape
        torch.Size([1, 1])
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed explicitly. In "
            "version 2.9 we will raise an exception if use_reentrant is not passed. use_reentrant=False is "
            "recommended, but if you need to preserve the current default behavior, you can pass use_reentrant=True. "
            "Refer to docs for more details on the differences between the two variants.",
            stacklevel=2,
        )
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    layers = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(layers) // segments
    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        run = _Segment(layers[start:end])
        input = checkpoint(run, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _Segment(layers[end:])(input)


class _Segment:
    """Functions applied one after the other."""

    def __init__(self, layers: Sequence[Callable[[Any], Any]]) -> None:
        self.layers = layers

    def __call__(self, input: Any) -> Any:
        for layer in self.layers:
            input = layer(input)
        return input


publish(__name__, ("CheckpointError", "CheckpointPolicy", "SelectiveCheckpointContext"))
