"""Strides of results by torch's rules, as far as a program can ask for them.

XLA lays arrays out as it sees fit and no result depends on it; but ``stride()``, ``is_contiguous()`` and what may be a
``view`` answer as in torch. An operation's result is row-major unless a rule here says otherwise; its strides are part
of its :class:`Aval`, so they are worked out once for each signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._engine.device import default_device
from .._engine.signature import Signature
from .._engine.value import Aval, Value, concrete, intern
from ..layouts import channels_last, channels_last_3d, contiguous_format, preserve_format
from ..ops.conversion import copy_laid_out
from ..ops.op import Op
from ..ops.view_rules import RULES, Geometry, contiguous_strides, is_dense, part_step, place
from .layout_results import own_strides

__all__ = [
    "dense_strides",
    "format_strides",
    "found_on_host",
    "is_laid_out",
    "laid_out",
    "lay_out_results",
    "like_strides",
    "strides_of",
]

Strides = tuple[int, ...]

# Files of operations whose results are laid out as their operands are: element by element, ...
_ELEMENTWISE = ("pointwise", "comparison", "conversion", "nn_activation", "nn_dropout")
# ... but for these, which put elements together or take a second operand of another shape;
_NOT_ELEMENTWISE = {"glu", "prelu", "polar", "complex", "masked_fill"}
# the same, in other files;
_ELEMENTWISE_TOO = {
    "binary_cross_entropy_with_logits", "flip", "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss",
    "poisson_nll_loss", "smooth_l1_loss",
}  # fmt: skip
# operations whose results keep the order in memory of their first operand's dimensions;
_ORDERED = {
    "argsort", "diff", "index_fill", "index_put", "local_response_norm", "msort", "normalize", "prelu", "rms_norm",
    "select_scatter", "slice_scatter", "sort",
}  # fmt: skip
# those that keep channels last if all their operands have them last,
_FORMATTED = {"cat", "fft_fftshift", "fft_ifftshift", "glu", "pad", "roll"}
# and files of operations that keep channels last if their input has them last,
_CHANNELS = ("nn_conv", "nn_pool", "nn_norm_batch", "nn_interpolate")
# but for these.
_CONTIGUOUS = {"fractional_max_pool"}
# Operations of other files that do.
_IMAGES = {"channel_shuffle", "group_norm", "pixel_shuffle", "pixel_unshuffle"}

# Poolings whose second argument is the number of spatial dimensions.
_COUNTED = {"power_average"}


def strides_of(aval: Aval) -> Strides:
    """A value's strides in elements."""
    return contiguous_strides(aval.shape) if aval.strides is None else aval.strides


def laid_out(aval: Aval, strides: Strides) -> Aval:
    """The type with these strides."""
    kept = None if strides == contiguous_strides(aval.shape) else tuple(strides)
    return intern(aval.shape, aval.dtype, aval.device, kept)


def found_on_host(array: np.ndarray[Any, Any], strides: Strides) -> Value:
    """A value computed on the host, to which torch gives these strides."""
    array = np.asarray(array, order="C")
    return concrete(array, laid_out(intern(array.shape, array.dtype, default_device()), strides))


def _sorted_dims(ndim: int, should_swap: Callable[[int, int], int]) -> list[int]:
    """Dimensions from the innermost to the outermost, by torch's insertion sort that leaves ambiguous pairs alone."""
    order = list(range(ndim))[::-1]
    for i in range(1, ndim):
        at = i
        for before in range(i - 1, -1, -1):
            comparison = should_swap(order[before], order[at])
            if comparison > 0:
                order[before], order[at] = order[at], order[before]
                at = before
            elif comparison < 0:
                break
    return order


def _dense_in(order: Sequence[int], shape: Sequence[int]) -> Strides:
    strides = [0] * len(shape)
    step = 1
    for d in order:
        strides[d] = step
        step *= max(shape[d], 1)
    return tuple(strides)


