"""Points that fill a cube evenly: https://docs.pytorch.org/docs/stable/generated/torch.quasirandom.SobolEngine.html"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ._dtypes import dtype as Dtype
from ._dtypes import get_default_dtype
from ._tensor.creation_data import from_numpy
from ._tensor.generator import Generator
from ._tensor.random import randint

__all__ = ["SobolEngine"]


@functools.cache
def _directions(dimension: int, bits: int) -> np.ndarray[Any, Any]:
    """The direction numbers of Joe and Kuo, which SciPy has the table of, as integers of so many bits."""
    from scipy.stats import qmc  # loads much, for few programs

    engine = qmc.Sobol(dimension, scramble=False, bits=bits)
    found: np.ndarray[Any, Any] = np.asarray(engine._sv, np.int64)
    return found


class SobolEngine:
    """A Sobol sequence, optionally scrambled: points of a cube whose beginnings fill it evenly.

    S. Joe and F. Y. Kuo: Constructing Sobol sequences with better two-dimensional projections (2008).

    Args:
        dimension: of the cube, at most 21201.
        scramble: whether to scramble the points, as Owen does.
        seed: for that; default the default generator's numbers.

    Raises:
        ValueError: another dimension.

    Example::

        >>> import jaxlearn as torch
        >>> torch.quasirandom.SobolEngine(2).draw(3)
        tensor([[0.0000, 0.0000],
                [0.5000, 0.5000],
                [0.7500, 0.2500]])
    """

    MAXBIT = 30
    MAXDIM = 21201

    def __init__(self, dimension: int, scramble: bool = False, seed: int | None = None) -> None:
        if not 1 <= dimension <= self.MAXDIM:
            raise ValueError(f"Supported range of dimensionality for SobolEngine is [1, {self.MAXDIM}]")
        self.dimension = dimension
        self.scramble = scramble
        self.seed = seed
        self._state = _directions(dimension, self.MAXBIT)
        self._shift = np.zeros(dimension, np.int64)
        if scramble:
            self._scramble()
        self.num_generated = 0

    def _scramble(self) -> None:
        generator = None
        if self.seed is not None:
            generator = Generator()
            generator.manual_seed(self.seed)
        bits = self.MAXBIT
        shift = randint(2, (self.dimension, bits), generator=generator).numpy()
        self._shift = (shift << np.arange(bits)).sum(1)
        lower = np.tril(randint(2, (self.dimension, bits, bits), generator=generator).numpy())
        lower[:, range(bits), range(bits)] = 1
        # Each direction number times the matrix, over the field of two elements; the first row is the highest bit.
        given = (self._state[:, :, None] >> np.arange(bits)[::-1]) & 1
        product = np.einsum("dij,dkj->dki", lower, given) & 1
        self._state = (product << np.arange(bits)[::-1]).sum(2)

    def _points(self, start: int, n: int) -> np.ndarray[Any, Any]:
        """Points by Gray code: the direction numbers of the bits that are set, added without carrying."""
        index = np.arange(start, start + n)
        gray = index ^ (index >> 1)
        points = np.broadcast_to(self._shift, (n, self.dimension)).copy()
        for bit in range(self.MAXBIT):
            points ^= np.where((gray >> bit & 1)[:, None] == 1, self._state[:, bit], 0)
        return points

    def draw(self, n: int = 1, out: Any = None, dtype: Dtype | None = None) -> Any:
        """The next points, of shape ``(n, dimension)``.

        Args:
            n: how many.
            out: the tensor to write them into.
            dtype: of the result; default the default one.
        """
        wanted = get_default_dtype() if dtype is None else dtype
        points = self._points(self.num_generated, n)
        self.num_generated += n
        result = from_numpy(points / 2**self.MAXBIT).to(wanted)
        return result if out is None else out.resize_(result.shape).copy_(result)

    def draw_base2(self, m: int, out: Any = None, dtype: Dtype | None = None) -> Any:
        """The next ``2 ** m`` points, which together with those before fill the cube evenly.

        Args:
            m: the exponent.
            out: the tensor to write them into.
            dtype: of the result; default the default one.

        Raises:
            ValueError: the number of all points would be no power of 2.
        """
        n = 2**m
        total = self.num_generated + n
        if total & (total - 1):
            raise ValueError(
                "The balance properties of Sobol' points require "
                f"n to be a power of 2. {self.num_generated} points have been "
                f"previously generated, then: n={self.num_generated}+2**{m}={total}. "
                "If you still want to do this, please use "
                "'SobolEngine.draw()' instead."
            )
        return self.draw(n, out, dtype)

    def reset(self) -> SobolEngine:
        """Begin again."""
        self.num_generated = 0
        return self

    def fast_forward(self, n: int) -> SobolEngine:
        """Leave points out.

        Args:
            n: how many.
        """
        self.num_generated += n
        return self

    def __repr__(self) -> str:
        told = [f"dimension={self.dimension}"]
        told += ["scramble=True"] if self.scramble else []
        told += [] if self.seed is None else [f"seed={self.seed}"]
        return f"{type(self).__name__}({', '.join(told)})"
