"""The in-place activations: functions that write into their argument and return it."""

from __future__ import annotations

from ..._tensor.inplace import inplace
from ...ops import nn_activation as pieces
from ...ops import nn_activation_smooth as smooth

__all__ = ["celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "selu_", "threshold_"]

celu_ = inplace(smooth.celu)
elu_ = inplace(smooth.elu)
hardtanh_ = inplace(pieces.hardtanh)
leaky_relu_ = inplace(pieces.leaky_relu)
relu_ = inplace(pieces.relu)
selu_ = inplace(smooth.selu)
threshold_ = inplace(pieces.threshold)
