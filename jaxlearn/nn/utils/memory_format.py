"""The layout of convolutions' weights."""

from __future__ import annotations

from typing import Any

from ..modules.conv import Conv2d, Conv3d
from ..modules.conv_transpose import ConvTranspose2d, ConvTranspose3d

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]


def _convert(module: Any, kinds: Any, memory_format: Any) -> Any:
    for part in module.modules():
        if isinstance(part, kinds):
            part.weight.data = part.weight.detach().contiguous(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Convert the weights of all ``Conv2d`` and ``ConvTranspose2d`` in a module, as ``stride()`` tells it.

    Values stay; XLA chooses its own layouts, so that speed stays as well.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.convert_conv2d_weight_memory_format.html

    Args:
        module: the module, which is returned.
        memory_format: ``torch.channels_last`` or ``torch.contiguous_format``.
    """
    return _convert(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """Convert the weights of all ``Conv3d`` and ``ConvTranspose3d`` in a module, as ``stride()`` tells it.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.convert_conv3d_weight_memory_format.html

    Args:
        module: the module, which is returned.
        memory_format: ``torch.channels_last_3d`` or ``torch.contiguous_format``.
    """
    return _convert(module, (Conv3d, ConvTranspose3d), memory_format)
