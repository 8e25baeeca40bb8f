"""``cond``: a choice between two functions by a value that is known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._engine.capture import UncapturedHigherOrderOpError
from .._engine.signature import Signature
from .._engine.subgraph import Composite, signature_for
from .._tensor.bodies import Body, edges_of, is_tensor, read_operands
from .._tensor.composite import apply_composite
from .._tensor.signatures import common_device
from .._tensor.tree import describe, flatten, unflatten

__all__ = ["cond"]


def cond(pred: Any, true_fn: Callable[..., Any], false_fn: Callable[..., Any], operands: Any = ()) -> Any:
    """One of two functions' results, chosen when the program runs, without a look at the value on the host.

    Both functions are recorded; gradients flow to the operands and to the tensors that the functions close over.
    Random numbers inside are drawn for both.
    https://docs.pytorch.org/docs/stable/cond.html

    Args:
        pred: a tensor of one element, or a Python bool, which chooses at once.
        true_fn: called with the operands if ``pred`` is true.
        false_fn: called with the operands if it is false; returns tensors of the same structure, shapes and dtypes.
        operands: a tuple of tensors, or nested tuples, lists and dicts of them.

    Returns:
        The chosen function's result.

    Raises:
        RuntimeError: the arguments are of other kinds, the results differ in structure or type, or a function writes
            in place to an operand or reads a value on the host.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> torch.cond(x.sum() > 2, lambda x: x * 2, lambda x: -x, (x,))
        tensor([2., 4.])
    """
    if not (is_tensor(pred) or isinstance(pred, (bool, int, float))):
        raise RuntimeError(f"Expected pred to be bool or tensor, but got {pred}.")
    if is_tensor(pred) and pred.numel() != 1:
        raise RuntimeError(f"Expected pred to be bool or single-element tensor, but got {pred}.")
    if not (callable(true_fn) and callable(false_fn)):
        raise RuntimeError("Expect both branches to be callable.")
    leaves, structure = flatten(operands)
    if not isinstance(operands, (tuple, list)) or not all(map(is_tensor, leaves)):
        raise RuntimeError(
            "Expect operands to be a tuple of possibly nested dict/list/tuple that only consists of tensor leaves, "
            f"but got {operands}."
        )
    if not is_tensor(pred):
        return (true_fn if pred else false_fn)(*operands)
    if any(
        getattr(type(x), "known_later", False) is True for x in leaves
    ):  # what a mask selects goes in from outside
        return cond(pred, lambda: true_fn(*operands), lambda: false_fn(*operands))
    values = read_operands([pred, *leaves])
    edges = edges_of(leaves)
    avals = [t._current().aval for t in leaves]
    flows = [e is not None for e in edges]
    bodies = [Body("cond", fn, avals, structure, flows, given=leaves) for fn in (true_fn, false_fn)]
    places = _matched(*bodies)
    for body in bodies:
        body.finish([body.leaves[i] for i in places])
    yes, no = bodies
    all_values = (*values, *yes.closures, *no.closures)
    results = apply_composite(
        _signature(yes, no, all_values),
        all_values,
        (*yes.graph.numbers, *no.graph.numbers),
        (None, *edges, *yes.closure_edges, *no.closure_edges),
        [a or b for a, b in zip(yes.needs, no.needs, strict=True)],
        yes.saved + no.saved,
    )
    arriving = iter(results)
    return unflatten([next(arriving) if is_tensor(x) else x for x in yes.leaves], yes.structure)


def _matched(yes: Body, no: Body) -> list[int]:
    """The places of the tensors among the results, which are alike in both branches."""
    if yes.structure != no.structure:
        raise UncapturedHigherOrderOpError(
            "cond: expected both branches to return the same structure, but true_fn returns "
            f"{describe(yes.structure)} and false_fn {describe(no.structure)}"
        )
    places = []
    for i, (a, b) in enumerate(zip(yes.leaves, no.leaves, strict=True)):
        if not is_tensor(a) or not is_tensor(b):
            if type(a) is not type(b) or a != b:
                raise UncapturedHigherOrderOpError(
                    f"cond: expected both branches to return tensors, but result {i} is {a!r} in true_fn and {b!r} in "
                    "false_fn"
                )
            continue
        have, other = a._current().aval, b._current().aval
        if (have.shape, have.dtype) != (other.shape, other.dtype):
            raise UncapturedHigherOrderOpError(
                "cond: expected both branches to return tensors of the same shapes and dtypes, but result "
                f"{i} is {list(a.shape)} of {a.dtype} in true_fn and {list(b.shape)} of {b.dtype} in false_fn"
            )
        places.append(i)
    return places


def _signature(yes: Body, no: Body, values: Any) -> Signature:
    n, first, numbers = yes.graph.arguments, len(yes.closures), len(yes.graph.numbers)
    total = len(values)

    def make() -> Signature:
        graphs = yes.graph, no.graph

        def fn(stopping: bool, *given: Any) -> Any:
            pred = jnp.reshape(given[0], ()) != 0
            operands, rest, nums = given[1 : 1 + n], given[1 + n : total], given[total:]
            return jax.lax.cond(
                pred,
                lambda: graphs[0].run((*operands, *rest[:first]), nums[:numbers], stopping),
                lambda: graphs[1].run((*operands, *rest[first:]), nums[numbers:], stopping),
            )

        device = common_device([v.aval for v in values[1:] or values])
        signature = Composite("cond", fn, values, graphs, device=device, out=yes.out)
        signature.grad_name = "CondAutogradOpBackward"
        return signature

    if any(v.aval.traced for v in values):
        return make()
    return signature_for(("cond", yes.graph.key, no.graph.key, values[0].aval), make)
