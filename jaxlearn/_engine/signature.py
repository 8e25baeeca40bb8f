"""Signatures: an operation applied to arguments of known types.

A :class:`Signature` is made once per operation and argument types (shapes, dtypes, plain arguments) and holds what
depends on them alone: the flat function on arrays, the result's types (by ``jax.eval_shape``), and the signatures
of its gradient. Recording an operation again is then one dictionary look-up.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core.primitives import broadcast_in_dim_p, convert_element_type_p
from jax.interpreters.partial_eval import dce_jaxpr

from .device import Device, default_device
from .forward_only import differentiated
from .jaxprs import elementwise, products
from .recorder import unprofiled
from .traces import is_wanted, keep_trace, kept_trace, traced
from .value import Aval, intern

__all__ = [
    "Signature",
    "Vjp",
    "linearize",
    "next_code",
    "strong",
    "weak_number",
    "wide",
    "x64",
    "zero_cotangent",
]

_codes = itertools.count(1)


def next_code() -> int:
    """What a node of a new kind is in the graph's key: even, as the number after it tells that its value is wanted."""
    return next(_codes) * 2


# Whether there are arrays of 64 bits, as a setting of each thread's.
wide: Any = jax.enable_x64


class x64:
    """The scope in which the engine traces and runs: int64 and float64 are real, the user's own setting stays.

    ``jax.enable_x64(True)`` without its checks of what True means: every step of every program enters it.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = wide.swap_local(True)

    def __exit__(self, *error: object) -> None:
        wide.set_local(self._before)


def strong(x: Any) -> Any:
    """The array without JAX's weak type, which is how a Python number is told from a tensor inside an operation."""
    x = jnp.asarray(x)
    return jax.lax.convert_element_type(x, x.dtype) if x.weak_type else x


def _strongly(result: Any) -> Any:
    return tuple(jax.tree.map(strong, result)) if isinstance(result, (tuple, list)) else strong(result)


def weak_number(x: Any, kind: type) -> Any:
    """A traced number that promotes as a Python number does."""
    dtype = np.dtype(np.int64 if kind is int else np.float64)
    return convert_element_type_p.bind(x, new_dtype=dtype, weak_type=True, sharding=None)


