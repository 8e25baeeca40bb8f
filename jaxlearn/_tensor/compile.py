"""``compile``: record a function once for each kind of arguments, then replay one program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, overload

import jax

from .._autograd.modes import modes
from .._engine.capture import Capture, Replay
from .._engine.recorder import recorder
from .._random.generator import current_generator
from .dispatch import TENSOR_TYPES, wrap

__all__ = ["compile"]

F = TypeVar("F", bound=Callable[..., Any])


class _Imperative:
    """Marks a signature whose results need a backward outside the function: it is called as it is."""


@overload
def compile(model: F) -> F: ...
@overload
def compile(model: None = None, **options: Any) -> Callable[[F], F]: ...
def compile(model: Any = None, **options: Any) -> Any:
    """Make one program of a function: of a whole training step with ``backward()`` and ``optimizer.step()`` too.

    The function is recorded at the first call with arguments of new types (shapes, dtypes, other arguments' values,
    the training mode of the modules it calls, which gradients are there at entry). Later calls replay the program
    without running its Python: only tensors change, so printing, appending to lists or setting attributes happens at
    recording alone. Hyperparameters are read anew in each call, and random numbers are fresh in each.

    A function whose results still need a backward outside is not replayed but called: it becomes part of the
    program of the step around it.

    https://docs.pytorch.org/docs/stable/generated/torch.compile.html

    Args:
        model: the function or module; left out where ``compile`` is a decorator with options.
        options: torch's options (``fullgraph``, ``dynamic``, ``backend``, ``mode``, ``options``, ``disable``); all but
            ``disable`` are accepted without effect, as there is one backend.

    Returns:
        The compiled function; of a module the module itself, whose calls are compiled from now on.

    Raises:
        HostRead: at a call, if the function asks for a value on the host (``item()``, ``if`` on a tensor).

    Example::

        >>> import jaxlearn as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = torch.optim.SGD([w], lr=0.1)
        >>> @torch.compile
        ... def step(x):
        ...     optimizer.zero_grad()
        ...     loss = (w * x).sum()
        ...     loss.backward()
        ...     optimizer.step()
        ...     return loss.detach()
        >>> [round(step(torch.tensor([1.0])).item(), 4) for _ in range(3)]
        [1.0, 0.9, 0.8]
    """
    unknown = set(options) - {"fullgraph", "dynamic", "backend", "mode", "options", "disable"}
    if unknown:
        raise TypeError(f"compile() got an unexpected keyword argument '{min(unknown)}'")
    if model is None:
        return functools.partial(compile, **options)
    if options.get("disable"):
        return model
    if hasattr(model, "forward") and hasattr(model, "register_forward_hook"):
        model.forward = compile(model.forward)
        return model
    replays: dict[Any, Any] = {}
    name = getattr(model, "__qualname__", type(model).__name__)

    @functools.wraps(model)
    def compiled(*args: Any, **kwargs: Any) -> Any:
        if recorder.capture is not None:
            return model(*args, **kwargs)  # inside another compiled function it is part of that one
        leaves: Any = args
        structure: Any = len(args)
        if kwargs or not all(map(_is_tensor, args)):
            leaves, structure = jax.tree.flatten((args, kwargs), is_leaf=_is_tensor)
        cells = []
        key: list[Any] = [structure, modes.grad]
        for leaf in leaves:
            if type(leaf) in TENSOR_TYPES:
                value = leaf._current()
                key.append(value.aval)
                key.append(leaf._requires_grad)
                cells.append(leaf._cell)
                if leaf._view is not None or value.aval.traced:
                    return model(*args, **kwargs)
            else:
                key.append((type(leaf), leaf))
        if len(cells) > 1:
            first: dict[int, int] = {}
            key.append(tuple([first.setdefault(id(c), i) for i, c in enumerate(cells)]))
        try:
            candidates = replays.setdefault(tuple(key), [])
        except TypeError:
            return model(*args, **kwargs)  # an argument that cannot be compared
        for replay, unflatten in candidates:
            if replay is _Imperative:
                return model(*args, **kwargs)
            if replay.holds():
                return unflatten(replay(cells, wrap))
        replay, unflatten = _capture(model, args, kwargs, cells, name)
        candidates.append((replay, unflatten))
        if replay is _Imperative:
            return model(*args, **kwargs)
        return unflatten(replay(cells, wrap))

    return compiled


def _is_tensor(x: Any) -> bool:
    return type(x) in TENSOR_TYPES


def _capture(model: Any, args: Any, kwargs: Any, cells: list[Any], name: str) -> tuple[Any, Any]:
    """Record the function; give its replay and a function that puts the results' values in their places."""
    capture = Capture()
    generator = current_generator()
    before = generator.get_state()
    replay = None
    try:
        with capture:
            for i, cell in enumerate(cells):
                capture.argument(cell.value, i)
            out = model(*args, **kwargs)
            leaves, structure = jax.tree.flatten(out, is_leaf=_is_tensor)
            tensors = [x for x in leaves if _is_tensor(x)]
            if any(_needs_backward(t) for t in tensors):
                return _Imperative, None
            results = [t._current() for t in tensors]
        replay = Replay(capture, results, cells, name)
    finally:
        if replay is None:
            generator.set_state(before)
    fixed = [None if _is_tensor(x) else x for x in leaves]
    places = [i for i, x in enumerate(leaves) if _is_tensor(x)]

    def unflatten(values: list[Any]) -> Any:
        filled = list(fixed)
        for place, value in zip(places, values, strict=True):
            filled[place] = wrap(value)
        return jax.tree.unflatten(structure, filled)

    return replay, unflatten


def _needs_backward(tensor: Any) -> bool:
    """Whether a result carries a history that no backward has used up yet."""
    return bool(tensor._requires_grad and tensor._grad_fn is not None and tensor._grad_fn.inputs is not None)
