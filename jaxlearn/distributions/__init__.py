"""Probability distributions, and what they are made of.

https://docs.pytorch.org/docs/stable/distributions.html

Each has its samples (``sample``, and ``rsample`` where they have a gradient), ``log_prob``, ``entropy``, ``cdf`` and
``icdf`` where they are known, and its moments. From the same seed they give torch's samples.
"""

from __future__ import annotations

from . import constraints as constraints
from .distribution import Distribution as Distribution
from .exp_family import ExponentialFamily as ExponentialFamily
from .normal import Normal as Normal
from .uniform import Uniform as Uniform

__all__ = [
    "Distribution",
    "ExponentialFamily",
    "Normal",
    "Uniform",
]
