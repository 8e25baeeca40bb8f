"""Which pairs of queries and keys attend to each other, block by block."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

from ..._tensor.creation_constants import zeros
from ..._tensor.creation_ranges import arange
from ...func.vectorize import vmap
from ...ops.comparison import isneginf
from ..parameter import is_tensor

__all__ = [
    "BlockMask",
    "and_masks",
    "create_block_mask",
    "create_mask",
    "every_place",
    "noop_mask",
    "or_masks",
]


def noop_mask(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    """The mask that lets every query attend to every key.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.noop_mask

    Args:
        batch, head, token_q, token_kv: the place, 0-dimensional tensors.
    """
    return batch.new_ones((), dtype=bool)


def sliced_mask(batch: Any, head: Any, token_q: Any, token_kv: Any) -> Any:
    """The mask of a part of a :class:`BlockMask`, which does not know where in the whole it lies.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        "Cannot use mask_mod from a sliced BlockMask. When you slice a BlockMask using [], the mask_mod attribute is "
        "reset. You must set it from the original BlockMask's mask_mod."
    )


def every_place(function: Callable[..., Any], scores: bool) -> Callable[..., Any]:
    """A function of one place (batch, head, query, key) as one of all places.

    Args:
        function: of four numbers, as 0-dimensional tensors, or of a score and them.
        scores: whether it takes a score first.

    Returns:
        A function of (B,), (H,), (Q,), (K,), or of (B, H, Q, K) and them, whose result is (B, H, Q, K).
    """
    for place in (3, 2, 1, 0):
        indices = tuple(0 if i == place else None for i in range(4))
        function = vmap(function, in_dims=((0, *indices) if scores else indices))
    return function


def _takes_scores(function: Callable[..., Any]) -> bool:
    given = inspect.signature(function).parameters.values()
    count = sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in given
    )
    if count not in (4, 5):
        raise AssertionError(f"Expected 4 or 5 positional args, got {count}")
    return count == 5


def _all_callable(functions: tuple[Any, ...]) -> None:
    if not all(map(callable, functions)):
        raise RuntimeError(f"All inputs should be callable mask_mods: {functions}")


def or_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """The mask that allows what one of several allows.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.or_masks

    Args:
        mask_mods: functions of (batch, head, query, key).

    Raises:
        RuntimeError: one of them is no function.
    """
    _all_callable(mask_mods)

    def or_mask(b: Any, h: Any, q_idx: Any, kv_idx: Any) -> Any:
        allowed = b.new_zeros((), dtype=bool)
        for mask_mod in mask_mods:
            allowed = allowed | mask_mod(b, h, q_idx, kv_idx)
        return allowed

    return or_mask


def and_masks(*mask_mods: Callable[..., Any]) -> Callable[..., Any]:
    """The mask that allows what all of several allow.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.and_masks

    Args:
        mask_mods: functions of (batch, head, query, key).

    Raises:
        RuntimeError: one of them is no function.
    """
    _all_callable(mask_mods)

    def and_mask(b: Any, h: Any, q_idx: Any, kv_idx: Any) -> Any:
        allowed = b.new_ones((), dtype=bool)
        for mask_mod in mask_mods:
            allowed = allowed & mask_mod(b, h, q_idx, kv_idx)
        return allowed

    return and_mask


def create_mask(
    mod_fn: Callable[..., Any], B: int | None, H: int | None, Q_LEN: int, KV_LEN: int, device: Any = None
) -> Any:
    """The mask that a function describes, as a tensor.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.create_mask

    Args:
        mod_fn: tells of (batch, head, query, key) whether the query attends to the key; or of (score, batch, head,
            query, key) the score to take, minus infinity where it does not.
        B: number of batches; None for 1.
        H: number of heads; None for 1.
        Q_LEN: number of queries.
        KV_LEN: number of keys.
        device: of the mask.

    Returns:
        A tensor of bool, (B, H, Q_LEN, KV_LEN).

    Raises:
        AssertionError: the function takes another number of arguments.

    Example::

        >>> from jaxlearn.nn.attention.flex_attention import create_mask
        >>> create_mask(lambda b, h, q, k: q >= k, None, None, 2, 3)
        tensor([[[[ True, False, False],
                  [ True,  True, False]]]])
    """
    sizes = (1 if B is None else B, 1 if H is None else H, Q_LEN, KV_LEN)
    places = [arange(size, device=device) for size in sizes]
    if not _takes_scores(mod_fn):
        return every_place(mod_fn, False)(*places)
    return ~isneginf(every_place(mod_fn, True)(zeros(sizes, device=device), *places))


