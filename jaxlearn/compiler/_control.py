"""What controls compiled functions, and what tells about them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .._engine.program import clear_cache
from .._engine.recorder import recorder
from .._tensor.compile import forget_recordings, stance
from .._tensor.compile_options import BACKENDS, check_options, default_backend
from .._tensor.creation_data import from_numpy
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.tree import tree_map
from ..nn.module import Module

__all__ = [
    "allow_in_graph",
    "assume_constant_result",
    "cudagraph_mark_step_begin",
    "disable",
    "get_default_backend",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "list_backends",
    "reset",
    "set_default_backend",
    "set_stance",
    "wrap_numpy",
]

F = TypeVar("F", bound=Callable[..., Any])

_STANCES = (
    "default",
    "eager_then_compile",
    "aot_eager_then_compile",
    "force_eager",
    "eager_on_recompile",
    "fail_on_recompile",
)


def is_compiling() -> bool:
    """Whether a compiled function is being recorded now.

    Example::

        >>> import jaxlearn as torch
        >>> torch.compiler.is_compiling()
        False
    """
    return recorder.capture is not None


def is_dynamo_compiling() -> bool:
    """As :func:`is_compiling`: there is one stage here."""
    return recorder.capture is not None


def is_exporting() -> bool:
    """False: nothing is exported by recording it."""
    return False


def reset() -> None:
    """Forget all recordings of compiled functions and all compiled programs.

    https://docs.pytorch.org/docs/stable/generated/torch.compiler.reset.html
    """
    forget_recordings()
    clear_cache()


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """Exclude a function from compiled ones: one that calls it is called as it is, without a program of its own.

    https://docs.pytorch.org/docs/stable/generated/torch.compiler.disable.html

    Args:
        fn: the function or module; left out where this is a decorator with options.
        recursive: accepted; what the function calls is excluded in any case.
        reason: shown nowhere.

    Returns:
        The function, excluded.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.compiler.disable
        ... def log(x):
        ...     print(x.item())
        >>> @torch.compile
        ... def f(x):
        ...     log(x.sum())
        ...     return x * 2
        >>> f(torch.ones(2))
        2.0
        tensor([2., 2.])
    """
    if fn is None:
        return functools.partial(disable, recursive=recursive, reason=reason)
    if isinstance(fn, Module):
        fn.__dict__["forward"] = disable(fn.forward)
        return fn
    if not callable(fn):
        raise AssertionError(f"A callable function is expected, but {type(fn)} is provided.")

    @functools.wraps(fn)
    def excluded(*args: Any, **kwargs: Any) -> Any:
        if recorder.capture is not None:
            recorder.capture.give_up("a function is called that is excluded")
        before, stance.name = stance.name, "force_eager"
        try:
            return fn(*args, **kwargs)
        finally:
            stance.name = before

    return excluded


def allow_in_graph(fn: Any) -> Any:
    """The function as it is: every function may stand in a compiled one.

    Args:
        fn: a function, or a list of them.

    Raises:
        AssertionError: it cannot be called.
    """
    if isinstance(fn, (list, tuple)):
        return [allow_in_graph(f) for f in fn]
    if not callable(fn):
        raise AssertionError("allow_in_graph expects a callable")
    return fn


def assume_constant_result(fn: F) -> F:
    """A function whose result is computed once, when a compiled function that calls it is recorded.

    It may look at values of tensors that exist before the call, as it is not part of the recording.
    https://docs.pytorch.org/docs/stable/generated/torch.compiler.assume_constant_result.html

    Args:
        fn: the function.

    Example::

        >>> import jaxlearn as torch
        >>> size = torch.tensor(3)
        >>> read = torch.compiler.assume_constant_result(lambda: size.item())
        >>> torch.compile(lambda x: x * read())(torch.ones(2))
        tensor([3., 3.])
    """

    @functools.wraps(fn)
    def constant(*args: Any, **kwargs: Any) -> Any:
        if recorder.capture is not None:
            return recorder.capture.unwatched(fn, *args, **kwargs)
        return fn(*args, **kwargs)

    return constant  # type: ignore[return-value]


def cudagraph_mark_step_begin() -> None:
    """Nothing to do: a program's results have memory of their own, which no later call writes to."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The names that ``compile(backend=...)`` takes; all of them mean XLA.

    Args:
        exclude_tags: accepted.
    """
    return list(BACKENDS)


def set_default_backend(backend: Any) -> None:
    """Set what ``compile`` takes for its backend where none is named.

    Args:
        backend: the name of one, or None for "inductor".

    Raises:
        InvalidBackend: there is no such backend.
    """
    check_options(backend or "inductor")
    default_backend.name = backend or "inductor"


def get_default_backend() -> Any:
    """What :func:`set_default_backend` has set."""
    return default_backend.name


class set_stance:
    """Set what calling a compiled function means, from now on or, as a context or decorator, for a while.

    https://docs.pytorch.org/docs/stable/generated/torch.compiler.set_stance.html

    Args:
        stance: ``"default"``; ``"force_eager"``: call the functions as they are; ``"eager_on_recompile"``: call them as
            they are where a recording is missing; ``"fail_on_recompile"``: raise RuntimeError there;
            ``"eager_then_compile"`` and ``"aot_eager_then_compile"``: the first call as it is, then record.
        skip_guard_eval_unsafe: accepted; what a recording depends on is always looked at.
        force_backend: with the default stance, the name of a backend.

    Raises:
        RuntimeError: there is no such stance, or a backend is forced with another one than the default.

    Example::

        >>> import jaxlearn as torch
        >>> double = torch.compile(lambda x: x * 2)
        >>> with torch.compiler.set_stance("force_eager"):
        ...     double(torch.ones(2))
        tensor([2., 2.])
    """

    def __init__(
        self, stance: str = "default", *, skip_guard_eval_unsafe: bool = False, force_backend: Any = None
    ) -> None:
        if stance not in _STANCES:
            raise RuntimeError(f"invalid torch.compile stance '{stance}'")
        if force_backend is not None:
            if stance != "default":
                raise RuntimeError("non-default stance cannot have force_backend set")
            check_options(force_backend)
        self.stance = stance
        self.before = _set(stance)

    def __call__(self, fn: F) -> F:
        _set(self.before)

        @functools.wraps(fn)
        def within(*args: Any, **kwargs: Any) -> Any:
            with set_stance(self.stance):
                return fn(*args, **kwargs)

        return within  # type: ignore[return-value]

    def __enter__(self) -> None:
        _set(self.stance)

    def __exit__(self, *exc: object) -> None:
        _set(self.before)


def _set(name: str) -> str:
    before, stance.name = stance.name, name
    return before


def wrap_numpy(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy arrays as one of tensors, for use in compiled functions: these are called as they are then.

    https://docs.pytorch.org/docs/stable/generated/torch.compiler.wrap_numpy.html

    Args:
        fn: takes and returns arrays, nested in tuples, lists and dictionaries or not.

    Example::

        >>> import numpy as np
        >>> import jaxlearn as torch
        >>> torch.compiler.wrap_numpy(np.cumsum)(torch.ones(3))
        tensor([1., 2., 3.])
    """

    def as_array(x: Any) -> Any:
        return x.numpy() if type(x) in TENSOR_TYPES else x

    def as_tensor(x: Any) -> Any:
        return from_numpy(x) if isinstance(x, np.ndarray) else x

    @functools.wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return tree_map(as_tensor, fn(*tree_map(as_array, list(args)), **tree_map(as_array, kwargs)))

    excluded: Callable[..., Any] = disable(wrapped)
    return excluded
