"""``jax_function``: a function written in JAX as an operation on tensors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._autograd.modes import modes
from .._engine.signature import Signature, strong
from .._engine.value import Value, concrete
from .bodies import edges_of, is_tensor, read_operands
from .composite import apply_composite
from .dispatch import wrap
from .signatures import common_device

__all__ = ["jax_function"]

# Kinds of arguments beyond this many come from arguments that never repeat.
_SIGNATURES = 256


class _Static:
    """An argument that is part of the operation."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Static) and type(self.value) is type(other.value) and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


# An array or number among the arguments of a signature, by its place among the operands.
_ARRAY, _NUMBER = "array", "number"


def jax_function(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    name: str | None = None,
) -> Any:
    """Make an operation on tensors of a function written in JAX.

    The operation is recorded like any other: it is compiled into the step's program, gradients flow through it by
    JAX's own rules (``jax.custom_vjp`` included), and it works in ``compile``, ``vmap`` and the other transforms. The
    function is traced once for each kind of arguments.

    It sees JAX arrays and runs under your own ``jax_enable_x64``, unless an argument has 64 bits. Tensors that it
    closes over are constants: pass as arguments what gradients are to flow to.

    Args:
        function: takes and returns arrays, in any pytrees; left out where this is a decorator with options.
        static_argnums: positions of arguments that are no arrays but part of the operation; they must be hashable.
        static_argnames: the names of such arguments.
        name: what statistics and ``grad_fn`` call the operation; by default the function's name.

    Returns:
        The function of tensors. Arrays and numbers are taken as well; strings, None and other things that are no arrays
        are static anyway. The results are tensors in the function's own pytrees.

    Raises:
        TypeError: at a call, a static argument cannot be hashed.

    Example::

        >>> import jax, jax.numpy as jnp
        >>> import jaxlearn as torch
        >>> softplus = torch.jax_function(lambda x, beta=1.0: jax.nn.softplus(x * beta) / beta)
        >>> x = torch.tensor([0.0, 1.0], requires_grad=True)
        >>> softplus(x, beta=2.0).sum().backward()
        >>> x.grad
        tensor([0.5000, 0.8808])
    """
    if function is None:
        return functools.partial(
            jax_function, static_argnums=static_argnums, static_argnames=static_argnames, name=name
        )
    title = str(name or getattr(function, "__name__", "") or type(function).__name__)
    if title == "<lambda>":
        title = "jax_function"
    numbers = {static_argnums} if isinstance(static_argnums, int) else set(static_argnums)
    names = {static_argnames} if isinstance(static_argnames, str) else set(static_argnames)
    names |= _names_of(function, numbers)
    signatures: dict[Any, tuple[Signature, Any]] = {}

    @functools.wraps(function)
    def operation(*args: Any, **kwargs: Any) -> Any:
        positional = tuple(
            [_Static(a) if i in numbers or i - len(args) in numbers else a for i, a in enumerate(args)]
        )
        keywords = {k: _Static(v) if k in names else v for k, v in kwargs.items()}
        leaves, structure = jax.tree.flatten((positional, keywords), is_leaf=_is_leaf)
        key: list[Any] = [structure]
        slots: list[Any] = []
        tensors: list[Any] = []
        counted: list[Any] = []
        for leaf in leaves:
            kind = type(leaf)
            if kind is int or kind is float:
                slots.append((_NUMBER, len(counted)))
                counted.append(leaf)
                key.append(kind)
                continue
            if kind is _Static or not (is_tensor(leaf) or isinstance(leaf, _ARRAYS)):
                static = leaf if kind is _Static else _Static(leaf)
                slots.append(static)
                key.append(static)
                continue
            t = leaf if is_tensor(leaf) else wrap(concrete(_array(leaf)))
            slots.append((_ARRAY, len(tensors)))
            tensors.append(t)
            key.append(t._current().aval)
        values = read_operands(tensors)
        edges = edges_of(tensors)
        traced = any(v.aval.traced for v in values)
        found = None if traced else signatures.get(tuple(key))
        if found is None:
            found = _signature(function, title, structure, slots, values, [type(n) for n in counted])
            if not traced:
                if len(signatures) >= _SIGNATURES:
                    signatures.clear()
                signatures[tuple(key)] = found
        signature, result_structure = found
        flows = modes.grad and any(e is not None for e in edges)
        results = apply_composite(
            signature,
            values,
            tuple(counted),
            tuple(edges),
            [flows and a.dtype.kind in "fcV" for a in signature.out],
        )
        return jax.tree.unflatten(result_structure, results)

    return operation


_ARRAYS = (jax.Array, np.ndarray, np.generic, bool, complex)


def _array(x: Any) -> Any:
    return x if isinstance(x, (jax.Array, np.ndarray)) else np.asarray(x)


def _is_leaf(x: Any) -> bool:
    return is_tensor(x) or type(x) is _Static


def _names_of(function: Callable[..., Any], positions: set[int]) -> set[str]:
    """The names of positional parameters, so that a static one may be given by keyword too."""
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()
    return {parameters[i] for i in positions if -len(parameters) <= i < len(parameters)}


def _signature(
    function: Callable[..., Any],
    title: str,
    structure: Any,
    slots: list[Any],
    values: Sequence[Value],
    kinds: list[type],
) -> tuple[Signature, Any]:
    """The operation on arguments of these types, and the structure of its results."""
    n = len(values)
    avals = [v.aval for v in values]
    wide = jax.dtypes.canonicalize_dtype(np.int64) == np.int64 or any(_is_wide(a.dtype) for a in avals)
    found: list[Any] = []

    def fn(*given: Any) -> Any:
        def value(slot: Any) -> Any:
            if type(slot) is _Static:
                return slot.value
            kind, i = slot
            return given[i] if kind is _ARRAY else given[n + i]

        args, kwargs = jax.tree.unflatten(structure, [value(slot) for slot in slots])
        with jax.enable_x64(wide):
            result = function(*args, **kwargs)
        leaves, result_structure = jax.tree.flatten(result)
        found[:] = [result_structure]
        return tuple([strong(_plain(x)) for x in leaves])

    signature = Signature(title, fn, avals, kinds, device=common_device(avals) if avals else None)
    signature.grad_name = "".join(part[:1].upper() + part[1:] for part in title.split("_")) + "Backward0"
    return signature, found[0]


def _is_wide(dtype: np.dtype[Any]) -> bool:
    """Whether numbers, or the parts of complex ones, have 64 bits."""
    return dtype.itemsize == (16 if dtype.kind == "c" else 8)


def _plain(x: Any) -> Any:
    return x if isinstance(x, jax.Array) else jnp.asarray(x)
