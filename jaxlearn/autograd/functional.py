"""Products with Jacobians and Hessians: https://docs.pytorch.org/docs/stable/autograd.html#functional-higher-level-api

A function of one tensor or of several; its results' derivatives are structured in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._autograd.gradient import of_tensor, tensor_of
from .._autograd.levels import Level, push_forward
from .._autograd.modes import enable_grad, modes, set_grad_enabled
from .._tensor.basis import standard_basis
from .._tensor.batching import batched
from .._tensor.creation_constants import zeros_like
from .._tensor.dispatch import TENSOR_TYPES
from .gradients import grad as gradients_of

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_OUTPUTS = "outputs of the user-provided function"


def _tensors(given: Any, what: str, function: str) -> tuple[bool, tuple[Any, ...]]:
    """Whether a tuple was given, and it as a tuple.

    Raises:
        TypeError: something in it is no tensor.
    """
    several = isinstance(given, tuple)
    found = given if several else (given,)
    for i, x in enumerate(found):
        if type(x) not in TENSOR_TYPES:
            start = f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the "
            if several:
                raise TypeError(f"{start}value at index {i} has type {type(x)}.")
            raise TypeError(f"{start}given {what} has type {type(x)}.")
    return several, found


def _entering(inputs: Sequence[Any], create_graph: bool, needs: bool = True) -> tuple[Any, ...]:
    """The inputs as the function gets them: with their own history, or as new leaves."""
    return tuple(
        [
            x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_(needs)
            for x in inputs
        ]
    )


def _leaving(results: Any, create_graph: bool) -> Any:
    """The results without history unless one was asked for."""
    if create_graph:
        return results
    return tuple([r.detach() if type(r) in TENSOR_TYPES else _leaving(r, False) for r in results])


def _pair(several: bool, results: Any) -> Any:
    return results if several else results[0]


def _check_v(v: Sequence[Any], other: Sequence[Any], several: bool) -> None:
    if len(other) != len(v):
        if several:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(other)} but got {len(v)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for i, (a, b) in enumerate(zip(v, other, strict=True)):
        if a.shape != b.shape:
            where = f"Entry {i} in " if several else ""
            raise RuntimeError(f"{where}v has invalid size: should be {b.size()} but got {a.size()}.")


# What strict mode says of the values that should require grad, by what they are.
_INDEPENDENT = {
    "outputs": (
        "Output {i} of the user-provided function does not require gradients. The outputs must be computed in a "
        "differentiable manner from the input when running in strict mode."
    ),
    "grad_inputs": (
        "The gradient with respect to input {i} is independent of the inputs of the user-provided function. This is "
        "not allowed in strict mode."
    ),
    "jacobian": (
        "While computing the hessian, found that the jacobian of the user-provided function with respect to input {i} "
        "is independent of the input. This is not allowed in strict mode. You should ensure that your function is "
        "twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function "
        "for example)."
    ),
    "hessian": (
        "The hessian of the user-provided function with respect to input {i} is independent of the input. This is not "
        "allowed in strict mode. You should ensure that your function is thrice differentiable and that the hessian "
        "depends on the inputs."
    ),
}

# What it says of gradients that are missing, by the stage of the computation.
_MISSING = {
    "back": "The output of the user-provided function is independent of input {i}. This is not allowed in strict mode.",
    "back_trick": (
        "The gradient with respect to the input is independent of entry {i} in the grad_outputs when using the double "
        "backward trick to compute forward mode gradients. This is not allowed in strict mode."
    ),
    "double_back": (
        "The jacobian of the user-provided function is independent of input {i}. This is not allowed in strict mode."
    ),
    "double_back_trick": (
        "The hessian of the user-provided function is independent of entry {i} in the grad_jacobian. This is not "
        "allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD."
    ),
}


def _check_dependent(values: Sequence[Any], what: str, strict: bool) -> None:
    if not strict:
        return
    for i, x in enumerate(values):
        if x is None:
            raise RuntimeError(_MISSING["back"].format(i=i))
        if not x.requires_grad:
            raise RuntimeError(_INDEPENDENT[what].format(i=i))


def _filled(
    grads: Sequence[Any], like: Sequence[Any], strict: bool, create_graph: bool, stage: str
) -> tuple[Any, ...]:
    """The gradients, zeros standing for missing ones.

    Raises:
        RuntimeError: in strict mode one is missing, or has no history where one was asked for.
    """
    results = []
    for i, (g, x) in enumerate(zip(grads, like, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(_MISSING[stage].format(i=i))
            results.append(zeros_like(x.detach()))
            continue
        if strict and create_graph and not g.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict "
                "mode when create_graph=True."
            )
        results.append(g)
    return tuple(results)


def _grads(
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    given: Sequence[Any] | None = None,
    create_graph: bool = False,
    rows: bool = False,
    retain_graph: bool = False,
) -> tuple[Any, ...]:
    """The gradients of what requires grad among the outputs; None for inputs that nothing depends on."""
    pairs = [
        (o, g)
        for o, g in zip(outputs, given or (None,) * len(outputs), strict=True)
        if o is not None and o.requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    return gradients_of(
        tuple([o for o, _ in pairs]),
        tuple(inputs),
        tuple([g for _, g in pairs]),
        retain_graph=create_graph or rows or retain_graph,
        create_graph=create_graph,
        allow_unused=True,
        is_grads_batched=rows,
    )


def _call(
    func: Callable[..., Any], inputs: Any, create_graph: bool, strict: bool, name: str
) -> tuple[bool, tuple[Any, ...], bool, tuple[Any, ...]]:
    """The inputs as they entered the function and its outputs, each with whether there are several."""
    several_in, inputs = _tensors(inputs, "inputs", name)
    inputs = _entering(inputs, create_graph)
    several_out, outputs = _tensors(func(*inputs), _OUTPUTS, name)
    _check_dependent(outputs, "outputs", strict)
    return several_in, inputs, several_out, outputs


def _direction(v: Any, inputs: Any, create_graph: bool, name: str) -> Any:
    """The direction ``v`` for the inputs; None for a single element.

    Raises:
        RuntimeError: it does not fit the inputs.
    """
    several, found = _tensors(inputs, "inputs", name)
    _entering(found, create_graph)  # refuses integers
    if v is not None:
        v = _entering(_tensors(v, "v", name)[1], create_graph, False)
        _check_v(v, found, several)
        return v
    if len(found) != 1 or found[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
            "element."
        )
    return None


def _check_scalar(several: bool, outputs: Sequence[Any], name: str) -> None:
    if several:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The results of a function and the product of a vector with its Jacobian.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html

    Args:
        func: takes and returns a tensor or several.
        inputs: its argument, or the tuple of its arguments.
        v: the vector: as the results are; None for a result of one element.
        create_graph: make the results differentiable.
        strict: refuse a result that does not depend on the inputs; else its derivative is zero.

    Returns:
        ``(outputs, product)``; the product is structured as the inputs.

    Raises:
        RuntimeError: ``v`` does not fit, or ``strict`` and something is independent.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.autograd.functional.vjp(torch.square, torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        several_in, inputs, several_out, outputs = _call(func, inputs, create_graph, strict, "vjp")
        if v is not None:
            v = _entering(_tensors(v, "v", "vjp")[1], create_graph, False)
            _check_v(v, outputs, several_out)
        elif len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single Tensor with a single "
                "element."
            )
    with set_grad_enabled(bool(create_graph or modes.grad)):
        found = _filled(_grads(outputs, inputs, v, create_graph), inputs, strict, create_graph, "back")
    return _pair(several_out, _leaving(outputs, create_graph)), _pair(
        several_in, _leaving(found, create_graph)
    )


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The results of a function and the product of its Jacobian with a vector, by reverse mode twice.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html

    Args:
        func: takes and returns a tensor or several.
        inputs: its argument, or the tuple of its arguments.
        v: the vector: as the inputs are; None for an input of one element.
        create_graph: make the results differentiable.
        strict: refuse a result that does not depend on the inputs; else its derivative is zero.

    Returns:
        ``(outputs, product)``; the product is structured as the outputs.

    Raises:
        RuntimeError: ``v`` does not fit, or ``strict`` and something is independent.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.autograd.functional.jvp(torch.square, torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]))
        (tensor([1., 4.]), tensor([2., 0.]))
    """
    with enable_grad():
        v = _direction(v, inputs, create_graph, "jvp")
        _, inputs, several_out, outputs = _call(func, inputs, create_graph, strict, "jvp")
        directions = tuple([zeros_like(t.detach()).requires_grad_() for t in outputs])
        pulled = _grads(outputs, inputs, directions, True)
        _check_dependent(pulled, "grad_inputs", strict)
    with set_grad_enabled(bool(create_graph or modes.grad)):
        pushed = _grads(pulled, directions, v, create_graph)
        found = _filled(pushed, outputs, strict, create_graph, "back_trick")
    return _pair(several_out, _leaving(outputs, create_graph)), _pair(
        several_out, _leaving(found, create_graph)
    )


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of a scalar function and the product of a vector with its Hessian.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html

    Args:
        func: takes a tensor or several and returns one element.
        inputs: its argument, or the tuple of its arguments.
        v: the vector: as the inputs are; None for an input of one element.
        create_graph: make the results differentiable.
        strict: refuse a result that does not depend on the inputs; else its derivative is zero.

    Returns:
        ``(output, product)``; the product is structured as the inputs.

    Raises:
        RuntimeError: ``v`` does not fit, the result is no single element, or ``strict`` and something is independent.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> cubes = lambda x: (x**3).sum()
        >>> torch.autograd.functional.vhp(cubes, torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        v = _direction(v, inputs, create_graph, "vhp")
        several_in, inputs, several_out, outputs = _call(func, inputs, create_graph, strict, "vhp")
        _check_scalar(several_out, outputs, "vhp")
        first = _grads(outputs, inputs, None, True)
        _check_dependent(first, "jacobian", strict)
    with set_grad_enabled(bool(create_graph or modes.grad)):
        found = _filled(_grads(first, inputs, v, create_graph), inputs, strict, create_graph, "double_back")
    return _pair(several_out, _leaving(outputs, create_graph)), _pair(
        several_in, _leaving(found, create_graph)
    )


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of a scalar function and the product of its Hessian with a vector; :func:`vhp` is cheaper.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html

    Args:
        func: takes a tensor or several and returns one element.
        inputs: its argument, or the tuple of its arguments.
        v: the vector: as the inputs are; None for an input of one element.
        create_graph: make the results differentiable.
        strict: refuse a result that does not depend on the inputs; else its derivative is zero.

    Returns:
        ``(output, product)``; the product is structured as the inputs.

    Raises:
        RuntimeError: ``v`` does not fit, the result is no single element, or ``strict`` and something is independent.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> cubes = lambda x: (x**3).sum()
        >>> torch.autograd.functional.hvp(cubes, torch.tensor([1.0, 2.0]), torch.ones(2))
        (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        v = _direction(v, inputs, create_graph, "hvp")
        several_in, inputs, several_out, outputs = _call(func, inputs, create_graph, strict, "hvp")
        _check_scalar(several_out, outputs, "hvp")
        first = _grads(outputs, inputs, None, True)
        _check_dependent(first, "jacobian", strict)
        directions = tuple([zeros_like(x.detach()).requires_grad_() for x in inputs])
        second = _grads(first, inputs, directions, True)
        _check_dependent(first, "hessian", strict)
    with set_grad_enabled(bool(create_graph or modes.grad)):
        pushed = _grads(second, directions, v, create_graph)
        found = _filled(pushed, inputs, strict, create_graph, "double_back_trick")
    return _pair(several_out, _leaving(outputs, create_graph)), _pair(
        several_in, _leaving(found, create_graph)
    )


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of a function.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html

    Args:
        func: takes and returns a tensor or several.
        inputs: its argument, or the tuple of its arguments.
        create_graph: make the Jacobian differentiable.
        strict: refuse a result that does not depend on the inputs; else its derivative is zero.
        vectorize: here all rows are computed at once anyway.
        strategy: ``"reverse-mode"``, or ``"forward-mode"`` (with ``vectorize``), which computes columns.

    Returns:
        A tensor of shape ``(*output.shape, *input.shape)``, or tuples of such: for each output, for each input.

    Raises:
        RuntimeError: ``strict`` and something is independent, or ``strict`` with another option that excludes it.
        NotImplementedError: forward mode without ``vectorize``, or with ``create_graph``.
        AssertionError: another ``strategy``.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.autograd.functional.jacobian(torch.square, torch.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not '
                'supported together (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.'
            )
        return _forward_jacobian(func, inputs, strict, vectorize)
    with enable_grad():
        several_in, inputs, several_out, outputs = _call(func, inputs, create_graph, strict, "jacobian")
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
                "Please either set `strict=False` or `vectorize=False`."
            )
        if vectorize:
            rows = _together(outputs, inputs, create_graph)
        else:
            rows = [_row(i, out, inputs, create_graph, strict) for i, out in enumerate(outputs)]
    return _pair(several_out, tuple([_pair(several_in, row) for row in _leaving(tuple(rows), create_graph)]))


def _row(number: int, out: Any, inputs: Sequence[Any], create_graph: bool, strict: bool) -> tuple[Any, ...]:
    """The Jacobians of one output by all inputs."""
    (basis,) = next(standard_basis([out]))
    found: tuple[Any, ...] = (None,) * len(inputs)
    if out.numel() == 1:  # a history without a batch, which tells what depends on what
        found = _grads([out], inputs, [basis.reshape(out.shape)], create_graph, retain_graph=True)
    elif out.numel():
        found = _grads([out], inputs, [basis], create_graph, True)
    parts = []
    for k, (g, x) in enumerate(zip(found, inputs, strict=True)):
        if g is None:
            if strict:
                raise RuntimeError(
                    f"Output {number} of the user-provided function is independent of input {k}. This is not allowed "
                    "in strict mode."
                )
            g = x.new_zeros((out.numel(), *x.shape))
        elif strict and create_graph and not g.requires_grad:
            raise RuntimeError(
                f"The jacobian of the user-provided function is independent of input {number}. This is not allowed in "
                "strict mode when create_graph=True."
            )
        parts.append(g.reshape((*out.shape, *x.shape)))
    return tuple(parts)


def _together(outputs: Sequence[Any], inputs: Sequence[Any], create_graph: bool) -> list[tuple[Any, ...]]:
    """For each output, the Jacobians by all inputs; all in one pass, so that they have one history."""
    basis = next(standard_basis(list(outputs)))
    sizes = [t.numel() for t in outputs]
    columns = []
    for g, x in zip(_grads(outputs, inputs, basis, create_graph, True), inputs, strict=True):
        whole = x.new_zeros((sum(sizes), *x.shape)) if g is None else g
        parts = whole.split(sizes, 0)
        columns.append([p.reshape((*t.shape, *x.shape)) for p, t in zip(parts, outputs, strict=True)])
    return list(zip(*columns, strict=True))


def _forward_jacobian(func: Callable[..., Any], inputs: Any, strict: bool, vectorize: bool) -> Any:
    if strict:
        raise RuntimeError(
            'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported '
            'together (yet). Please either set `strict=False` or `strategy="reverse-mode"`.'
        )
    several_in, inputs = _tensors(inputs, "inputs", "jacobian")
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for "
            "`vectorize=True`."
        )
    several_out = False
    outputs: tuple[Any, ...] = ()

    def columns(tangents: list[Any], _: Any) -> tuple[list[Any], list[int | None]]:
        nonlocal several_out, outputs
        with Level(counts=False, carries=True) as level:
            entered = [level.input(x) for x in inputs]
            several_out, outputs = _tensors(func(*[x for x, _ in entered]), "outputs", "None")  # so in torch
            given = [of_tensor(t) for t in tangents]
            pushed = push_forward(outputs, [node for _, node in entered], given, level)
            found = [
                zeros_like(t.detach()) if p is None else tensor_of(p)
                for t, p in zip(outputs, pushed, strict=True)
            ]
        return level.released(found), [0] * len(found)

    basis = next(standard_basis(list(inputs)))
    wholes = batched(columns, basis, [0] * len(basis), basis[0].shape[0], "unsupported")
    sizes = [x.numel() for x in inputs]
    rows = []
    for out, whole in zip(outputs, wholes, strict=True):
        parts = whole.movedim(0, -1).split(sizes, -1)
        row = [p.reshape((*out.shape, *x.shape)) for p, x in zip(parts, inputs, strict=True)]
        rows.append(_pair(several_in, row))
    return _pair(several_out, rows if several_in else tuple(rows))  # a list for several inputs: so in torch


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar function.

    https://docs.pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html

    Args:
        func: takes a tensor or several and returns one element.
        inputs: its argument, or the tuple of its arguments.
        create_graph: make the Hessian differentiable.
        strict: refuse a Jacobian that does not depend on the inputs; else its derivative is zero.
        vectorize: here all rows are computed at once anyway.
        outer_jacobian_strategy: ``"reverse-mode"``, or ``"forward-mode"`` (with ``vectorize``).

    Returns:
        A tensor of shape ``(*input.shape, *input.shape)``, or tuples of such: for each input, for each input.

    Raises:
        RuntimeError: the function does not return a single element, or ``strict`` and something is independent.
        NotImplementedError: forward mode without ``vectorize``, or with ``create_graph``.
        AssertionError: another strategy.
        TypeError: something is no tensor.

    Example::

        >>> import jaxlearn as torch
        >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    several, inputs = _tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def scalar(*arguments: Any) -> Any:
        several_out, outputs = _tensors(func(*arguments), _OUTPUTS, "hessian")
        _check_dependent(outputs, "outputs", strict)
        _check_scalar(several_out, outputs, "hessian")
        return outputs[0].squeeze()

    def first(*arguments: Any) -> Any:
        found = jacobian(scalar, arguments, create_graph=True)
        _check_dependent(found, "jacobian", strict)
        return found

    result = jacobian(
        first,
        inputs,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return result if several else result[0][0]
