"""Modules without initial values."""

from __future__ import annotations

import inspect
from typing import Any

from ..._engine.device import default_device
from ..module import Module

__all__ = ["skip_init"]


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Make a module without drawing its parameters, whose values are then arbitrary.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.skip_init.html

    Args:
        module_cls: a class of modules whose constructor takes ``device``.
        args: of the constructor.
        kwargs: of the constructor.

    Raises:
        RuntimeError: the class is none of modules, or its constructor does not take ``device``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.utils.skip_init(torch.nn.Linear, 5, 1).weight.shape
        torch.Size([1, 5])
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    device = kwargs.pop("device", None)
    made = module_cls(*args, **kwargs, device="meta")
    return made.to_empty(device=default_device() if device is None else device)
