"""What Tensor itself does as an override: results of functions on a subclass are of the subclass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._size import Size
from .calls import PLAIN
from .entries import keep_active
from .state import overrides, state

__all__ = ["OverrideMethods", "convert", "register_override"]

# Properties whose results are other tensors than the subclass's: its gradient, the base of a view.
_KEPT = ("grad", "_base")


class _Known:
    """``tensor``: Tensor, the first class of all."""

    tensor: Any = None


def register_override(kind: type) -> None:
    """Take a new class of tensors in: one with an override lets all functions look for overrides.

    Args:
        kind: the class.

    Raises:
        NotImplementedError: it has a ``__torch_dispatch__``, which nothing here would call.
    """
    if callable(getattr(kind, "__torch_dispatch__", None)):
        raise NotImplementedError(
            f"{kind.__name__}.__torch_dispatch__ would never be called: there are no kernels with a dispatcher here, "
            "each operation is a part of an XLA program; override __torch_function__ instead"
        )
    if kind.__dict__.get("_transient"):
        return  # functions look for overrides as long as there is an instance
    if overrides(kind) and _Known.tensor is not None:
        keep_active()
    else:
        PLAIN.add(kind)
        _Known.tensor = _Known.tensor or kind


def convert(result: Any, kind: type) -> Any:
    """A function's result with its tensors as a subclass, those in tuples and lists too.

    Args:
        result: of any type.
        kind: the subclass.
    """
    if isinstance(result, OverrideMethods):
        return result if isinstance(result, kind) else result.as_subclass(kind)  # type: ignore[attr-defined]
    if isinstance(result, (tuple, list)) and type(result) is not Size:
        items = [convert(item, kind) for item in result]
        return type(result)(*items) if hasattr(result, "_fields") else type(result)(items)
    return result


class OverrideMethods:
    """The protocol's part of Tensor."""

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call a function on this class's tensors, without overrides, and make its results of this class.

        A subclass that overrides it calls it by ``super().__torch_function__(func, types, args, kwargs)``.
        https://docs.pytorch.org/docs/stable/notes/extending.html

        Args:
            func: the function.
            types: of the arguments that have overrides.
            args: the arguments.
            kwargs: those by keyword.

        Returns:
            The result, or ``NotImplemented`` if a type is not a base of this class.

        Example::

            >>> import jaxlearn as torch
            >>> class MyTensor(torch.Tensor): pass
            >>> MyTensor([1.0, 2.0]) + torch.ones(2)
            MyTensor([2., 3.])
        """
        for kind in types:
            if not issubclass(cls, kind):
                return NotImplemented
        before = state.level
        state.level = before or 1
        try:
            result = func(*args, **(kwargs or {}))
            if getattr(func, "__name__", "") == "__get__" and func in _kept():
                return result
            return convert(result, cls)
        finally:
            state.level = before


def _kept() -> list[Any]:
    return [getattr(_Known.tensor, name).__get__ for name in _KEPT]
