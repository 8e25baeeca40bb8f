"""Gamma numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from .dtypes import not_implemented
from .generator import Generator
from .one_by_one import OneByOne

__all__ = ["standard_gamma"]

# torch's constants are of single precision, whatever the dtype.
_THIRD = float(np.float32(1.0) / np.float32(3.0))
_SQUEEZE = float(np.float32(0.0331))


def standard_gamma(generator: Generator, concentration: np.ndarray) -> np.ndarray:
    """Draw one gamma number of rate 1 for each concentration.

    Rejection from the cube of a normal number; below a concentration of 1 the number for one more is scaled down
    (G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000).

    Args:
        generator: the stream to draw from.
        concentration: a ``float32`` or ``float64`` array of positive numbers.

    Returns:
        An array of the shape and dtype of ``concentration``, nowhere below the dtype's least normal number.

    Raises:
        NotImplementedError: the dtype is another.

    Source: https://docs.pytorch.org/docs/stable/distributions.html#gamma

    Example::

        >>> standard_gamma(Generator().manual_seed(0), np.array([1.0, 2.0])).shape
        (2,)
    """
    dtype = concentration.dtype
    if dtype not in (np.float32, np.float64):
        raise not_implemented("gamma_cpu", dtype)
    flat = concentration.ravel()
    small = flat < 1
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(small, 1 / flat, 0)
    # These are of the dtype, what follows is of double precision.
    cores = np.where(small, flat + dtype.type(1), flat) - dtype.type(_THIRD)
    normals = _Normals(generator)
    columns = zip(flat.tolist(), powers.tolist(), cores.tolist(), strict=True)
    drawn = [_one(concentration, power, core, normals) for concentration, power, core in columns]
    normals.give_back()
    # NaN, which comes of a negative concentration, becomes the least number too.
    return np.fmax(np.array(drawn, np.float64).astype(dtype), np.finfo(dtype).tiny).reshape(
        concentration.shape
    )


class _Normals(Iterator[float]):
    """Normal numbers in pairs from a stream of uniforms, which is used in between too."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._waiting = generator.next_normal_double
        self.uniforms = OneByOne(generator)

    def __next__(self) -> float:
        waiting = self._waiting
        if waiting is not None:
            self._waiting = None
            return waiting
        u, v = next(self.uniforms), next(self.uniforms)
        radius, angle = math.sqrt(-2.0 * math.log1p(-v)), 2.0 * math.pi * u
        self._waiting = radius * math.sin(angle)
        return radius * math.cos(angle)

    def give_back(self) -> None:
        """Put the generator where drawing one by one would have left it."""
        self.uniforms.give_back()
        self._generator.next_normal_double = self._waiting


def _one(concentration: float, power: float, core: float, normals: _Normals) -> float:
    """A number; ``power`` is 1 / concentration below 1, ``core`` the concentration, one more if below 1, less 1/3."""
    uniforms, scale = normals.uniforms, 1.0
    if concentration < 1.0:
        if concentration == 0.0:
            return 0.0
        scale = (1.0 - next(uniforms)) ** power
    width = 1.0 / math.sqrt(9.0 * core) if core > 0.0 else math.nan
    while True:
        x = next(normals)
        y = 1.0 + width * x
        while y <= 0:
            x = next(normals)
            y = 1.0 + width * x
        cube, u, square = y * y * y, 1.0 - next(uniforms), x * x
        if u < 1.0 - _SQUEEZE * square * square:
            return scale * core * cube
        if math.log(u) < 0.5 * square + core * (1.0 - cube + math.log(cube)):
            return scale * core * cube