def dense_strides(shape: Sequence[int], strides: Sequence[int]) -> Strides:
    """Dense strides with the dimensions in the same order in memory: those of a copy that preserves the layout."""
    if is_dense(shape, strides):
        return tuple(strides)
    return _iterated(tuple(shape), [tuple(strides)])


def _iterated(shape: Strides, operands: Sequence[Strides]) -> Strides:
    """The layout that an elementwise operation gives its result, from its operands' strides (0 where broadcast)."""

    def should_swap(dim0: int, dim1: int) -> int:
        for strides in operands:
            a, b = strides[dim0], strides[dim1]
            if a == 0 or b == 0:
                continue
            if a != b:
                return -1 if a < b else 1
            if shape[dim0] > shape[dim1]:
                return 1
        return 0

    return _dense_in(_sorted_dims(len(shape), should_swap), shape)


def _elementwise(shape: Strides, operands: Sequence[Aval]) -> Strides | None:
    same = all(a.shape == shape for a in operands)
    if same:
        given = [strides_of(a) for a in operands]
        for wanted in (contiguous_format, channels_last):
            if all(is_laid_out(shape, s, wanted) for s in given):
                return format_strides(shape, wanted)
        if all(s == given[0] for s in given) and is_dense(shape, given[0]):
            return given[0]
    stretched = []
    for a in operands:
        lead = len(shape) - len(a.shape)
        if lead < 0:
            return None
        own = strides_of(a)
        stretched.append(
            (0,) * lead
            + tuple([0 if a.shape[d] == 1 != shape[d + lead] else own[d] for d in range(len(a.shape))])
        )
    return _iterated(shape, stretched)


_ORDERS = {channels_last: (1, 3, 2, 0), channels_last_3d: (1, 4, 3, 2, 0)}


def format_strides(shape: Sequence[int], memory_format: Any) -> Strides:
    """Strides of a dense tensor in a memory format.

    Raises:
        RuntimeError: the format is for another number of dimensions.
    """
    order = _ORDERS.get(memory_format)
    if order is None:
        return contiguous_strides(shape)
    if len(shape) != len(order):
        raise RuntimeError(
            f"required rank {len(order)} tensor to use {memory_format!r} format".replace("torch.", "")
        )
    return _dense_in(order, shape)


def is_laid_out(shape: Sequence[int], strides: Sequence[int], memory_format: Any) -> bool:
    """Whether strides are those of a dense tensor in a memory format, as ``is_contiguous`` tells."""
    order = _ORDERS.get(memory_format, range(len(shape))[::-1])
    if len(order) != len(shape):
        return False
    if 0 in shape and memory_format not in _ORDERS:
        return True
    expected = 1
    for d in order:
        if shape[d] != 1:
            if strides[d] != expected:
                return False
            expected *= shape[d]
    return True


def suggested(shape: Sequence[int], strides: Sequence[int]) -> Any:
    """The memory format that operations on images take strides for."""
    memory_format = {4: channels_last, 5: channels_last_3d}.get(len(shape))
    if memory_format is None or strides[1] == 0:
        return contiguous_format
    least = 0
    for d in _ORDERS[memory_format]:
        if shape[d] == 0 or strides[d] < least or (d == 0 and least == strides[1]):
            return contiguous_format
        least = strides[d] * max(shape[d], 1)
    return memory_format


def like_strides(tensor: Any, strides: Strides, memory_format: Any) -> Strides:
    """Strides of a new tensor like another one that has these strides."""
    shape = tuple(tensor.shape)
    if memory_format is None or memory_format is preserve_format:
        return dense_strides(shape, strides)
    return format_strides(shape, memory_format)


