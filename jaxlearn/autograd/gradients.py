"""``backward`` and ``grad``."""

from __future__ import annotations

import warnings
from typing import Any

from .._autograd.backward import run_backward
from .._autograd.gradient import tensor_of
from .._tensor.creation_constants import zeros_like
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.gradients import backward as _backward
from .._tensor.gradients import edge_of_any, roots
from . import graph

__all__ = ["backward", "grad"]


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if type(x) in TENSOR_TYPES or isinstance(x, graph.GradientEdge) else tuple(x)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradient of the tensors' sum to the ``grad`` of the leaves they were computed from.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html

    Args:
        tensors: one tensor or several.
        grad_tensors: the gradient with respect to each; None for single elements.
        retain_graph: keep what another backward needs. Default: ``create_graph``.
        create_graph: make the gradients differentiable.
        grad_variables: the old name of ``grad_tensors``.
        inputs: the tensors to whose ``grad`` to add; default all leaves.

    Raises:
        RuntimeError: see :meth:`Tensor.backward`; ``inputs`` is empty.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> torch.autograd.backward([x * x, 2 * x])
        >>> x.grad
        tensor(8.)
    """
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only "
                "use `grad_tensors`."
            )
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2
        )
        grad_tensors = grad_variables
    _backward(_as_tuple(tensors), grad_tensors, retain_graph, create_graph, inputs)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the outputs' sum with respect to the inputs.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html

    Args:
        outputs: one tensor or several.
        inputs: the tensors, leaves or not, with respect to which to differentiate.
        grad_outputs: the gradient with respect to each output; None for single elements.
        retain_graph: keep what another backward needs. Default: ``create_graph``.
        create_graph: make the gradients differentiable.
        only_inputs: ignored, with a warning where it is False: nothing is added to any ``grad``.
        allow_unused: give None for inputs that the outputs do not depend on. Default: ``materialize_grads``.
        is_grads_batched: ``grad_outputs`` have a leading batch dimension; the gradients get one too.
        materialize_grads: give zeros for inputs that the outputs do not depend on.

    Returns:
        A gradient for each input.

    Raises:
        RuntimeError: an input does not require grad or was not used.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> (dx,) = torch.autograd.grad(x**3, x, create_graph=True)
        >>> torch.autograd.grad(dx, x)
        (tensor(18.),)
    """
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for "
            "other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    targets = _as_tuple(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    unused_allowed = materialize_grads if allow_unused is None else allow_unused
    starts = roots(_as_tuple(outputs), grad_outputs, is_grads_batched)
    for t in targets:
        if type(t) in TENSOR_TYPES and not t.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    found = run_backward(
        starts,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        accumulate=None,
        targets=[edge_of_any(t) for t in targets],
        batch=starts[0][1].value.aval.shape[0] if is_grads_batched else None,
    )
    gradients: list[Any] = []
    for i, t in enumerate(targets):
        if i in found:
            gradients.append(tensor_of(found[i]))
        elif unused_allowed:
            zeros = zeros_like(t, requires_grad=create_graph) if materialize_grads else None
            gradients.append(zeros)
        else:
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
    return tuple(gradients)
