"""What the functions of this package share: checks of tensors and of values that are still on the host."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from ..._engine.capture import HostRead
from ..._engine.recorder import recorder
from ..._naming import type_name
from ..._tensor.call_errors import inner_error
from ..._tensor.dispatch import TENSOR_TYPES
from ..._tensor.index_check import known_values
from ..._tensor.indexing import host_array
from ..._tensor.inplace import check_writable, write_result

__all__ = ["deciding_values", "host_values", "require_tensor", "sizes", "untracked", "written"]


def require_tensor(function: str, x: Any, name: str = "input", position: int = 1) -> None:
    """Refuse an argument that is neither a tensor nor an array.

    Raises:
        TypeError: with torch's words.
    """
    if type(x) not in TENSOR_TYPES and not isinstance(x, jax.Array):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be Tensor, not {type_name(x)}"
        )


def sizes(x: Any) -> tuple[int, ...]:
    """The shape of a tensor or array as a plain tuple; cheaper than making a Size.

    Raises:
        TypeError: it is neither, and torch's function hands it on to one that says so.
        AttributeError: it is neither otherwise.
    """
    if type(x) in TENSOR_TYPES:
        if getattr(type(x), "known_later", False):  # what a mask selects in a compiled function
            x = x.rows
        shape: tuple[int, ...] = x._current().aval.shape
        return shape
    if not isinstance(x, jax.Array):
        error = inner_error(sys._getframe(1))
        if error is not None:
            raise error
        x.dim()  # fails in Python's words, as in torch
    return tuple(x.shape)


def host_values(x: Any) -> np.ndarray[Any, Any] | None:
    """The tensor's values if looking at them costs no computation or is asked for all the same, else None."""
    return known_values(x) if type(x) in TENSOR_TYPES else None


def deciding_values(x: Any) -> np.ndarray[Any, Any] | None:
    """The same where they decide what is recorded: a compiled function's arguments may hold others in the next call."""
    values = host_values(x)
    if values is None or recorder.capture is None:
        return values
    try:
        return host_array(x)
    except HostRead:
        return None


def untracked(x: Any) -> Any:
    """The tensor without its history, for an argument that torch computes no gradient of; arrays as they are."""
    return x.detach() if type(x) in TENSOR_TYPES and x.requires_grad else x


def written(input: Any, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The operation's result written into its input, which is returned: the ``inplace=True`` of activations."""
    check_writable(input)
    write_result(input, operation(input, *args, **kwargs))
    return input
