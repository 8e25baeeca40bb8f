"""What views mean for memory: where a view's elements lie, and how a new value of the view is put back.

Each view operation has a :class:`ViewRule`. Together they make chains of views readable (:func:`read_through`) and
writable (:func:`write_through`), and tell strides and offsets as torch's memory layout would have them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .op import Op
from .shape import (
    alias,
    conj_view,
    expand,
    permute,
    reshape_alias,
    squeeze,
    t,
    transpose,
    unsqueeze,
    view_in_shape,
    view_in_type,
)
from .shape_dims import as_size, infer_size, view_strides, wrap_dim, wrap_dims
from .shape_parts import (
    as_strided_view,
    diagonal,
    select_view,
    slice_view,
    split_view,
    split_with_sizes,
    unbind,
    unfold,
)
from .shape_rearrange import view_as_complex, view_as_real

__all__ = [
    "RULES",
    "Geometry",
    "Step",
    "ViewRule",
    "contiguous_strides",
    "is_dense",
    "part_step",
    "place",
    "read_on_host",
    "read_through",
    "retypes",
    "write_on_host",
    "write_through",
]

# A view operation with its arguments after the first.
Step = tuple[Op, tuple[Any, ...]]


class Geometry(NamedTuple):
    """Where a tensor's elements lie in its storage; strides and offset count elements."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0


class ViewRule(NamedTuple):
    """What a view operation means for memory.

    ``place(geometry, *rest)`` is the geometry of the view; ``put(x, new, *rest)`` is ``x`` with the elements that the
    view shows replaced by ``new``, None where the view may show an element more than once; ``part(x, i, *rest)``, for
    operations with several results, is the step that makes result ``i``; ``retypes`` says that the elements of the
    view are not those in memory: of another dtype, or conjugated.
    """

    place: Callable[..., Geometry] | None = None
    put: Callable[..., Any] | None = None
    part: Callable[..., Step] | None = None
    retypes: bool = False


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides of a dense row-major tensor, in elements."""
    return _contiguous(tuple(shape))


@functools.lru_cache(4096)
def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * max(shape[i + 1], 1)
    return tuple(strides)


def is_dense(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the elements fill their stretch of memory, each place once, in whatever order of the dimensions."""
    expected = 1
    for stride, size in sorted((s, n) for n, s in zip(shape, strides, strict=True) if n != 1):
        if stride != expected:
            return False
        expected *= size
    return True


def _swapped(sequence: tuple[int, ...], i: int, j: int) -> tuple[int, ...]:
    items = list(sequence)
    items[i], items[j] = items[j], items[i]
    return tuple(items)


def _place_transpose(g: Geometry, dim0: int, dim1: int) -> Geometry:
    if not g.shape:
        return g
    i, j = wrap_dim(dim0, len(g.shape)), wrap_dim(dim1, len(g.shape))
    return Geometry(_swapped(g.shape, i, j), _swapped(g.strides, i, j), g.offset)


def _put_transpose(x: Any, new: Any, dim0: int, dim1: int) -> Any:
    return jnp.swapaxes(new, wrap_dim(dim0, x.ndim), wrap_dim(dim1, x.ndim)) if x.ndim else new


def _place_permute(g: Geometry, dims: Any) -> Geometry:
    order = [wrap_dim(d, len(g.shape)) for d in dims]
    return Geometry(tuple([g.shape[d] for d in order]), tuple([g.strides[d] for d in order]), g.offset)


def _put_permute(x: Any, new: Any, dims: Any) -> Any:
    return jnp.transpose(new, tuple(np.argsort([wrap_dim(d, x.ndim) for d in dims]).tolist()))


def _place_view(g: Geometry, size: Any) -> Geometry:
    size = infer_size(as_size((size,)), _numel(g.shape))
    strides = view_strides(g.shape, g.strides, size)
    assert strides is not None, "the layer above has made sure that strides can show the shape"
    return Geometry(size, strides, g.offset)


