"""Arrays from and to other libraries without a copy: https://docs.pytorch.org/docs/stable/dlpack.html"""

from __future__ import annotations

from typing import Any

from .._tensor.creation_data import from_dlpack as from_dlpack

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Any) -> Any:
    """A capsule of the tensor's memory for another library's ``from_dlpack``, which reads it once.

    https://docs.pytorch.org/docs/stable/dlpack.html#torch.utils.dlpack.to_dlpack

    Args:
        tensor: to be shared; it must not require grad.

    Raises:
        BufferError: it requires grad.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.utils.dlpack import from_dlpack, to_dlpack
        >>> from_dlpack(to_dlpack(torch.arange(3)))
        tensor([0, 1, 2])
    """
    return tensor.__dlpack__()
