"""torch's CPU random stream in NumPy: same seed, same numbers, same position of the generator afterwards.

Every function takes a :class:`Generator` and a shape and returns an array. Against torch 2.13.0 on an x86-64 processor
with AVX2 or AVX-512, and with the C library that torch loads:

=============================  ======================================================================================
bit-equal                      ``uniform``, ``random``, ``randint``, ``randperm``, ``bernoulli``, ``exponential``,
                               ``binomial``, ``cauchy``, ``geometric``, ``log_normal``, ``normal``, ``normal_like``,
                               ``poisson``, ``multinomial``, ``standard_gamma``; all dtypes, both parts of complex
                               numbers
1 ulp, rarely                  a fused multiply-add is emulated: ``float32`` ``normal`` (and ``uniform`` over bounds of
                               very different size) may round otherwise about once in 2**29 operations; on another C
                               library the numbers made with log, log1p, exp, tan, sin and cos in double precision
                               (all but ``uniform``, integers and the ``float32`` blocks of ``normal``)
other order among equals       ``multinomial`` without replacement where quotients tie (16-bit weights, or more samples
                               than non-zero weights): torch's order is that of its partial sort
a knife edge                   ``poisson`` from a rate of 10 on compares with lgamma, which Python computes itself
other numbers                  scalar ``bernoulli`` against torch on an Intel processor, where torch draws one number to
                               seed Intel MKL's own stream: here it is the stream of every other processor, so that a
                               seed means the same numbers on all machines
=============================  ======================================================================================
"""

from __future__ import annotations

from .binomial import binomial as binomial
from .continuous import cauchy as cauchy
from .continuous import exponential as exponential
from .continuous import uniform as uniform
from .dirichlet import dirichlet as dirichlet
from .discrete import bernoulli as bernoulli
from .discrete import check_multinomial as check_multinomial
from .discrete import geometric as geometric
from .discrete import multinomial as multinomial
from .discrete import poisson as poisson
from .dtypes import MANTISSA_BITS as MANTISSA_BITS
from .gamma import standard_gamma as standard_gamma
from .gaussian import log_normal as log_normal
from .gaussian import normal as normal
from .gaussian import normal_like as normal_like
from .generator import Generator as Generator
from .generator import current_generator as current_generator
from .generator import default_generator as default_generator
from .generator import use_generator as use_generator
from .integers import randint as randint
from .integers import random as random
from .integers import randperm as randperm
from .von_mises import von_mises as von_mises

__all__ = [
    "MANTISSA_BITS",
    "Generator",
    "bernoulli",
    "binomial",
    "cauchy",
    "check_multinomial",
    "current_generator",
    "default_generator",
    "dirichlet",
    "exponential",
    "geometric",
    "log_normal",
    "multinomial",
    "normal",
    "normal_like",
    "poisson",
    "randint",
    "random",
    "randperm",
    "standard_gamma",
    "uniform",
    "use_generator",
    "von_mises",
]
