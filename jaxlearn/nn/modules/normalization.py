"""Normalisation over the last dimensions, over groups of channels and over neighbouring channels."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from ...ops.nn_norm_cross_map import cross_map_lrn
from .. import functional as F
from .. import init
from ..functional._arguments import sizes
from ..module import Module
from ..parameter import Parameter
from ._common import new_parameter

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


def _shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    # A bool is a number here, for new_parameter to refuse.
    return (
        (normalized_shape,) if isinstance(normalized_shape, numbers.Integral) else tuple(normalized_shape)  # type: ignore[arg-type,return-value]
    )


class CrossMapLRN2d(Module):
    r"""Local response normalisation of images over channels, in the form of torch's older layer.

    Its windows and gradient differ from :class:`LocalResponseNorm`'s, which new programs use.
    https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossMapLRN2d.html

    Args:
        size: number of channels in a window.
        alpha: factor of the mean square.
        beta: exponent.
        k: added to the mean square.

    Example::

        >>> import jaxlearn as torch
        >>> torch.nn.CrossMapLRN2d(3)(torch.ones(1, 4, 2, 2)).shape
        torch.Size([1, 4, 2, 2])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """Normalise (N, C, H, W)."""
        sizes(input)
        return cross_map_lrn(input, self.size, float(self.alpha), float(self.beta), float(self.k))

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β over the last dimensions.

    Ba, Kiros & Hinton (2016); https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html

    Args:
        normalized_shape: the last dimensions' sizes, or the last one's.
        eps: added to the variance.
        elementwise_affine: whether there are a scale γ (``weight``) and a shift β (``bias``) to be learnt.
        bias: False for a scale without a shift.
        device: of the parameters.
        dtype: of the parameters.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn import nn
        >>> nn.LayerNorm(4)(torch.ones(2, 4))
        tensor([[0., 0., 0., 0.],
                [0., 0., 0., 0.]], grad_fn=<NativeLayerNormBackward0>)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        self.register_parameter("weight", new_parameter(shape, device, dtype) if elementwise_affine else None)
        self.register_parameter(
            "bias", new_parameter(shape, device, dtype) if elementwise_affine and bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale 1, shift 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """Apply the layer to (..., *normalized_shape)."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    r"""y = x / √(E[x²] + ε) · γ over the last dimensions.

    Zhang & Sennrich (2019); https://docs.pytorch.org/docs/stable/generated/torch.nn.RMSNorm.html

    Args:
        normalized_shape: the last dimensions' sizes, or the last one's.
        eps: added to the mean square; default the dtype's machine epsilon.
        elementwise_affine: whether there is a scale γ (``weight``) to be learnt.
        device: of the parameter.
        dtype: of the parameter.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = new_parameter(self.normalized_shape, device, dtype) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Any) -> Any:
        """Apply the layer to (..., *normalized_shape)."""
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    r"""y = (x - E[x]) / √(Var[x] + ε) · γ + β over each group of channels.

    Wu & He (2018); https://docs.pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html

    Args:
        num_groups: into how many groups the channels are divided.
        num_channels: C of (N, C, ...).
        eps: added to the variance.
        affine: whether there are a scale γ (``weight``) and a shift β (``bias``) for each channel to be learnt.
        device: of the parameters.
        dtype: of the parameters.
        bias: False for a scale without a shift.

    Raises:
        ValueError: ``num_groups`` does not divide ``num_channels``.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        shape = num_channels
        self.register_parameter("weight", new_parameter(shape, device, dtype) if affine else None)
        self.register_parameter("bias", new_parameter(shape, device, dtype) if affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale 1, shift 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, num_channels, ...)."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        sizes = f"{self.num_groups}, {self.num_channels}"
        return f"{sizes}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    r"""y_c = x_c · (k + α/n · Σ x_c'²)^-β, the sum over the n channels around c.

    Krizhevsky, Sutskever & Hinton (2012);
    https://docs.pytorch.org/docs/stable/generated/torch.nn.LocalResponseNorm.html

    Args:
        size: n.
        alpha: α.
        beta: β.
        k: k.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        """Apply the layer to (N, C, ...)."""
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The constructor's arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
