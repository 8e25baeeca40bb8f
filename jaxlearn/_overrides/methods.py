"""Tensor's methods as functions of their own: ``torch.Tensor.add`` is not ``torch.add``, which overrides tell apart."""

from __future__ import annotations

import types

__all__ = ["own_methods"]


def own_methods(tensor: type) -> None:
    """Give a class functions of its own in place of those that its bases list from other modules or by other names.

    Args:
        tensor: the class; its bases in the library are changed.
    """
    root = __name__.partition(".")[0]

    def own(function: types.FunctionType, name: str) -> types.FunctionType:
        copy = types.FunctionType(
            function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
        )
        copy.__kwdefaults__, copy.__doc__ = function.__kwdefaults__, function.__doc__
        copy.__module__, copy.__qualname__ = (
            tensor.__module__,
            f"{tensor.__name__}.{name}",
        )  # where pickles find it
        copy.__dict__.update(function.__dict__)
        return copy

    for base in tensor.__mro__[1:]:
        if base.__module__.startswith(root):
            for name, found in list(vars(base).items()):
                if type(found) is types.FunctionType:
                    if found.__module__ != base.__module__ or found.__name__ != name:
                        setattr(base, name, own(found, name))
                elif type(found) is property and type(found.fget) is types.FunctionType:
                    if found.fget.__module__ != base.__module__ or found.fget.__name__ != name:
                        setattr(
                            base, name, property(own(found.fget, name), found.fset, found.fdel, found.__doc__)
                        )
