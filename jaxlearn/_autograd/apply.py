"""A signature applied to values: recorded, or computed at once where the values are tracers."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .._engine.graph import evaluate, record, record_many
from .._engine.recorder import recorder
from .._engine.signature import Signature, strong, x64
from .._engine.subgraph import Composite
from .._engine.value import Value, concrete

__all__ = ["apply_values"]


def apply_values(
    signature: Signature, operands: tuple[Value, ...], numbers: tuple[Any, ...] = ()
) -> tuple[list[Value], tuple[Value, ...], bool]:
    """The results' values, the operands as they were recorded, and whether they are tracers."""
    if any(v.aval.traced for v in operands):
        capture = recorder.capture
        if capture is None or not capture.lifts:
            run = signature.free if isinstance(signature, Composite) else signature.fn
            arrays = [evaluate(v) for v in operands]
            with x64():
                out = run(*map(jnp.asarray, arrays), *numbers)
            return [concrete(strong(o)) for o in ([out] if signature.single else out)], operands, True
        operands = tuple(map(capture.lift, operands))
    if signature.single:
        return [record(signature, operands, numbers)], operands, False
    return record_many(signature, operands, numbers), operands, False
