"""Reverse mode: ``grad``, ``grad_and_value`` and ``vjp``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .._autograd.backward import run_backward
from .._autograd.gradient import Gradient, tensor_of
from .._autograd.levels import InputNode, Level
from .._autograd.links import really_requires_grad
from .._autograd.modes import modes
from .._autograd.node import next_sequence
from .._tensor.creation_constants import zeros_like
from .._tensor.dispatch import wrap
from .._tensor.gradients import root_gradient
from .._tensor.tree import flatten, stars, tree_map, unflatten
from ._arguments import check_has_aux, check_only_tensors, is_tensor, released, select

__all__ = ["Pullback", "enter", "grad", "grad_and_value", "vjp"]


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of a function with a scalar result.

    https://docs.pytorch.org/docs/stable/generated/torch.func.grad.html

    Args:
        func: returns a tensor without dimensions.
        argnums: the position, or a tuple of positions, of the arguments by which to differentiate; they may be nested
            tuples, lists and dicts of tensors.
        has_aux: the function returns ``(output, aux)``, and so does the gradient.

    Returns:
        The function of the same arguments that returns the gradient, structured as the argument.

    Raises:
        RuntimeError: at a call, the result is no scalar tensor, an argument is not floating, or ``argnums`` is wrong.
        ValueError: at a call, an argument to differentiate by is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.grad(torch.sin)(torch.tensor(0.0))
        tensor(1.)
        >>> torch.func.grad(torch.func.grad(lambda x: x**3))(torch.tensor(2.0))
        tensor(12.)
    """

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = _grad_and_value(func, argnums, has_aux, args, kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of a function and its value.

    https://docs.pytorch.org/docs/stable/generated/torch.func.grad_and_value.html

    Args:
        func: returns a tensor without dimensions.
        argnums: the position, or a tuple of positions, of the arguments by which to differentiate.
        has_aux: the function returns ``(output, aux)``.

    Returns:
        The function of the same arguments that returns ``(gradient, output)``, or ``(gradient, (output, aux))``.

    Raises:
        RuntimeError: as for :func:`grad`.
        ValueError: as for :func:`grad`.

    Example::

        >>> import jaxlearn as torch
        >>> torch.func.grad_and_value(torch.square)(torch.tensor(3.0))
        (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return _grad_and_value(func, argnums, has_aux, args, kwargs)

    return gradient


def _grad_and_value(func: Any, argnums: Any, has_aux: bool, args: Any, kwargs: Any) -> tuple[Any, Any]:
    what = "grad_and_value(f)(*args)"
    if argnums is None:
        select(args, argnums)  # refuses it; elsewhere it stands for all arguments
    with Level() as level:
        args, inputs, structure = enter(level, args, argnums)
        output, aux = func(*args, **kwargs), None
        if has_aux:
            check_has_aux(output, what)
            output, aux = output
        if not is_tensor(output):
            raise RuntimeError(f"{what}: Expected f(*args) to return a Tensor, got {type(output)}")
        if output.dim():
            raise RuntimeError(
                f"{what}: Expected f(*args) to return a scalar Tensor, got tensor with {output.dim()} dims. Maybe you "
                "wanted to use the vjp or jacrev APIs instead?"
            )
        gradients = pull_back([output], [None], inputs, create_graph=True)
        *gradients, value = level.released([*gradients, output])
        found = unflatten(gradients, structure)
        if has_aux:
            value = value, released(level, aux)
    return found, value


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function and its pullback, which takes gradients of the results to gradients of the arguments.

    https://docs.pytorch.org/docs/stable/generated/torch.func.vjp.html

    Args:
        func: returns floating or complex tensors.
        primals: its arguments, nested tuples, lists and dicts of tensors.
        has_aux: the function returns ``(output, aux)``.

    Returns:
        ``(output, vjp_fn)`` or ``(output, vjp_fn, aux)``; ``vjp_fn`` takes what is structured as the output and
        returns a tuple with a gradient for each argument (the one gradient if there is one argument, as in torch).

    Raises:
        RuntimeError: the results are no floating tensors.
        ValueError: an argument is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> y, pull = torch.func.vjp(torch.sin, torch.tensor([0.0, 1.0]))
        >>> pull(torch.ones(2))
        (tensor([1.0000, 0.5403]),)
    """
    pullback = Pullback(func, primals, None, has_aux)
    if has_aux:
        return pullback.output, pullback, pullback.aux
    return pullback.output, pullback


class Pullback:
    """What ``vjp`` returns: call it with the gradients of the results.

    Args:
        func: the function.
        primals: its arguments.
        argnums: those to differentiate by; None for all.
        has_aux: the function returns ``(output, aux)``.
    """

    def __init__(self, func: Callable[..., Any], primals: Any, argnums: Any, has_aux: bool) -> None:
        what = "vjp(f, *primals)"
        with Level() as level:
            args, self._inputs, self._structure = enter(level, primals, argnums)
            output, aux = func(*args), None
            if has_aux:
                check_has_aux(output, what)
                output, aux = output
                aux = released(level, aux)
            self._outputs, self._output_structure = flatten(output)
            check_only_tensors(self._outputs, what)
            for t in self._outputs:
                if not (t.is_floating_point() or t.is_complex()):
                    raise RuntimeError(
                        "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with "
                        f"dtype {t.dtype}"
                    )
            self.output = unflatten(level.released(self._outputs), self._output_structure)
            self.aux = aux
        self._level = level

    def __call__(self, cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, structure = flatten(cotangents)
        if structure != self._output_structure:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function. cotangents: {stars(structure)}, primal output: {stars(self._output_structure)}"
            )
        create = modes.grad if create_graph is None else create_graph
        since = next_sequence()
        gradients = pull_back(self._outputs, given, self._inputs, create_graph=create)
        return unflatten(self._level.released(gradients, since), self._structure)


def enter(level: Level, args: Sequence[Any], argnums: Any) -> tuple[tuple[Any, ...], list[InputNode], Any]:
    """The arguments as the function sees them, the nodes of those to differentiate by, and their structure.

    Raises:
        ValueError: one to differentiate by is no tensor.
        RuntimeError: one is not floating, or ``argnums`` does not fit.
    """
    places, chosen = (tuple(range(len(args))), tuple(args)) if argnums is None else select(args, argnums)
    inputs: list[InputNode] = []

    def differentiable(x: Any) -> Any:
        if not is_tensor(x):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        if not (x.is_floating_point() or x.is_complex()):
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        alias, node = level.input(x)
        inputs.append(node)
        return alias

    entered = list(args)
    for place in places:
        entered[place] = tree_map(differentiable, args[place])
    return tuple(entered), inputs, flatten(chosen)[1]


def pull_back(
    outputs: Sequence[Any], cotangents: Sequence[Any], inputs: Sequence[InputNode], *, create_graph: bool
) -> list[Any]:
    """The gradients of a level's inputs; zeros for those that the outputs do not depend on."""
    roots = [
        root_gradient(t, c.to(t.dtype) if is_tensor(c) and c.dtype != t.dtype else c)
        for t, c in zip(outputs, cotangents, strict=True)
        if t._grad_fn is not None and really_requires_grad(t)
    ]
    found: dict[int, Gradient] = {}
    if roots:
        targets = [(node, 0) for node in inputs]
        found = run_backward(
            roots, retain_graph=True, create_graph=create_graph, accumulate=None, targets=targets
        )
    gradients = []
    for i, node in enumerate(inputs):
        gradient = found.get(i)
        gradients.append(zeros_like(wrap(node.value)) if gradient is None else tensor_of(gradient))
    return gradients
