"""Whether values satisfy a constraint, as far as that can be told without computing the step that is being recorded.

A check looks at values that exist: what came from data, numbers, parameters. It never computes what is only recorded,
because a distribution made of a network's output would cut the step's program in two at every construction; under
``compile`` and inside transformations it looks at nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .._autograd.modes import no_grad
from .._engine.graph import ancestors, evaluate
from .._engine.outside import is_transformed
from .._engine.recorder import recorder
from .._engine.value import NO_DATA, concrete
from .._tensor.dispatch import wrap
from ..ops.op import HOST_ELEMENTS

__all__ = ["violates"]


def violates(check: Callable[[Any], Any], value: Any) -> bool:
    """Whether some value is known not to pass a check.

    Args:
        check: from a tensor to a boolean one.
        value: a tensor.

    Raises:
        Exception: what the check raises for the tensor's shape.
    """
    with no_grad():
        if recorder.capture is not None or is_transformed():
            return False
        # What the check records is a graph of its own, so that computing it computes nothing else.
        outer, recorder.nodes = recorder.nodes, []
        try:
            return _fails(check(_on_host(value)))
        finally:
            recorder.nodes = outer


def _on_host(value: Any) -> Any:
    """The tensor, or a copy on the host if it is small and computed: there a check needs no program."""
    array = value._current().array
    if isinstance(array, jax.Array) and array.size <= HOST_ELEMENTS:
        return wrap(concrete(np.asarray(array), value._current().aval))
    return value.detach()


def _fails(valid: Any) -> bool:
    result = valid._current()
    if result.array is None:
        own = set(map(id, recorder.nodes))
        if any(id(node) not in own for node in ancestors([result])):
            return False
        evaluate(result)
    return result.array is not NO_DATA and not np.asarray(result.array).all()
