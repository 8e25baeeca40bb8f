"""``torch.typename``: what messages call an object's type."""

from __future__ import annotations

from typing import Any

from .dispatch import TENSOR_TYPES

__all__ = ["typename"]


def typename(obj: Any, /) -> str:
    """The name of a tensor's type (``torch.FloatTensor``), else the object's qualified name or that of its class.

    https://docs.pytorch.org/docs/stable/generated/torch.typename.html

    Args:
        obj: anything.

    Example::

        >>> import jaxlearn as torch
        >>> torch.typename(torch.ones(1)), torch.typename(1.0)
        ('torch.FloatTensor', 'float')
    """
    if type(obj) in TENSOR_TYPES:
        return str(obj.type())
    name = getattr(obj, "__qualname__", type(obj).__qualname__)
    module = getattr(obj, "__module__", None)
    return name if module in (None, "builtins", "__builtin__", "") else f"{module}.{name}"
