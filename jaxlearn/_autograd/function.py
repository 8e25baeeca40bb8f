"""Functions with a backward of the user's own."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from .._engine.recorder import recorder
from .._engine.value import Aval, Value
from .._naming import type_name
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .._tensor.views import assign, refuse_kind, rewrite_history
from .function_context import BackwardCFunction, Results
from .gradient import Gradient
from .links import following
from .modes import modes, no_grad
from .node import Extra, GradNode
from .saved import SavedTensors
from .saving import saver

__all__ = [
    "Function",
    "FunctionMeta",
    "once_differentiable",
    "overrides_setup",
]


# What a transform of jaxlearn.func would need to run forward and backward apart.
_NEEDS_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
    "the setup_context staticmethod. For more details, please see "
    "https://pytorch.org/docs/main/notes/extending.func.html"
)


class FunctionMeta(type):
    """Gives each :class:`Function` the class of its backward nodes.

    Args:
        name: the Function's.
        bases: its base classes.
        namespace: its methods.
    """

    _backward_cls: type[BackwardCFunction]

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls._backward_cls = type(
            name + "Backward",
            (BackwardCFunction,),
            {"_forward_cls": cls, "__module__": "jaxlearn.autograd.function"},
        )

    def _backward_rule(cls: Any) -> Callable[..., Any]:
        """The user's backward, by whichever of its two names."""
        own, vjp = cls.backward is not Function.backward, cls.vjp is not Function.vjp
        if own and vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only "
                "implement one of them."
            )
        found: Callable[..., Any] = cls.vjp if vjp else cls.backward
        return found


class Function(metaclass=FunctionMeta):
    """An operation with a backward of the user's own.

    https://docs.pytorch.org/docs/stable/autograd.html#torch.autograd.Function

    A subclass has the static methods ``forward(ctx, *args)`` and ``backward(ctx, *grad_outputs)``; or
    ``forward(*args)``, ``setup_context(ctx, inputs, output)`` and ``backward``. It is called with :meth:`apply`. What
    both do is recorded as all else is: the step stays one program.

    Inside a JAX transformation (``jax.grad``, ``jax.vmap``, ``torch.func``) a call is a ``jax.custom_vjp`` with this
    backward, and :meth:`vmap`, where it is overridden, is its rule for batches.

    Example::

        >>> import jaxlearn as torch
        >>> class Clamp(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(x):
        ...         return x.clamp(-1, 1)
        ...     @staticmethod
        ...     def setup_context(ctx, inputs, output):
        ...         pass
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         return grad  # straight through
        >>> x = torch.tensor([0.5, 3.0], requires_grad=True)
        >>> Clamp.apply(x).sum().backward()
        >>> x.grad
        tensor([1., 1.])
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should "
            "invoke them on the class itself. Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd "
            "function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the results; to be overridden.

        Args:
            args: ``ctx`` (unless :meth:`setup_context` is overridden) and what :meth:`apply` is called with.
            kwargs: what :meth:`apply` is called with by name.

        Raises:
            NotImplementedError: it was not overridden.
        """
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Note on ``ctx`` what backward needs, if :meth:`forward` is not given ``ctx``.

        Args:
            ctx: the context.
            inputs: what forward was called with.
            output: what it returned.

        Raises:
            NotImplementedError: it was not overridden.
        """
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the inputs, given those of the results; to be overridden (or ``vjp``, its other name).

        Args:
            ctx: the context.
            grad_outputs: a gradient for each result.

        Returns:
            A gradient, or None, for each argument of forward.

        Raises:
            NotImplementedError: it was not overridden.
        """
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The tangents of the results, given those of the inputs; to be overridden for forward mode.

        Args:
            ctx: the context.
            grad_inputs: a tangent, or None, for each argument of forward.

        Returns:
            A tangent, or None, for each result.

        Raises:
            NotImplementedError: it was not overridden.
        """
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """The rule for a batch of calls; to be overridden where ``generate_vmap_rule`` is False.

        Args:
            info: has ``batch_size`` and ``randomness``.
            in_dims: for each argument the dimension that is mapped over, or None.
            args: the arguments, tensors with that dimension.

        Returns:
            The results, and for each the dimension that is mapped over.

        Raises:
            NotImplementedError: it was not overridden.
        """
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the function.

        Args:
            args: what :meth:`forward` takes after ``ctx``. Gradients flow to the tensors directly among them.
            kwargs: the same by name.

        Raises:
            RuntimeError: a tensor was marked as dirty wrongly, or a transform of :mod:`jaxlearn.func` is at work and
                the class has no :meth:`setup_context`.
            TypeError: something saved is no tensor.
        """
        if modes.transforms and not overrides_setup(cls):
            raise RuntimeError(_NEEDS_SETUP)
        args = _positional(cls, args, kwargs)
        if in_transformation(args):
            from .function_traced import apply_traced  # needs this module

            return apply_traced(cls, args)
        ctx, output = run_forward(cls, args)
        single = not isinstance(output, tuple)
        outputs = _with_history(ctx, args, (output,) if single else output)
        return outputs[0] if single else outputs


