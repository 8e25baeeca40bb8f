"""``associative_scan``: all partial results of an associative operation, computed in parallel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from .._engine.signature import Signature
from .._engine.subgraph import Composite, signature_for
from .._engine.value import intern
from .._tensor.bodies import Body, check_carry, edges_of, is_tensor, read_operands
from .._tensor.composite import apply_composite
from .._tensor.signatures import common_device
from .._tensor.tree import flatten, unflatten
from ..ops.shape_dims import wrap_dim

__all__ = ["associative_scan"]


def associative_scan(
    combine_fn: Callable[[Any, Any], Any],
    xs: Any,
    dim: int,
    reverse: bool = False,
    combine_mode: str = "pointwise",
) -> Any:
    """Combine the slices along a dimension from the first to each, in a logarithmic number of steps.

    Args:
        combine_fn: associative; combines two slices (trees of tensors) into one of the same types.
        xs: tensors of one size in ``dim``, or nested tuples, lists and dicts of them.
        dim: the dimension.
        reverse: from the last slice to each.
        combine_mode: ``"pointwise"`` or ``"generic"``; here both do the same, on every device.

    Returns:
        What is structured and shaped like ``xs``.

    Raises:
        ValueError: another ``combine_mode``, or ``combine_fn`` is no function.
        RuntimeError: ``xs`` holds no tensors, sizes differ, or the function's result is of another type.

    Example::

        >>> import jaxlearn as torch
        >>> torch.associative_scan(lambda a, b: a * b, torch.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([1., 2., 6.])
    """
    if not callable(combine_fn):
        raise ValueError(f"Combine_fn must be a callable, but got {combine_fn}")
    if combine_mode not in ("pointwise", "generic"):
        raise ValueError(f"Combine_mode must either 'pointwise' or 'generic', but got {combine_mode}")
    leaves, structure = flatten(xs)
    if not leaves or not all(map(is_tensor, leaves)):
        raise RuntimeError(f"associative_scan: expected xs to consist of tensors, got {xs}")
    axes = [wrap_dim(dim, x.dim()) for x in leaves]
    sizes = [x.shape[axis] for x, axis in zip(leaves, axes, strict=True)]
    if len(set(sizes)) > 1:
        raise RuntimeError(
            f"associative_scan: expected all xs to have the same size in the scan dimension, got {sizes}"
        )
    moved = [x.movedim(axis, 0) for x, axis in zip(leaves, axes, strict=True)]
    values = read_operands(moved)
    edges = edges_of(moved)
    avals = [intern(v.aval.shape[1:], v.aval.dtype, v.aval.device) for v in values]
    body = Body(
        "associative_scan",
        combine_fn,
        avals * 2,
        (tuple, None, (structure, structure)),
        [a.dtype.kind in "fcV" for a in avals * 2],
    )
    check_carry("associative_scan", avals, body.leaves, "combine_fn's result", "xs")
    body.finish(body.leaves)
    operands = (*values, *body.closures)
    needed = any(e is not None for e in (*edges, *body.closure_edges))
    results = apply_composite(
        _signature(body, operands, reverse),
        operands,
        body.graph.numbers,
        (*edges, *body.closure_edges),
        [needed and a.dtype.kind in "fcV" for a in body.out],
        body.saved,
    )
    whole = [y.movedim(0, axis) for y, axis in zip(results, axes, strict=True)]
    return unflatten(whole, structure)


def _signature(body: Body, operands: Any, reverse: bool) -> Signature:
    n, total = len(body.out), len(operands)

    def make() -> Signature:
        graph = body.graph

        def fn(stopping: bool, *given: Any) -> Any:
            closures, numbers = given[n:total], given[total:]

            def combine(a: Any, b: Any) -> Any:
                return jax.vmap(lambda x, y: graph.run((*x, *y, *closures), numbers, stopping))(a, b)

            return tuple(jax.lax.associative_scan(combine, given[:n], reverse=reverse))

        avals = [v.aval for v in operands]
        device = common_device(avals)
        signature = Composite("associative_scan", fn, operands, [graph], device=device, out=avals[:n])
        signature.grad_name = "AssociativeScanAutogradOpBackward"
        return signature

    if any(v.aval.traced for v in operands):
        return make()
    return signature_for(("associative_scan", body.graph.key, tuple(v.aval for v in operands), reverse), make)
