"""What the functions of this package share: checks of tensors and of values that are still on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._tensor.dispatch import TENSOR_TYPES
from ..._tensor.index_check import known_values
from ..._tensor.inplace import check_writable, write

__all__ = ["host_values", "require_tensor", "sizes", "untracked", "written"]


def require_tensor(function: str, x: Any, name: str = "input", position: int = 1) -> None:
    """Refuse an argument that is neither a tensor nor an array.

    Raises:
        TypeError: with torch's words.
    """
    if type(x) not in TENSOR_TYPES and not hasattr(x, "shape"):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Tensor, not {type(x).__name__}"
        )


def sizes(x: Any) -> tuple[int, ...]:
    """The shape of a tensor or array as a plain tuple; cheaper than making a Size."""
    return x._current().aval.shape if type(x) in TENSOR_TYPES else tuple(x.shape)


def host_values(x: Any) -> np.ndarray[Any, Any] | None:
    """The tensor's values if looking at them costs no computation or is asked for all the same, else None."""
    return known_values(x) if type(x) in TENSOR_TYPES else None


def untracked(x: Any) -> Any:
    """The tensor without its history, for an argument that torch computes no gradient of; arrays as they are."""
    return x.detach() if type(x) in TENSOR_TYPES and x.requires_grad else x


def written(input: Any, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The operation's result written into its input, which is returned: the ``inplace=True`` of activations."""
    check_writable(input)
    write(input, operation(input, *args, **kwargs))
    return input
