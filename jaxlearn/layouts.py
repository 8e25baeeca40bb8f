"""``torch.layout`` and ``torch.memory_format``: accepted wherever torch takes them.

XLA lays arrays out in memory as it sees fit, so a format changes no result; :meth:`Tensor.stride` answers as torch's
contiguous layout would.
https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.layout
"""

from __future__ import annotations

__all__ = [
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "layout",
    "legacy_contiguous_format",
    "memory_format",
    "preserve_format",
    "sparse_coo",
    "strided",
]


class _Constant:
    """A named constant, printed as torch prints it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __reduce__(self) -> str:
        return self._name


class layout(_Constant):
    """The kind of a tensor's storage: ``torch.strided`` is dense, ``torch.sparse_coo`` a :class:`SparseTensor`.

    https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.layout

    Args:
        name: as it is printed, behind ``torch.``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.strided
        torch.strided
    """


class memory_format(_Constant):
    """The order of a tensor's dimensions in memory.

    https://docs.pytorch.org/docs/stable/tensor_attributes.html#torch.memory_format

    Args:
        name: as it is printed, behind ``torch.``.

    Example::

        >>> import jaxlearn as torch
        >>> torch.channels_last
        torch.channels_last
    """


strided = layout("strided")
sparse_coo = layout("sparse_coo")
contiguous_format = memory_format("contiguous_format")
legacy_contiguous_format = contiguous_format
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
