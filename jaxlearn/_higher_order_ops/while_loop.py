"""``while_loop``: a loop whose number of iterations is known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._engine.capture import UncapturedHigherOrderOpError
from .._engine.loops import while_loop as loop
from .._engine.recorder import recorder
from .._engine.signature import Signature, weak_number
from .._engine.subgraph import Composite, signature_for
from .._engine.value import concrete
from .._tensor.bodies import Body, check_carry, edges_of, is_tensor, read_operands
from .._tensor.composite import apply_composite
from .._tensor.dispatch import wrap
from .._tensor.signatures import common_device
from .._tensor.tree import flatten, unflatten

__all__ = ["while_loop"]


def while_loop(cond_fn: Callable[..., Any], body_fn: Callable[..., Any], carried_inputs: Any) -> Any:
    """Apply a function to its own result while a condition holds, without a look at values on the host.

    Gradients flow to the first values and to the tensors that the body closes over; backward runs the loop once more.
    https://docs.pytorch.org/docs/stable/higher_order_ops/while_loop.html

    Args:
        cond_fn: called with the carried values; returns a tensor of one boolean element.
        body_fn: called with the carried values; returns as many of the same shapes and dtypes.
        carried_inputs: the tuple of first values: tensors, or nested tuples, lists and dicts of them; a Python number
            becomes a tensor.

    Returns:
        The last values, structured as the body's result; in compiled functions a number among the carried values
        becomes a tensor.

    Raises:
        RuntimeError: the arguments are of other kinds, the body's results are of other types than the carried values,
            random numbers are drawn inside, or a value is read on the host.

    Example::

        >>> import jaxlearn as torch
        >>> i, x = torch.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), (torch.tensor(0), torch.ones(2)))
        >>> i, x
        (tensor(3), tensor([8., 8.]))
    """
    if not (callable(cond_fn) and callable(body_fn)):
        raise RuntimeError("Expect cond_fn and body_fn to be callable.")
    if not isinstance(carried_inputs, (tuple, list)):
        carried_inputs = (carried_inputs,)
    leaves, structure = flatten(tuple(carried_inputs))
    for x in leaves:
        if not (is_tensor(x) or isinstance(x, (bool, int, float))):
            raise RuntimeError(
                "Expect carried_inputs to be a tuple of possibly nested dict/list/tuple that only consists of tensor "
                f"or int leaves, but got {carried_inputs}."
            )
    leaves = [x if is_tensor(x) else wrap(concrete(np.asarray(x))) for x in leaves]
    values = read_operands(leaves)
    avals = [v.aval for v in values]
    edges = edges_of(leaves)
    go_on = Body("while_loop", _as_tensor(cond_fn), avals, structure, [False] * len(avals), _no_draw)
    body = Body("while_loop", body_fn, avals, structure, [a.dtype.kind in "fcV" for a in avals], _no_draw)
    _check_condition(go_on.result)
    check_carry("while_loop", avals, body.leaves, "body_fn_output", "carried_inputs")
    go_on.finish([go_on.result])
    body.finish(body.leaves)
    operands = (*values, *go_on.closures, *body.closures)
    carried = [edge if flows else None for edge, flows in zip(edges, body.flows, strict=True)]
    needed = any(e is not None for e in (*carried, *body.closure_edges))
    results = apply_composite(
        _signature(go_on, body, operands),
        operands,
        (*go_on.graph.numbers, *body.graph.numbers),
        (*edges, *[None] * len(go_on.closures), *body.closure_edges),
        [needed and aval.dtype.kind in "fcV" for aval in avals],
        body.saved,
    )
    if recorder.capture is None:  # a number stays one, as it can be read here
        results = [
            y if is_tensor(x) else y.item() for x, y in zip(flatten(carried_inputs)[0], results, strict=True)
        ]
    return unflatten(results, body.structure)


def _as_tensor(cond_fn: Callable[..., Any]) -> Callable[..., Any]:
    """The condition, of which a Python bool becomes a tensor."""

    def condition(*carried: Any) -> Any:
        result = cond_fn(*carried)
        return wrap(concrete(np.asarray(result))) if isinstance(result, bool) else result

    return condition


def _no_draw(*_: Any) -> Any:
    raise UncapturedHigherOrderOpError(
        "while_loop: random numbers are drawn on the host, which a loop of unknown length cannot wait for. Draw them "
        "before the loop and carry them, or use scan"
    )


def _check_condition(result: Any) -> None:
    if not is_tensor(result) or result.numel() != 1 or result._current().aval.dtype != np.bool_:
        shown = result.shape if is_tensor(result) else type(result)
        raise UncapturedHigherOrderOpError(
            f"torch.while_loop: Expected cond_fn to return a scalar tensor or a bool but got {shown}."
        )


def _signature(go_on: Body, body: Body, operands: Any) -> Signature:
    n, first, numbers = len(body.placeholders), len(go_on.closures), len(go_on.graph.numbers)
    total = len(operands)

    def make() -> Signature:
        condition, step = go_on.graph, body.graph

        def fn(stopping: bool, *given: Any) -> Any:
            carry, rest, nums = given[:n], given[n:total], given[total:]

            def holds(c: Any) -> Any:
                return jnp.reshape(condition.run((*c, *rest[:first]), nums[:numbers])[0], ())

            own = nums[numbers:]
            traced = [i for i, number in enumerate(own) if hasattr(number, "dtype")]

            def advance(c: Any, closures: Any, given: Any) -> Any:
                # A rule of one's own forgets that they promote as Python's numbers do.
                weak = [weak_number(x, type(step.numbers[i])) for i, x in zip(traced, given, strict=True)]
                filled = dict(zip(traced, weak, strict=True))
                return step.run((*c, *closures), [filled.get(i, n) for i, n in enumerate(own)], stopping)

            return loop(holds, advance, carry, rest[first:], [own[i] for i in traced])

        device = common_device([v.aval for v in operands])
        signature = Composite("while_loop", fn, operands, [condition, step], device=device, out=body.out)
        signature.grad_name = "WhileLoopAutogradOpBackward"
        return signature

    if any(v.aval.traced for v in operands):
        return make()
    return signature_for(("while_loop", go_on.graph.key, body.graph.key), make)
