"""Arrays made from data while a function is recorded: constants of its program.

Recording the function again must not make another program because it makes the same array again: a small constant is
known by its bytes. What turns out at the same line to be another array than before is no constant, such as
``torch.tensor([step, 0])``: it is an operand from then on, and the program is compiled once more, not each time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._engine.graph import record
from .._engine.lines import Line, user_line
from .._engine.recorder import recorder
from .._engine.signature import Signature
from .._engine.value import Aval, Value, concrete

__all__ = ["constant"]

# Constants and lines remembered, and the bytes of a constant that is a part of its program.
_KNOWN = 1024
_BYTES = 1 << 16

_signatures: OrderedDict[tuple[Aval, bytes], Signature] = OrderedDict()
# The recording in which a line first made an array of a type; 0 if it has made several.
_lines: OrderedDict[tuple[Line, Aval], int] = OrderedDict()


def constant(array: np.ndarray[Any, Any], aval: Aval) -> Value:
    """The value of an array in a function that is being recorded.

    Args:
        array: the array.
        aval: its type.
    """
    if array.nbytes > _BYTES:
        return concrete(array.copy(), aval)
    place, key = (user_line(), aval), (aval, array.tobytes())
    first = _remembered(_lines, place)
    signature = _remembered(_signatures, key)
    if first is None:
        first = _lines[place] = recorder.step
        _bound(_lines)
    elif first and first != recorder.step and signature is None:
        first = _lines[place] = 0
    if not first:
        return concrete(array.copy(), aval)
    if signature is None:
        own = array.copy()
        signature = _signatures[key] = Signature("constant", lambda: jnp.asarray(own), (), device=aval.device)
        signature.out = (aval,)
        _bound(_signatures)
    return record(signature, ())


def _remembered(table: OrderedDict[Any, Any], key: Any) -> Any:
    found = table.get(key)
    if found is not None:
        table.move_to_end(key)
    return found


def _bound(table: OrderedDict[Any, Any]) -> None:
    while len(table) > _KNOWN:
        table.popitem(last=False)
