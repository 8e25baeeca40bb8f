"""Vision Transformer: an image's patches as a sequence."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.vision.models._weights import WeightsEnum, builder, imagenet, require
from jaxlearn.vision.ops import MLP
from jaxlearn.vision.transforms.interpolation import InterpolationMode

__all__ = [
    "Encoder",
    "EncoderBlock",
    "MLPBlock",
    "ViT_B_16_Weights",
    "ViT_B_32_Weights",
    "ViT_H_14_Weights",
    "ViT_L_16_Weights",
    "ViT_L_32_Weights",
    "VisionTransformer",
    "vit_b_16",
    "vit_b_32",
    "vit_h_14",
    "vit_l_16",
    "vit_l_32",
]

Norm = Callable[..., nn.Module]
_LAYER_NORM = partial(nn.LayerNorm, eps=1e-6)


class MLPBlock(MLP):
    """Two linear layers with a GELU between.

    Args:
        in_dim: width of input and output.
        mlp_dim: width between.
        dropout: probability of dropping an activation after each.
    """

    _version = 2

    def __init__(self, in_dim: int, mlp_dim: int, dropout: float) -> None:
        super().__init__(in_dim, [mlp_dim, in_dim], activation_layer=nn.GELU, inplace=None, dropout=dropout)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.normal_(module.bias, std=1e-6)


class EncoderBlock(nn.Module):
    """Attention and two linear layers, each behind a normalisation and added to its input.

    Args:
        num_heads: of the attention.
        hidden_dim: width.
        mlp_dim: width between the linear layers.
        dropout: probability of dropping an activation.
        attention_dropout: probability of dropping an attention weight.
        norm_layer: makes the normalisation from a width.
    """

    def __init__(
        self,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Norm = _LAYER_NORM,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.ln_1 = norm_layer(hidden_dim)
        self.self_attention = nn.MultiheadAttention(
            hidden_dim, num_heads, dropout=attention_dropout, batch_first=True
        )
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = norm_layer(hidden_dim)
        self.mlp = MLPBlock(hidden_dim, mlp_dim, dropout)

    def forward(self, input: Any) -> Any:
        """The block's output.

        Args:
            input: (N, sequence, hidden_dim).
        """
        torch._assert(input.dim() == 3, f"Expected (batch_size, seq_length, hidden_dim) got {input.shape}")
        x = self.ln_1(input)
        x, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(x) + input
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    """Positions, blocks and a normalisation.

    Args:
        seq_length: number of patches and the class token.
        num_layers: number of blocks.
        num_heads: of the attention.
        hidden_dim: width.
        mlp_dim: width between the linear layers.
        dropout: probability of dropping an activation.
        attention_dropout: probability of dropping an attention weight.
        norm_layer: makes the normalisation from a width.
    """

    def __init__(
        self,
        seq_length: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Norm = _LAYER_NORM,
    ) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, seq_length, hidden_dim).normal_(std=0.02))
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.Sequential()
        for i in range(num_layers):
            block = EncoderBlock(num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer)
            self.layers.add_module(f"encoder_layer_{i}", block)
        self.ln = norm_layer(hidden_dim)

    def forward(self, input: Any) -> Any:
        """The encoded sequence.

        Args:
            input: (N, seq_length, hidden_dim).
        """
        torch._assert(input.dim() == 3, f"Expected (batch_size, seq_length, hidden_dim) got {input.shape}")
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))


class VisionTransformer(nn.Module):
    """A convolution to patches, a class token, an encoder, and a linear layer of the token's output.

    Dosovitskiy et al., An image is worth 16x16 words (2020), https://arxiv.org/abs/2010.11929. Layers and names:
    https://docs.pytorch.org/vision/stable/models/vision_transformer.html

    Args:
        image_size: height and width of the images.
        patch_size: height and width of the patches.
        num_layers: number of blocks.
        num_heads: of the attention.
        hidden_dim: width.
        mlp_dim: width between the linear layers.
        dropout: probability of dropping an activation.
        attention_dropout: probability of dropping an attention weight.
        num_classes: number of the output's columns.
        representation_size: width of a further linear layer in front of the last one.
        norm_layer: makes the normalisation from a width.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision.models import VisionTransformer
        >>> model = VisionTransformer(8, 4, 1, 2, 6, 12, num_classes=3)
        >>> model(torch.ones(2, 3, 8, 8)).shape
        torch.Size([2, 3])
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
        representation_size: int | None = None,
        norm_layer: Norm = _LAYER_NORM,
    ) -> None:
        super().__init__()
        torch._assert(image_size % patch_size == 0, "Input shape indivisible by patch size!")
        self.image_size = image_size
        self.patch_size = patch_size
        self.hidden_dim = hidden_dim
        self.mlp_dim = mlp_dim
        self.attention_dropout = attention_dropout
        self.dropout = dropout
        self.num_classes = num_classes
        self.representation_size = representation_size
        self.norm_layer = norm_layer
        self.conv_proj = nn.Conv2d(3, hidden_dim, kernel_size=patch_size, stride=patch_size)
        self.seq_length = (image_size // patch_size) ** 2 + 1
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden_dim))
        self.encoder = Encoder(
            self.seq_length,
            num_layers,
            num_heads,
            hidden_dim,
            mlp_dim,
            dropout,
            attention_dropout,
            norm_layer,
        )
        self.heads = nn.Sequential()
        if representation_size is None:
            self.heads.add_module("head", nn.Linear(hidden_dim, num_classes))
        else:
            self.heads.add_module("pre_logits", nn.Linear(hidden_dim, representation_size))
            self.heads.add_module("act", nn.Tanh())
            self.heads.add_module("head", nn.Linear(representation_size, num_classes))
        self._draw_weights()

    def _draw_weights(self) -> None:
        def truncated(layer: Any, inputs: int) -> None:
            nn.init.trunc_normal_(layer.weight, std=math.sqrt(1 / inputs))
            nn.init.zeros_(layer.bias)

        truncated(self.conv_proj, 3 * self.patch_size**2)
        if self.representation_size is not None:
            truncated(self.heads.pre_logits, self.hidden_dim)
        nn.init.zeros_(self.heads.head.weight)
        nn.init.zeros_(self.heads.head.bias)

    def _process_input(self, x: Any) -> Any:
        n, _, h, w = x.shape
        size = self.image_size
        torch._assert(h == size, f"Wrong image height! Expected {size} but got {h}!")
        torch._assert(w == size, f"Wrong image width! Expected {size} but got {w}!")
        return self.conv_proj(x).reshape(n, self.hidden_dim, -1).permute(0, 2, 1)

    def forward(self, x: Any) -> Any:
        """The scores (N, num_classes).

        Args:
            x: images (N, 3, image_size, image_size).
        """
        x = self._process_input(x)
        token = self.class_token.expand(x.shape[0], -1, -1)
        return self.heads(self.encoder(torch.cat([token, x], dim=1))[:, 0])


