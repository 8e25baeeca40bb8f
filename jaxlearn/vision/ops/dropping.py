"""Regularisation that drops whole samples or blocks of a feature map."""

from __future__ import annotations

from typing import Any

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.nn import functional as F

__all__ = [
    "DropBlock2d",
    "DropBlock3d",
    "StochasticDepth",
    "drop_block2d",
    "drop_block3d",
    "stochastic_depth",
]


def stochastic_depth(input: Any, p: float, mode: str, training: bool = True) -> Any:
    """Zeros instead of a sample, or of the whole batch, with probability ``p``; the others grow by 1 / (1 - p).

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.stochastic_depth.html,
    `Huang and others (2016) <https://arxiv.org/abs/1603.09382>`_

    Args:
        input: (N, ...).
        p: probability of zeros.
        mode: ``"row"`` for each sample by itself, ``"batch"`` for all together.
        training: without it nothing changes.

    Raises:
        ValueError: ``p`` or ``mode`` is another.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> _ = torch.manual_seed(0)
        >>> ops.stochastic_depth(torch.ones(3, 2), 0.5, "row")
        tensor([[0., 0.],
                [0., 0.],
                [2., 2.]])
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}")
    if mode not in ("batch", "row"):
        raise ValueError(f"mode has to be either 'batch' or 'row', but got {mode}")
    if not training or p == 0.0:
        return input
    rows = input.shape[0] if mode == "row" else 1
    noise = torch.empty([rows] + [1] * (input.ndim - 1), dtype=input.dtype, device=input.device)
    noise = noise.bernoulli_(1.0 - p)
    return input * (noise / (1.0 - p) if p < 1.0 else noise)


class StochasticDepth(nn.Module):
    """:func:`stochastic_depth` as a layer.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.StochasticDepth.html

    Args:
        p: probability of zeros.
        mode: ``"row"`` or ``"batch"``.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.StochasticDepth(0.2, "row")
        StochasticDepth(p=0.2, mode=row)
    """

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, input: Any) -> Any:
        """The input, in training with zeros.

        Args:
            input: (N, ...).
        """
        return stochastic_depth(input, self.p, self.mode, self.training)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(p={self.p}, mode={self.mode})"


def _drop_block(
    input: Any, dimensions: int, p: float, block_size: int, inplace: bool, eps: float, training: bool
) -> Any:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}.")
    if input.ndim != dimensions + 2:
        raise ValueError(f"input should be {dimensions + 2} dimensional. Got {input.ndim} dimensions.")
    if not training or p == 0.0:
        return input
    spatial = tuple(input.shape[2:])
    block = min(block_size, *spatial)
    if block % 2 == 0:
        raise ValueError(f"block size should be odd. Got {block} which is even.")
    centres = tuple(size - block + 1 for size in spatial)
    everywhere = inside = 1
    for size, places in zip(spatial, centres, strict=True):
        everywhere, inside = everywhere * size, inside * places
    noise = torch.empty((*input.shape[:2], *centres), dtype=input.dtype, device=input.device)
    noise = noise.bernoulli_((p * everywhere) / (block**dimensions * inside))
    noise = F.pad(noise, [block // 2] * (2 * dimensions), value=0)
    pool = F.max_pool2d if dimensions == 2 else F.max_pool3d
    noise = 1 - pool(noise, kernel_size=block, stride=1, padding=block // 2)
    scale = noise.numel() / (eps + noise.sum())
    return input.mul_(noise).mul_(scale) if inplace else input * noise * scale


def drop_block2d(
    input: Any, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6, training: bool = True
) -> Any:
    """Zeros in square blocks at random places; the rest grows so that the sum stays about the same.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.drop_block2d.html,
    `Ghiasi and others (2018) <https://arxiv.org/abs/1810.12890>`_

    Args:
        input: (N, C, H, W).
        p: the part that is dropped.
        block_size: the blocks' side, odd.
        inplace: write into ``input``.
        eps: added to the number of places that stay.
        training: without it nothing changes.

    Raises:
        ValueError: ``p``, the dimensions or the side is another.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.vision import ops
        >>> _ = torch.manual_seed(1)
        >>> ops.drop_block2d(torch.ones(1, 1, 3, 6), 0.2, 3).round()
        tensor([[[[0., 0., 0., 2., 2., 2.],
                  [0., 0., 0., 2., 2., 2.],
                  [0., 0., 0., 2., 2., 2.]]]])
    """
    return _drop_block(input, 2, p, block_size, inplace, eps, training)


def drop_block3d(
    input: Any, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6, training: bool = True
) -> Any:
    """:func:`drop_block2d` with cubes.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.drop_block3d.html

    Args:
        input: (N, C, D, H, W).
        p: the part that is dropped.
        block_size: the cubes' side, odd.
        inplace: write into ``input``.
        eps: added to the number of places that stay.
        training: without it nothing changes.

    Raises:
        ValueError: ``p``, the dimensions or the side is another.
    """
    return _drop_block(input, 3, p, block_size, inplace, eps, training)


class DropBlock2d(nn.Module):
    """:func:`drop_block2d` as a layer.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.DropBlock2d.html

    Args:
        p: the part that is dropped.
        block_size: the blocks' side, odd.
        inplace: write into the input.
        eps: added to the number of places that stay.

    Example::

        >>> from jaxlearn.vision import ops
        >>> ops.DropBlock2d(0.2, 3)
        DropBlock2d(p=0.2, block_size=3, inplace=False)
    """

    def __init__(self, p: float, block_size: int, inplace: bool = False, eps: float = 1e-6) -> None:
        super().__init__()
        self.p = p
        self.block_size = block_size
        self.inplace = inplace
        self.eps = eps

    def forward(self, input: Any) -> Any:
        """The input, in training with zeros.

        Args:
            input: (N, C, H, W).
        """
        return drop_block2d(input, self.p, self.block_size, self.inplace, self.eps, self.training)

    def __repr__(self) -> str:
        name = self.__class__.__name__
        return f"{name}(p={self.p}, block_size={self.block_size}, inplace={self.inplace})"


class DropBlock3d(DropBlock2d):
    """:func:`drop_block3d` as a layer.

    https://docs.pytorch.org/vision/stable/generated/torchvision.ops.DropBlock3d.html

    Args:
        p: the part that is dropped.
        block_size: the cubes' side, odd.
        inplace: write into the input.
        eps: added to the number of places that stay.
    """

    def forward(self, input: Any) -> Any:
        """The input, in training with zeros.

        Args:
            input: (N, C, D, H, W).
        """
        return drop_block3d(input, self.p, self.block_size, self.inplace, self.eps, self.training)
