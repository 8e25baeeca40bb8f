"""Causal masks that are known by their kind; names as in ``torch.nn.attention.bias``."""

from __future__ import annotations

import enum
import warnings
from typing import Any

from ..._tensor.creation_constants import ones

__all__ = ["CausalBias", "CausalVariant", "causal_lower_right", "causal_upper_left"]


class CausalVariant(enum.IntEnum):
    """To which corner the diagonal of a causal mask is aligned.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.CausalBias.html
    """

    UPPER_LEFT = 1
    LOWER_RIGHT = 2


class CausalBias:
    """A causal mask, for ``attn_mask`` of ``scaled_dot_product_attention``.

    It is no tensor, unlike torch's, which has no elements of its own either.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.CausalBias.html

    Args:
        variant: the alignment.
        seq_len_q: number of queries.
        seq_len_kv: number of keys.

    Raises:
        AssertionError: ``variant`` is no :class:`CausalVariant`.
    """

    def __init__(self, variant: CausalVariant, seq_len_q: int, seq_len_kv: int) -> None:
        if not isinstance(variant, CausalVariant):
            raise AssertionError(f"variant must be a CausalVariant, got {type(variant).__name__}")
        self.variant = variant
        self.seq_len_q = seq_len_q
        self.seq_len_kv = seq_len_kv
        if seq_len_q > seq_len_kv and variant == CausalVariant.LOWER_RIGHT:
            warnings.warn(
                "Lower right causal bias will produce NaNs in the output when seq_len_q > seq_len_kv!",
                stacklevel=2,
            )

    def _materialize(self, device: Any = None) -> Any:
        """The mask as a tensor of bool."""
        offset = 0 if self.variant == CausalVariant.UPPER_LEFT else self.seq_len_kv - self.seq_len_q
        shape = (self.seq_len_q, self.seq_len_kv)
        return ones(shape, dtype=bool, device=device).tril(diagonal=offset)

    def __repr__(self) -> str:
        return repr(self._materialize("cpu"))


def causal_upper_left(*size: int) -> CausalBias:
    """The causal mask whose diagonal begins in the upper left corner, as ``is_causal=True`` has it.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.causal_upper_left.html

    Args:
        size: number of queries and number of keys.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.attention.bias.causal_upper_left(2, 3)
        tensor([[ True, False, False],
                [ True,  True, False]])
    """
    if len(size) != 2:
        raise AssertionError("causal_upper_left only supports 2D tensors")
    return CausalBias(CausalVariant.UPPER_LEFT, *size)


def causal_lower_right(*size: int) -> CausalBias:
    """The causal mask whose diagonal ends in the lower right corner: the last query sees all keys.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.bias.causal_lower_right.html

    Args:
        size: number of queries and number of keys.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.attention.bias.causal_lower_right(2, 3)
        tensor([[ True,  True, False],
                [ True,  True,  True]])
    """
    if len(size) != 2:
        raise AssertionError("causal_lower_right only supports 2D tensors")
    return CausalBias(CausalVariant.LOWER_RIGHT, *size)
