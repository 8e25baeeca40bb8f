"""What programs say to TorchScript's compiler, and ask it, while nothing is scripted."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_origin

__all__ = [
    "Attribute",
    "Final",
    "annotate",
    "export",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "script_if_tracing",
    "unused",
]

F = TypeVar("F", bound=Callable[..., Any])
_isinstance = isinstance


class Attribute(NamedTuple):
    """A value with the type that TorchScript is to give it.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.Attribute.html
    """

    value: Any
    type: Any


def is_scripting() -> bool:
    """False: there is no TorchScript, and a function that asks runs as Python.

    https://docs.pytorch.org/docs/stable/jit_language_reference.html#torch.jit.is_scripting

    Example::

        >>> import jaxlearn as torch
        >>> "compiled" if torch.jit.is_scripting() else "Python"
        'Python'
    """
    return False


def is_tracing() -> bool:
    """False: what :func:`jaxlearn.jit.trace` runs is recorded as anything else.

    https://docs.pytorch.org/docs/stable/jit_language_reference.html#torch.jit.is_tracing
    """
    return False


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value; TorchScript would take it for one of the type.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.annotate.html

    Args:
        the_type: the type.
        the_value: the value.

    Example::

        >>> import jaxlearn as torch
        >>> torch.jit.annotate(list[int], [])
        []
    """
    return the_value


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """Say that TorchScript is to leave a method to Python; here it is Python anyway.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.ignore.html

    Args:
        drop: an older name of :func:`unused`.
        kwargs: ``drop_on_export``, an older name of it too.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.jit.ignore
        ... def f(x):
        ...     return x + 1
        >>> f(1)
        2
    """
    if callable(drop):
        return drop
    if not _isinstance(drop, bool):
        raise RuntimeError(f"Argument to @torch.jit.ignore must be a bool or a function but got {drop}")
    if kwargs.pop("drop_on_export", None):
        warnings.warn(
            "ignore(drop_on_export=True) has been deprecated. TorchScript will now drop the function call on "
            "compilation. Use torch.jit.unused now. {}",
            FutureWarning,
            stacklevel=2,
        )
    elif drop:
        warnings.warn(
            "ignore(True) has been deprecated. TorchScript will now drop the function call on compilation. Use "
            "torch.jit.unused now. {}",
            FutureWarning,
            stacklevel=2,
        )
    return lambda function: function


def unused(fn: F) -> F:
    """Say that TorchScript is to raise where a method is called; Python calls it.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.unused.html

    Args:
        fn: the method, or a property.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.jit.unused
        ... def f(x):
        ...     return x + 1
        >>> f(1)
        2
    """
    return fn


def export(fn: F) -> F:
    """Say that TorchScript is to compile a method that nothing calls; Python has it anyway.

    https://docs.pytorch.org/docs/stable/jit.html#torch.jit.export

    Args:
        fn: the method.
    """
    return fn


def interface(obj: type) -> type:
    """Say that a class is an interface of modules to TorchScript; in Python it is the class.

    Args:
        obj: the class.
    """
    if not _isinstance(obj, type):
        raise RuntimeError("interface must be applied to a class")
    return obj


def script_if_tracing(fn: F) -> F:
    """Script a function when it is called while something is traced: never here, so it is the function.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.script_if_tracing.html

    Args:
        fn: the function.
    """
    return fn


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether a value is of a type, whose containers' elements are looked at too.

    https://docs.pytorch.org/docs/stable/generated/torch.jit.isinstance.html

    Args:
        obj: the value.
        target_type: a type such as ``list[int]``, or a tuple of types.

    Example::

        >>> import jaxlearn as torch
        >>> torch.jit.isinstance([1, 2], list[int]), torch.jit.isinstance([1, "2"], list[int])
        (True, False)
    """
    if _isinstance(target_type, tuple):
        return any(isinstance(obj, kind) for kind in target_type)
    origin, inner = get_origin(target_type), get_args(target_type)
    if origin is None:
        return _isinstance(obj, target_type)
    if not _isinstance(origin, type):  # Union, Optional
        return any(isinstance(obj, kind) for kind in inner)
    if origin not in (list, dict, tuple):
        return any(isinstance(obj, kind) for kind in inner)
    if not _isinstance(obj, origin):
        return False
    if origin is dict:
        return all(isinstance(k, inner[0]) and isinstance(v, inner[1]) for k, v in obj.items())
    if origin is tuple:
        return len(obj) == len(inner) and all(isinstance(o, k) for o, k in zip(obj, inner, strict=True))
    return all(isinstance(item, inner[0]) for item in obj)
