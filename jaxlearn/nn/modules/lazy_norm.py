"""The normalisations that take the number of their input's channels from their first input."""

from __future__ import annotations

from typing import Any

from ... import _dtypes as dtypes
from ..parameter import UninitializedBuffer, UninitializedParameter
from ._common import new_buffer
from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, NormBase, _BatchNorm
from .instancenorm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, _InstanceNorm
from .lazy import LazyModuleMixin

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
]


class _LazyNormBase(LazyModuleMixin, NormBase):  # type: ignore[misc]
    """The channels of a normalisation's first input."""

    weight: Any
    bias: Any

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        # Of no channels, with neither parameters nor buffers: they come here.
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)
            self.num_batches_tracked = new_buffer((), 0, device, dtypes.int64)

    def reset_parameters(self) -> None:
        """Forget what was seen, scale 1, shift 0, once there are channels."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Any) -> None:
        """Make parameters and buffers for the input.

        Args:
            input: (N, C, *).
        """
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            held = (self.weight, self.bias) if self.affine else ()
            if self.track_running_stats:
                held = (*held, self.running_mean, self.running_var)
            for value in held:
                if value is not None:
                    value.materialize((self.num_features,))
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNormBase, _BatchNorm):  # type: ignore[misc]
    """:class:`BatchNorm1d` whose ``num_features`` are the channels of its first input (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm1d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyBatchNorm1d()
        >>> _ = layer(torch.ones(2, 5, 8))
        >>> layer.num_features
        5
    """

    cls_to_become = BatchNorm1d
    input_dims = BatchNorm1d.input_dims


class LazyBatchNorm2d(_LazyNormBase, _BatchNorm):  # type: ignore[misc]
    """:class:`BatchNorm2d` whose ``num_features`` are the channels of its first input (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm2d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyBatchNorm2d()
        >>> _ = layer(torch.ones(2, 5, 8, 8))
        >>> layer.num_features
        5
    """

    cls_to_become = BatchNorm2d
    input_dims = BatchNorm2d.input_dims


class LazyBatchNorm3d(_LazyNormBase, _BatchNorm):  # type: ignore[misc]
    """:class:`BatchNorm3d` whose ``num_features`` are the channels of its first input (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyBatchNorm3d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyBatchNorm3d()
        >>> _ = layer(torch.ones(2, 5, 4, 4, 4))
        >>> layer.num_features
        5
    """

    cls_to_become = BatchNorm3d
    input_dims = BatchNorm3d.input_dims


class LazyInstanceNorm1d(_LazyNormBase, _InstanceNorm):  # type: ignore[misc]
    """:class:`InstanceNorm1d` whose ``num_features`` are the channels of its first input (N, C, L).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm1d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyInstanceNorm1d()
        >>> _ = layer(torch.ones(2, 5, 8))
        >>> layer.num_features
        5
    """

    cls_to_become = InstanceNorm1d
    input_dims = InstanceNorm1d.input_dims


class LazyInstanceNorm2d(_LazyNormBase, _InstanceNorm):  # type: ignore[misc]
    """:class:`InstanceNorm2d` whose ``num_features`` are the channels of its first input (N, C, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm2d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyInstanceNorm2d()
        >>> _ = layer(torch.ones(2, 5, 8, 8))
        >>> layer.num_features
        5
    """

    cls_to_become = InstanceNorm2d
    input_dims = InstanceNorm2d.input_dims


class LazyInstanceNorm3d(_LazyNormBase, _InstanceNorm):  # type: ignore[misc]
    """:class:`InstanceNorm3d` whose ``num_features`` are the channels of its first input (N, C, D, H, W).

    https://docs.pytorch.org/docs/stable/generated/torch.nn.LazyInstanceNorm3d.html

    Args:
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Example::

        >>> import jaxlearn as torch
        >>> layer = torch.nn.LazyInstanceNorm3d()
        >>> _ = layer(torch.ones(2, 5, 4, 4, 4))
        >>> layer.num_features
        5
    """

    cls_to_become = InstanceNorm3d
    input_dims = InstanceNorm3d.input_dims
