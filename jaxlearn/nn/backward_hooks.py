"""Backward hooks of a module: watch the gradients at its outputs and at its inputs.

The tensors pass through an identity operation on their way in and out, whose backward node the hooks sit on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._autograd.modes import modes
from ..ops.op import op
from .parameter import is_tensor

__all__ = ["BackwardHooks"]


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
        self.inputs = 0
        self.watches_inputs = False
        self.grad_output: list[Any] = []
        self.grad_input: list[Any] = []

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's positional arguments, their gradients watched."""
        self.inputs = len(args)
        places = [i for i, a in enumerate(args) if is_tensor(a) and a.requires_grad]
        if not places or not modes.grad:
            return args
        self.watches_inputs = True
        self.grad_input = [None] * self.inputs
        watched = list(args)
        for place, tensor in zip(places, _watch([args[i] for i in places]), strict=True):
            watched[place] = tensor
            tensor.register_hook(self._at_input(place, place == places[-1]))
        return tuple(watched)

    def watch_outputs(self, output: Any) -> Any:
        """The module's result, the gradients of its tensors watched."""
        results = output if isinstance(output, tuple) else (output,)
        places = [i for i, r in enumerate(results) if is_tensor(r) and r.requires_grad]
        if not places or not modes.grad:
            return output
        self.grad_output = [None] * len(results)
        watched = list(results)
        for place, tensor in zip(places, _watch([results[i] for i in places]), strict=True):
            watched[place] = tensor
            tensor.register_hook(self._at_output(place, place == places[-1]))
        if not isinstance(output, tuple):
            return watched[0]
        return type(output)(*watched) if hasattr(output, "_fields") else tuple(watched)

    def _at_output(self, place: int, last: bool) -> Callable[[Any], Any]:
        def hook(grad: Any) -> Any:
            self.grad_output[place] = grad
            if not last:
                return None
            for pre in self.pre_hooks:
                changed = pre(self.module, tuple(self.grad_output))
                if changed is not None:
                    self.grad_output = list(changed) if isinstance(changed, tuple) else [changed]
            if not self.watches_inputs:
                self._call((None,) * self.inputs)
            return self.grad_output[place]

        return hook

    def _at_input(self, place: int, last: bool) -> Callable[[Any], Any]:
        def hook(grad: Any) -> Any:
            self.grad_input[place] = grad
            if not last:
                return None
            return self._call(tuple(self.grad_input))[place]

        return hook

    def _call(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.hooks:
            changed = hook(self.module, grad_input, tuple(self.grad_output))
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                if len(changed) != len(grad_input):
                    raise RuntimeError(
                        f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but expected "
                        f"{len(grad_input)}"
                    )
                grad_input = changed
        return grad_input
