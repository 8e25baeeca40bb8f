"""Gradient modes: whether operations are recorded for backward; per thread, as contexts and as decorators."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Self, TypeVar

from .._engine.recorder import PerThread, ungraded, unusual
from .._naming import type_name

__all__ = [
    "SAVED_INFERENCE",
    "enable_grad",
    "enforce_grad_layout_policy",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "modes",
    "no_grad",
    "set_grad_enabled",
    "set_mode",
    "set_multithreading_enabled",
]

F = TypeVar("F", bound=Callable[..., Any])


SAVED_INFERENCE = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)


class _Modes(PerThread):
    noted = {  # noqa: RUF012
        "autocast": (None, unusual),
        "grad": (True, ungraded),
        "inference": (False, ungraded),
    }
    grad = True  # whether operations are recorded for backward
    inference = False
    transforms = 0  # how many function transforms (jaxlearn.func) the running code is inside of
    asked = False  # in inference mode: what is_grad_enabled() answers; nothing is recorded there all the same
    carries = True  # whether operations on dual tensors carry tangents forward
    follows: Any = None  # the links.Links that are told of new nodes
    hidden = False  # what is recorded is for tangents alone: is_grad_enabled() answers no
    multithreading = True
    running: Any = None  # the backward that is running
    autocast: Any = None  # the jaxlearn._tensor.autocast.Settings in force


modes = _Modes()


def is_grad_enabled() -> bool:
    """Whether operations are recorded for backward in this thread."""
    return modes.asked if modes.inference else modes.grad and not modes.hidden


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside :class:`inference_mode`."""
    return modes.inference


def set_mode(grad: bool) -> None:
    """Record for backward from here on, or do not."""
    if modes.inference:
        modes.asked = grad
    else:
        follows = modes.follows is not None
        modes.grad, modes.hidden = grad or follows, follows and not grad
        if modes.hidden:
            modes.follows.watch()


class _Context:
    """A mode as a context manager that also decorates functions and generator functions."""

    _grad: bool

    def __enter__(self) -> Self:
        self._before = is_grad_enabled()
        set_mode(self._grad)
        return self

    def __exit__(self, *exc: object) -> None:
        set_mode(self._before)

    def __call__(self, fn: F) -> F:
        if inspect.isgeneratorfunction(fn):

            @functools.wraps(fn)
            def generator(*args: Any, **kwargs: Any) -> Any:
                # The mode holds while the generator's body runs, not while its consumer does.
                inner = fn(*args, **kwargs)
                try:
                    with self._again():
                        sent = next(inner)
                    while True:
                        try:
                            answer = yield sent
                        except GeneratorExit:
                            inner.close()
                            raise
                        except BaseException as error:
                            with self._again():
                                sent = inner.throw(error)
                        else:
                            with self._again():
                                sent = inner.send(answer)
                except StopIteration as stop:
                    return stop.value

            return generator  # type: ignore[return-value]

        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return fn(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    def _again(self) -> _Context:
        """A fresh context of this mode, so that decorated functions may be recursive."""
        return type(self)()


class _Bare(type):
    """Lets ``@no_grad`` be written without parentheses."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]):
            return super().__call__()(args[0])
        return super().__call__(*args, **kwargs)


class no_grad(_Context, metaclass=_Bare):
    """Context and decorator in which nothing is recorded for backward.

    https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    _grad = False


class enable_grad(_Context, metaclass=_Bare):
    """Context and decorator in which operations are recorded for backward, inside :class:`no_grad` too.

    https://docs.pytorch.org/docs/stable/generated/torch.enable_grad.html

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> with torch.no_grad(), torch.enable_grad():
        ...     y = x * 2
        >>> y.requires_grad
        True
    """

    _grad = True


class set_grad_enabled(_Context):
    """Switch recording for backward on or off: at once, and as a context back again at its end.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.set_grad_enabled.html

    Args:
        mode: True to record.

    Raises:
        TypeError: it is no bool.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.set_grad_enabled(False):
        ...     torch.is_grad_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        if type(mode) is not bool:
            raise TypeError(
                f"set_grad_enabled(): argument 'enabled' (position 1) must be bool, not {type_name(mode)}"
            )
        self._grad = mode
        self._before = is_grad_enabled()
        set_mode(self._grad)

    def __enter__(self) -> Self:
        set_mode(self._grad)
        return self

    def __call__(self, fn: F) -> F:
        set_mode(self._before)  # as a decorator it holds inside the function only
        return super().__call__(fn)

    def _again(self) -> _Context:
        return type(self)(self._grad)


class inference_mode(_Context):
    """Like :class:`no_grad`, more strictly: the results (marked by :meth:`Tensor.is_inference`) cannot take part in a
    computation that is recorded for backward later, and cannot be written to outside.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.inference_mode.html

    Args:
        mode: False for normal mode, in which operations are recorded for backward.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.inference_mode():
        ...     torch.is_inference_mode_enabled()
        True
    """

    def __new__(cls, mode: Any = True) -> Any:
        return object.__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self._mode = mode

    def __enter__(self) -> Self:
        self._modes = (modes.grad, modes.inference, modes.asked, modes.hidden)
        modes.grad, modes.inference, modes.asked, modes.hidden = not self._mode, self._mode, False, False
        return self

    def __exit__(self, *exc: object) -> None:
        modes.grad, modes.inference, modes.asked, modes.hidden = self._modes

    def _again(self) -> _Context:
        return type(self)(self._mode)


class enforce_grad_layout_policy(_Context):
    """Say whether the gradient of a leaf must have the leaf's strides; it has them here whatever is said.

    https://docs.pytorch.org/docs/stable/autograd.html

    Args:
        enable: False to allow other strides.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.ones(2, 3).t().clone().requires_grad_()
        >>> with torch.autograd.enforce_grad_layout_policy(False):
        ...     (x * 2).sum().backward()
        >>> x.grad.stride()
        (1, 3)
    """

    def __init__(self, enable: bool = True) -> None:
        self.mode = enable

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def _again(self) -> _Context:
        return type(self)(self.mode)


class set_multithreading_enabled(_Context):
    """Say whether backward may use several threads: at once, and as a context back again at its end.

    Backward records operations in the calling thread whatever is said here; XLA runs them in its own threads.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad_mode.set_multithreading_enabled.html

    Args:
        mode: True to allow it.

    Example::

        >>> import jaxlearn as torch
        >>> with torch.autograd.set_multithreading_enabled(False):
        ...     torch.ones(1, requires_grad=True).sum().backward()
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._threads = modes.multithreading
        modes.multithreading = self.mode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        modes.multithreading = self._threads

    def __call__(self, fn: F) -> F:
        modes.multithreading = self._threads  # as a decorator it holds inside the function only
        return super().__call__(fn)

    def _again(self) -> _Context:
        return type(self)(self.mode)
