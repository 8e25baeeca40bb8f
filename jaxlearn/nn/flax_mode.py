"""Training and evaluation of modules that stand inside one of Flax's own."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from flax import nnx

__all__ = ["FlaxMode"]

_SETS = nnx.Module.set_attributes.__code__


def _by_flax(frame: FrameType | None) -> bool:
    """Whether NNX's ``set_attributes``, which ``train()`` and ``eval()`` are made of, looks or writes here."""
    return frame is not None and (
        frame.f_code is _SETS or (frame.f_back is not None and frame.f_back.f_code is _SETS)
    )


class FlaxMode:
    """An attribute that NNX's ``train()`` and ``eval()`` set on every part that has it, as ``training`` turned round.

    They find it on all modules. To everyone else it is an attribute like any other, which is there once it is assigned.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, cls: type | None = None) -> Any:
        if module is not None:
            for table in (
                module.__dict__,
                *map(module.__dict__.get, ("_parameters", "_buffers", "_modules")),
            ):
                if table is not None and self.name in table:
                    return table[self.name]
            if _by_flax(sys._getframe(1)):
                return not module.training
        kind = cls if module is None else type(module)
        raise AttributeError(f"'{getattr(kind, '__name__', kind)}' object has no attribute '{self.name}'")

    def __set__(self, module: Any, value: Any) -> None:
        by_flax = _by_flax(sys._getframe(1))
        if by_flax:
            module.training = not value
        if not by_flax or self.name in module.__dict__:
            module.__dict__[self.name] = value

    def __delete__(self, module: Any) -> None:
        if self.name not in module.__dict__:
            raise AttributeError(f"'{type(module).__name__}' object has no attribute '{self.name}'")
        del module.__dict__[self.name]
