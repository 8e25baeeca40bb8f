"""What the tests of overrides share: a class that logs what it is given."""

from __future__ import annotations

import importlib
from typing import Any


def logging_class(torch: Any, log: list[Any]) -> type:
    """A subclass that logs each call: function, types, number of arguments and keyword arguments."""
    overrides = overrides_of(torch)

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append((overrides.resolve_name(func), [t.__name__ for t in types], len(args), shown(kwargs)))
            return super().__torch_function__(func, types, args, kwargs)

    return Logged


def overrides_of(torch: Any) -> Any:
    """The library's ``overrides``."""
    return importlib.import_module(torch.__name__ + ".overrides")


def shown(kwargs: Any) -> Any:
    """Keyword arguments with the types of tensors in their place."""
    if kwargs is None:
        return None
    return {
        k: type(v).__name__ if hasattr(v, "backward") else str(v).replace("jaxlearn", "torch")
        for k, v in kwargs.items()
    }
