"""What all transforms have, and how they are inverted, composed and widened."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from ..._engine.recorder import recorder
from ..._tensor.creation_constants import zeros_like
from .. import constraints
from ..utils import _sum_rightmost, lazy_property

__all__ = ["ComposeTransform", "IndependentTransform", "Transform", "identity_transform"]


class Transform:
    """A differentiable map with an inverse, of which the volume change is known.

    A subclass gives ``domain``, ``codomain``, ``_call``, ``_inverse`` and, if it is bijective,
    ``log_abs_det_jacobian``.
    https://docs.pytorch.org/docs/stable/distributions.html#module-torch.distributions.transforms

    Args:
        cache_size: 1 keeps the last argument and its result, so that the inverse of the result is the argument itself.

    Attributes:
        domain: the constraint of its arguments.
        codomain: the constraint of its results.
        bijective: whether it is one-to-one between them.
        sign: of a map of numbers, +1 if it rises, -1 if it falls.

    Raises:
        ValueError: another cache size than 0 or 1.

    Example::

        >>> import jaxlearn as torch
        >>> t = torch.distributions.ExpTransform()
        >>> t(torch.tensor([0.0])), t.inv(torch.tensor([1.0]))
        (tensor([1.]), tensor([0.]))
    """

    bijective: Any = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._inv: Any = None
        if cache_size:
            self._cached_x_y: tuple[Any, Any] = None, None
        super().__init__()  # a subclass may have another base, a module say

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_inv": None}

    @property
    def event_dim(self) -> Any:
        """How many dimensions one argument has, if its result has as many.

        Raises:
            ValueError: it has not.
        """
        if self.domain.event_dim == self.codomain.event_dim:
            return self.domain.event_dim
        raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")

    @property
    def inv(self) -> Any:
        """The inverse transform, whose inverse is this one."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv

    @property
    def sign(self) -> Any:
        """+1 for a map of numbers that rises, -1 for one that falls."""
        raise NotImplementedError

    def with_cache(self, cache_size: int = 1) -> Any:
        """This transform, or one like it with another cache.

        Args:
            cache_size: 0 or 1.
        """
        if type(self).__init__ is Transform.__init__:
            return self._recached(cache_size, type(self))
        if self._cache_size == cache_size:
            return self
        raise NotImplementedError(f"{type(self)}.with_cache is not implemented")

    def _recached(self, cache_size: int, cls: type, *arguments: Any) -> Any:
        return self if self._cache_size == cache_size else cls(*arguments, cache_size=cache_size)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __call__(self, x: Any) -> Any:
        if self._cache_size == 0:
            return self._call(x)
        if recorder.capture is not None:
            return self._remembered_by_result(x, self._call, forward=True)
        known, y = self._cached_x_y
        if x is not known:
            y = self._call(x)
            self._cached_x_y = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size == 0:
            return self._inverse(y)
        if recorder.capture is not None:
            return self._remembered_by_result(y, self._inverse, forward=False)
        x, known = self._cached_x_y
        if y is not known:
            x = self._inverse(y)
            self._cached_x_y = x, y
        return x

    def _remembered_by_result(self, argument: Any, function: Callable[[Any], Any], *, forward: bool) -> Any:
        """The cache while a function is recorded.

        This object may outlive the recording and must keep nothing of it, so that the result keeps its argument.
        """
        made = getattr(argument, "_transformed_from", None)
        if made is not None and made[0] is self and made[1] != forward:
            return made[2]
        result = function(argument)
        if result is not argument:
            result._transformed_from = self, forward, argument
        return result

    def _call(self, x: Any) -> Any:
        raise NotImplementedError

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of the absolute value of the derivative's determinant.

        Args:
            x: an argument.
            y: its result.
        """
        raise NotImplementedError

    def forward_shape(self, shape: Any) -> Any:
        """The shape of the result.

        Args:
            shape: that of the argument.
        """
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of the argument.

        Args:
            shape: that of the result.
        """
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Parameterless(Transform):
    """A transform that equals all others of its class."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) or isinstance(self, type(other))


class _InverseTransform(Transform):
    """The inverse of a transform, whose cache is that transform's.

    Args:
        transform: the transform.
    """

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._inv = transform

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """The constraint of arguments."""
        return self._inv.codomain

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """The constraint of results."""
        return self._inv.domain

    @property
    def bijective(self) -> Any:
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    @property
    def inv(self) -> Any:
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and self._inv == other._inv

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._inv!r})"

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)


def _widened(constraint: Any, event_dim: int, name: str) -> Any:
    """A constraint of a chain's end with as many dimensions as the chain needs."""
    extra = event_dim - constraint.event_dim
    if extra < 0:
        raise AssertionError(f"event_dim {event_dim} must be >= {name}.event_dim {constraint.event_dim}")
    return constraints.independent(constraint, extra) if extra else constraint


