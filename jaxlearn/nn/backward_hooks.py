"""Backward hooks of a module: watch the gradients at its outputs and at its inputs.

The tensors pass through an identity operation on their way in and out, whose backward node the hooks sit on.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._autograd.modes import modes
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
        self.inputs = 0
        self.watches_inputs = False
        self.grad_output: list[Any] | None = (
            None  # until the results are known, if there are tensors among them
        )
        self.grad_input: list[Any] = []
        self.constants: dict[int, Any] = {}

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The module's positional arguments, their gradients watched."""
        self.inputs = len(args)
        places = [i for i, a in enumerate(args) if is_tensor(a) and a.requires_grad]
        if not places or not modes.grad:
            return args
        self.watches_inputs = True
        self.grad_input = [None] * self.inputs
        self.constants = {i: a for i, a in enumerate(args) if is_tensor(a) and i not in places}
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
            assert self.grad_output is not None
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
            if not last or self.grad_output is None:
                return None
            for i, constant in self.constants.items():
                self.grad_input[i] = constant.new_zeros(constant.shape)
            return self._call(tuple(self.grad_input))[place]

        return hook

    def _call(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.hooks:
            changed = hook(self.module, grad_input, tuple(self.grad_output or ()))
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                if len(changed) != len(grad_input):
                    raise RuntimeError(
                        f"Backward hook returned an invalid number of grad_input, got {len(changed)}, but expected "
                        f"{len(grad_input)}"
                    )
                grad_input = changed
        return grad_input


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
