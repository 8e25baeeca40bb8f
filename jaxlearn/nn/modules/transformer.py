"""The Transformer: encoder, decoder and both together."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import _dtypes as dtypes
from ..._autograd.modes import modes
from ..._engine.device import Device, default_device
from ..._engine.value import concrete, intern
from ..._tensor.dispatch import wrap
from .. import functional as F
from .. import init
from ..functional._arguments import deciding_values
from ..functional.multi_head import _canonical_mask, _none_or_dtype
from ..module import Module
from ._common import on_tensors
from .container import ModuleList
from .normalization import LayerNorm
from .transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer

__all__ = ["Transformer", "TransformerDecoder", "TransformerEncoder"]


def _causal_mask(size: int, device: Any = None, dtype: Any = None) -> Any:
    numpy_dtype = (dtypes.get_default_dtype() if dtype is None else dtype)._np
    mask = np.triu(np.full((size, size), -np.inf), 1).astype(numpy_dtype)
    where = default_device() if device is None else Device(device)
    return wrap(concrete(mask, intern(mask.shape, mask.dtype, where)))


def _clones(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _length(x: Any, batch_first: bool) -> int:
    return int(x.shape[1] if x.dim() == 3 and batch_first else x.shape[0])


def _is_causal(mask: Any, is_causal: bool | None, size: int) -> bool:
    """Whether the mask is the causal one: as the caller says, or, where it costs nothing, by looking at it."""
    if is_causal is not None or mask is None:
        return is_causal is True
    values = deciding_values(mask)
    if values is None or values.shape != (size, size):
        return False
    return bool((np.triu(np.full((size, size), -np.inf), 1).astype(values.dtype) == values).all())


class TransformerEncoder(Module):
    """A stack of encoder layers.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html

    Args:
        encoder_layer: a layer, of which copies are stacked.
        num_layers: how many.
        norm: a layer for the result, or None.
        enable_nested_tensor: whether, as in torch, evaluation without gradients leaves out the padding that
            ``src_key_padding_mask`` marks at the ends: the result has zeros there.
        mask_check: accepted; that the padding is at the ends is always checked.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _clones(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.use_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check
        reason = _not_nested(encoder_layer)
        if enable_nested_tensor and reason:
            warnings.warn(
                f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}",
                stacklevel=2,
            )
            self.use_nested_tensor = False

    @on_tensors
    def forward(
        self,
        src: Any,
        mask: Any = None,
        src_key_padding_mask: Any = None,
        is_causal: bool | None = None,
    ) -> Any:
        """Encode.

        Args:
            src: (S, N, E), with ``batch_first`` (N, S, E), or (S, E).
            mask: (S, S) or (N * heads, S, S), True for pairs that take no part, or added to the scores.
            src_key_padding_mask: (N, S), True (or minus infinity) for positions that take no part.
            is_causal: a hint that ``mask`` is the causal one; None to find out.
        """
        padding = _canonical_mask(
            src_key_padding_mask, "src_key_padding_mask", _none_or_dtype(mask), "mask", src.dtype
        )
        mask = _canonical_mask(mask, "mask", None, "", src.dtype, False)
        causal = _is_causal(mask, is_causal, _length(src, self.layers[0].self_attn.batch_first))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, src_key_padding_mask=padding, is_causal=causal)
        left_out = None if mask is not None else self._left_out(src, padding)
        if left_out is not None:
            output = output.masked_fill(left_out.unsqueeze(-1), 0.0)
        return output if self.norm is None else self.norm(output)

    def _left_out(self, src: Any, padding: Any) -> Any:
        """The places of the padding where torch computes without it, else None or none of them."""
        if padding is None or not self.use_nested_tensor or self.layers[0].training or src.dim() != 3:
            return None
        if modes.grad and (src.requires_grad or any(p.requires_grad for p in self.layers[0].parameters())):
            return None
        places = padding != 0
        values = deciding_values(padding)
        if values is None:
            return places & ~(places[:, :-1] & ~places[:, 1:]).any()
        inside = (np.diff((values != 0).astype(np.int8), axis=1) < 0).any()
        return None if inside else places


