"""Instance normalisation."""

from __future__ import annotations

import warnings
from typing import Any

from .. import functional as F
from ..functional._arguments import sizes
from ._common import on_tensors
from .batchnorm import NormBase

__all__ = ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _InstanceNorm(NormBase):
    """The computation that InstanceNorm1d, InstanceNorm2d and InstanceNorm3d share."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    @on_tensors
    def forward(self, input: Any) -> Any:
        """Normalise each channel of each sample; the batch dimension may be missing."""
        self._check_input_dim(input)
        unbatched = self.input_dims[0]
        channels = len(sizes(input)) - unbatched
        if input.shape[channels] != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={channels} to match num_features ({self.num_features}), but got: "
                    f"{input.shape[channels]}."
                )
            warnings.warn(
                f"input's size at dim={channels} does not match num_features. You can silence this warning by not "
                "passing in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        if len(sizes(input)) == unbatched:
            return self._normalized(input.unsqueeze(0)).squeeze(0)
        return self._normalized(input)

    def _normalized(self, input: Any) -> Any:
        by_instance = self.training or not self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            by_instance,
            momentum,
            self.eps,
        )

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing: Any,
        unexpected: Any,
        errors: Any,
    ) -> None:
        if local_metadata.get("version") is None and not self.track_running_stats:
            stale = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if stale:
                names, cls = " and ".join(f'"{key}"' for key in stale), type(self).__name__
                errors.append(
                    f"Unexpected running stats buffer(s) {names} for {cls} with track_running_stats=False. "
                    "If state_dict is a checkpoint saved before 0.4.0, this may be expected because "
                    f"{cls} does not track running stats by default since 0.4.0. Please remove these keys "
                    "from state_dict. If the running stats are actually needed, instead set "
                    f"track_running_stats=True in {cls} to enable them. See the documentation of {cls} for details."
                )
            for key in stale:
                state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing, unexpected, errors)


class InstanceNorm1d(_InstanceNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of each sample of (N, C, L) or (C, L).

    Ulyanov et al. (2016); https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics.
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
        >>> nn.InstanceNorm1d(3)(torch.ones(4, 3, 5)).shape
        torch.Size([4, 3, 5])
    """

    input_dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of each sample of (N, C, H, W) or (C, H, W).

    Ulyanov et al. (2016); https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics.
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
        >>> nn.InstanceNorm2d(3)(torch.ones(4, 3, 5, 5)).shape
        torch.Size([4, 3, 5, 5])
    """

    input_dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β for each channel of each sample of (N, C, D, H, W) or (C, D, H, W).

    Ulyanov et al. (2016); https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm3d.html

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: weight of the new batch in the running statistics.
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
        >>> nn.InstanceNorm3d(3)(torch.ones(4, 3, 2, 2, 2)).shape
        torch.Size([4, 3, 2, 2, 2])
    """

    input_dims = (4, 5)
