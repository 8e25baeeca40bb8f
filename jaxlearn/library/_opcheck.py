"""Checks of a custom operator: that its rules and what it does agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._autograd.modes import no_grad
from .._tensor.creation_constants import empty_like
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.tree import flatten, tree_map
from ..autograd.gradients import grad
from ..compiler import compile
from ._operators import CustomOpDef, found

__all__ = ["OpCheckError", "opcheck"]


class OpCheckError(Exception):
    """A check of :func:`opcheck` failed."""


def opcheck(
    op: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    *,
    test_utils: str | Sequence[str] = (
        "test_schema",
        "test_autograd_registration",
        "test_faketensor",
        "test_aot_dispatch_dynamic",
    ),
    raise_exception: bool = True,
    atol: float = 1e-5,
    rtol: float = 1e-4,
) -> dict[str, str]:
    """Check a custom operator on sample arguments.

    That it writes to the arguments that its schema names and to no others (``test_schema``); that a gradient is
    registered, if an argument requires grad (``test_autograd_registration``); that the function on tensors without
    data gives the shapes and dtypes that the kernel gives (``test_faketensor``); that it gives the same results and
    gradients in a compiled function (``test_aot_dispatch_dynamic``).
    https://docs.pytorch.org/docs/stable/library.html#torch.library.opcheck

    Args:
        op: the operator.
        args: its arguments.
        kwargs: its keyword arguments.
        test_utils: which checks to make.
        raise_exception: whether a failure is raised; otherwise it is in the result.
        atol: absolute tolerance of the last check.
        rtol: its relative tolerance.

    Returns:
        For each check ``"SUCCESS"``, or the error's text.

    Raises:
        OpCheckError: a check failed.

    Example::

        >>> import jaxlearn as torch
        >>> @torch.library.custom_op("readme::half", mutates_args=())
        ... def half(x: torch.Tensor) -> torch.Tensor:
        ...     return x / 2
        >>> half.register_fake(lambda x: torch.empty_like(x)) and None
        >>> torch.library.opcheck(half, (torch.ones(2),), test_utils="test_faketensor")
        {'test_faketensor': 'SUCCESS'}
    """
    checked = found(op)
    results: dict[str, str] = {}
    for name in [test_utils] if isinstance(test_utils, str) else test_utils:
        try:
            if name == "test_aot_dispatch_dynamic":
                _compiles(checked, args, kwargs or {}, atol, rtol)
            else:
                _CHECKS[name](checked, args, kwargs or {})
            results[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(f"opcheck(op, ...): {name} failed with {error}") from error
            results[name] = str(error)
    return results


def _copies(x: Any) -> Any:
    """The arguments on memory of their own."""
    return tree_map(
        lambda t: t.detach().clone().requires_grad_(t.requires_grad) if type(t) in TENSOR_TYPES else t, x
    )


def _tensors(x: Any) -> list[Any]:
    return [t for t in flatten(x)[0] if type(t) in TENSOR_TYPES]


def _schema(op: CustomOpDef, args: Any, kwargs: Any) -> None:
    args, kwargs = _copies(args), _copies(kwargs)
    positional, keywords = op._schema.bind(args, kwargs)
    values = [*positional, *keywords.values()]
    before = [[t.detach().clone() for t in _tensors(v)] for v in values]
    with no_grad():
        op._run(positional, keywords)
    for p, value, old in zip(op._schema.parameters, values, before, strict=True):
        changed = any(not a.equal(b) for a, b in zip(_tensors(value), old, strict=True))
        if changed and not p.written:
            raise RuntimeError(
                f"Argument {p.name} is not defined as mutable but was mutated: name it in mutates_args"
            )


def _gradient(op: CustomOpDef, args: Any, kwargs: Any) -> None:
    needs = any(t.requires_grad for t in _tensors((args, kwargs)))
    if needs and not op._schema.written and op._backward is None:
        raise RuntimeError(
            f"{op} got arguments that require grad, but has no autograd formula: use register_autograd to add one"
        )


def _faketensor(op: CustomOpDef, args: Any, kwargs: Any) -> None:
    with no_grad():
        real = _tensors(op(*_copies(args), **_copies(kwargs)))
        without_data = tree_map(
            lambda t: empty_like(t, device="meta") if type(t) in TENSOR_TYPES else t, (args, kwargs)
        )
        fake = _tensors(op._faked(*op._schema.bind(*without_data)))
    if len(real) != len(fake):
        raise RuntimeError(f"the kernel gives {len(real)} tensors, the fake impl {len(fake)}")
    for i, (a, b) in enumerate(zip(real, fake, strict=True)):
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            raise RuntimeError(
                f"result {i} is {list(a.shape)} of {a.dtype}, but the fake impl gives {list(b.shape)} of {b.dtype}"
            )


def _compiles(op: CustomOpDef, args: Any, kwargs: Any, atol: float, rtol: float) -> None:
    def run(args: Any, kwargs: Any) -> list[Any]:
        made = _tensors(op(*args, **kwargs))
        leaves = [t for t in _tensors((args, kwargs)) if t.requires_grad]
        sums = [t.sum() for t in made if t.requires_grad]
        gradients = grad(sums, leaves, allow_unused=True) if sums and leaves else ()
        return [t.detach() for t in [*made, *gradients] if t is not None]

    first = run(_copies(args), _copies(kwargs))
    second = compile(run)(_copies(args), _copies(kwargs))
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        if not a.allclose(b, atol=atol, rtol=rtol, equal_nan=True):
            raise RuntimeError(f"result or gradient {i} is another in a compiled function")


_CHECKS: dict[str, Callable[[CustomOpDef, Any, Any], None]] = {
    "test_autograd_registration": _gradient,
    "test_faketensor": _faketensor,
    "test_schema": _schema,
}
