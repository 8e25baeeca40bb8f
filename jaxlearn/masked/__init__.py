"""Reductions and normalisations of the elements that a mask lets through: ``torch.masked``.

https://docs.pytorch.org/docs/stable/masked.html
"""

from __future__ import annotations

from .normalizations import cumprod as cumprod
from .normalizations import cumsum as cumsum
from .normalizations import log_softmax as log_softmax
from .normalizations import normalize as normalize
from .normalizations import softmax as softmax
from .normalizations import softmin as softmin
from .reductions import amax as amax
from .reductions import amin as amin
from .reductions import argmax as argmax
from .reductions import argmin as argmin
from .reductions import logaddexp as logaddexp
from .reductions import logsumexp as logsumexp
from .reductions import mean as mean
from .reductions import median as median
from .reductions import norm as norm
from .reductions import prod as prod
from .reductions import sum as sum
from .variance import std as std
from .variance import var as var

__all__ = [
    "amax",
    "amin",
    "argmax",
    "argmin",
    "cumprod",
    "cumsum",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "mean",
    "median",
    "norm",
    "normalize",
    "prod",
    "softmax",
    "softmin",
    "std",
    "sum",
    "var",
]
