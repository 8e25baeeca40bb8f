"""Embeddings: rows of a table, looked up by number."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .. import functional as F
from .. import init
from .._init_fill import write
from ..module import Module
from ..parameter import Parameter
from ._common import new_parameter, on_tensors

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """The table and its row for padding, which Embedding and EmbeddingBag share."""

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Any,
        freeze: bool,
        device: Any,
        dtype: Any,
        padding_name: str,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            if (padding_idx > 0 and padding_idx >= num_embeddings) or padding_idx < -num_embeddings:
                raise AssertionError(f"{padding_name} must be within num_embeddings")
            if padding_idx < 0:
                padding_idx += num_embeddings
        self.padding_idx = padding_idx
        if weight is None:
            self.weight = new_parameter((num_embeddings, embedding_dim), device, dtype)
            self.weight.requires_grad = not freeze
            self.reset_parameters()
        else:
            if tuple(weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(weight, requires_grad=not freeze)

    def reset_parameters(self) -> None:
        """Draw the table anew: standard normal numbers, and zeros in the row for padding."""
        init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        """Set the row for padding to zeros; subclasses that draw the table in another way call it."""
        if self.padding_idx is not None:
            if not isinstance(self.padding_idx, int):
                self.weight[self.padding_idx]  # says what is wrong with what is no index
            table = np.array(self.weight._array())
            table[self.padding_idx] = 0
            write(self.weight, table)


class Embedding(_Table):
    """Rows of a table of ``num_embeddings`` vectors, looked up by number.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html

    Args:
        num_embeddings: rows of the table.
        embedding_dim: their length.
        padding_idx: a row that gets no gradient and starts as zeros.
        max_norm: rows that are looked up are first scaled down to this norm, in place.
        norm_type: the p of that norm.
        scale_grad_by_freq: whether to divide the gradient of a row by how often it was looked up in the batch.
        sparse: accepted; gradients are dense.
        device: of the table.
        dtype: of the table.

    Raises:
        AssertionError: ``padding_idx`` is outside the table.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.Embedding(10, 3)(torch.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
        torch.Size([2, 4, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype, "Padding_idx"
        )
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    def forward(self, input: Any) -> Any:
        """The rows with the numbers ``input`` (integers of any shape)."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text + ", sparse=True" if self.sparse is not False else text

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """An Embedding of a given table.

        Args:
            embeddings: (rows, length); the table's storage is used.
            freeze: whether the table is not to be trained.
            padding_idx: as for the constructor, as are the others.

        Raises:
            AssertionError: the table is not two-dimensional.
        """
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        return cls(
            rows,
            columns,
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight=embeddings,
            _freeze=freeze,
        )


class EmbeddingBag(_Table):
    """Sums, means or maxima of bags of rows of a table.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html

    Args:
        num_embeddings: rows of the table.
        embedding_dim: their length.
        max_norm: rows that are looked up are first scaled down to this norm, in place.
        norm_type: the p of that norm.
        scale_grad_by_freq: whether to divide the gradient of a row by how often it was looked up in the batch.
        mode: "sum", "mean" or "max".
        sparse: accepted; gradients are dense.
        include_last_offset: whether the offsets end with the end of the last bag.
        padding_idx: a row that does not count and gets no gradient.
        device: of the table.
        dtype: of the table.

    Raises:
        AssertionError: ``padding_idx`` is outside the table.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype, "padding_idx"
        )
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    @on_tensors
    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """Look up and reduce.

        Args:
            input: (bags, size) of equal bags, or all bags one after the other.
            offsets: where the bags begin, for the latter.
            per_sample_weights: factors of the rows, for sums.
        """
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        """The sizes, and what differs from the defaults."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm!r}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type!r}"
        if self.scale_grad_by_freq is not False:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq!r}"
        text += f", mode={self.mode!r}"
        return text if self.padding_idx is None else text + f", padding_idx={self.padding_idx}"

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """An EmbeddingBag of a given table.

        Args:
            embeddings: (rows, length); the table's storage is used.
            freeze: whether the table is not to be trained.
            max_norm: as for the constructor, as are the others.

        Raises:
            AssertionError: the table is not two-dimensional.
        """
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        bag = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        bag.weight.requires_grad = not freeze
        return bag
