"""``functionalize``: here every recorded program is free of mutation already."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

__all__ = ["debug_unwrap", "functionalize"]


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """A function that computes the same without writing in place; as recorded programs never do, the function as it is.

    https://docs.pytorch.org/docs/stable/generated/torch.func.functionalize.html

    Args:
        func: the function.
        remove: ``"mutations"`` or ``"mutations_and_views"``.

    Raises:
        RuntimeError: at a call, ``remove`` is neither.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.functionalize(lambda x: x.clone().add_(1))(torch.zeros(2))
        tensor([1., 1.])
    """

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if remove not in ("mutations", "mutations_and_views"):
            raise RuntimeError(
                f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options "
                "are:\n     remove='mutations': all inplace and out= operators will be removed from the program, and "
                "replaced with their out-of-place equivalents.\n     remove='mutations_and_views': In addition to the "
                "above, all aliasing operators {view} will be replaced with their non-aliasing counterparts, "
                "{view}_copy.\n"
            )
        return func(*args, **kwargs)

    return wrapped


def debug_unwrap(tensor: Any, *, recurse: bool = True) -> Any:
    """The tensor inside a transform's wrapper, to be looked at while debugging; here it is the tensor itself.

    https://docs.pytorch.org/docs/stable/generated/torch.func.debug_unwrap.html

    Args:
        tensor: the tensor.
        recurse: accepted.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.debug_unwrap(torch.ones(2))
        tensor([1., 1.])
    """
    return tensor
