"""Recording an operation that would cost noticeably to be computed again for its gradient."""

from __future__ import annotations

from typing import Any

from .._autograd.node import GradNode
from .._engine.graph import record_many
from .._engine.residuals import keeping
from .._engine.signature import Signature
from .._engine.value import Value
from .dispatch import apply_signature, edges, saved, structure, wrap

__all__ = ["apply_keeping"]


def apply_keeping(
    signature: Signature, tensors: list[Any], inputs: tuple[Value, ...], numbers: tuple[Any, ...]
) -> Any:
    """Record an operation that would cost to be computed again, with what its gradient needs as further results."""
    node = GradNode(signature, inputs, numbers, edges(signature, tensors))
    try:
        keeps = keeping(signature, node.wanted)
    except (NotImplementedError, RuntimeError):  # there is no gradient: backward says so
        signature.costly = False
        return apply_signature(signature, tensors, inputs, numbers, True)
    values = record_many(keeps, inputs, numbers)
    n = len(signature.out)
    node.more().kept = (
        keeps,
        tuple([values[n + i] if further else inputs[i] for further, i in keeps.places]),
    )
    results = [wrap(v) for v in values[:n]]
    for i, r in enumerate(results):
        if signature.out[i].dtype.kind in "fcV":
            r._grad_fn = node
            r._output_nr = i
            r._requires_grad = True
    if signature.saves:
        node.saved = saved(signature, tensors, results[0] if signature.single else results)
    return results[0] if signature.single else structure(signature.out_type, results)