def _numel(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def _place_squeeze(g: Geometry, dim: Any = None) -> Geometry:
    dims = range(len(g.shape)) if dim is None else wrap_dims(dim, len(g.shape))
    kept = [d for d, n in enumerate(g.shape) if n != 1 or d not in dims]
    return Geometry(tuple([g.shape[d] for d in kept]), tuple([g.strides[d] for d in kept]), g.offset)


def _place_unsqueeze(g: Geometry, dim: int) -> Geometry:
    d = wrap_dim(dim, len(g.shape) + 1)
    stride = g.shape[d] * g.strides[d] if d < len(g.shape) else 1
    return Geometry((*g.shape[:d], 1, *g.shape[d:]), (*g.strides[:d], stride, *g.strides[d:]), g.offset)


def _reshaped_back(x: Any, new: Any, *_: Any) -> Any:
    return new.reshape(x.shape)


def _place_expand(g: Geometry, size: Any, implicit: bool = False) -> Geometry:
    size = as_size((size,)) if isinstance(size, (tuple, list)) else as_size(size)
    lead = len(size) - len(g.shape)
    shape: list[int] = []
    strides: list[int] = []
    for i in range(len(size) - 1, -1, -1):
        have = 1 if i < lead else g.shape[i - lead]
        # a new dimension lies as if it had been unsqueezed
        stride = (shape[-1] * strides[-1] if shape else 1) if i < lead else g.strides[i - lead]
        wanted = have if size[i] == -1 else size[i]
        shape.append(wanted)
        strides.append(stride if wanted == have and g.shape else 0)
    return Geometry(tuple(shape[::-1]), tuple(strides[::-1]), g.offset)


def _place_select(g: Geometry, dim: int, index: int) -> Geometry:
    return Geometry(
        (*g.shape[:dim], *g.shape[dim + 1 :]),
        (*g.strides[:dim], *g.strides[dim + 1 :]),
        g.offset + index * g.strides[dim],
    )


def _put_select(x: Any, new: Any, dim: int, index: Any) -> Any:
    return jax.lax.dynamic_update_index_in_dim(x, new, index, dim)


def _place_slice(g: Geometry, dim: int, start: int, length: int, step: int) -> Geometry:
    return Geometry(
        (*g.shape[:dim], length, *g.shape[dim + 1 :]),
        (*g.strides[:dim], g.strides[dim] * step, *g.strides[dim + 1 :]),
        g.offset + start * g.strides[dim],
    )


def _put_slice(x: Any, new: Any, dim: int, start: Any, length: int, step: int) -> Any:
    if step == 1:
        return jax.lax.dynamic_update_slice_in_dim(x, new, start, dim)
    return x.at[(*[slice(None)] * dim, start + step * np.arange(length))].set(new)


def _place_diagonal(g: Geometry, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Geometry:
    n = len(g.shape)
    i, j = wrap_dim(dim1, n), wrap_dim(dim2, n)
    rows, columns = g.shape[i], g.shape[j]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    shift = 0
    if length:
        shift = offset * g.strides[j] if offset >= 0 else -offset * g.strides[i]
    rest = [d for d in range(n) if d not in (i, j)]
    return Geometry(
        (*[g.shape[d] for d in rest], length),
        (*[g.strides[d] for d in rest], g.strides[i] + g.strides[j]),
        g.offset + shift,
    )


def _place_unfold(g: Geometry, dimension: int, size: int, step: int) -> Geometry:
    if not g.shape:
        return Geometry((size,), (1,), g.offset)
    d = wrap_dim(dimension, len(g.shape))
    count = (g.shape[d] - size) // step + 1
    return Geometry(
        (*g.shape[:d], count, *g.shape[d + 1 :], size),
        (*g.strides[:d], step * g.strides[d], *g.strides[d + 1 :], g.strides[d]),
        g.offset,
    )


def _place_as_strided(g: Geometry, size: Any, stride: Any, storage_offset: int) -> Geometry:
    return Geometry(tuple(size), tuple(stride), storage_offset)


def _part_of_split(x: Any, i: int, size: int, dim: int = 0) -> Step:
    d = wrap_dim(dim, len(x))
    return slice_view.op, (d, i * size, min(size, x[d] - i * size), 1)


def _part_of_sizes(x: Any, i: int, sizes: Any, dim: int = 0) -> Step:
    return slice_view.op, (wrap_dim(dim, len(x)), int(sum(sizes[:i])), sizes[i], 1)


def _part_of_unbind(x: Any, i: int, dim: int = 0) -> Step:
    return select_view.op, (wrap_dim(dim, len(x)), i)


def _bits(x: Any, new: Any, *_: Any) -> Any:
    """The bits of ``new`` as elements of ``x``, whose type has another size perhaps."""
    if x.dtype == np.bool_:
        return new.view(np.uint8).reshape(x.shape).astype(np.bool_)
    if new.dtype == np.bool_:
        new = new.astype(np.uint8)
    return new.view(x.dtype).reshape(x.shape)


def _rescaled(g: Geometry, ratio: int, last: bool) -> Geometry:
    """The geometry counted in elements ``ratio`` times smaller; ``last``: the last dimension is that many larger."""
    if ratio == 1 or not g.shape:
        return g
    strides = (*[s * ratio for s in g.strides[:-1]], 1) if last else tuple([s * ratio for s in g.strides])
    shape = (*g.shape[:-1], g.shape[-1] * ratio) if last else g.shape
    return Geometry(shape, strides, g.offset * ratio)


def _place_view_in_type(g: Geometry, dtype: Any, itemsize: int) -> Geometry:
    new = dtype.itemsize
    if new <= itemsize:
        return _rescaled(g, itemsize // new, True)
    ratio = new // itemsize
    return Geometry(
        (*g.shape[:-1], g.shape[-1] // ratio),
        (*[s // ratio for s in g.strides[:-1]], 1),
        g.offset // ratio,
    )


def _place_view_as_real(g: Geometry) -> Geometry:
    g = _rescaled(g, 2, False)
    return Geometry((*g.shape, 2), (*g.strides, 1), g.offset)


def _place_view_as_complex(g: Geometry) -> Geometry:
    return Geometry(g.shape[:-1], tuple([s // 2 for s in g.strides[:-1]]), g.offset // 2)


def _put_view_as_complex(x: Any, new: Any) -> Any:
    return jnp.stack([new.real, new.imag], -1)


def _put_view_as_real(x: Any, new: Any) -> Any:
    return jax.lax.complex(new[..., 0], new[..., 1])


RULES: dict[Op, ViewRule] = {
    alias.op: ViewRule(lambda g: g, lambda x, new: new),
    view_in_shape.op: ViewRule(_place_view, _reshaped_back),
    reshape_alias.op: ViewRule(_place_view, _reshaped_back),
    transpose.op: ViewRule(_place_transpose, _put_transpose),
    t.op: ViewRule(lambda g: Geometry(g.shape[::-1], g.strides[::-1], g.offset), lambda x, new: new.T),
    permute.op: ViewRule(_place_permute, _put_permute),
    squeeze.op: ViewRule(_place_squeeze, _reshaped_back),
    unsqueeze.op: ViewRule(_place_unsqueeze, _reshaped_back),
    expand.op: ViewRule(_place_expand),
    select_view.op: ViewRule(_place_select, _put_select),
    slice_view.op: ViewRule(_place_slice, _put_slice),
    diagonal.op: ViewRule(_place_diagonal),
    unfold.op: ViewRule(_place_unfold),
    as_strided_view.op: ViewRule(_place_as_strided),
    split_view.op: ViewRule(part=_part_of_split),
    split_with_sizes.op: ViewRule(part=_part_of_sizes),
    unbind.op: ViewRule(part=_part_of_unbind),
    view_in_type.op: ViewRule(_place_view_in_type, _bits, retypes=True),
    conj_view.op: ViewRule(lambda g: g, lambda x, new: jnp.conj(new), retypes=True),
    view_as_real.op: ViewRule(_place_view_as_real, _put_view_as_real, retypes=True),
    view_as_complex.op: ViewRule(_place_view_as_complex, _put_view_as_complex, retypes=True),
}


# The steps that show a part of the elements.
_CUTS = {select_view.op, slice_view.op}


def part_step(op: Op, shape: tuple[int, ...], number: int, rest: tuple[Any, ...]) -> Step:
    """The view that result ``number`` of an operation with several results is."""
    part = RULES[op].part
    assert part is not None
    return part(shape, number, *rest)


def retypes(op: Op) -> bool:
    """Whether the view's elements are not those in memory: of another dtype, or conjugated."""
    return RULES[op].retypes


def place(steps: Sequence[Step], geometry: Geometry, itemsize: int) -> Geometry:
    """Where the view at the end of a chain lies, from the geometry of its storage.

    Args:
        steps: the chain.
        geometry: of the tensor it starts from.
        itemsize: bytes per element there.
    """
    for op, rest in steps:
        rule = RULES[op].place
        assert rule is not None
        if op is view_in_type.op:
            geometry, itemsize = rule(geometry, *rest, itemsize), rest[0].itemsize
        else:
            geometry = rule(geometry, *rest)
            itemsize = (
                itemsize // 2
                if op is view_as_real.op
                else itemsize * 2
                if op is view_as_complex.op
                else itemsize
            )
    return geometry


def _repeats(steps: Sequence[Step], x: Any) -> bool:
    """Whether the view at the end of a chain shows an element more than once along one dimension."""
    fixed = [(op, tuple([0 if isinstance(a, jax.Array) else a for a in rest])) for op, rest in steps]
    found = place(fixed, Geometry(tuple(x.shape), contiguous_strides(x.shape)), x.dtype.itemsize)
    return any(stride == 0 and n > 1 for n, stride in zip(found.shape, found.strides, strict=True))


def read_through(x: Any, steps: Sequence[Step]) -> Any:
    """The view of ``x`` at the end of a chain."""
    for op, rest in steps:
        x = op.fn(x, *rest)
    return x


def read_on_host(x: np.ndarray[Any, Any], steps: Sequence[Step]) -> np.ndarray[Any, Any]:
    """:func:`read_through` in NumPy."""
    for op, rest in steps:
        x = op.host(x, *rest)  # type: ignore[misc]
    return x


def write_through(x: Any, source: Any, steps: Sequence[Step], in_place: bool = True) -> Any:
    """``x`` with the part that a chain of views shows replaced by ``source``.

    Each step puts its part back where it came from; where a step may show an element more than once (``expand``,
    ``unfold``), the places are found by number for it and the following steps together.

    Args:
        x: the storage's value.
        source: of the view's shape.
        steps: the chain.
        in_place: whether XLA may write a part into ``x``'s own memory. Behind a reshape or a transposition it must not:
            XLA:CPU (jax 0.10) then takes ``x`` for another array than the one that ``source`` may be computed from in
            the same fused loop, and reads elements of it that it has overwritten already.
    """
    if not steps:
        return source
    op, rest = steps[0]
    put = RULES[op].put
    if put is not None:
        inner = steps[1:]
        cuts = op in _CUTS
        new = write_through(op.fn(x, *rest), source, inner, in_place and cuts) if inner else source
        if in_place or not cuts:
            return put(x, new, *rest)
        covered = put(jnp.zeros(x.shape, bool), jnp.ones(new.shape, bool), *rest)
        return jnp.where(covered, put(jnp.zeros_like(x), new, *rest), x)
    n = next((i for i, (o, _) in enumerate(steps) if retypes(o)), len(steps))
    segment, inner = steps[:n], steps[n:]
    part = read_through(x, segment)
    places = read_through(jnp.arange(x.size).reshape(x.shape), segment)
    new = write_through(part, source, inner, False) if inner else source
    if _repeats(segment, x):
        # Of several writes to one place those count that change it: a place that is only partly written is written.
        places = jnp.where(new == part, x.size, places)
    return x.reshape(-1).at[places.reshape(-1)].set(new.reshape(-1), mode="drop").reshape(x.shape)


def write_on_host(
    x: np.ndarray[Any, Any], source: np.ndarray[Any, Any], steps: Sequence[Step]
) -> np.ndarray[Any, Any]:
    """:func:`write_through` in NumPy: a copy is written through NumPy's own views, where they show its memory."""
    out = x.copy()
    target = read_on_host(out, steps)
    if target.flags.writeable and np.may_share_memory(out, target):
        target[...] = source
        return out
    # NumPy had to copy on the way, or protects the view because it may show an element more than once.
    places = read_on_host(np.arange(x.size).reshape(x.shape), steps)
    changed = target != source  # of several writes to one place those count that change it
    out.reshape(-1)[places[changed]] = source[changed]
    return out
