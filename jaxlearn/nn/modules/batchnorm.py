"""Batch normalisation, and what it shares with instance normalisation."""

from __future__ import annotations

from typing import Any, ClassVar

from ... import _dtypes as dtypes
from .. import functional as F
from .. import init
from ..functional._arguments import sizes
from ..module import Module
from ..parameter import Parameter
from ._common import new_buffer, new_parameter, on_tensors

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "NormBase", "SyncBatchNorm"]


class NormBase(Module):
    """A normalisation over channels with optional scale and shift and optional running statistics."""

    # States of version 1 have no num_batches_tracked.
    _version = 2
    # The numbers of dimensions that the input may have.
    input_dims: ClassVar[tuple[int, ...]]

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        shape = num_features  # torch takes a tuple too
        self.register_parameter("weight", new_parameter(shape, device, dtype) if affine else None)
        self.register_parameter("bias", new_parameter(shape, device, dtype) if affine and bias else None)
        tracks = track_running_stats
        self.register_buffer("running_mean", new_buffer(shape, 0, device, dtype) if tracks else None)
        self.register_buffer("running_var", new_buffer(shape, 1, device, dtype) if tracks else None)
        self.register_buffer(
            "num_batches_tracked", new_buffer((), 0, device, dtypes.int64) if tracks else None
        )
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget what was seen: mean 0, variance 1."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Forget what was seen; scale 1, shift 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Any) -> None:
        if len(sizes(input)) not in self.input_dims:
            expected = " or ".join(f"{n}D" for n in self.input_dims)
            raise ValueError(f"expected {expected} input (got {len(sizes(input))}D input)")

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any) -> None:
        version = local_metadata.get("version")
        key = prefix + "num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            state_dict[key] = (
                new_buffer((), 0, None, dtypes.int64)
                if self.num_batches_tracked is None
                else (self.num_batches_tracked)
            )
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class _BatchNorm(NormBase):
    """The computation that BatchNorm1d, BatchNorm2d and BatchNorm3d share."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    @on_tensors
    def forward(self, input: Any) -> Any:
        """Normalise: by the batch's statistics in training mode or without running ones, else by those."""
        self._check_input_dim(input)
        training, mean, var = self.training, self.running_mean, self.running_var
        momentum: Any = 0.0 if self.momentum is None else self.momentum
        if training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                # a tensor, not a number: the count need not be known to go on
                momentum = 1.0 / self.num_batches_tracked.double()
        by_batch = training or (mean is None and var is None)
        if training and not self.track_running_stats:
            mean = var = None
        return F.batch_norm(input, mean, var, self.weight, self.bias, by_batch, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of (N, C) or (N, C, L).

    Ioffe & Szegedy (2015); https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics; None for their plain average.
        affine: whether there are a scale γ (``weight``) and a shift β (``bias``) to be learnt.
        track_running_stats: whether to keep running statistics for evaluation.
        device: of the parameters and buffers.
        dtype: of the parameters and buffers.
        bias: False for a scale without a shift.

    Raises:
        ValueError: in forward, for an input of another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.BatchNorm1d(3)(torch.ones(4, 3)).shape
        torch.Size([4, 3])
    """

    input_dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of (N, C, H, W).

    Ioffe & Szegedy (2015); https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics; None for their plain average.
        affine: whether there are a scale γ (``weight``) and a shift β (``bias``) to be learnt.
        track_running_stats: whether to keep running statistics for evaluation.
        device: of the parameters and buffers.
        dtype: of the parameters and buffers.
        bias: False for a scale without a shift.

    Raises:
        ValueError: in forward, for an input of another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.BatchNorm2d(3)(torch.ones(4, 3, 5, 5)).shape
        torch.Size([4, 3, 5, 5])
    """

    input_dims = (4,)


class BatchNorm3d(_BatchNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of (N, C, D, H, W).

    Ioffe & Szegedy (2015); https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm3d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics; None for their plain average.
        affine: whether there are a scale γ (``weight``) and a shift β (``bias``) to be learnt.
        track_running_stats: whether to keep running statistics for evaluation.
        device: of the parameters and buffers.
        dtype: of the parameters and buffers.
        bias: False for a scale without a shift.

    Raises:
        ValueError: in forward, for an input of another number of dimensions.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.BatchNorm3d(3)(torch.ones(4, 3, 2, 2, 2)).shape
        torch.Size([4, 3, 2, 2, 2])
    """

    input_dims = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation over the batches of all devices.

    One process drives all local devices, and a batch spread over them is one tensor: its statistics are the whole
    batch's whatever the layer's name. This is BatchNorm1d to 3d in one, for programs that ask for it.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html

    Args:
        num_features: channels C of the input (N, C, *).
        eps: added to the variance.
        momentum: weight of the batch in the running statistics; None for their plain mean.
        affine: whether there are a factor and an offset for each channel.
        track_running_stats: whether to keep running statistics, for evaluation.
        process_group: kept; there is one process.
        device: of parameters and buffers.
        dtype: of parameters and buffers.
        bias: whether there is an offset.

    Raises:
        ValueError: the input has fewer than two dimensions, or no channels.

    Example::

        >>> from jaxlearn import nn
        >>> nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(3)))
        Sequential(
          (0): SyncBatchNorm(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        )
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Any) -> None:
        if len(sizes(input)) < 2:
            raise ValueError(f"expected at least 2D input (got {len(sizes(input))}D input)")
        if input.shape[1] == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with every BatchNorm in it replaced by a SyncBatchNorm with the same parameters and buffers.

        Args:
            module: the model.
            process_group: given to each SyncBatchNorm.
        """
        result = module
        if isinstance(module, _BatchNorm):
            result = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            if module.affine:
                result.weight, result.bias = module.weight, module.bias
            result.running_mean, result.running_var = module.running_mean, module.running_var
            result.num_batches_tracked = module.num_batches_tracked
            result.training = module.training
        for name, child in module.named_children():
            result.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return result