class Signature:
    """An operation with the types of its arguments.

    Args:
        name: for statistics and profiles.
        fn: function of ``len(avals)`` arrays followed by ``len(number_kinds)`` numbers, returning an array or a
            tuple of arrays.
        avals: the arrays' types.
        number_kinds: the numbers' Python types.
        training: True for gradients and optimizer updates: a graph that holds one is compiled at first sight.
        device: of the results; the operands' if not given.
        out: the results' types, if they are known; ``fn`` returns a tuple then.
        replaces: for each result the number of the operand whose successor it is, in an update.
    """

    __slots__ = (
        "arguments", "avals", "code", "compiled", "costly", "differentiable", "elementwise", "fn", "grad_name",
        "host", "in_numpy", "keeps", "meta", "name", "number_kinds", "op", "out", "out_type", "products", "pushes",
        "replaces", "saves", "selects", "single", "training", "undefined", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        fn: Callable[..., Any],
        avals: Sequence[Aval],
        number_kinds: Sequence[type] = (),
        *,
        training: bool = False,
        device: Device | None = None,
        op: Any = None,
        out: Sequence[Aval] | None = None,
        replaces: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.fn = fn
        self.op = op
        self.avals = tuple(avals)
        self.number_kinds = tuple(number_kinds)
        self.training = training
        self.replaces = tuple(replaces)
        self.code = next_code()
        self.vjps: dict[Any, Any] = {}
        self.compiled: Any = None
        self.host: Any = None
        self.in_numpy: Any = None  # its HostProgram; False if it has none
        self.differentiable = True
        # Gives the operation's bound arguments, of what stands for the operands followed by the numbers.
        self.arguments: Callable[[Sequence[Any]], list[Any]] | None = None
        # Gives the rule for tangents, where it is not what jax.jvp makes of the function (``rule(arrays, tangents)``).
        self.pushes: Callable[[], Callable[..., Any]] | None = None
        self.undefined: frozenset[int] = frozenset()  # inputs for which torch's formula gives no gradient
        # Inputs that the gradient looks at only to choose: it has no gradient by them.
        self.selects: frozenset[int] = frozenset()
        self.costly: bool | None = None  # to compute again for the gradient; None: not known yet
        self.products = 0.0  # how many it has, as far as is known; infinitely many with a loop
        self.elementwise = False  # as far as is known
        self.grad_name = name
        self.saves: tuple[int, ...] = ()
        # Of these, inputs that torch keeps whatever its formula reads.
        self.keeps: frozenset[int] = frozenset()
        self.single = False
        self.out_type: Any = tuple
        self.meta = False  # on the meta device: nothing is recorded
        if out is not None:
            self.out = tuple(out)
            return
        out_types: list[Any] = []

        def applied(*operands: Any) -> Any:
            result = self._applied(operands)
            out_types.append(type(result) if isinstance(result, (tuple, list)) else None)
            return _strongly(result)

        wanted = is_wanted(name)
        with unprofiled(), x64():
            closed, result = traced(name, applied, self._operands(), written_out=wanted)
        if wanted:
            keep_trace(self.code, (closed, result))
        self.products = products(closed.jaxpr)
        self.costly = self.products > 1
        self.elementwise = not self.products and elementwise(closed.jaxpr)
        where = device or (avals[0].device if avals else default_device())
        self.out_type = out_types[0]
        self.single = self.out_type is None
        leaves = [result] if self.single else result
        self.out = tuple(intern(tuple(o.shape), np.dtype(o.dtype), where) for o in leaves)
        self.meta = where.type == "meta"

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.avals))})"

    # The context in which a gradient is traced to see what it depends on; installed by jaxlearn._tensor.signatures.
    analysing: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    # In its place a subclass may have a :func:`linearize` of its own.
    linearized: Any = None

    def call(self, arrays: Sequence[Any], numbers: Sequence[Any]) -> Any:
        """Apply to traced arrays; the results are strongly typed."""
        return _strongly(self.fn(*arrays, *numbers))

    def _operands(self) -> list[jax.ShapeDtypeStruct]:
        """The types of the arrays and of the numbers, to be traced."""
        numbers = [np.dtype(np.int64 if k is int else np.float64) for k in self.number_kinds]
        return [*[a.struct for a in self.avals], *[jax.ShapeDtypeStruct((), d) for d in numbers]]

    def _applied(self, operands: Sequence[Any]) -> Any:
        """The function's result for traced arrays and numbers."""
        n = len(self.avals)
        numbers = [weak_number(x, k) for x, k in zip(operands[n:], self.number_kinds, strict=True)]
        return self.fn(*operands[:n], *numbers)

    def trace(self) -> tuple[Any, Any]:
        """The operation as a closed jaxpr that takes the numbers after the arrays, and the results' types."""
        kept = kept_trace(self.name, self.code, not self._is_plain())
        if kept is not None:
            return kept

        def applied(*operands: Any) -> Any:
            return _strongly(self._applied(operands))

        with x64():
            return traced(self.name, applied, self._operands(), written_out=True)

    def _is_plain(self) -> bool:
        """Whether there is no loop in it, as far as is known."""
        return self.op is not None and self.products < math.inf

    def vjp(self, wanted: tuple[int, ...], cotangents: tuple[int, ...]) -> Vjp:
        """The signature of the gradient.

        Args:
            wanted: indices of the inputs whose gradient is asked for.
            cotangents: indices of the outputs for which a cotangent is given; the others' are zero.

        Returns:
            A signature on the inputs followed by the cotangents; its outputs are the wanted gradients.
        """
        key = (wanted, cotangents)
        found = self.vjps.get(key)
        if found is None:
            found = self.vjps[key] = Vjp(self, wanted, cotangents)
        return found

    def gradient_reads(self, wanted: tuple[int, ...], index: int) -> bool:
        """Whether the gradient by the wanted inputs depends on the value of the input ``index``."""
        vjp = self.vjp(wanted, tuple(i for i, a in enumerate(self.out) if a.dtype.kind in "fcV"))
        return vjp.reads()[index]

    def keeps_input(self, wanted: tuple[int, ...], index: int) -> bool:
        """Whether torch keeps an input that it may save for the gradient by the wanted inputs."""
        if index in self.keeps and (index in wanted or self.avals[index].dtype.kind not in "fcV"):
            return True
        return self.gradient_reads(wanted, index)

    def kept_for(self, wanted: tuple[int, ...]) -> list[int]:
        """What torch keeps for the gradient by the wanted inputs: numbers of inputs, -1 for the result or the first of
        several, -2 for the second."""
        if self.op is None:
            return [i for i in range(len(self.avals)) if self.gradient_reads(wanted, i)]
        return [i for i in self.saves if i < 0 or self.keeps_input(wanted, i)]