def lay_out_results(op: Op, args: tuple[Any, ...], inputs: Sequence[Aval], signature: Signature) -> None:
    """Give a new signature's results their strides."""
    if op.view:
        _lay_out_views(op, args, inputs[0], signature)
        return
    if op is copy_laid_out.op:
        signature.out = (laid_out(signature.out[0], args[1]),)
        return
    if op.name == "rot90":
        signature.out = (_turned(args, inputs[0], signature.out[0]),)
        return
    own = own_strides(op.name, args, inputs, [strides_of(a) for a in inputs], signature.out)
    if own is not None:
        signature.out = tuple(
            [out if s is None else laid_out(out, s) for out, s in zip(signature.out, own, strict=True)]
        )
        return
    if all(a.strides is None for a in inputs):
        return
    file = op.fn.__module__.rpartition(".")[2]
    if op.name in _ORDERED:
        signature.out = tuple([_ordered_like(out, inputs[0]) for out in signature.out])
    elif op.name in _FORMATTED:
        formats = {suggested(a.shape, strides_of(a)) for a in inputs}
        around = op.name == "pad" and args[2] == "circular"  # torch makes that of pieces, as rows
        if len(formats) == 1 and len(signature.out[0].shape) == len(inputs[0].shape) and not around:
            out = signature.out[0]
            signature.out = (laid_out(out, format_strides(out.shape, *formats)),)
    elif (file.startswith(_ELEMENTWISE) and op.name not in _NOT_ELEMENTWISE) or op.name in _ELEMENTWISE_TOO:
        found = [_elementwise(out.shape, inputs) for out in signature.out]
        signature.out = tuple(
            [out if s is None else laid_out(out, s) for out, s in zip(signature.out, found, strict=True)]
        )
    elif (file.startswith(_CHANNELS) and op.name not in _CONTIGUOUS) or op.name in _IMAGES:
        candidates = [
            suggested(a.shape, strides_of(a)) for a in inputs[: 2 if file.startswith("nn_conv") else 1]
        ]
        wanted = next((f for f in candidates if f is not contiguous_format), contiguous_format)
        volume = "3d" in op.name or (op.name in _COUNTED and args[1] == 3)
        if volume and wanted is channels_last:
            return  # four dimensions are a volume without a batch here
        signature.out = tuple(
            [
                laid_out(out, _in_format(out.shape, wanted))
                if len(out.shape) == len(inputs[0].shape)
                else out
                for out in signature.out
            ]
        )


def _in_format(shape: Strides, memory_format: Any) -> Strides:
    """Strides in a memory format, also without the batch that torch gives images which have none."""
    if len(shape) + 1 == len(_ORDERS.get(memory_format, ())):
        return format_strides((1, *shape), memory_format)[1:]
    return format_strides(shape, memory_format)


def _ordered_like(out: Aval, operand: Aval) -> Aval:
    """The result's type, with its dimensions in memory in the order of the operand's."""
    if len(out.shape) != len(operand.shape):
        return out
    strides = strides_of(operand)
    same = out.shape == operand.shape
    return laid_out(out, dense_strides(out.shape, strides) if same else _iterated(out.shape, [strides]))


def _turned(args: tuple[Any, ...], operand: Aval, out: Aval) -> Aval:
    """The result of ``rot90``: the operand flipped, with two dimensions exchanged after an odd number of turns."""
    _, k, dims = args
    if k % 4 == 0:
        return out
    strides = list(dense_strides(operand.shape, strides_of(operand)))
    if k % 2:
        first, second = dims
        strides[first], strides[second] = strides[second], strides[first]
    return laid_out(out, tuple(strides))


def _lay_out_views(op: Op, args: tuple[Any, ...], source: Aval, signature: Signature) -> None:
    whole = Geometry(source.shape, strides_of(source))
    results = []
    for i, out in enumerate(signature.out):
        steps = [part_step(op, source.shape, i, args[1:])] if RULES[op].part is not None else [(op, args[1:])]
        results.append(laid_out(out, place(steps, whole, source.dtype.itemsize).strides))
    signature.out = tuple(results)