def _not_nested(layer: Any) -> str:
    """Why torch would not leave out padding; empty if it does."""
    name = "encoder_layer"
    if not isinstance(layer, TransformerEncoderLayer):
        return f"{name} was not TransformerEncoderLayer"
    attention = layer.self_attn
    reasons = {
        f"{name}.norm_first was True": layer.norm_first,
        f"{name}.self_attn.batch_first was not True(use batch_first for better inference performance)": (
            not attention.batch_first
        ),
        f"{name}.self_attn._qkv_same_embed_dim was not True": not attention._qkv_same_embed_dim,
        f"{name}.self_attn was passed bias=False": attention.in_proj_bias is None,
        f"{name}.activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
        f"{name}.norm1.eps was not equal to {name}.norm2.eps": layer.norm1.eps != layer.norm2.eps,
        f"{name}.self_attn.num_heads is odd": attention.num_heads % 2 == 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


class TransformerDecoder(Module):
    """A stack of decoder layers.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html

    Args:
        decoder_layer: a layer, of which copies are stacked.
        num_layers: how many.
        norm: a layer for the result, or None.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.TransformerDecoderLayer(8, 2, 16)
        >>> torch.nn.TransformerDecoder(layer, 2)(torch.ones(3, 1, 8), torch.ones(5, 1, 8)).shape
        torch.Size([3, 1, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _clones(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    @on_tensors
    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """Decode.

        Args:
            tgt: (T, N, E), with ``batch_first`` (N, T, E), or (T, E).
            memory: the encoder's result.
            tgt_mask: (T, T), True for pairs that take no part, or added to the scores.
            memory_mask: the same for pairs of target and memory, (T, S).
            tgt_key_padding_mask: (N, T), True for positions that take no part.
            memory_key_padding_mask: (N, S), the same for the memory.
            tgt_is_causal: a hint that ``tgt_mask`` is the causal one; None to find out.
            memory_is_causal: the same for ``memory_mask``.
        """
        causal = _is_causal(tgt_mask, tgt_is_causal, _length(tgt, self.layers[0].self_attn.batch_first))
        output = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder and a decoder that attends to its result.

    Attention is all you need, https://arxiv.org/abs/1706.03762;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.Transformer.html

    Args:
        d_model: size of inputs and result.
        nhead: heads of each attention.
        num_encoder_layers: layers of the encoder.
        num_decoder_layers: layers of the decoder.
        dim_feedforward: size of the hidden layer after each attention.
        dropout: probability of an element to be dropped, in training.
        activation: ``"relu"``, ``"gelu"`` or a function.
        custom_encoder: in place of the encoder.
        custom_decoder: in place of the decoder.
        layer_norm_eps: added to the variance in normalisations.
        batch_first: whether inputs and result are (N, S, E) rather than (S, N, E).
        norm_first: whether to normalise before rather than after each part.
        bias: whether linear layers and normalisations have biases.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> net = torch.nn.Transformer(8, 2, 1, 1, 16)
        >>> net(torch.ones(5, 3, 8), torch.ones(4, 3, 8)).shape
        torch.Size([4, 3, 8])
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shared = (
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            device,
            dtype,
        )
        if custom_encoder is None:
            encoder_layer = TransformerEncoderLayer(*shared)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
            custom_encoder = TransformerEncoder(encoder_layer, num_encoder_layers, norm)
        self.encoder = custom_encoder
        if custom_decoder is None:
            decoder_layer = TransformerDecoderLayer(*shared)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
            custom_decoder = TransformerDecoder(decoder_layer, num_decoder_layers, norm)
        self.decoder = custom_decoder
        self._reset_parameters()
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.dim() > 1:
                init.xavier_uniform_(p)

    @on_tensors
    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """Encode the source and decode the target.

        Args:
            src: (S, N, E), with ``batch_first`` (N, S, E), or (S, E).
            tgt: (T, N, E), with ``batch_first`` (N, T, E), or (T, E).
            src_mask: (S, S), True for pairs that take no part, or added to the scores.
            tgt_mask: (T, T), likewise.
            memory_mask: (T, S), likewise.
            src_key_padding_mask: (N, S), True for positions that take no part.
            tgt_key_padding_mask: (N, T), likewise.
            memory_key_padding_mask: (N, S), likewise.
            src_is_causal: a hint that ``src_mask`` is the causal one; None to find out.
            tgt_is_causal: the same for ``tgt_mask``.
            memory_is_causal: the same for ``memory_mask``.

        Raises:
            RuntimeError: the batches or sizes differ.
        """
        batch = 0 if self.batch_first else 1
        if src.dim() == 3 and src.size(batch) != tgt.size(batch):
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """The causal mask: minus infinity above the diagonal, else 0.

        Args:
            sz: length of the sequence.
            device: of the mask.
            dtype: of the mask.
        """
        return _causal_mask(sz, device, dtype)
