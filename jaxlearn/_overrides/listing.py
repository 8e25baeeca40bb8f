"""Which functions there are to override, and what they are called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .entries import Entry, entries, namespaces
from .names import NEVER, ONLY_BY_MODES, SPACES

__all__ = [
    "get_default_nowrap_functions",
    "get_ignored_functions",
    "get_overridable_functions",
    "get_testing_overrides",
    "is_tensor_method_or_property",
    "resolve_name",
]

# What torch does not list although it can be overridden.
_UNLISTED = {
    "torch.Tensor": set(
        "new new_empty new_empty_strided new_full new_ones new_tensor new_zeros stride".split()
    ),
    "torch.nn.functional": {"hardsigmoid", "hardswish"},
}


def _is_listed(entry: Entry) -> bool:
    space, _, name = entry.name.rpartition(".")
    if name in _UNLISTED.get(space, ()) or space == "torch.autograd":
        return False
    return space == "torch.Tensor" or not (name.endswith("_") or (space == "torch" and name in ONLY_BY_MODES))


def get_ignored_functions() -> set[Callable[..., Any]]:
    """Public functions that classes cannot override.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Returns:
        A set of functions.

    Example::

        >>> import jaxlearn as torch
        >>> torch.zeros in torch.overrides.get_ignored_functions()
        True
    """
    listed = {e.public for e in entries() if _is_listed(e)}
    found = {
        value
        for space, module in namespaces().items()
        for name in (*NEVER.get(space, ()), *(ONLY_BY_MODES if space == "torch" else ()))
        if callable(value := getattr(module, name, None))
    }
    return (found | {e.public for e in entries() if not e.name.endswith("_")}) - listed


@functools.cache
def _listed() -> dict[Any, list[Callable[..., Any]]]:
    spaces = namespaces()
    found: dict[Any, list[Callable[..., Any]]] = {
        spaces[space]: [] for space in (*SPACES, "Tensor") if space != "autograd"
    }
    for entry in entries():
        parts = entry.name.split(".")[1:]
        if not _is_listed(entry) or parts[-1] in ("__set__", "__delete__"):
            continue
        if parts[-1] == "__get__":
            found[getattr(spaces["Tensor"], parts[1])] = [entry.public]
        else:
            listed = found[spaces[".".join(parts[:-1]) or "torch"]]
            if entry.public not in listed:
                listed.append(entry.public)
    return found


def get_overridable_functions() -> dict[Any, list[Callable[..., Any]]]:
    """The functions that classes can override, by the module, class or property that they belong to.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Returns:
        A dictionary of lists.

    Example::

        >>> import jaxlearn as torch
        >>> torch.add in torch.overrides.get_overridable_functions()[torch]
        True
    """
    return _listed()


@functools.cache
def get_testing_overrides() -> dict[Callable[..., Any], Callable[..., Any]]:
    """For each function that can be overridden one with its signature that returns -1.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Example::

        >>> import inspect
        >>> import jaxlearn as torch
        >>> stand_in = torch.overrides.get_testing_overrides()[torch.square]
        >>> inspect.signature(stand_in), stand_in(torch.ones(1))
        (<Signature (input)>, -1)
    """
    return {entry.public: _stand_in(entry) for entry in entries() if _is_listed(entry)}


def _stand_in(entry: Entry) -> Callable[..., Any]:
    signature = inspect.signature(entry.impl)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]

    def stand_in(*args: Any, **kwargs: Any) -> int:
        return -1

    stand_in.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=plain, return_annotation=signature.empty
    )
    return stand_in


@functools.cache
def _names() -> dict[Any, str]:
    found: dict[Any, str] = {}
    for entry in entries():
        found.setdefault(entry.public, entry.name)
    for space, module in namespaces().items():
        for name in NEVER.get(space, ()):
            value = getattr(module, name, None)
            if callable(value):
                found.setdefault(value, f"torch.{name}" if space == "torch" else f"torch.{space}.{name}")
    return found


def resolve_name(f: Any) -> str | None:
    """The name of a function that an override was given; None for one that is not torch's.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Args:
        f: the function.

    Example::

        >>> import jaxlearn as torch
        >>> torch.overrides.resolve_name(torch.Tensor.add)
        'torch.Tensor.add'
        >>> torch.overrides.resolve_name(torch.Tensor.shape.__get__)
        'torch.Tensor.shape.__get__'
    """
    return _names().get(f)


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function that an override was given is a method of Tensor, or a property's ``__get__``.

    https://docs.pytorch.org/docs/stable/torch.overrides.html

    Args:
        func: the function.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.overrides import is_tensor_method_or_property
        >>> is_tensor_method_or_property(torch.Tensor.add), is_tensor_method_or_property(torch.add)
        (True, False)
    """
    name = resolve_name(func)
    return func.__name__ == "__get__" or (name is not None and name.startswith("torch.Tensor."))


def get_default_nowrap_functions() -> set[Callable[..., Any]]:
    """The properties whose results ``Tensor.__torch_function__`` leaves as they are, for they are kept on the tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.Tensor.grad.__get__ in torch.overrides.get_default_nowrap_functions()
        True
    """
    tensor = namespaces()["Tensor"]
    return {tensor.grad.__get__, tensor._base.__get__}
