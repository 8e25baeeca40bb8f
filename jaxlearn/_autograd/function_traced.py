"""A Function inside a JAX transformation: its arguments are tracers, and JAX is to use its own backward and batch rule.

A call becomes a ``jax.custom_vjp``: the forward runs with tracers, what it kept on ``ctx`` are the residuals, and the
user's backward makes the cotangents. Where the user's own ``backward()`` walks the graph inside the transformation, the
call is a recorded operation whose gradient is that same function's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._engine.graph import evaluate
from .._engine.recorder import recorder
from .._engine.signature import Signature, strong, x64
from .._engine.value import Value, concrete
from .._tensor.dispatch import TENSOR_TYPES, wrap
from .apply import apply_values
from .function import Function, run_forward
from .gradient import Gradient
from .modes import enable_grad, modes, no_grad
from .node import GradNode, edge_if_any

__all__ = ["VmapInfo", "apply_traced"]


class VmapInfo(NamedTuple):
    """What a Function's ``vmap`` is told of the batch."""

    batch_size: int
    randomness: str


_calls: dict[Any, tuple[_Call, Signature]] = {}


def apply_traced(cls: type[Function], args: tuple[Any, ...]) -> Any:
    """Call a Function whose arguments hold tracers, or placeholders of a body that is being recorded."""
    tensors = [a for a in args if type(a) in TENSOR_TYPES]
    values = tuple([t._current() for t in tensors])
    capture = recorder.capture
    mapped = capture is not None and capture.lifts and capture.mapped
    if mapped and any(capture.depends(v) for v in values):
        _check_rules(cls)
        if not _maps(cls):
            raise RuntimeError(_no_rule(cls))
    call, signature = _of_types(cls, args, values)
    arrays, values, traced = apply_values(signature, values)
    results = [wrap(v) for v in arrays]
    if modes.grad and any(t._requires_grad for t in tensors):  # or has a tangent alone
        node = GradNode(signature, values, (), tuple([edge_if_any(t) for t in tensors]))
        node.traced = traced
        for i, r in enumerate(results):
            if i not in call.plain and r._current().aval.dtype.kind in "fcV":
                r._grad_fn, r._output_nr, r._requires_grad = node, i, True
    return call.assemble(results)


def _of_types(
    cls: type[Function], args: tuple[Any, ...], values: tuple[Value, ...]
) -> tuple[_Call, Signature]:
    """The call as a function of arrays; the same one for the same Function, types and other arguments."""
    avals = tuple([v.aval for v in values])
    key: Any = (cls, avals, tuple([None if type(a) in TENSOR_TYPES else (type(a), a) for a in args]))
    try:
        known = None if any(a.traced for a in avals) else _calls.get(key)
    except TypeError:  # an argument that cannot be compared
        known, key = None, None
    if known is None:
        call = _Call(cls, args)
        signature = Signature(cls.__name__, call.function, avals)
        signature.grad_name = cls.__name__ + "Backward"
        signature.pushes = call.pushes
        known = call, signature
        if key is not None and not any(a.traced for a in avals):
            if len(_calls) >= _CALLS:
                _calls.clear()
            _calls[key] = known
    return known


def _maps(cls: type[Function]) -> bool:
    return cls.generate_vmap_rule or cls.vmap is not Function.vmap


def _check_rules(cls: type[Function]) -> None:
    if cls.generate_vmap_rule and cls.vmap is not Function.vmap:
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it has both generate_vmap_rule=True and an overridden vmap "
            "staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap staticmethod to avoid "
            "ambiguity. For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"
        )


def _no_rule(cls: type[Function]) -> str:
    return (
        f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and implement the "
        "vmap staticmethod or set generate_vmap_rule=True. For more details, please see "
        "https://pytorch.org/docs/main/notes/extending.func.html"
    )


# Argument combinations that are remembered.
_CALLS = 512


