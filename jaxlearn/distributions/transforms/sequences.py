"""Several transforms side by side along a dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...ops.joining import cat, stack
from .. import constraints
from ..utils import _sum_rightmost, lazy_property
from .base import Transform

__all__ = ["CatTransform", "StackTransform"]


class _SideBySide(Transform):
    """Transforms of the parts of a dimension."""

    def __init__(self, tseq: Sequence[Any], dim: int, cache_size: int) -> None:
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size=cache_size)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> Any:
        return all(t.bijective for t in self.transforms)

    def _check(self, value: Any, letter: str, name: str, size: int, size_text: str) -> None:
        """Refuse a tensor without the dimension, called ``name``, or of another size there, called ``letter``."""
        if not -value.dim() <= self.dim < value.dim():
            raise AssertionError(f"dim {self.dim} out of range for {name} with {value.dim()} dimensions")
        if value.size(self.dim) != size:
            raise AssertionError(
                f"{letter}.size({self.dim}) = {value.size(self.dim)} must equal {size_text} {size}"
            )

    def _each(self, function: Callable[..., Any], *parts: list[Any]) -> list[Any]:
        return [function(*arguments) for arguments in zip(self.transforms, *parts, strict=True)]


class CatTransform(_SideBySide):
    """Transforms of parts of a dimension, as :func:`jaxlearn.cat` joins them.

    Args:
        tseq: the transforms.
        dim: the dimension.
        lengths: of the parts, by default 1 each.
        cache_size: see :class:`Transform`.

    Raises:
        AssertionError: an element is no transform, or the lengths do not fit.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> t = D.CatTransform([D.ExpTransform(), D.identity_transform], lengths=[1, 2])
        >>> t(torch.tensor([0.0, 2.0, 3.0]))
        tensor([1., 2., 3.])
    """

    def __init__(
        self, tseq: Sequence[Any], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})"
            )

    @lazy_property
    def event_dim(self) -> Any:
        return max(t.event_dim for t in self.transforms)

    @lazy_property
    def length(self) -> int:
        """The size of the dimension."""
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, CatTransform, self.transforms, self.dim, self.lengths)

    def _parts(self, value: Any, letter: str, name: str = "tensor") -> list[Any]:
        self._check(value, letter, name, self.length, "length")
        parts, start = [], 0
        for length in self.lengths:
            parts.append(value.narrow(self.dim, start, length))
            start += length
        return parts

    def _call(self, x: Any) -> Any:
        return cat(self._each(lambda t, part: t(part), self._parts(x, "x")), dim=self.dim)

    def _inverse(self, y: Any) -> Any:
        return cat(self._each(lambda t, part: t.inv(part), self._parts(y, "y")), dim=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        def change(transform: Any, x: Any, y: Any) -> Any:
            return _sum_rightmost(
                transform.log_abs_det_jacobian(x, y), max(self.event_dim - transform.event_dim, 0)
            )

        changes = self._each(change, self._parts(x, "x", "x"), self._parts(y, "y", "y"))
        # The dimension is one of the batch, where the changes lie side by side, or of the event, where they add up.
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return cat(changes, dim=dim) if dim < 0 else sum(changes)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The constraint of arguments."""
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The constraint of results."""
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(_SideBySide):
    """Transforms of the places along a dimension, as :func:`jaxlearn.stack` joins them.

    Args:
        tseq: the transforms.
        dim: the dimension.
        cache_size: see :class:`Transform`.

    Raises:
        AssertionError: an element is no transform, or the dimension has another size.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> D.StackTransform([D.ExpTransform(), D.identity_transform], dim=1)(torch.tensor([[0.0, 2.0]]))
        tensor([[1., 2.]])
    """

    def __init__(self, tseq: Sequence[Any], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._recached(cache_size, StackTransform, self.transforms, self.dim)

    def _parts(self, value: Any, letter: str, name: str = "tensor") -> list[Any]:
        self._check(value, letter, name, len(self.transforms), "len(transforms)")
        return [value.select(self.dim, i) for i in range(len(self.transforms))]

    def _call(self, x: Any) -> Any:
        return stack(self._each(lambda t, part: t(part), self._parts(x, "x")), dim=self.dim)

    def _inverse(self, y: Any) -> Any:
        return stack(self._each(lambda t, part: t.inv(part), self._parts(y, "y")), dim=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        changes = self._each(
            lambda t, x, y: t.log_abs_det_jacobian(x, y), self._parts(x, "x", "x"), self._parts(y, "y", "y")
        )
        return stack(changes, dim=self.dim)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The constraint of arguments."""
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The constraint of results."""
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
