"""Where backward starts and where it ends: the root's gradient, and adding to a leaf's ``grad``."""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections.abc import Sequence
from typing import Any

from .._autograd.backward import run_backward
from .._autograd.gradient import Gradient, add_gradients, constant, of_tensor, tensor_of
from .._autograd.modes import no_grad
from .._autograd.node import AccumulateGrad, Node, edge_if_any, edge_of
from .._engine.recorder import recorder
from .._naming import type_name
from .dispatch import TENSOR_TYPES, wrap
from .views import assign, is_from_outside, lay_out_like, refresh_history

__all__ = ["Retainer", "accumulate_grad", "backward", "edge_of_any", "root_gradient", "roots"]


def roots(tensors: Sequence[Any], gradients: Any, batched: bool = False) -> list[tuple[Any, Gradient]]:
    """Where backward starts: each tensor's edge and the gradient entering there.

    Args:
        tensors: tensors or gradient edges.
        gradients: one tensor, or for each of ``tensors`` a tensor or None.
        batched: the gradients have a leading batch dimension.

    Raises:
        RuntimeError: a tensor does not require grad, or a gradient is missing or does not fit.
        TypeError: a gradient is no tensor.
    """
    if gradients is None:
        given: Sequence[Any] = (None,) * len(tensors)
    else:
        given = (gradients,) if type(gradients) in TENSOR_TYPES else tuple(gradients)
    found = list(map(root_gradient, tensors, given, range(len(tensors)), itertools.repeat(batched)))
    if len(given) < len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    return found


def root_gradient(tensor: Any, gradient: Any, index: int = 0, batched: bool = False) -> tuple[Any, Gradient]:
    """Where backward starts at one tensor; see :func:`roots`."""
    if gradient is not None and type(gradient) not in TENSOR_TYPES:
        raise TypeError(f"gradients can be either Tensors or None, but got {type_name(gradient)}")
    if type(tensor) not in TENSOR_TYPES:
        if not _is_edge(tensor):
            raise AssertionError("Expected output to be a torch.Tensor")
        edge = edge_of_any(tensor)
        aval = edge[0].signature.out[edge[1]] if type(edge) is tuple else edge._current().aval
    else:
        aval = tensor._current().aval
        edge = None
    if gradient is None:
        if edge is None and not tensor.requires_grad:
            raise RuntimeError(
                f"element {index} of tensors does not require grad and does not have a grad_fn"
            )
        if aval.size != 1 or type(tensor) not in TENSOR_TYPES:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if aval.dtype.kind == "c":
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {tensor.dtype}"
            )
        return edge_if_any(tensor), Gradient(constant(aval, 1))
    _check_root(gradient, tensor, aval, index, batched)
    if edge is None:
        if not tensor.requires_grad:
            raise RuntimeError(
                f"element {index} of tensors does not require grad and does not have a grad_fn"
            )
        edge = edge_if_any(tensor)
    if gradient._current().aval.dtype != aval.dtype:
        gradient = gradient.to(wrap(constant(aval, 0)).dtype)
    return edge, of_tensor(gradient)


def _check_root(gradient: Any, tensor: Any, aval: Any, index: int, batched: bool) -> None:
    """Refuse a gradient of another shape than the tensor's, or complex for a real one."""
    size = type(gradient.shape)
    shape = gradient.shape[1:] if batched else gradient.shape
    if tuple(shape) != aval.shape:
        if batched:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
                "dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
                f"output, but a mismatch was detected: grad_output[{index}] has a shape of {size(gradient.shape[2:])} "
                f"and output[{index}] has a shape of {size(aval.shape)}. If you only want some tensors in "
                "`grad_output` to be considered batched, consider using vmap."
            )
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{index}] has a shape of {gradient.shape} and output[{index}] has a shape "
            f"of {size(aval.shape)}."
        )
    if gradient.is_complex() != (aval.dtype.kind == "c"):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
            f"grad_output[{index}] has a dtype of {gradient.dtype} and output[{index}] has a dtype of "
            f"{wrap(constant(aval, 0)).dtype}."
        )


