"""A batch norm in evaluation as a part of the layer before it."""

from __future__ import annotations

import copy
from typing import Any

from ..._tensor.creation_constants import ones_like, zeros_like
from ...ops.pointwise_exp import rsqrt
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]


def _check(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")


def _check_statistics(bn: Any) -> None:
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")


def _fused_bias(bias: Any, mean: Any, scale: Any, shift: Any, dtype: Any) -> Parameter:
    return Parameter(((bias - mean) * scale + shift).to(dtype=dtype), bias.requires_grad)


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A convolution that computes what a convolution and a batch norm in evaluation compute.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_conv_bn_eval.html

    Args:
        conv: the convolution, in evaluation mode.
        bn: the batch norm, in evaluation mode and with running statistics.
        transpose: whether the convolution is a transposed one.

    Returns:
        A new module of the convolution's class.

    Raises:
        AssertionError: one is in training mode, or there are no statistics.

    Example::

        >>> import jaxlearn as torch
        >>> conv, bn = torch.nn.Conv2d(1, 2, 3).eval(), torch.nn.BatchNorm2d(2).eval()
        >>> x = torch.rand(1, 1, 5, 5)
        >>> torch.allclose(torch.nn.utils.fuse_conv_bn_eval(conv, bn)(x), bn(conv(x)), atol=1e-6)
        True
    """
    _check(conv, bn)
    fused = copy.deepcopy(conv)
    _check_statistics(bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution that contains a batch norm.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_conv_bn_weights.html

    Args:
        conv_w: the convolution's weight.
        conv_b: its bias or None.
        bn_rm: the running mean.
        bn_rv: the running variance.
        bn_eps: added to the variance.
        bn_w: the batch norm's weight or None.
        bn_b: its bias or None.
        transpose: whether the convolution is a transposed one.
    """
    bias_dtype = conv_w.dtype if conv_b is None else conv_b.dtype
    bias = zeros_like(bn_rm) if conv_b is None else conv_b
    scale = rsqrt(bn_rv + bn_eps) * (ones_like(bn_rm) if bn_w is None else bn_w)
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    weight = (conv_w * scale.reshape(shape)).to(dtype=conv_w.dtype)
    shift = zeros_like(bn_rm) if bn_b is None else bn_b
    return Parameter(weight, conv_w.requires_grad), _fused_bias(bias, bn_rm, scale, shift, bias_dtype)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A linear layer that computes what a linear layer and a batch norm in evaluation compute.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_linear_bn_eval.html

    Args:
        linear: the layer, in evaluation mode.
        bn: the batch norm, in evaluation mode and with running statistics, of as many features or of one.

    Returns:
        A new module of the layer's class.

    Raises:
        AssertionError: one is in training mode, there are no statistics, or the numbers of features differ.
    """
    _check(linear, bn)
    fused = copy.deepcopy(linear)
    if bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    _check_statistics(bn)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer that contains a batch norm.

    https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.fuse_linear_bn_weights.html

    Args:
        linear_w: the layer's weight.
        linear_b: its bias or None.
        bn_rm: the running mean.
        bn_rv: the running variance.
        bn_eps: added to the variance.
        bn_w: the batch norm's weight.
        bn_b: its bias.
    """
    bias_dtype = linear_w.dtype if linear_b is None else linear_b.dtype
    bias = zeros_like(bn_rm) if linear_b is None else linear_b
    scale = bn_w * rsqrt(bn_rv + bn_eps)
    weight = linear_w * scale.unsqueeze(-1).to(dtype=linear_w.dtype)
    return Parameter(weight, linear_w.requires_grad), _fused_bias(bias, bn_rm, scale, bn_b, bias_dtype)