class Vjp(Signature):
    """The gradient of a signature, by ``jax.vjp`` of the operation's own function."""

    __slots__ = ("cotangents", "forward", "history", "jaxpr", "used", "users", "wanted")

    def __init__(self, forward: Signature, wanted: tuple[int, ...], cotangents: tuple[int, ...]) -> None:
        self.forward = forward
        self.wanted = wanted
        self.cotangents = cotangents
        self.jaxpr: Any = None
        self.used: Sequence[bool] | None = None
        self.users: dict[tuple[int, ...], Sequence[bool]] = {}
        self.history: tuple[Sequence[bool], list[tuple[int, ...]] | None] | None = None
        n, kinds = len(forward.avals), forward.number_kinds
        given = len(cotangents)
        where = forward.out[0].device
        operands = [forward.avals[i] for i in wanted]
        # A gradient has its operand's type. What may raise when differentiated is traced here to raise here: the
        # user's own functions, and operations that torch has no formula for.
        known = forward.op is not None and not forward.op.refuses

        def fn(*arrays: Any) -> Any:
            numbers = arrays[n + given :]
            _, pull = linearize(forward, wanted, arrays[:n], numbers)
            return self.pull(pull, arrays[n : n + given])

        super().__init__(
            f"vjp_{forward.name}",
            fn,
            (*forward.avals, *(forward.out[i] for i in cotangents)),
            kinds,
            training=True,
            device=where,
            out=[intern(a.shape, a.dtype, where) for a in operands] if known else None,
        )
        if known and len(wanted) == 1:
            self.single, self.out_type = True, None
        self.meta = forward.meta
        self.products = forward.products
        self.elementwise = forward.elementwise
        self.selects = forward.selects
        self.grad_name = forward.grad_name.removesuffix("0") + "Backward0"

    def _is_plain(self) -> bool:
        return self.forward._is_plain()

    def _traced(self) -> Any:
        if self.jaxpr is None:
            self.jaxpr = self._trace([a.struct for a in self.avals])
        return self.jaxpr

    def _trace(self, operands: Sequence[jax.ShapeDtypeStruct]) -> Any:
        with x64(), Signature.analysing():
            numbers = [weak_number(jnp.asarray(k(1)), k) for k in self.number_kinds]
            return jax.make_jaxpr(lambda *arrays: self.fn(*arrays, *numbers))(*operands).jaxpr

    def reads(self) -> Sequence[bool]:
        """For each operand, whether the gradient depends on its value."""
        if self.used is None:
            self.used = _read(self._traced())
            if not all(a.size for a in self.avals):
                # JAX reads nothing of what is empty. Its gradient has a history all the same: that of one element.
                filled = [jax.ShapeDtypeStruct(tuple([n or 1 for n in a.shape]), a.dtype) for a in self.avals]
                with contextlib.suppress(Exception):  # the operation may refuse such an operand
                    pairs = zip(self.used, _read(self._trace(filled)), self.avals, strict=True)
                    self.used = [read if a.size else one for read, one, a in pairs]
        return self.used

    def read_for(self, results: tuple[int, ...]) -> Sequence[bool]:
        """For each operand, whether one of these gradients depends on its value."""
        if len(results) == len(self.out) or not all(a.size for a in self.avals):
            return self.reads()
        found = self.users.get(results)
        if found is None:
            jaxpr = self._traced()
            found = dce_jaxpr(jaxpr, [i in results for i in range(len(jaxpr.outvars))])[1]
            self.users[results] = found
        return found

    def sources(self) -> tuple[Sequence[bool], list[tuple[int, ...]] | None]:
        """The operands that the gradients have a history by, depending on them otherwise than by a choice.

        Returns:
            For each operand whether one of the gradients has, and for each gradient the numbers of its own operands;
            None if these are all the same.
        """
        if self.history is None:
            op, count = self.forward.op, len(self.out)
            looks = [self.reads() if op and op.fused else self.read_for((k,)) for k in range(count)]
            own = [
                tuple([i for i, read in enumerate(reads) if read and i not in self.selects])
                for reads in looks
            ]
            met = set().union(*own)
            self.history = [i in met for i in range(len(self.avals))], None if len(set(own)) == 1 else own
        return self.history

    def zeros(self) -> frozenset[int]:
        """The gradients that are zero whatever the operands; looked for in second and higher derivatives only."""
        if not isinstance(self.forward, Vjp):
            return frozenset()
        jaxpr = self._traced()
        made = {
            id(eqn.outvars[0])
            for eqn in jaxpr.eqns
            if eqn.primitive is broadcast_in_dim_p and _is_zero(getattr(eqn.invars[0], "val", None))
        }
        return frozenset(i for i, v in enumerate(jaxpr.outvars) if id(v) in made)

    def pull(self, pull: Callable[[Any], Any], given: Sequence[Any]) -> Any:
        """Apply the pullback to the cotangents given, zeros standing for the others.

        Complex gradients are torch's, steepest ascent: the conjugates of JAX's, on the way in and on the way out.
        """
        forward = self.forward
        full: list[Any] = [zero_cotangent(a) for a in forward.out]
        for i, c in zip(self.cotangents, given, strict=True):
            full[i] = _conjugate(c)
        grads = pull(full[0] if forward.single else tuple(full))
        return _conjugate(grads[0]) if len(self.wanted) == 1 else tuple(_conjugate(g) for g in grads)


