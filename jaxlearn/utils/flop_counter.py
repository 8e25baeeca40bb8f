"""Counting floating-point operations: PyTorch's ``torch.utils.flop_counter``."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.interpreters.partial_eval import dce_jaxpr

from .._engine.residuals import Keeping
from .._engine.signature import Signature, Vjp, linearize, weak_number, x64
from .._engine.value import Value
from .._engine.watching import watching
from .._tensor.compile import stance
from ..ops.overloads import OpOverloadPacket, aten
from .module_tracker import ModuleTracker

__all__ = ["FlopCounterMode"]

_PRODUCTS = {"addmm": "addmm", "baddbmm": "baddbmm", "einsum": "bmm"}
_SUFFIXES = ("", "K", "M", "B", "T")


class FlopCounterMode:
    """A ``with`` that counts the floating-point operations of products, convolutions and attention, by module.

    A product of an (m, k) by a (k, n) matrix has 2 m n k. Everything else counts nothing, as in PyTorch. Attention is
    counted as PyTorch counts it on a GPU, as two products, and five backward; PyTorch's CPU kernel counts nothing. The
    matrices of recurrent layers count nothing, those of recurrent cells do. Gradients belong to the modules whose
    results they are of; with ``torch.device("meta")`` nothing is computed. Functions of ``torch.compile`` are called
    as they are inside. Source: https://github.com/pytorch/pytorch/blob/main/torch/utils/flop_counter.py

    Args:
        mods: is not needed, as in PyTorch.
        depth: of the modules in the table.
        display: print the table at the end.
        custom_mapping: must be empty: operations of one's own are made of those that are counted.

    Attributes:
        flop_counts: the numbers by module and operation.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.flop_counter import FlopCounterMode
        >>> with FlopCounterMode(display=False) as counter:
        ...     torch.nn.Linear(8, 3)(torch.ones(4, 8)).sum().backward()
        >>> counter.get_total_flops()
        384
        >>> counter.get_flop_counts()["Linear"]
        {<OpOverloadPacket(op='aten.addmm')>: 192, <OpOverloadPacket(op='aten.mm')>: 192}
    """

    def __init__(
        self,
        mods: Any = None,
        depth: int = 2,
        display: bool = True,
        custom_mapping: dict[Any, Any] | None = None,
    ) -> None:
        """See the class.

        Args:
            mods: see the class.
            depth: see the class.
            display: see the class.
            custom_mapping: see the class.
        """
        if custom_mapping:
            raise NotImplementedError(
                "FlopCounterMode: custom_mapping has no effect here, as functions are counted by their products"
            )
        self.flop_counts: dict[str, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.depth = depth
        self.display = display
        self.mod_tracker = ModuleTracker()
        self._stack = contextlib.ExitStack()

    def get_total_flops(self) -> int:
        """The number of all operations."""
        return sum(self.flop_counts["Global"].values())

    def get_flop_counts(self) -> dict[str, dict[Any, int]]:
        """The numbers by module (``"Global"`` is all) and operation of ``torch.ops.aten``."""
        return {name: dict(counts) for name, counts in self.flop_counts.items()}

    def get_table(self, depth: int | None = None) -> str:
        """The numbers as a table.

        Args:
            depth: of the modules; the mode's, if not given.
        """
        depth = self.depth if depth is None else depth
        total = self.get_total_flops()
        exponent = max(0, min((len(str(total)) - 2) // 3, len(_SUFFIXES) - 1))

        def row(name: str, flops: int) -> tuple[str, str, str]:
            share = "0%" if total == 0 else f"{flops / total:.2%}"
            return name, f"{flops / 1000**exponent:.3f}{_SUFFIXES[exponent]}", share

        def rows(name: str, indent: int) -> list[tuple[str, str, str]]:
            counts, pad = self.flop_counts[name], " " * indent
            return [
                row(pad + name, sum(counts.values())),
                *[row(f"{pad} - {op}", flops) for op, flops in counts.items()],
            ]

        found: list[tuple[str, str, str]] = []
        subsumed = False
        for name in sorted(self.flop_counts):
            level = name.count(".") + 1
            if name != "Global" and (depth is None or level <= depth):
                subsumed |= sum(self.flop_counts[name].values()) >= total
                found += rows(name, level - 1)
        if "Global" in self.flop_counts and not subsumed:
            found = rows("Global", 0) + [(" " + name, flops, share) for name, flops, share in found]
        header = ("Module", "FLOP", "% Total")
        found = found or [("Global", "0", "0%")]
        widths = [max(len(header[i]) + 2, *[len(line[i]) for line in found]) for i in range(3)]

        def text(line: Sequence[str]) -> str:
            return "  ".join(
                [line[0].ljust(widths[0]), line[1].rjust(widths[1]), line[2].rjust(widths[2])]
            ).rstrip()

        return "\n".join([text(header), "  ".join("-" * n for n in widths), *map(text, found)])

    def __enter__(self) -> FlopCounterMode:
        self.flop_counts.clear()
        self._owners: dict[Any, set[str]] = {}
        # Operations that keep what their gradient needs, until that is recorded.
        self._kept: list[tuple[Keeping, tuple[Value, ...], set[str]]] = []
        self._stack.enter_context(self.mod_tracker)
        self._stack.enter_context(watching(self._count))
        before, stance.name = stance.name, "force_eager"
        self._stack.callback(setattr, stance, "name", before)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._owners.clear()
        self._kept.clear()
        if self.display:
            print(self.get_table(self.depth))

    def _count(self, signature: Signature, operands: tuple[Value, ...]) -> None:
        parents = self.mod_tracker.parents
        if isinstance(signature, Keeping):
            self._kept.append((signature, operands, parents))
        elif isinstance(signature, Vjp):
            parents = self._owners.get(_which(signature.forward, operands), parents)
        elif len(parents) > 1:
            self._owners[_which(signature, operands)] = parents
        for k, (forward, given, owners) in enumerate(self._kept):
            if signature in forward.pulls.values() and _pulls_from(forward, given, operands):
                cotangents = next(c for c, pull in forward.pulls.items() if pull is signature)
                signature, parents = forward.forward.vjp(forward.wanted, cotangents), owners
                del self._kept[k]
                break
        for op, flops in _counted(signature):
            for name in parents:
                self.flop_counts[name][op] += flops


def _which(signature: Signature, operands: tuple[Value, ...]) -> Any:
    """What an operation and its gradient have in common. Until the gradient, its operands stay where they are."""
    return signature.code, *map(id, operands[: len(signature.avals)])


def _pulls_from(forward: Keeping, given: tuple[Value, ...], operands: tuple[Value, ...]) -> bool:
    """Whether a gradient that was recorded with the operands is that of the operation with those given."""
    pairs = zip(forward.places, operands, strict=False)
    return all(value is given[i] for (further, i), value in pairs if not further)


_known: dict[int, list[tuple[OpOverloadPacket, int]]] = {}


def _counted(signature: Signature) -> list[tuple[OpOverloadPacket, int]]:
    """What an operation counts for, by PyTorch's names."""
    found = _known.get(signature.code)
    if found is None:
        if len(_known) > 4096:
            _known.clear()
        found = _known[signature.code] = _count_of(signature)
    return found


