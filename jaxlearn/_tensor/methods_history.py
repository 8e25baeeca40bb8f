"""A tensor's place in the backward graph: gradients, leaves, aliases without history, hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import jax

from .._autograd.handles import HookTable, add_hook
from .._autograd.links import hollow, levels, really_requires_grad
from .._autograd.modes import modes
from .._autograd.node import LeafHooks, public
from .._engine.recorder import recorder
from .._engine.value import concrete
from .._naming import type_name
from .argument_kinds import truth
from .cell import view_of
from .dispatch import TENSOR_TYPES, wrap, wrap_cell
from .gradients import Retainer, backward
from .methods_values import ValueMethods
from .views import refresh_history, share

__all__ = ["HistoryMethods"]


# The element types as torch spells them in the message on a gradient of another dtype.
_C_NAMES = {"Float": "float", "Double": "double", "Half": "c10::Half", "BFloat16": "c10::BFloat16"}


def _is_outside(node: Any) -> bool:
    """Whether the node stands for a tensor that comes from outside of what is looked at, and is a leaf there."""
    return node.level is not None or (bool(hollow) and node in hollow)


class HistoryMethods(ValueMethods):
    """The attributes and methods of autograd."""

    _follow_base = refresh_history

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to or through this tensor. Settable on leaves."""
        view = self._view
        base = None if view is None else view.base
        if hollow:
            return really_requires_grad(self) or (base is not None and really_requires_grad(base))
        return self._requires_grad if base is None else self._requires_grad or base._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and modes.transforms:
            raise RuntimeError(
                "You are attempting to call Tensor.requires_grad_() (or perhaps using torch.autograd.functional.* "
                "APIs) inside of a function being transformed by a functorch transform. This is unsupported, please "
                "attempt to use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call "
                "requires_grad_() outside of a function being transformed instead."
            )
        if not self.is_leaf:
            if value:
                raise RuntimeError("you can only change requires_grad flags of leaf variables.")
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                "in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and not (self.is_floating_point() or self.is_complex()):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if value and self._inference and not modes.inference:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
            )
        if type(value) is not bool:
            raise RuntimeError("requires_grad must be a bool")
        if value and levels and self._grad_fn is not None and not self.requires_grad:
            levels[-1].require(self)
            return
        if recorder.capture is not None:
            recorder.capture.history_written(self)
        if hollow and self._grad_fn is not None and self._grad_fn in hollow:
            self._grad_fn, self._output_nr = None, 0  # its level has ended
        if value and self._grad_fn is not None and not self._grad_fn.leads:
            self._grad_fn = None  # gradients are to come here
        self._requires_grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set :attr:`requires_grad` and return the tensor."""
        wanted = truth("requires_grad_", "requires_grad", requires_grad, 1)
        if not wanted or modes.transforms or self.is_leaf:
            self.requires_grad = wanted
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was made by the user rather than by a recorded operation."""
        if self._view is not None:
            refresh_history(self, True)
        return self._grad_fn is None or _is_outside(self._grad_fn)

    @property
    def grad_fn(self) -> Any:
        """The backward node that made this tensor, None for leaves."""
        if self._view is not None:
            refresh_history(self, True)
        node = self._grad_fn
        # To a transformed function its arguments are leaves.
        if node is None or _is_outside(node):
            return None
        return public((node, 0))[0]

    @property
    def output_nr(self) -> int:
        """Which output of :attr:`grad_fn` this is."""
        return self._output_nr

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        owner = self if self._base is None else self._base
        return self._cell.version - self._cell.untracked if owner._untracked is None else owner._untracked[0]

    def _is_view(self) -> bool:
        return self._view is not None and self._view.base is not None

    @property
    def _base(self) -> Any:
        return None if self._view is None else self._view.base

    @property
    def grad(self) -> Any:
        """The gradient that backward has added up, None before. Assignable."""
        if recorder.capture is not None:
            recorder.capture.grad_read(self)
        # By the history that it has: to be asked is no use of a view, which may have become stale.
        node = self._grad_fn
        if self._grad is None and node is not None and not (self._keeps_grad or _is_outside(node)):
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during autograd.backward(). If you indeed want the .grad field to be populated for "
                "a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by "
                "mistake, make sure you access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
                "more information.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if type(value) not in TENSOR_TYPES:
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got grad of type {type_name(value)}"
                )
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                    f"'{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
                )
            if value.dtype != self.dtype:
                name = value.dtype._scalar_name
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{_C_NAMES.get(name, name)}' to a tensor with "
                    f"grad_dtype '{self.dtype._scalar_name}'. The gradient must match the tensor's grad_dtype "
                    "(defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with a specific "
                    "dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor "
                    "and its gradient may break downstream systems that assume they match."
                )
        if recorder.capture is not None:
            recorder.capture.grad_written(self)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    def detach(self) -> Any:
        """An alias without history: writes are shared, gradients are not.

        Inside a JAX transformation of your own it is a value of its own instead, through which ``jax.grad`` does not
        differentiate either.
        """
        value = self._current()
        if value.aval.traced and value.array is not None:
            return wrap(concrete(jax.lax.stop_gradient(value.array)))
        return self._alias()

    def _alias(self) -> Any:
        """An alias without history."""
        t = wrap_cell(self._cell)
        if self._inference:
            t._inference = True
        if self._view is not None:
            t._view = view_of(None, self._view.steps, self._current(), self._cell)
        if self._untracked is not None:
            t._untracked = self._untracked
        return t

    @property
    def data(self) -> Any:
        """An alias without history whose writes autograd does not see.

        Assigning a tensor puts this one on that tensor's memory, of which it may be a part; earlier aliases stay on
        the old. Inside a compiled function the values are copied instead.
        """
        t = self._alias()
        t._untracked = [0]
        return t

    @data.setter
    def data(self, value: Any) -> None:
        if type(value) not in TENSOR_TYPES:
            raise TypeError("Variable data has to be a tensor, but got " + type_name(value))
        if self._requires_grad and not (value.is_floating_point() or value.is_complex()):
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex dtype"
            )
        self._inference = value._inference
        if recorder.capture is not None and self._view is None:
            recorder.capture.target(self)
            self._cell.rebind(value._current())  # replays write to this storage
        else:
            if recorder.capture is not None:
                recorder.capture.give_up("the data of a view is assigned")
            share(self, value)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to the ``grad`` of the leaves it was computed from.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html

        Args:
            gradient: of the final result with respect to this tensor; may be left out for a single element.
            retain_graph: keep what another backward needs. Default: ``create_graph``.
            create_graph: make the gradients differentiable.
            inputs: leaves to which to add; default all.

        Raises:
            RuntimeError: no gradient can be made, none is given for a non-scalar, the graph was freed already, or a
                value that is needed was overwritten in place.
        """
        if modes.transforms:
            raise RuntimeError(
                "backward() called inside a functorch transform. This is not supported, please use functorch.grad or "
                "functorch.vjp instead or call backward() outside of functorch transforms."
            )
        backward((self,), gradient, retain_graph, create_graph, inputs)

    def detach_(self) -> Any:
        """Cut this tensor off its history, in place.

        Raises:
            RuntimeError: it is a view.
        """
        if self._is_view():
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for "
                "training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence "
                "detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution."
            )
        if recorder.capture is not None:
            recorder.capture.history_written(self)
        self._grad_fn = None
        self._output_nr = 0
        self._requires_grad = False
        return self

    def is_inference(self) -> bool:
        """Whether the tensor was made inside :class:`jaxlearn.inference_mode`."""
        return self._inference

    def retain_grad(self) -> None:
        """Make backward keep :attr:`grad` of this non-leaf tensor too."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._view is not None:
            refresh_history(self)
        if self._grad_fn is not None:
            self._grad_fn.more().retained.setdefault(self._output_nr, Retainer(self))
            self._keeps_grad = True

    @property
    def retains_grad(self) -> bool:
        """Whether :meth:`retain_grad` was called on this non-leaf."""
        return self._keeps_grad

    def register_hook(self, hook: Callable[[Any], Any]) -> Any:
        """Call ``hook(grad)`` when the gradient of this tensor is known; what it returns, if not None, replaces it.

        Returns:
            A handle with ``remove()``.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if recorder.capture is not None:
            recorder.capture.hooked(self)
        if self._view is not None:
            refresh_history(self)
        if self._grad_fn is None:
            return add_hook(LeafHooks.of(self).tensor, hook)
        return add_hook(self._grad_fn.more().tensor.setdefault(self._output_nr, HookTable()), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], None]) -> Any:
        """Call ``hook(tensor)`` each time a gradient has been added to this leaf's :attr:`grad`.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.register_post_accumulate_grad_hook.html

        Returns:
            A handle with ``remove()``.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if recorder.capture is not None:
            recorder.capture.hooked(self)
        return add_hook(LeafHooks.of(self).accumulated, hook)
