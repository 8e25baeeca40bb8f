"""Tensor's methods that fill it with random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _random as streams
from .._autograd.modes import modes
from .._engine.outside import is_transformed
from ..ops.conversion import redrawn
from ..ops.op import explained
from . import random_discrete
from .dispatch import TENSOR_TYPES, wrap
from .generator import stream_of
from .host_parts import written_on_host
from .indexing import host_array
from .inplace import check_writable
from .random import draw
from .views import assign, in_memory_order

__all__ = ["RandomMethods"]


def _fill(
    self: Any, sample: Callable[[tuple[int, ...]], np.ndarray[Any, Any]], backward: str, p: Any = None
) -> Any:
    """Write what ``sample(shape)`` draws; like torch, in the order of the memory.

    Args:
        self: the tensor.
        sample: draws the numbers.
        backward: torch's name of the backward node.
        p: the tensor of probabilities that they are drawn by, if they are.
    """
    if self._cell.value.aval.strides is None and not is_transformed():
        if written_on_host(self, _drawn, sample):
            return self
    check_writable(self)
    if self.is_meta:
        return self
    shape = tuple(self.shape)
    if self.is_contiguous():
        value = draw(sample, self.device, shape)
    else:
        value = draw(lambda: in_memory_order(self, sample), self.device)
    result = wrap(value)
    if modes.grad and (self._requires_grad or (p is not None and p._requires_grad)):
        result = redrawn(self, result, backward, p)
    assign(self, result)
    return self


def _drawn(array: np.ndarray[Any, Any], sample: Callable[[tuple[int, ...]], np.ndarray[Any, Any]]) -> Any:
    return sample(array.shape)


class RandomMethods:
    """Random numbers written into the tensor; each returns the tensor."""

    bernoulli = random_discrete.bernoulli
    multinomial = random_discrete.multinomial

    @explained(method=True)
    def uniform_(self: Any, from_: Any = 0.0, to: Any = 1.0, *, generator: Any = None, **kwargs: Any) -> Any:
        """Fill with uniform numbers from [from, to).

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.uniform_.html

        Args:
            from_: the lower bound; by keyword ``**{"from": low}``.
            to: the upper bound.
            generator: draw from this one instead of the default generator.
            kwargs: ``from``, which is a keyword of Python.

        Raises:
            RuntimeError: ``from`` is larger than ``to``.
        """
        low, high = float(kwargs.pop("from", from_) if kwargs else from_), float(to)
        for name in kwargs:
            raise TypeError(f"uniform_() got an unexpected keyword argument '{name}'")
        stream, kind = stream_of(generator), self._current().aval.dtype
        return _fill(self, lambda shape: streams.uniform(stream, shape, low, high, kind), "UniformBackward0")

    @explained(method=True)
    def normal_(self: Any, mean: Any = 0.0, std: Any = 1.0, *, generator: Any = None) -> Any:
        """Fill with normal numbers.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.normal_.html

        Args:
            mean: their mean.
            std: their standard deviation.
            generator: draw from this one instead of the default generator.

        Raises:
            RuntimeError: ``std`` is negative.
        """
        stream, aval = stream_of(generator), self._current().aval
        kind, center, spread = aval.dtype, float(mean), float(std)
        dense = (self._view is None and aval.strides is None) or self.is_contiguous()
        return _fill(
            self, lambda shape: streams.normal(stream, shape, center, spread, kind, dense), "NormalBackward0"
        )

    @explained(method=True)
    def random_(self: Any, *args: Any, generator: Any = None, **kwargs: Any) -> Any:
        """Fill with integers.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.random_.html

        Args:
            args: nothing (all that the dtype holds), ``(to)`` or ``(from, to)``.
            generator: draw from this one instead of the default generator.
            kwargs: ``from`` and ``to``.

        Raises:
            RuntimeError: the range is empty or beyond the dtype's.
        """
        backward = f"RandomBackward{2 - min(len(args) + len(kwargs), 2)}"
        low, high = kwargs.pop("from", None), kwargs.pop("to", None)
        if len(args) == 2:
            low, high = args
        elif args:
            low, high = 0, args[0]
        if high is not None and low is None:
            low = 0
        stream, kind = stream_of(generator), self._current().aval.dtype
        return _fill(self, lambda shape: streams.random(stream, shape, low, high, kind), backward)

    @explained(method=True)
    def bernoulli_(self: Any, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Fill with 1 of probability ``p`` (a number, or a tensor that is broadcast), else 0.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.bernoulli_.html
        """
        stream, kind = stream_of(generator), self._current().aval.dtype
        if type(p) not in TENSOR_TYPES:
            chance = float(p)
            return _fill(
                self, lambda shape: streams.bernoulli(stream, chance, shape, kind), "BernoulliBackward2"
            )
        chances = host_array(p.detach())
        return _fill(
            self, lambda shape: streams.bernoulli(stream, chances, shape, kind), "BernoulliBackward1", p
        )

    @explained(method=True)
    def exponential_(self: Any, lambd: float = 1, *, generator: Any = None) -> Any:
        """Fill with exponential numbers of rate ``lambd``.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.exponential_.html
        """
        stream, kind, rate = stream_of(generator), self.dtype._np, float(lambd)
        return _fill(
            self, lambda shape: streams.exponential(stream, shape, rate, kind), "ExponentialBackward0"
        )

    @explained(method=True)
    def geometric_(self: Any, p: float, *, generator: Any = None) -> Any:
        """Fill with the number of trials up to the first success, of probability ``p`` each.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.geometric_.html
        """
        stream, kind, chance = stream_of(generator), self.dtype._np, float(p)
        return _fill(self, lambda shape: streams.geometric(stream, shape, chance, kind), "GeometricBackward0")

    @explained(method=True)
    def cauchy_(self: Any, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Any:
        """Fill with Cauchy numbers.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.cauchy_.html
        """
        stream, kind = stream_of(generator), self._current().aval.dtype
        middle, width = float(median), float(sigma)
        return _fill(
            self, lambda shape: streams.cauchy(stream, shape, middle, width, kind), "CauchyBackward0"
        )

    @explained(method=True)
    def log_normal_(self: Any, mean: float = 1, std: float = 2, *, generator: Any = None) -> Any:
        """Fill with numbers whose logarithm is normal.

        https://docs.pytorch.org/docs/stable/generated/torch.Tensor.log_normal_.html
        """
        stream, kind = stream_of(generator), self._current().aval.dtype
        center, spread = float(mean), float(std)
        return _fill(
            self, lambda shape: streams.log_normal(stream, shape, center, spread, kind), "LogNormalBackward0"
        )
