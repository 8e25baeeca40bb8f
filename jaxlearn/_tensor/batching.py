"""``vmap``: a function of one sample applied to a batch, as one node of the graph.

The function is recorded on placeholders of one sample's shape and becomes ``jax.vmap`` of what was recorded. A call
that records the same again finds its signature, so nothing is traced or compiled twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from .._autograd.levels import InputNode
from .._autograd.modes import modes, no_grad
from .._autograd.node import edge_of, next_sequence
from .._engine.signature import Signature
from .._engine.subgraph import Composite, signature_for
from .._engine.tracing import Tracing
from .._engine.value import Aval, Value, intern
from .._overrides.modes import look_no_more
from ..ops.shape_dims import wrap_dim
from .cell import Cell
from .composite import apply_composite, recorded
from .dispatch import wrap
from .inplace import check_writable
from .signatures import common_device
from .views import assign

__all__ = ["batched"]

RANDOM = {
    "error": (
        "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
        "randomness flags on vmap or perform the randomness operation out of vmap"
    ),
    "unsupported": (
        "vmap: We do not yet support calling random operations inside of vmap. Please perform random operations "
        "outside of vmap as a workaround"
    ),
}
ITEM = (
    "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, "
    "please try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch "
    "internals, please file a bug report."
)
INPLACE = (
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args "
    "that has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped "
    "over in a vmap. Please try to use out-of-place operators instead of inplace arithmetic. If said operator is being "
    "called inside the PyTorch framework, please file a bug report instead."
)


STATISTICS = (
    "Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in place, "
    "were not batched.\nIf you are using a module and do not need eval mode, please set `track_running_stats` to be "
    "False.If you are using a prebuilt module and do not need eval mode, please see the functorch website for "
    "resources on how to patch your module to work with vmap"
)
BRANCH = (
    "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that "
    "yet, please file an issue at https://github.com/pytorch/pytorch/issues ."
)
EITHER = (
    "vmap: It looks like you're either (1) calling .item() on a Tensor or (2) attempting to use a Tensor in some "
    "data-dependent control flow or (3) encountering this error in PyTorch internals. For (1): we don't support vmap "
    "over calling .item() on a Tensor, please try to rewrite what you're doing with other operations. For (2): we "
    "don't support data-dependent control flow in vmap yet, please file an issue at "
    "https://github.com/pytorch/pytorch/issues . For (3): please file an issue."
)
SHAPE = (
    "vmap: We do not support batching operators that can output dynamic shape. The values that decide on the shape are "
    "those of a tensor that is mapped over; use torch.where or another operation whose result has a fixed shape."
)
MASK = (
    "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with "
    "a boolean mask."
)
STORAGE = "Cannot access data pointer of Tensor that doesn't have storage"


def _is_statistic(value: Value) -> bool:
    """Whether a value is a result of batch normalisation: running statistics are written with them."""
    made = value.inputs[0].signature if value.signature is None and value.inputs else None
    return made is not None and made.op.name == "batch_norm"


class _Batch:
    """One batched call: its size, its placeholders and how random numbers are drawn inside."""

    def __init__(self, size: int, randomness: str, drawn: list[Value] | None) -> None:
        self.size = size
        self.randomness = randomness
        self.again = iter(drawn or ())  # random numbers of the batches before, of which this is a part
        self.drawn = drawn
        self.placeholders: list[Value] = []
        self.values: list[Value] = []  # what they stand for, whole
        self.axes: list[int] = []
        self.entered: list[tuple[Any, Any]] = []  # samples and the tensors that they are of
        self.depth = modes.transforms + 1
        self.tracing = Tracing(self._refuse_read, self._draw)

    def sample(self, tensor: Any, axis: int) -> Any:
        """The placeholder tensor for one sample of a tensor."""
        if self.tracing.parent is not None:
            self.tracing.parent.read([tensor])
        value = self._sample(tensor._current(), axis)
        t = wrap(value)
        self.entered.append((t, tensor))
        if tensor._requires_grad and modes.grad:
            t._grad_fn = InputNode(value, edge_of(tensor))
            t._requires_grad = True
        return t

    def _sample(self, value: Value, axis: int) -> Value:
        shape = value.aval.shape
        placeholder = self.tracing.placeholder(
            intern(shape[:axis] + shape[axis + 1 :], value.aval.dtype, value.aval.device)
        )
        self.placeholders.append(placeholder)
        self.values.append(value)
        self.axes.append(axis)
        return placeholder

    def _draw(self, tracing: Tracing, sample: Callable[..., Any], shape: tuple[int, ...] | None) -> Value:
        if self.randomness in RANDOM:
            raise RuntimeError(RANDOM[self.randomness])
        if self.randomness == "same":
            value = next(self.again, None)
            if value is None:
                value = tracing.draw_outside(sample, shape)
                if self.drawn is not None:
                    self.drawn.append(value)
            return value
        if shape is not None:
            return self._sample(tracing.draw_outside(sample, (self.size, *shape)), 0)
        drawn = tracing.draw_outside(lambda: np.stack([sample() for _ in range(self.size)]), None)
        return self._sample(drawn, 0)

    def _refuse_read(self, value: Value | None, use: str) -> None:
        """Refuse to tell on the host what differs from sample to sample."""
        if use in ("item", "branch") and modes.transforms > self.depth:
            raise RuntimeError(EITHER)  # torch's words inside a further transform
        raise RuntimeError({"branch": BRANCH, "shape": SHAPE, "mask": MASK, "array": STORAGE}.get(use, ITEM))

    def is_mapped(self, value: Value) -> bool:
        """Whether a value differs from sample to sample."""
        return self.tracing.depends(value, {id(p) for p in self.placeholders}.__contains__)


def batched(
    function: Callable[[list[Any], Callable[[Any], bool]], tuple[list[Any], list[int | None]]],
    arguments: Sequence[Any],
    axes: Sequence[int | None],
    size: int,
    randomness: str = "error",
    drawn: list[Value] | None = None,
) -> list[Any]:
    """Apply a function of single samples to a batch.

    Args:
        function: takes the list of the arguments' samples and a function that tells of a tensor whether it differs
            from sample to sample; returns its result tensors and for each the dimension at which the batch goes in,
            None for one that does not differ.
        arguments: tensors and other things.
        axes: for each argument the dimension that counts the samples, None for one that goes in whole.
        size: how many samples there are.
        randomness: ``"same"``, ``"different"``, or ``"error"`` or ``"unsupported"``, which say why it is refused.
        drawn: the random numbers that a batch before this one has drawn, if they are to be the same in both; the
            first one adds its own.

    Raises:
        RuntimeError: a value is read on the host, random numbers are drawn where they are refused, or a tensor that
            does not count the samples would have to hold a value for each.
    """
    batch = _Batch(size, randomness, drawn)
    tracing = batch.tracing
    start = next_sequence()
    with tracing:
        modes.transforms += 1
        try:
            samples = [
                a if axis is None else batch.sample(a, axis) for a, axis in zip(arguments, axes, strict=True)
            ]
            entered = [s if axis is None else s._cell.value for s, axis in zip(samples, axes, strict=True)]
            outputs, out_axes = function(list(samples), lambda t: batch.is_mapped(t._current()))
        finally:
            modes.transforms -= 1
            if tracing.selects:  # by a mask that is the same for all samples, see selection
                look_no_more()
    count = len(outputs)
    outputs, out_axes = list(outputs), list(out_axes)
    targets: list[Any] = []
    for argument, axis, sample, before in zip(arguments, axes, samples, entered, strict=True):
        if axis is not None and sample._cell.value is not before:
            with _as_seen(sample):
                check_writable(argument)
            targets.append((argument, sample))
            outputs.append(sample)
            out_axes.append(axis)
    for cell, value in tracing.written_outside:
        if batch.is_mapped(value):
            raise RuntimeError(STATISTICS if _is_statistic(value) else INPLACE)
        targets.append(cell)
        outputs.append(wrap(value))
        out_axes.append(None)
    results = _apply(batch, start, outputs, out_axes)
    for target, result in zip(targets, results[count:], strict=True):
        if type(target) is Cell:
            target.rebind(result._cell.value)
        else:
            argument, sample = target
            with _as_seen(sample):
                assign(argument, result)
    return results[:count]


def _as_seen(sample: Any) -> Any:
    """The mode in which a write to a sample is done to the argument: without gradients if it has the history that it
    came with, as after a write under ``no_grad`` or through ``detach()``."""
    return no_grad() if type(sample._grad_fn) is InputNode else contextlib.nullcontext()


def _apply(batch: _Batch, start: int, outputs: list[Any], out_axes: list[int | None]) -> list[Any]:
    """The results of the recorded function for the whole batch."""
    found = recorded(batch.tracing, start, batch.placeholders, outputs, batch.entered, batch.size)
    graph = found.graph
    size, n = batch.size, len(graph.avals)
    in_axes = (*batch.axes, *[None] * len(graph.closures))
    operands = (*batch.values, *graph.closures)
    places = tuple(
        [
            None if a is None else wrap_dim(a, len(t._current().aval.shape) + 1)
            for t, a in zip(outputs, out_axes, strict=True)
        ]
    )

    def make() -> Signature:
        def fn(stopping: bool, *given: Any) -> Any:
            def one(*arrays: Any) -> Any:
                return graph.run(arrays, given[n:], stopping)

            return jax.vmap(one, in_axes=in_axes, out_axes=places, axis_size=size)(*given[:n])

        out = [_whole(t._current().aval, place, size) for t, place in zip(outputs, places, strict=True)]
        device = common_device([v.aval for v in operands])
        signature = Composite("vmap", fn, operands, [graph], device=device, out=out)
        signature.grad_name = "VmapBackward0"
        return signature

    key = ("vmap", graph.key, tuple([v.aval for v in operands]), in_axes, places, size)
    if any(v.aval.traced for v in operands):
        signature = make()
    else:
        signature = signature_for(key, make)
    results = apply_composite(signature, operands, graph.numbers, found.edges, found.needs, found.saved)
    for i, saved in found.kept:
        if results[i]._grad_fn is not None:
            results[i]._grad_fn.saved = [*(results[i]._grad_fn.saved or ()), (results[i]._cell, 0, saved)]
    return results


def _whole(aval: Aval, axis: int | None, size: int) -> Aval:
    """The type of a result of the whole batch."""
    if axis is None:
        return aval
    return intern((*aval.shape[:axis], size, *aval.shape[axis:]), aval.dtype, aval.device)
