"""Automatic differentiation: https://docs.pytorch.org/docs/stable/autograd.html"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._autograd.backward import Gradient, run_backward
from .._autograd.modes import enable_grad as enable_grad
from .._autograd.modes import inference_mode as inference_mode
from .._autograd.modes import no_grad as no_grad
from .._autograd.modes import set_grad_enabled as set_grad_enabled
from .._autograd.node import edge_of
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .._tensor.gradients import accumulate_grad, root_gradient
from .variable import Variable as Variable

__all__ = ["Variable", "backward", "enable_grad", "grad", "inference_mode", "no_grad", "set_grad_enabled"]


def _as_tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if x is None or type(x) in TENSOR_TYPES else tuple(x)


def _roots(tensors: tuple[Any, ...], gradients: Any) -> list[tuple[Any, Gradient]]:
    given = _as_tuple(gradients) if gradients is not None else (None,) * len(tensors)
    if len(given) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    return [root_gradient(t, g) for t, g in zip(tensors, given, strict=True)]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of the tensors' sum to the ``grad`` of the leaves they were computed from.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.backward.html

    Args:
        tensors: one tensor or several.
        grad_tensors: the gradient with respect to each; None for single elements.
        retain_graph: keep what another backward needs. Default: ``create_graph``.
        create_graph: make the gradients differentiable.
        inputs: the leaves to which to add; default all.

    Raises:
        RuntimeError: see :meth:`Tensor.backward`; ``inputs`` is empty.

    Example::

        >>> import jaxlearn as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> torch.autograd.backward([x * x, 2 * x])
        >>> x.grad
        tensor(8.)
    """
    if inputs is not None and type(inputs) not in TENSOR_TYPES and len(inputs) == 0:
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    wanted = None if inputs is None else {id(t) for t in _as_tuple(inputs)}

    def accumulate(leaf: Any, given: Gradient) -> None:
        if wanted is None or id(leaf) in wanted:
            accumulate_grad(leaf, given, create_graph)

    run_backward(
        _roots(_as_tuple(tensors), grad_tensors),
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        accumulate=accumulate,
    )


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
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
        allow_unused: give None for inputs that the outputs do not depend on. Default: ``materialize_grads``.
        is_grads_batched: ``grad_outputs`` has a leading batch dimension; not offered here, use ``torch.func.vmap``.
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
    if is_grads_batched:
        raise NotImplementedError(
            "is_grads_batched=True is not offered; map over grad_outputs with jax.vmap instead"
        )
    targets = _as_tuple(inputs)
    if not targets:
        raise ValueError("grad requires non-empty inputs.")
    for t in targets:
        if not t.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    unused_allowed: Sequence[Any] | bool | None = materialize_grads if allow_unused is None else allow_unused
    found = run_backward(
        _roots(_as_tuple(outputs), grad_outputs),
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        accumulate=None,
        targets=[edge_of(t) for t in targets],
    )
    gradients = []
    for i, t in enumerate(targets):
        gradient = found.get(i)
        if gradient is None:
            if not unused_allowed:
                raise RuntimeError(
                    f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
                    "allow_unused=True if this is the desired behavior."
                )
            gradients.append(t.new_zeros(t.shape) if materialize_grads else None)
            continue
        result = wrap(gradient.value)
        if isinstance(gradient.edge, tuple):
            result._grad_fn, result._output_nr = gradient.edge
            result._requires_grad = True
        gradients.append(result)
    return tuple(gradients)