class ComposeTransform(Transform):
    """Transforms one after another; each has its own cache.

    Args:
        parts: the transforms, the first one applied first.
        cache_size: of each of them, if it is not 0.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> D.ComposeTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)])(torch.tensor([0.0]))
        tensor([3.])
    """

    def __init__(self, parts: Sequence[Any], cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.parts: Any = [part.with_cache(cache_size) for part in parts] if cache_size else parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """The constraint of arguments."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[-1].codomain.event_dim
        for part in reversed(self.parts):
            event_dim += part.domain.event_dim - part.codomain.event_dim
            event_dim = max(event_dim, part.domain.event_dim)
        return _widened(self.parts[0].domain, event_dim, "domain")

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """The constraint of results."""
        if not self.parts:
            return constraints.real
        event_dim = self.parts[0].domain.event_dim
        for part in self.parts:
            event_dim += part.codomain.event_dim - part.domain.event_dim
            event_dim = max(event_dim, part.codomain.event_dim)
        return _widened(self.parts[-1].codomain, event_dim, "codomain")

    @lazy_property
    def bijective(self) -> Any:
        return all(part.bijective for part in self.parts)

    @lazy_property
    def sign(self) -> Any:
        return functools.reduce(operator.mul, [part.sign for part in self.parts], 1)

    @property
    def inv(self) -> Any:
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, ComposeTransform, self.parts)

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return zeros_like(x)
        values = [x]  # between the parts; with caches they are computed already
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        terms, event_dim = [], self.domain.event_dim
        for part, before, after in zip(self.parts, values[:-1], values[1:], strict=True):
            term = part.log_abs_det_jacobian(before, after)
            terms.append(_sum_rightmost(term, event_dim - part.domain.event_dim))
            event_dim += part.codomain.event_dim - part.domain.event_dim
        return functools.reduce(operator.add, terms)

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


#: The transform that changes nothing.
identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform whose last batch dimensions count as dimensions of one event: the volume change is their sum.

    Args:
        base_transform: the transform.
        reinterpreted_batch_ndims: how many dimensions.
        cache_size: see :class:`Transform`.

    Raises:
        ValueError: an argument has fewer dimensions.
    """

    def __init__(self, base_transform: Any, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def with_cache(self, cache_size: int = 1) -> Any:
        arguments = self.base_transform, self.reinterpreted_batch_ndims
        return self._recached(cache_size, IndependentTransform, *arguments)

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """The constraint of arguments."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """The constraint of results."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> Any:
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        check_dims(x.shape, self.domain.event_dim)
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        check_dims(y.shape, self.codomain.event_dim)
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return _sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_transform!r}, {self.reinterpreted_batch_ndims})"

    def forward_shape(self, shape: Any) -> Any:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self.base_transform.inverse_shape(shape)


def check_dims(shape: Any, least: int) -> None:
    """Refuse a shape of fewer dimensions than an event has."""
    if len(shape) < least:
        raise ValueError("Too few dimensions on input")