def edge_of_any(target: Any) -> Any:
    """The edge of a tensor, or of what ``autograd.graph.get_gradient_edge`` gave."""
    if type(target) in TENSOR_TYPES:
        if target._view is not None:
            refresh_history(target)
        made_by = target._grad_fn
        if made_by is not None and not made_by.leads:
            return target  # nothing arrives where the view's gradients end
        return edge_of(target)
    if not _is_edge(target):
        raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type_name(target)}")
    node: Node = target.node
    return node.variable if isinstance(node, AccumulateGrad) else (node, target.output_nr)


def _is_edge(target: Any) -> bool:
    """Whether it is a :class:`jaxlearn.autograd.graph.GradientEdge`."""
    return isinstance(target, tuple) and hasattr(target, "node")


def backward(
    tensors: Sequence[Any],
    gradients: Any,
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Any,
) -> None:
    """Add gradients to the leaves' ``grad``; see :func:`jaxlearn.autograd.backward`."""
    targets = None
    if inputs is not None:
        targets = (inputs,) if type(inputs) in TENSOR_TYPES or _is_edge(inputs) else tuple(inputs)
        if not targets:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    starts = roots(tensors, gradients)
    wanted = None
    if targets is not None:
        for t in targets:
            if type(t) in TENSOR_TYPES:
                t.retain_grad()
        wanted = {id(t) for t in map(edge_of_any, targets) if type(t) is not tuple}

    if create_graph:
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the parameter and its "
            "gradient which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid "
            "this. If you have to use this function, make sure to reset the .grad fields of your parameters to None "
            "after use to break the cycle and avoid the leak.",
            stacklevel=3,
        )

    def accumulate(leaf: Any, given: Gradient) -> None:
        if wanted is None or id(leaf) in wanted:
            accumulate_grad(leaf, given, create_graph)

    run_backward(
        starts,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        accumulate=accumulate,
        targets=() if targets is None else [edge_of_any(t) for t in targets],
    )


def accumulate_grad(leaf: Any, given: Gradient, create_graph: bool) -> None:
    """Add a gradient to ``leaf.grad``: in place if it exists, unless the gradient has a history of its own.

    A leaf that has been told since that it needs none is left alone.
    """
    if not leaf._requires_grad:
        return
    if recorder.capture is not None:
        recorder.capture.grad_read(leaf)
    held = leaf._grad
    if given.value.aval.traced and not leaf._current().aval.traced and is_from_outside(leaf):
        raise RuntimeError(
            "backward() inside a JAX transformation reached a parameter from outside of it, whose `grad` cannot hold a "
            "value of the transformation: make it an argument of the function, or set its requires_grad to False"
        )
    if held is None:
        leaf._grad = wrap(given.value) if given.edge is None or not create_graph else _fresh(given)
        if leaf._current().aval.strides is not None and not create_graph:
            lay_out_like(leaf._grad, leaf, None)
    elif create_graph:
        leaf._grad = _fresh(add_gradients(of_tensor(held), given))
    else:
        if recorder.capture is not None:
            recorder.capture.read([held])
        total = add_gradients(Gradient(held._current()), Gradient(given.value))
        with no_grad():
            assign(held, wrap(total.value))


def _fresh(given: Gradient) -> Any:
    """The gradient as a tensor that is nobody else's: a leaf that was given as a gradient is not its own grad."""
    if given.edge is None or type(given.edge) is tuple:
        return tensor_of(given)
    grad = wrap(given.value)
    grad._requires_grad = True
    return grad


class Retainer:
    """Passes a retained gradient to its tensor without keeping the tensor alive from its own backward node."""

    __slots__ = ("ref",)

    def __init__(self, tensor: Any) -> None:
        self.ref = weakref.ref(tensor)

    def _retain(self, gradient: Gradient) -> None:
        tensor = self.ref()
        if tensor is None:
            return
        if recorder.capture is not None:
            recorder.capture.grad_read(tensor)
        held = tensor._grad
        # Unlike a leaf's, a retained gradient is not added to in place.
        tensor._grad = _fresh(gradient if held is None else add_gradients(of_tensor(held), gradient))