def _read(jaxpr: Any) -> list[bool]:
    """For each operand, whether a result depends on it."""
    used: list[bool] = dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))[1]
    return used


def _is_zero(literal: Any) -> bool:
    # what is differentiated by integers has a dtype without values
    return literal is not None and getattr(literal, "dtype", None) != jax.dtypes.float0 and bool(literal == 0)


def _conjugate(x: Any) -> Any:
    return jnp.conj(x) if jnp.issubdtype(x.dtype, jnp.complexfloating) else x


def linearize(
    forward: Signature, wanted: tuple[int, ...], arrays: Sequence[Any], numbers: Sequence[Any]
) -> tuple[Any, Callable[[Any], Any]]:
    """``jax.vjp`` of the signature with respect to the wanted inputs: (results, pullback)."""

    if forward.linearized is not None:
        out, pull = forward.linearized(wanted, arrays, numbers)
        return out, pull

    def f(*diff: Any) -> Any:
        full = list(arrays)
        for i, d in zip(wanted, diff, strict=True):
            full[i] = d
        out = forward.call(full, numbers)
        return out if forward.single else tuple(out)

    with differentiated():
        return jax.vjp(f, *(arrays[i] for i in wanted))


def zero_cotangent(aval: Aval) -> Any:
    if jnp.issubdtype(aval.dtype, jnp.inexact):
        return jnp.zeros(aval.shape, aval.dtype)
    return np.zeros(aval.shape, jax.dtypes.float0)