def _vit(
    patch_size: int, depth: tuple[int, int, int, int], weights: Any, progress: bool, kwargs: dict[str, Any]
) -> VisionTransformer:
    if weights is not None:
        require(kwargs, "num_classes", len(weights.meta["categories"]))
        require(kwargs, "image_size", weights.meta["min_size"][0])
    layers, heads, width, inside = depth
    model = VisionTransformer(
        kwargs.pop("image_size", 224), patch_size, layers, heads, width, inside, **kwargs
    )
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model


class ViT_B_16_Weights(WeightsEnum):
    """Weights of :func:`vit_b_16`."""

    IMAGENET1K_V1 = imagenet("vit_b_16-c867db91", 86_567_656, 224, (81.072, 95.318))
    IMAGENET1K_SWAG_E2E_V1 = imagenet(
        "vit_b_16_swag-9ac1b537",
        86_859_496,
        384,
        (85.304, 97.65),
        crop_size=384,
        resize_size=384,
        interpolation=InterpolationMode.BICUBIC,
    )
    IMAGENET1K_SWAG_LINEAR_V1 = imagenet(
        "vit_b_16_lc_swag-4e70ced5",
        86_567_656,
        224,
        (81.886, 96.18),
        resize_size=224,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(ViT_B_16_Weights)
def vit_b_16(
    *, weights: ViT_B_16_Weights | None = None, progress: bool = True, **kwargs: Any
) -> VisionTransformer:
    """ViT-B/16: 86,567,656 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_b_16.html

    Args:
        weights: pretrained, of :class:`ViT_B_16_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VisionTransformer`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vit(16, (12, 12, 768, 3072), weights, progress, kwargs)


class ViT_B_32_Weights(WeightsEnum):
    """Weights of :func:`vit_b_32`."""

    IMAGENET1K_V1 = imagenet("vit_b_32-d86f8d99", 88_224_232, 224, (75.912, 92.466))
    DEFAULT = IMAGENET1K_V1


@builder(ViT_B_32_Weights)
def vit_b_32(
    *, weights: ViT_B_32_Weights | None = None, progress: bool = True, **kwargs: Any
) -> VisionTransformer:
    """ViT-B/32: 88,224,232 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_b_32.html

    Args:
        weights: pretrained, of :class:`ViT_B_32_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VisionTransformer`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vit(32, (12, 12, 768, 3072), weights, progress, kwargs)


class ViT_L_16_Weights(WeightsEnum):
    """Weights of :func:`vit_l_16`."""

    IMAGENET1K_V1 = imagenet("vit_l_16-852ce7e3", 304_326_632, 224, (79.662, 94.638), resize_size=242)
    IMAGENET1K_SWAG_E2E_V1 = imagenet(
        "vit_l_16_swag-4f3808c9",
        305_174_504,
        512,
        (88.064, 98.512),
        crop_size=512,
        resize_size=512,
        interpolation=InterpolationMode.BICUBIC,
    )
    IMAGENET1K_SWAG_LINEAR_V1 = imagenet(
        "vit_l_16_lc_swag-4d563306",
        304_326_632,
        224,
        (85.146, 97.422),
        resize_size=224,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_V1


@builder(ViT_L_16_Weights)
def vit_l_16(
    *, weights: ViT_L_16_Weights | None = None, progress: bool = True, **kwargs: Any
) -> VisionTransformer:
    """ViT-L/16: 304,326,632 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_l_16.html

    Args:
        weights: pretrained, of :class:`ViT_L_16_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VisionTransformer`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vit(16, (24, 16, 1024, 4096), weights, progress, kwargs)


class ViT_L_32_Weights(WeightsEnum):
    """Weights of :func:`vit_l_32`."""

    IMAGENET1K_V1 = imagenet("vit_l_32-c7638314", 306_535_400, 224, (76.972, 93.07))
    DEFAULT = IMAGENET1K_V1


@builder(ViT_L_32_Weights)
def vit_l_32(
    *, weights: ViT_L_32_Weights | None = None, progress: bool = True, **kwargs: Any
) -> VisionTransformer:
    """ViT-L/32: 306,535,400 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_l_32.html

    Args:
        weights: pretrained, of :class:`ViT_L_32_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VisionTransformer`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vit(32, (24, 16, 1024, 4096), weights, progress, kwargs)


class ViT_H_14_Weights(WeightsEnum):
    """Weights of :func:`vit_h_14`."""

    IMAGENET1K_SWAG_E2E_V1 = imagenet(
        "vit_h_14_swag-80465313",
        633_470_440,
        518,
        (88.552, 98.694),
        crop_size=518,
        resize_size=518,
        interpolation=InterpolationMode.BICUBIC,
    )
    IMAGENET1K_SWAG_LINEAR_V1 = imagenet(
        "vit_h_14_lc_swag-c1eb923e",
        632_045_800,
        224,
        (85.708, 97.73),
        resize_size=224,
        interpolation=InterpolationMode.BICUBIC,
    )
    DEFAULT = IMAGENET1K_SWAG_E2E_V1


@builder(ViT_H_14_Weights)
def vit_h_14(
    *, weights: ViT_H_14_Weights | None = None, progress: bool = True, **kwargs: Any
) -> VisionTransformer:
    """ViT-H/14: 633,470,440 parameters with 1000 classes.

    https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.vit_h_14.html

    Args:
        weights: pretrained, of :class:`ViT_H_14_Weights`, or None.
        progress: show a progress bar while weights are fetched.
        kwargs: arguments of :class:`VisionTransformer`.

    Raises:
        urllib.error.URLError: the weights are not there and cannot be fetched.
    """
    return _vit(14, (32, 16, 1280, 5120), weights, progress, kwargs)