class BlockMask:
    """A mask of attention that knows which blocks of it are empty, full or mixed.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.BlockMask

    For each row of blocks it has the number of mixed blocks (``kv_num_blocks``, (B, H, rows)) and their columns, those
    of the others after them (``kv_indices``, (B, H, rows, columns)); the same of the full ones; and both for each
    column of blocks (``q_num_blocks`` and so on).

    Args:
        seq_lengths: numbers of queries and keys.
        kv_num_blocks, kv_indices: mixed blocks of each row.
        full_kv_num_blocks, full_kv_indices: full blocks of each row; None if they count as mixed.
        q_num_blocks, q_indices, full_q_num_blocks, full_q_indices: the same of each column.
        BLOCK_SIZE: queries and keys of a block.
        mask_mod: tells of (batch, head, query, key) whether the query attends to the key.

    Raises:
        RuntimeError: ``kv_indices`` has fewer than two dimensions.
        AssertionError: one of a pair of tensors is missing.

    Example::

        >>> from jaxlearn.nn.attention.flex_attention import create_block_mask
        >>> mask = create_block_mask(lambda b, h, q, k: q >= k, None, None, 6, 6, BLOCK_SIZE=2)
        >>> mask.shape, round(mask.sparsity(), 2)
        ((1, 1, 6, 6), 33.33)
        >>> mask.to_dense()[0, 0]
        tensor([[1, 0, 0],
                [1, 1, 0],
                [1, 1, 1]], dtype=torch.int32)
    """

    def __init__(
        self,
        seq_lengths: tuple[int, int],
        kv_num_blocks: Any,
        kv_indices: Any,
        full_kv_num_blocks: Any,
        full_kv_indices: Any,
        q_num_blocks: Any,
        q_indices: Any,
        full_q_num_blocks: Any,
        full_q_indices: Any,
        BLOCK_SIZE: tuple[int, int] = (128, 128),
        mask_mod: Callable[..., Any] = noop_mask,
    ) -> None:
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        _both_or_none("kv", full_kv_num_blocks, full_kv_indices)
        _both_or_none("q", full_q_num_blocks, full_q_indices)
        self.seq_lengths = seq_lengths
        self.kv_num_blocks = kv_num_blocks
        self.kv_indices = kv_indices
        self.full_kv_num_blocks = full_kv_num_blocks
        self.full_kv_indices = full_kv_indices
        self.q_num_blocks = q_num_blocks
        self.q_indices = q_indices
        self.full_q_num_blocks = full_q_num_blocks
        self.full_q_indices = full_q_indices
        self.BLOCK_SIZE = BLOCK_SIZE
        self.mask_mod = mask_mod

    @classmethod
    def from_kv_blocks(
        cls,
        kv_num_blocks: Any,
        kv_indices: Any,
        full_kv_num_blocks: Any = None,
        full_kv_indices: Any = None,
        BLOCK_SIZE: int | tuple[int, int] = 128,
        mask_mod: Callable[..., Any] | None = None,
        seq_lengths: tuple[int, int] | None = None,
        compute_q_blocks: bool = True,
    ) -> BlockMask:
        """A mask of the blocks of its rows; those of its columns follow.

        Args:
            kv_num_blocks, kv_indices, full_kv_num_blocks, full_kv_indices, BLOCK_SIZE, mask_mod: as of the class.
            seq_lengths: numbers of queries and keys. Default: those of whole blocks.
            compute_q_blocks: False to leave the columns' blocks None.
        """
        if kv_indices.dim() < 2:
            raise RuntimeError("BlockMask must have at least 2 dimensions")
        _both_or_none("kv", full_kv_num_blocks, full_kv_indices)
        size = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
        rows, columns = kv_indices.shape[-2:]
        q_num_blocks = q_indices = full_q_num_blocks = full_q_indices = None
        if compute_q_blocks:
            q_num_blocks, q_indices = _listed(_dense(kv_num_blocks, kv_indices).transpose(-2, -1))
            if full_kv_num_blocks is not None:
                full = _dense(full_kv_num_blocks, full_kv_indices)
                full_q_num_blocks, full_q_indices = _listed(full.transpose(-2, -1))
        return cls(
            (rows * size[0], columns * size[1]) if seq_lengths is None else seq_lengths,
            kv_num_blocks,
            kv_indices,
            full_kv_num_blocks,
            full_kv_indices,
            q_num_blocks,
            q_indices,
            full_q_num_blocks,
            full_q_indices,
            size,
            noop_mask if mask_mod is None else mask_mod,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """(B, H, number of queries, number of keys)."""
        return (*self.kv_indices.shape[:-2], *self.seq_lengths)

    def numel(self) -> int:
        """The number of places."""
        return math.prod(self.shape)

    def sparsity(self) -> float:
        """How many percent of the places lie in empty blocks."""
        blocks = self.kv_num_blocks.sum()
        if self.full_kv_num_blocks is not None:
            blocks = blocks + self.full_kv_num_blocks.sum()
        return 100 * (1 - blocks.item() * math.prod(self.BLOCK_SIZE) / self.numel())

    def to_dense(self) -> Any:
        """A tensor of int32, (B, H, rows, columns) of blocks: 0 for those that are empty."""
        mixed = _dense(self.kv_num_blocks, self.kv_indices)
        if self.full_kv_num_blocks is None:
            return mixed
        return mixed | _dense(self.full_kv_num_blocks, self.full_kv_indices)

    def to_string(self, grid_size: int | tuple[int, int] = (20, 20), limit: int = 4) -> str:
        """A picture of the blocks of each batch and head.

        Args:
            grid_size: at most this many rows and columns of it.
            limit: at most this many batches and heads.
        """
        dense = self.to_dense().numpy()
        *outer, rows, columns = dense.shape
        most = (grid_size, grid_size) if isinstance(grid_size, int) else grid_size
        row_step, column_step = max(1, -(-rows // most[0])), max(1, -(-columns // most[1]))
        pictures = []
        for number, place in enumerate(itertools.product(*map(range, outer))):
            if number == limit:
                pictures += [
                    "...",
                    "To print out more, set BlockMask.to_string(limit=N)",
                    "You can also index (BlockMask[batch, head]) to choose a specific batch or head",
                ]
                break
            lines = [f"{place}"]
            for r in range(0, rows, row_step):
                parts = (
                    dense[place][r : r + row_step, c : c + column_step].mean()
                    for c in range(0, columns, column_step)
                )
                lines.append("".join(" █░"[1 if part == 1 else 2 if part else 0] * 2 for part in parts))
            pictures.append("\n".join([*lines, ""]))
        return "\n".join(pictures)

    def to(self, device: Any) -> BlockMask:
        """The mask with its tensors on another device."""
        moved = {k: v.to(device) if is_tensor(v) else v for k, v in vars(self).items()}
        return BlockMask(**moved)

    def __getitem__(self, index: Any) -> BlockMask:
        """The mask of some batches, heads and rows of blocks; a number keeps its dimension, as one of size 1."""
        given = index if isinstance(index, tuple) else (index,)
        places = tuple(
            slice(i, i + 1 or None) if isinstance(i, int) else i for i in (*given, *[slice(None)] * 3)[:3]
        )

        def part(tensor: Any) -> Any:
            return None if tensor is None else tensor[places]

        return BlockMask.from_kv_blocks(
            part(self.kv_num_blocks),
            part(self.kv_indices),
            part(self.full_kv_num_blocks),
            part(self.full_kv_indices),
            self.BLOCK_SIZE,
            sliced_mask,
            self.seq_lengths,
            self.q_indices is not None,
        )

    def _adjust(self, new_q_len: int, new_kv_len: int) -> BlockMask:
        """The upper left corner of the mask, of other numbers of queries and keys."""
        rows, columns = (
            -(-n // size) for n, size in zip((new_q_len, new_kv_len), self.BLOCK_SIZE, strict=True)
        )

        def cut(count: Any, indices: Any) -> tuple[Any, Any]:
            indices, count = indices[:, :, :rows, :columns], count[:, :, :rows].clamp(max=columns)
            return (indices < count[..., None]).sum(-1).int(), indices

        full = (None, None)
        if self.full_kv_num_blocks is not None:
            full = cut(self.full_kv_num_blocks, self.full_kv_indices)
        return BlockMask.from_kv_blocks(
            *cut(self.kv_num_blocks, self.kv_indices),
            *full,
            self.BLOCK_SIZE,
            self.mask_mod,
            (new_q_len, new_kv_len),
            self.q_indices is not None,
        )

    def __str__(self) -> str:
        picture = self.to_string().strip()
        return f"BlockMask(shape={self.shape}, sparsity={self.sparsity():.2f}%, \n{picture}\n)"

    def __repr__(self) -> str:
        lines = [
            f"{name}={None if value is None else value.shape}"
            for name, value in vars(self).items()
            if name.endswith(("_blocks", "_indices"))
        ]
        lines += [f"BLOCK_SIZE={self.BLOCK_SIZE}", f"shape={self.shape}", f"sparsity={self.sparsity():.2f}%"]
        lines.append(f"mask_mod={getattr(self.mask_mod, '__name__', self.mask_mod)}")
        return "BlockMask(\n    " + ",\n    ".join(lines) + "\n)"


def create_block_mask(
    mask_mod: Callable[..., Any],
    B: int | None,
    H: int | None,
    Q_LEN: int,
    KV_LEN: int,
    device: Any = None,
    BLOCK_SIZE: int | tuple[int, int] = 128,
    _compile: bool = False,
    separate_full_blocks: bool = True,
) -> BlockMask:
    """The :class:`BlockMask` of a function.

    https://docs.pytorch.org/docs/stable/nn.attention.flex_attention.html#torch.nn.attention.flex_attention.create_block_mask

    Args:
        mask_mod: tells of (batch, head, query, key) whether the query attends to the key.
        B: number of batches; None for one mask of all.
        H: number of heads; None for one mask of all.
        Q_LEN: number of queries.
        KV_LEN: number of keys.
        device: of the mask.
        BLOCK_SIZE: queries and keys of a block, or one number for both.
        _compile: accepted; the mask is made by one program anyway.
        separate_full_blocks: False to count full blocks as mixed ones.

    Raises:
        AssertionError: the function does not take four arguments.
    """
    if _takes_scores(mask_mod):
        raise AssertionError(f"create-block_mask requires a mask_mod function! Got {mask_mod}")
    rows, columns = (BLOCK_SIZE, BLOCK_SIZE) if isinstance(BLOCK_SIZE, int) else BLOCK_SIZE
    mask = create_mask(mask_mod, B, H, Q_LEN, KV_LEN, device)
    q, kv = -(-Q_LEN // rows), -(-KV_LEN // columns)
    whole = mask.new_zeros((*mask.shape[:2], q * rows, kv * columns))
    whole[:, :, :Q_LEN, :KV_LEN] = mask
    count = whole.reshape(*mask.shape[:2], q, rows, kv, columns).sum((3, 5))
    if not separate_full_blocks:
        return BlockMask.from_kv_blocks(
            *_listed(count > 0), None, None, (rows, columns), mask_mod, (Q_LEN, KV_LEN)
        )
    full = count == rows * columns
    return BlockMask.from_kv_blocks(
        *_listed((count > 0) & ~full), *_listed(full), (rows, columns), mask_mod, (Q_LEN, KV_LEN)
    )


def _both_or_none(side: str, count: Any, indices: Any) -> None:
    if (count is None) != (indices is None):
        raise AssertionError(
            f"full_{side}_num_blocks and full_{side}_indices must be both provided or omitted"
        )


def _dense(count: Any, indices: Any) -> Any:
    """0 and 1 for each block, of the number of blocks of each row and their columns."""
    entries = arange(indices.shape[-1], device=indices.device)
    listed = (entries < count[..., None])[..., None]
    return (listed & (indices[..., None] == entries)).any(-2).int()


def _listed(dense: Any) -> tuple[Any, Any]:
    """The inverse of :func:`_dense`; the other columns follow in order."""
    dense = dense.int()
    return dense.sum(-1).int(), dense.argsort(dim=-1, descending=True, stable=True).int()