def in_transformation(args: tuple[Any, ...]) -> bool:
    """Whether an argument is a tracer, or stands for many values inside a vmap or another traced body, or a gradient
    goes through such a body to one."""
    tensors = [a for a in args if type(a) in TENSOR_TYPES]
    if any(t._current().aval.traced for t in tensors):
        return True
    capture = recorder.capture
    if capture is None or not capture.lifts:
        return False
    return any((t._requires_grad and modes.grad) or capture.depends(t._current()) for t in tensors)


def overrides_setup(cls: type[Function]) -> bool:
    """Whether forward is written without ``ctx``."""
    return cls.setup_context is not Function.setup_context


def _positional(cls: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    if not kwargs and not overrides_setup(cls):
        return args
    lead = () if overrides_setup(cls) else (None,)
    bound = inspect.signature(cls.forward).bind(*lead, *args, **kwargs)
    bound.apply_defaults()
    return (*bound.args[len(lead) :], *bound.kwargs.values())


def run_forward(cls: type[Function], args: tuple[Any, ...]) -> tuple[BackwardCFunction, Any]:
    """Call the user's forward: (context, what it returned)."""
    ctx = cls._backward_cls(args)
    with following(None), no_grad():
        if overrides_setup(cls):
            output = cls.forward(*args)
            cls.setup_context(ctx, args, output)
        else:
            output = cls.forward(ctx, *args)
    return ctx, output


def _among(tensor: Any, tensors: Sequence[Any]) -> bool:
    return any(tensor is t for t in tensors)


def _with_history(ctx: BackwardCFunction, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The results of forward with their place in the backward graph, as torch gives it to them."""
    inputs = [a for a in args if type(a) in TENSOR_TYPES]
    dirty, plain = ctx.dirty_tensors, ctx.non_differentiable
    for i, t in enumerate(dirty):
        if type(t) not in TENSOR_TYPES:
            raise RuntimeError(f"mark_dirty can only accept variables, but argument {i} is {type_name(t)}")
    if any(not _among(t, outputs) for t in dirty):
        raise RuntimeError(
            "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
            "modified inplace must all be outputs of the Function."
        )
    for t in dirty:
        t._cell.rebind(t._cell.value)  # torch counts the mark as a write of its own
    for t in plain:
        if type(t) not in TENSOR_TYPES:
            raise RuntimeError(
                f"mark_non_differentiable only accepts variable arguments, but got {type_name(t)}"
            )
    dual = modes.follows is not None and modes.follows.follows(ctx)
    executable = modes.grad and (bool(ctx.wanted) or dual)
    ctx.signature.avals = tuple([t._current().aval for t in inputs])
    ctx.signature.out = tuple([o._current().aval if type(o) in TENSOR_TYPES else None for o in outputs])
    results, tangents = [], []
    for number, o in enumerate(outputs):
        if type(o) not in TENSOR_TYPES:
            results.append(o)
            continue
        given, written = _among(o, inputs), _among(o, dirty)
        if not executable or _among(o, plain) or not (o.is_floating_point() or o.is_complex()):
            results.append(_without_gradient(o, given, written))
        elif given and written:
            _rebase(o, ctx, number, len(outputs))
            results.append(o)
        else:
            if given:
                with no_grad():
                    o = o.view(o.shape)
            o._grad_fn, o._output_nr, o._requires_grad = ctx, number, True
            if dual:
                tangents.append(o)
            if o._view is not None:
                o._view.kind = "multi" if len(outputs) > 1 else "function"
            results.append(o)
    if executable:
        ctx._kept = SavedTensors(ctx.to_save, ctx, saver()) if ctx.to_save else None
        ctx._kept_forward = SavedTensors(ctx.saved_for_forward, ctx, None) if ctx.saved_for_forward else None
    ctx.to_save = ctx.saved_for_forward = ()
    for o in tangents:
        modes.follows.tangent(o)  # jvp is called at once
    return tuple(results)


def _without_gradient(tensor: Any, given: bool, written: bool) -> Any:
    if given and not written:
        if tensor.requires_grad:
            return tensor._alias()
        with no_grad():
            return tensor.view(tensor.shape)
    if tensor.requires_grad:
        if given:
            return tensor._alias()
        tensor._grad_fn, tensor._output_nr, tensor._requires_grad = None, 0, False
    return tensor


def _rebase(tensor: Any, ctx: BackwardCFunction, number: int, outputs: int) -> None:
    """Give an input that forward wrote to the Function's history."""
    base = None if tensor._view is None else tensor._view.base
    if base is None:
        if tensor._grad_fn is None and tensor._requires_grad:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        rewrite_history(tensor, ctx, number, True)
        return
    if tensor._view.kind:
        refuse_kind(tensor, indirect=False)
    if base._grad_fn is None and base._requires_grad:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        )
    if outputs > 1:
        raise RuntimeError(
            "If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return "
            "more than one Tensor. This is not supported by the current autograd engine. You should either make sure "
            "the input is not a view (using .clone() for example) or make your Function only return one Tensor "
            "(potentially splitting it into two Functions: one doing the inplace that returns a single Tensor and a "
            "second one that does the other operations). You can ask on the forum https://discuss.pytorch.org/ if you "
            "need help to do this change."
        )
    value: Value = tensor._current()
    result = wrap(value)
    result._grad_fn, result._output_nr, result._requires_grad = ctx, number, True
    assign(tensor, result)  # the values are there already: this gives the base its history
    tensor._cell.version -= 1


class _DelayedError(GradNode):
    """Fails when backward comes to it."""

    __slots__ = ("message",)

    def __init__(self, message: str, avals: tuple[Aval, ...]) -> None:
        results: Any = Results("Error")
        results.out = avals
        super().__init__(results, (), (), ())
        self.message = message
        self.extra = Extra()

    def compute(self, slots: Sequence[Gradient | None], create_graph: bool) -> list[Gradient | None]:
        raise RuntimeError(self.message)


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a :class:`Function`'s ``backward`` that is not to be differentiated again: doing so is an error.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.function.once_differentiable.html

    Args:
        fn: the backward.

    Example::

        >>> import jaxlearn as torch
        >>> class Twice(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        ...     @staticmethod
        ...     @torch.autograd.function.once_differentiable
        ...     def backward(ctx, grad):
        ...         return grad * 2
        >>> x = torch.tensor(1.0, requires_grad=True)
        >>> torch.autograd.grad(Twice.apply(x), x)
        (tensor(2.),)
    """

    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args)
        if not modes.grad or not any(type(a) in TENSOR_TYPES and a.requires_grad for a in args):
            return outputs
        results = outputs if isinstance(outputs, tuple) else (outputs,)
        tensors = [r for r in results if r is not None]
        node = _DelayedError(
            "trying to differentiate twice a function that was marked with @once_differentiable",
            tuple([t._current().aval for t in tensors]),
        )
        failing = iter([(t.detach(), i) for i, t in enumerate(tensors)])
        marked = []
        for r in results:
            if r is not None:
                r, number = next(failing)
                r._grad_fn, r._output_nr, r._requires_grad = node, number, True
            marked.append(r)
        return tuple(marked) if isinstance(outputs, tuple) else marked[0]

    return wrapper
