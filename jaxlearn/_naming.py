"""What classes are called: where they are public, and what messages of PyTorch's C++ parts say of an object's type."""

from __future__ import annotations

import sys
from collections.abc import Iterable

__all__ = ["defined_in", "is_own", "publish", "type_name"]

_LIBRARY = __name__.partition(".")[0]
_HEAP = 1 << 9  # of a class's flags: made by Python

# The classes whose names PyTorch's messages give with the module, as those of all classes made in C.
_WITH_MODULE = {
    "Generator": "torch._C.Generator",
    "Size": "torch.Size",
    "device": "torch.device",
    "dtype": "torch.dtype",
    "finfo": "torch.finfo",
    "iinfo": "torch.iinfo",
    "layout": "torch.layout",
    "memory_format": "torch.memory_format",
}

_defined: dict[type, str] = {}


def publish(module: str, names: Iterable[str]) -> None:
    """Call classes by the module in which users find them, and PyTorch has them: ``type(x)``, messages, pickles.

    Args:
        module: that module, which has the classes under these names.
        names: theirs.
    """
    members = vars(sys.modules[module])
    for name in names:
        cls: type = members[name]
        _defined.setdefault(cls, cls.__module__)
        cls.__module__, cls.__name__, cls.__qualname__ = module, name, name


def defined_in(cls: type) -> str:
    """The name of the module whose file defines a class."""
    return _defined.get(cls, cls.__module__)


def is_own(cls: type) -> bool:
    """Whether a class is the library's."""
    return cls.__module__.partition(".")[0] == _LIBRARY


def type_name(x: object) -> str:
    """The name of an object's type as PyTorch's messages give it: with the module for types made in C, but Python's.

    Args:
        x: the object.

    Example::

        >>> from decimal import Decimal
        >>> type_name(1.5), type_name(Decimal(1)), type_name(ValueError())
        ('float', 'decimal.Decimal', 'ValueError')
    """
    kind = type(x)
    if is_own(kind):
        return _WITH_MODULE.get(kind.__name__, kind.__name__)
    if kind.__module__ == "builtins" or kind.__flags__ & _HEAP:
        return kind.__name__
    return f"{kind.__module__}.{kind.__name__}"