@contextlib.contextmanager
def _at_once() -> Iterator[None]:
    """What runs inside sees tracers, and computes with them whatever is being recorded.

    Nothing requires grad there. Still, rules run with gradients enabled: of what is computed under ``no_grad`` JAX is
    told that it depends on nothing, and the gradient of the gradient would be zero.
    """
    capture, recorder.capture = recorder.capture, None
    try:
        with x64():
            yield
    finally:
        recorder.capture = capture


class _Call:
    """One call: the function of its tensor arguments' arrays, as JAX sees it.

    Args:
        cls: the Function.
        args: the arguments; those that are no tensors are part of the function.
    """

    def __init__(self, cls: type[Function], args: tuple[Any, ...]) -> None:
        self.cls = cls
        self.args: tuple[Any, ...] = tuple([None if type(a) in TENSOR_TYPES else a for a in args])
        self.tensors = [type(a) in TENSOR_TYPES for a in args]
        self.places = [i for i, a in enumerate(args) if type(a) in TENSOR_TYPES]
        self.template: Any = None  # the results with numbers in place of the tensors
        self.plain: set[int] = set()  # the results marked as not differentiable
        self.context: Any = None
        primal: Callable[..., Any] = lambda *arrays: self.forward(arrays)[-1]  # noqa: E731
        if not cls.generate_vmap_rule:
            primal = jax.custom_batching.custom_vmap(primal)
            primal.def_vmap(self.batched)
        self.function: Any = jax.custom_vjp(primal)
        self.function.defvjp(self.forward_with_residuals, self.backward)

    def forward(self, arrays: Sequence[Any]) -> tuple[Any, list[Any], tuple[Any, ...]]:
        """Run the user's forward: (its context, the tensor results, their arrays)."""
        args: list[Any] = list(self.args)
        with _at_once(), no_grad():
            for place, array in zip(self.places, arrays, strict=True):
                args[place] = wrap(concrete(strong(array)))
            ctx, output = run_forward(self.cls, tuple(args))
            outputs = output if isinstance(output, tuple) else (output,)
            found = [o for o in outputs if type(o) in TENSOR_TYPES]
            self.plain = {i for i, o in enumerate(found) if any(o is p for p in ctx.non_differentiable)}
            ctx.signature.avals = tuple([args[p]._current().aval for p in self.places])
            ctx.signature.out = tuple(
                [o._current().aval if type(o) in TENSOR_TYPES else None for o in outputs]
            )
            numbers = iter(range(len(found)))
            filled = [_Place(next(numbers)) if type(o) in TENSOR_TYPES else o for o in outputs]
            self.template = tuple(filled) if isinstance(output, tuple) else filled[0]
            return ctx, found, tuple([jnp.asarray(evaluate(o._current())) for o in found])

    def _again(self, results: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
        """The results as the Function computes them again: they depend on the arguments by its own rules then, as the
        gradient of a gradient needs it. (XLA computes them once.)"""
        again = self.function(*arrays)
        return [r if i in self.plain else again[i] for i, r in enumerate(results)]

    def _residual(self, tensor: Any, found: Sequence[Any], results: Sequence[Any]) -> Any:
        """The array of a tensor that the context holds."""
        for number, result in enumerate(found):
            if tensor is result:
                return results[number]
        return None if tensor is None else tensor.__jax_array__()

    def forward_with_residuals(self, *arrays: Any) -> Any:
        """The rule's forward: the results, and as residuals the arrays of all tensors that the context holds."""
        ctx, found, results = self.forward(arrays)
        results = tuple(self._again(results, arrays))
        kept: dict[str, Any] = {k: v for k, v in vars(ctx).items() if type(v) in TENSOR_TYPES}
        saved = [self._residual(t, found, results) for t in ctx.to_save]
        self.context = ctx
        return results, (saved, {k: self._residual(t, found, results) for k, t in kept.items()})

    def backward(self, residuals: Any, cotangents: Any) -> tuple[Any, ...]:
        """The rule's backward: the user's, on the context with the residuals' tensors in their places."""
        ctx = self.context
        saved, kept = residuals
        with _at_once(), enable_grad():
            ctx._kept = _restored(saved)
            for name, array in kept.items():
                setattr(ctx, name, wrap(concrete(strong(array))))
            ctx.needs_input_grad = tuple(
                [type(a) in TENSOR_TYPES and a.dtype.is_floating_point for a in self.args]
            )
            ctx.edges = tuple([True for _ in self.places])
            given = iter(cotangents)
            slots: list[Gradient | None] = []
            for aval in ctx.signature.out:
                array = None if aval is None else next(given)
                symbolic = array is None or array.dtype == jax.dtypes.float0
                slots.append(None if symbolic else Gradient(concrete(strong(array))))
            gradients = ctx.compute(slots, False)
            return tuple([None if g is None else jnp.asarray(evaluate(g.value)) for g in gradients])

    def pushes(self) -> Callable[..., Any]:
        """The rule for tangents: the user's ``jvp``.

        Raises:
            NotImplementedError: there is none.
        """
        if self.cls.jvp is Function.jvp:
            Function.jvp(None)
        return self.pushed

    def pushed(self, arrays: Sequence[Any], tangents: dict[int, Any]) -> list[Any]:
        """The results' tangents, by the user's ``jvp``, for those of the tensor arguments with these numbers."""
        given: list[Any] = [None] * len(self.args)
        ctx, made, results = self.forward(arrays)
        again = self._again(results, arrays)
        saved = [self._residual(t, made, again) for t in ctx.saved_for_forward or ctx.to_save]
        with _at_once(), enable_grad():
            for number, tangent in tangents.items():
                given[self.places[number]] = wrap(concrete(strong(tangent)))
            ctx._kept = _restored(saved)
            found = self.cls.jvp(ctx, *given)
            found = found if isinstance(found, tuple) else (found,)
            kept = [f for f, aval in zip(found, ctx.signature.out, strict=True) if aval is not None]
            return [
                jnp.zeros_like(r) if t is None else t.__jax_array__()
                for t, r in zip(kept, results, strict=True)
            ]

    def batched(self, axis_size: int, in_batched: Sequence[bool], *arrays: Any) -> Any:
        """The rule for batches: the user's ``vmap``."""
        cls = self.cls
        if not _maps(cls):
            raise RuntimeError(_no_rule(cls))
        args: list[Any] = list(self.args)
        in_dims: list[int | None] = [None] * len(args)
        with _at_once():
            for place, array, is_batched in zip(self.places, arrays, in_batched, strict=True):
                args[place] = wrap(concrete(strong(array)))
                in_dims[place] = 0 if is_batched else None
            outputs, out_dims = cls.vmap(VmapInfo(axis_size, "error"), tuple(in_dims), *args)
            single = not isinstance(outputs, tuple)
            outputs, out_dims = ((outputs,), (out_dims,)) if single else (outputs, out_dims)
            dims = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(outputs)
            numbers = iter(range(len(outputs)))
            filled = [_Place(next(numbers)) if type(o) in TENSOR_TYPES else o for o in outputs]
            self.template = filled[0] if single else tuple(filled)
            results, mapped = [], []
            for o, d in zip(outputs, dims, strict=True):
                if type(o) in TENSOR_TYPES:
                    results.append(o.__jax_array__() if d is None else jnp.moveaxis(o.__jax_array__(), d, 0))
                    mapped.append(d is not None)
        return tuple(results), tuple(mapped)

    def assemble(self, results: Sequence[Any]) -> Any:
        """The results as forward returned them."""
        if not isinstance(self.template, tuple):
            return results[0] if isinstance(self.template, _Place) else self.template
        return tuple([results[t.number] if isinstance(t, _Place) else t for t in self.template])


class _Place:
    """Stands for a tensor result."""

    def __init__(self, number: int) -> None:
        self.number = number


def _restored(arrays: Sequence[Any]) -> _Restored:
    return _Restored([None if a is None else wrap(concrete(strong(a))) for a in arrays])


class _Restored:
    """Saved tensors that came back as residuals."""

    def __init__(self, tensors: list[Any]) -> None:
        self.found = tuple(tensors)
        self.given: Sequence[Any] = ()

    def tensors(self, node: Any) -> tuple[Any, ...]:
        """The tensors."""
        return self.found
