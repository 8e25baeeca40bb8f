"""Backward hooks of a module: watch the gradients at its outputs and at its inputs.

The tensors pass through an identity operation on their way in and out, whose backward node the hooks sit on.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._autograd.modes import modes, no_grad
from ..ops.op import op
from .parameter import is_tensor

__all__ = ["BackwardHooks", "hook_result"]


@op(name="backward_hook", grad_name="BackwardHookFunctionBackward")
def _watch(tensors: Any) -> Any:
    """The tensors themselves."""
    return tuple(tensors)


class BackwardHooks:
    """The backward hooks of one call of a module.

    Args:
        module: handed to the hooks.
        hooks: called with (module, grad_input, grad_output); may return another grad_input.
        pre_hooks: called with (module, grad_output); may return another grad_output.
    """

    def __init__(
        self, module: Any, hooks: Sequence[Callable[..., Any]], pre_hooks: Sequence[Callable[..., Any]]
    ) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.inputs: tuple[Any, ...] = ()
        self.watched_inputs: list[int] = []
        self.outputs = 0
        self.watched_outputs: list[int] = []
        self.grad_output: Any = None  # while the backward is between the module's results and its inputs

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's positional arguments, their gradients watched."""
        self.inputs = args
        self.watched_inputs, watched, node = _watched(args)
        if node is not None:
            node.register_hook(self.hook)
        return tuple(watched)

    def watch_outputs(self, output: Any) -> Any:
        """The module's result, the gradients of its tensors watched."""
        if not (is_tensor(output) or isinstance(output, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(output)}",
                stacklevel=4,
            )
        results = output if isinstance(output, tuple) else (output,)
        self.outputs = len(results)
        self.watched_outputs, watched, node = _watched(results)
        if node is None:
            return output
        node.register_hook(self._at_outputs)
        if not isinstance(output, tuple):
            return watched[0]
        return type(output)(*watched) if hasattr(output, "_fields") else tuple(watched)

    def _at_outputs(self, _: Any, grads: Any) -> Any:
        grad_output: Any = _spread(self.watched_outputs, grads, [None] * self.outputs)
        for pre in self.pre_hooks:
            changed = pre(self.module, grad_output)
            if changed is not None:
                if len(changed) != self.outputs:
                    raise RuntimeError(
                        "Backward pre hook returned an invalid number of grad_output, got "
                        f"{len(changed)}, but expected {self.outputs}"
                    )
                grad_output = changed
        if self.watched_inputs:
            self.grad_output = grad_output
        else:
            self._call_without_inputs(grad_output)
        return tuple([grad_output[i] for i in self.watched_outputs])

    def _call_without_inputs(self, grad_output: Any) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
            "#torch.nn.Module.register_full_backward_hook for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            changed = hook(self.module, (None,) * len(self.inputs), grad_output)
            if changed is not None and not (isinstance(changed, tuple) and set(changed) <= {None}):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )

    def hook(self, grads: Any, _: Any) -> Any:
        """Hand the module's hooks the gradients; errors about what they return name this function, as in torch."""
        if self.grad_output is None:  # the gradient did not come through the results
            return None
        others = [
            a.new_zeros(a.shape) if is_tensor(a) and i not in self.watched_inputs else None
            for i, a in enumerate(self.inputs)
        ]
        grad_input: Any = _spread(self.watched_inputs, grads, others)
        for hook in self.hooks:
            changed = hook(self.module, grad_input, self.grad_output)
            if changed is not None:
                if len(changed) != len(grad_input):
                    raise RuntimeError(
                        f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but expected "
                        f"{len(grad_input)}"
                    )
                grad_input = changed
        self.grad_output = None
        return tuple([grad_input[i] for i in self.watched_inputs])


def _watched(values: tuple[Any, ...]) -> tuple[list[int], list[Any], Any]:
    """The places of the tensors that require grad, all values with views for those, and the views' one node."""
    places = [i for i, v in enumerate(values) if is_tensor(v) and v.requires_grad]
    watched = list(values)
    if not places or not modes.grad:
        return [], watched, None
    node = None
    for place, passed in zip(places, _watch([values[i] for i in places]), strict=True):
        node = passed.grad_fn
        if node is None:  # under a transformation of JAX
            return places, list(values), None
        with no_grad():
            view = values[place].view_as(values[place])
        # As of an autograd.Function that returns its input: a write to it would pass the hooks by.
        view._grad_fn, view._output_nr, view._requires_grad = node, passed._output_nr, True
        view._view.kind = "function"
        watched[place] = view
    return places, watched, node


def _spread(places: list[int], values: Any, others: list[Any]) -> tuple[Any, ...]:
    for place, value in zip(places, values, strict=True):
        others[place] = value
    return tuple(others)


def hook_result(module: Any, hooks: Sequence[Callable[..., Any]], args: tuple[Any, ...], output: Any) -> None:
    """Put hooks of the old form on the operation that made the result, or the first tensor in it.

    They see the gradients of that operation's own operands, and of its results.
    """
    first = output
    while not is_tensor(first):
        if isinstance(first, Mapping):
            first = next(v for v in first.values() if is_tensor(v))
        else:
            first = first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(functools.partial(hook, module))
    results = output if isinstance(output, tuple) else (output,)
    if not all(map(is_tensor, results)):
        _advise("on a Module that does not return a single Tensor or a tuple of Tensors", "grad_output")
    elif not all(map(is_tensor, args)):
        _advise("on a Module that does not take as input a single Tensor or a tuple of Tensors", "grad_input")
    elif {r.grad_fn for r in results} != {node}:
        _advise("when outputs are generated by different autograd Nodes", "grad_output")
    elif {a.grad_fn for a in args if a.grad_fn is not None} != {n for n, _ in node.next_functions}:
        _advise("when the forward contains multiple autograd Nodes", "grad_input")


def _advise(when: str, lost: str) -> None:
    warnings.warn(
        f"Using a non-full backward hook {when} is deprecated and will be removed in future versions. This hook will "
        f"be missing some {lost}. Please use register_full_backward_hook to get the documented behavior.",
        FutureWarning,
        stacklevel=4,
    )