def _count_of(signature: Signature) -> list[tuple[OpOverloadPacket, int]]:
    backward = isinstance(signature, Vjp)
    forward: Any = signature
    while isinstance(forward, (Vjp, Keeping)):
        forward = forward.forward
    name = forward.name
    once = isinstance(signature, Vjp) and not isinstance(signature.forward, Vjp)
    if name.startswith("conv") and (once or not backward):
        return _convolution(signature, forward)
    if name == "scaled_dot_product_attention" and (once or not backward):
        return _attention(forward, once)
    if name.startswith("linalg") or forward.products == 0 or math.isinf(forward.products):
        return []
    products = [o for o in forward.avals if getattr(o, "shape", ())]
    if name in ("matmul", "mv", "dot", "vdot", "inner", "ger", "outer", "addmv", "addr") and any(
        len(a.shape) < 2 for a in products
    ):
        return []  # PyTorch has no formula for what is no product of matrices
    counts: dict[str, int] = {}
    for flops, batched in _dots(_jaxpr(signature)):
        kind = "bmm" if batched else "mm"
        if name == "einsum":
            kind = "bmm"
        elif not backward and not batched and (name in ("addmm", "recurrent_cell") or _with_bias(forward)):
            kind = "addmm"
        elif not backward and name == "baddbmm":
            kind = "baddbmm"
        counts[kind] = counts.get(kind, 0) + flops
    return [(getattr(aten, kind), flops) for kind, flops in counts.items()]


