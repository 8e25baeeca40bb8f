"""``scan``: a loop over a dimension that carries a state and collects results, as one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .._engine.capture import UncapturedHigherOrderOpError
from .._engine.signature import Signature
from .._engine.subgraph import Composite, signature_for
from .._engine.tracing import Tracing
from .._engine.value import Value, intern
from .._tensor.bodies import Body, check_carry, edges_of, is_tensor, read_operands
from .._tensor.composite import apply_composite
from .._tensor.signatures import common_device
from .._tensor.tree import flatten, unflatten
from ..ops.shape_dims import wrap_dim

__all__ = ["scan"]


def scan(
    combine_fn: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any,
    *,
    dim: int = 0,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Carry a state along a dimension and collect what each step gives.

    ``carry, y = combine_fn(carry, x)`` for each slice ``x`` in turn. It is one operation of the program however long
    the dimension is; gradients flow to ``init``, ``xs`` and the tensors that the function closes over.

    Args:
        combine_fn: takes the state and a slice; returns the next state, of the same shapes and dtypes, and a result.
        init: the first state: tensors, or nested tuples, lists and dicts of them.
        xs: what to go along: tensors of one size in ``dim``, nested likewise.
        dim: the dimension.
        reverse: from the last slice to the first.

    Returns:
        The last state, and the results stacked along ``dim``.

    Raises:
        RuntimeError: the arguments are of other kinds, the state's types change, or a value is read on the host.
        IndexError: there is no such dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.scan(lambda total, x: (total + x, total * x), torch.tensor(0.0), torch.tensor([1.0, 2.0, 3.0]))
        (tensor(6.), tensor([0., 2., 9.]))
    """
    if not callable(combine_fn):
        raise RuntimeError(f"Combine_fn must be a callable, but got {combine_fn}")
    if not isinstance(dim, int):
        raise RuntimeError(f"Dim must be an int, but got {type(dim)}")
    if not isinstance(reverse, bool):
        raise RuntimeError(f"Reverse must be a bool, but got {type(reverse)}")
    state, state_structure = flatten(init)
    slices, slice_structure = flatten(xs)
    if not state:
        raise RuntimeError("scan() operator requires init leaves.")
    for what, part in (("init", state), ("xs", slices)):
        for x in part:
            if not is_tensor(x):
                raise RuntimeError(f"All {what} leaves must be a Tensor but got {x}")
    if not slices:
        return init, []
    axes = [wrap_dim(dim, x.dim()) for x in slices]
    length = slices[0].shape[axes[0]]
    if any(x.shape[axis] != length for x, axis in zip(slices, axes, strict=True)):
        raise RuntimeError(
            "scan: expected all xs to have the same size in the scan dimension, got "
            f"{[x.shape[axis] for x, axis in zip(slices, axes, strict=True)]}"
        )
    steps = _Steps(length)
    moved = [x.movedim(axis, 0) for x, axis in zip(slices, axes, strict=True)]
    values = list(read_operands([*state, *moved]))
    edges = edges_of([*state, *moved])
    k, n = len(state), len(values)
    avals = [v.aval for v in values[:k]] + [_slice(v) for v in values[k:]]
    differentiable = [a.dtype.kind in "fcV" for a in avals[:k]] + [e is not None for e in edges[k:]]

    def both(*arguments: Any) -> Any:
        result = combine_fn(*arguments)
        if not (isinstance(result, (tuple, list)) and len(result) == 2):
            raise UncapturedHigherOrderOpError(
                f"scan: combine_fn must return a pair (next state, result), but returned {type(result)}"
            )
        return result

    structure = (tuple, None, (state_structure, slice_structure))
    body = Body("scan", both, avals, structure, differentiable, steps.draw)
    carried, carried_structure = flatten(body.result[0])
    collected, collected_structure = flatten(body.result[1])
    if carried_structure != state_structure:
        raise UncapturedHigherOrderOpError(
            "scan: the next state that combine_fn returns is structured otherwise than init"
        )
    check_carry("scan", avals[:k], carried, "combine_fn's next state", "init")
    for t in collected:
        if not is_tensor(t):
            raise UncapturedHigherOrderOpError(f"scan: combine_fn must return tensors, got {type(t)}")
    body.finish([*carried, *collected], [*body.placeholders, *steps.placeholders])
    operands = (*values, *steps.values, *body.closures)
    all_edges = (*edges, *[None] * len(steps.values), *body.closure_edges)
    flowing = [e for e, flows in zip(edges, body.flows, strict=False) if flows]
    needed = any(e is not None for e in (*flowing, *body.closure_edges))
    results = apply_composite(
        _signature(body, operands, k, n + len(steps.values), length, reverse),
        operands,
        body.graph.numbers,
        all_edges,
        [needed and a.dtype.kind in "fcV" for a in body.out],
        body.saved,
    )
    ys = [y.movedim(0, wrap_dim(dim, y.dim())) for y in results[k:]]
    return unflatten(results[:k], state_structure), unflatten(ys, collected_structure)


def _slice(value: Value) -> Any:
    aval = value.aval
    return intern(aval.shape[1:], aval.dtype, aval.device)


class _Steps:
    """Random numbers inside: drawn beforehand for each step, and gone along like ``xs``."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.placeholders: list[Value] = []
        self.values: list[Value] = []

    def draw(self, tracing: Tracing, sample: Callable[..., Any], shape: tuple[int, ...] | None) -> Value:
        """The placeholder for one step's numbers."""

        def every() -> Any:
            return np.stack([sample() if shape is None else sample(shape) for _ in range(self.length)])

        value = tracing.draw_outside(every, None)
        placeholder = tracing.placeholder(_slice(value))
        self.values.append(value)
        self.placeholders.append(placeholder)
        return placeholder


def _signature(body: Body, operands: Any, k: int, n: int, length: int, reverse: bool) -> Signature:
    total = len(operands)

    def make() -> Signature:
        graph = body.graph

        def fn(stopping: bool, *given: Any) -> Any:
            closures, numbers = given[n:total], given[total:]

            def step(carry: Any, x: Any) -> Any:
                out = graph.run((*carry, *x, *closures), numbers, stopping)
                return out[:k], out[k:]

            carry, ys = jax.lax.scan(step, given[:k], given[k:n], length=length, reverse=reverse)
            return (*carry, *ys)

        out = [a if i < k else intern((length, *a.shape), a.dtype, a.device) for i, a in enumerate(body.out)]
        device = common_device([v.aval for v in operands])
        signature = Composite("scan", fn, operands, [graph], device=device, out=out)
        signature.grad_name = "ScanAutogradOpBackward"
        return signature

    if any(v.aval.traced for v in operands):
        return make()
    return signature_for(("scan", body.graph.key, k, n, length, reverse), make)
