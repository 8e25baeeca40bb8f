"""Neural network functions as tensor methods."""

from __future__ import annotations

from ..ops import nn_activation as pieces
from ..ops import nn_softmax
from .inplace import inplace

__all__ = ["NNMethods"]


class NNMethods:
    """The functions of ``torch.nn.functional`` that torch has as tensor methods too."""

    hardshrink = pieces.hardshrink
    log_softmax = nn_softmax.log_softmax
    prelu = pieces.prelu
    relu = pieces.relu
    relu_ = inplace(pieces.relu)
    softmax = nn_softmax.softmax
