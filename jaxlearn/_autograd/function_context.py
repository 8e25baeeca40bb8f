"""What the forward and the backward of a :class:`~.function.Function`'s call share: the context that both are given,
which is the call's node in the backward graph too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._engine.value import Aval
from .._naming import type_name
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .backward import FREED
from .gradient import Gradient, constant, of_tensor, tensor_of
from .node import Extra, GradNode, edge_if_any, next_sequence, watchers
from .saved import SavedTensors

__all__ = ["BackwardCFunction", "FunctionCtx", "Results"]


class FunctionCtx:
    """What the static methods of a :class:`Function` are given as ``ctx``: it carries things from forward to backward.

    https://docs.pytorch.org/docs/stable/autograd.html#context-method-mixins

    Attributes of the user's own may be set on it.

    Example::

        >>> import jaxlearn as torch
        >>> class Cube(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x**3
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         (x,) = ctx.saved_tensors
        ...         return grad * 3 * x**2
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x).backward()
        >>> x.grad
        tensor(12.)
    """

    to_save: tuple[Any, ...] = ()
    saved_for_forward: tuple[Any, ...] = ()
    dirty_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    materialize_grads = True
    needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (inputs, results or others; None is allowed) for backward, where ``ctx.saved_tensors`` has them.

        Args:
            tensors: what to keep.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for :meth:`Function.jvp`.

        Args:
            tensors: what to keep.
        """
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Any) -> None:
        """Say which inputs the forward wrote to in place; each must be among its results.

        Args:
            args: the inputs.
        """
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Say which results carry no gradient.

        Args:
            args: the results.
        """
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward is given zeros (the default) or None for results that no gradient came to.

        Args:
            value: True for zeros.
        """
        self.materialize_grads = value


class Results:
    """The results of a Function's forward, as a node's ``signature``: their types (None: no tensor)."""

    __slots__ = ("avals", "grad_name", "out", "saves")
    op: Any = None
    undefined: frozenset[int] = frozenset()

    def __init__(self, name: str) -> None:
        self.grad_name = name
        self.out: tuple[Aval | None, ...] = ()
        self.avals: tuple[Aval, ...] = ()
        self.saves: tuple[int, ...] = ()


class BackwardCFunction(FunctionCtx, GradNode):
    """The backward node of a :class:`Function`'s call, which is its ``ctx`` too.

    Args:
        args: what the Function is called with.
    """

    _forward_cls: Any

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.signature: Any = Results(type(self).__name__)
        self.inputs = ()
        self.numbers = ()
        self.saved = None
        self.traced = False
        self.sequence = next_sequence()
        self.extra = Extra()
        self._are_tensors = [type(a) in TENSOR_TYPES for a in args]
        tensors = [a for a in args if type(a) in TENSOR_TYPES]
        self.needs_input_grad = tuple([type(a) in TENSOR_TYPES and a.requires_grad for a in args])
        self.edges = tuple([edge_if_any(t) for t in tensors])
        self.wanted = tuple([i for i, e in enumerate(self.edges) if e is not None])
        self._kept: SavedTensors | None = None
        self._kept_forward: SavedTensors | None = None  # what jvp is given
        for watch in tuple(watchers):
            watch(self)

    def name(self) -> str:
        """The class's name: ``CubeBackward``."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{type(self).__name__} object at {id(self):#x}>"

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What :meth:`save_for_backward` kept.

        Raises:
            RuntimeError: an earlier backward freed it, or a tensor was overwritten in place since.
        """
        if self.inputs is None:
            raise RuntimeError(FREED)
        return () if self._kept is None else self._kept.tensors(self)

    def release(self) -> None:
        """Let go of the saved tensors."""
        super().release()
        self._kept = self._kept_forward = None

    def compute(self, slots: Sequence[Gradient | None], create_graph: bool) -> list[Gradient | None]:
        """Call the user's backward and check what it returns."""
        if self._kept is not None:
            self._kept.given = [s.value for s in slots if s is not None]
        grads = []
        for aval, gradient in zip(self.signature.out, slots, strict=True):
            if gradient is not None:
                grads.append(tensor_of(gradient))
            else:
                grads.append(wrap(constant(aval, 0)) if self.materialize_grads and aval is not None else None)
        result = self._forward_cls._backward_rule()(self, *grads)
        return self._checked(result if isinstance(result, tuple) else (result,))

    def push(self, given: Sequence[tuple[int, Gradient]]) -> list[tuple[int, Gradient]]:
        """Call the user's jvp: the results' tangents with their numbers.

        Args:
            given: the numbers of tensor arguments, with their tangents.
        """
        arrived = dict(given)
        numbers = iter(range(len(self.edges)))
        tangents = []
        for is_tensor in self._are_tensors:
            tangent = arrived.get(next(numbers)) if is_tensor else None
            tangents.append(None if tangent is None else tensor_of(tangent))
        kept = self._kept
        self._kept = self._kept_forward or kept
        try:
            result = self._forward_cls.jvp(self, *tangents)
        finally:
            self._kept = kept
        results = result if isinstance(result, tuple) else (result,)
        return [(i, of_tensor(r)) for i, r in enumerate(results) if r is not None]

    def _checked(self, result: tuple[Any, ...]) -> list[Gradient | None]:
        expected = len(self._are_tensors)
        if len(result) > expected and all(r is None for r in result[expected:]):
            result = result[:expected]
        if len(result) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(result)})"
            )
        gradients: list[Gradient | None] = []
        for i, (r, is_tensor) in enumerate(zip(result, self._are_tensors, strict=True)):
            if not is_tensor:
                if r is not None:
                    raise RuntimeError(
                        f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                        "corresponding forward input was not a Variable"
                    )
                continue
            if r is not None and type(r) not in TENSOR_TYPES:
                raise RuntimeError(f"expected Variable or None (got {type_name(r)})")
            place = len(gradients)
            if r is None:
                gradients.append(None)
            elif self.edges[place] is None:  # shown to hooks only
                gradients.append(of_tensor(r))
            else:
                gradients.append(_fitting(r, self.signature.avals[place], place, self))
        return gradients


def _fitting(gradient: Any, aval: Aval, index: int, node: GradNode) -> Gradient:
    """A returned gradient in its input's shape and dtype: summed over dimensions in which the input is broadcast.

    Raises:
        RuntimeError: the shape does not fit.
    """
    shape = tuple(gradient.shape)
    if shape != aval.shape:
        lead = len(shape) - len(aval.shape)
        if lead < 0 or any(a not in (1, b) for a, b in zip(aval.shape, shape[lead:], strict=True)):
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {index} - got {list(shape)} but "
                f"expected shape compatible with {list(aval.shape)}"
            )
        over = [*range(lead), *[lead + i for i, a in enumerate(aval.shape) if a != shape[lead + i]]]
        gradient = gradient.sum(over, keepdim=True).reshape(aval.shape)
    have = gradient._current().aval.dtype
    if have != aval.dtype:
        if have.kind == "c" and aval.dtype.kind != "c":
            raise RuntimeError(
                "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == grad_is_complex) to be true, but "
                "got false.  (Could this error message be improved?  If so, please report an enhancement request to "
                "PyTorch.)"
            )
        gradient = gradient.to(wrap(constant(aval, 0)).dtype)
    return of_tensor(gradient)