def _with_bias(forward: Signature) -> bool:
    return forward.name == "linear" and len(forward.avals) > 2


def _jaxpr(signature: Signature) -> Any:
    """The operation, without what its results do not need; of a gradient what follows upon the forward."""
    pulled: Any = None

    def run(*arrays: Any) -> Any:
        nonlocal pulled
        numbers = [weak_number(jnp.asarray(k(1)), k) for k in signature.number_kinds]
        if isinstance(signature, Vjp):
            n = len(signature.forward.avals)
            _, pull = linearize(signature.forward, signature.wanted, arrays[:n], numbers)
            kept, tree = jax.tree.flatten(pull)
            pulled = jax.make_jaxpr(
                lambda kept, given: signature.pull(jax.tree.unflatten(tree, kept), given)
            )([jax.typeof(x) for x in kept], [a.struct for a in signature.avals[n:]])
            return ()
        return signature.fn(*arrays, *numbers)

    with x64():
        traced = jax.make_jaxpr(run)(*[a.struct for a in signature.avals])
    jaxpr = (pulled or traced).jaxpr
    return dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))[0]


def _dots(jaxpr: Any) -> list[tuple[int, bool]]:
    """The products in a traced function: their operations, and whether they are of batches of matrices."""
    found: list[tuple[int, bool]] = []
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == "dot_general":
            (contracted, _), (batch, _) = eqn.params["dimension_numbers"]
            depth = math.prod(eqn.invars[0].aval.shape[d] for d in contracted)
            found.append((2 * math.prod(eqn.outvars[0].aval.shape) * depth, bool(batch)))
        for part in jax.tree.leaves(list(eqn.params.values()), is_leaf=lambda x: hasattr(x, "eqns")):
            inner = getattr(part, "jaxpr", part)
            if hasattr(inner, "eqns"):
                found += _dots(inner)
    return found


def _convolution(signature: Signature, forward: Signature) -> list[tuple[OpOverloadPacket, int]]:
    """PyTorch's formula: places that the window goes to, times its size, channels in and out and samples, twice."""
    x, w, y = forward.avals[0].shape, forward.avals[1].shape, forward.out[0].shape
    spatial = len(w) - 2
    transposed = forward.name.startswith("conv_transpose")
    samples = x[0] if len(x) == spatial + 2 else 1
    places = math.prod((x if transposed else y)[len(x) - spatial :])
    flops = 2 * samples * places * math.prod(w)
    if not isinstance(signature, Vjp):
        return [(aten.convolution, flops)]
    total = flops if 0 in signature.wanted else 0
    if 1 in signature.wanted:  # it takes no notice of groups
        channels = x[len(x) - spatial - 1] * y[len(y) - spatial - 1]
        total += 2 * samples * places * math.prod(w[2:]) * channels
    return [(aten.convolution_backward, total)] if total else []


def _attention(forward: Signature, backward: bool) -> list[tuple[OpOverloadPacket, int]]:
    q, k, v = (a.shape for a in forward.avals[:3])
    one, other = (2 * math.prod(q[:-1]) * k[-2] * n for n in (q[-1], v[-1]))
    if not backward:
        return [(aten._scaled_dot_product_flash_attention, one + other)]
    return [(aten._scaled_dot_product_flash_attention_backward, 3 * one + 2 * other)]
