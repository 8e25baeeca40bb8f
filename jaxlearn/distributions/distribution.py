"""The base of all distributions: shapes, validation, and what follows from the rest."""

from __future__ import annotations

import warnings
from typing import Any

from .._autograd.modes import no_grad
from .._size import Size
from .._tensor.core import TensorBase
from . import constraints
from ._validation import violates
from .utils import lazy_property

__all__ = ["Distribution"]


class Distribution:
    """A probability distribution, or a batch of them.

    https://docs.pytorch.org/docs/stable/distributions.html

    A sample has the shape ``sample_shape + batch_shape + event_shape``. Arguments and values are checked as far as they
    are known without computing anything: those made of data, numbers and parameters are, those that are computed in the
    step are not.

    Args:
        batch_shape: the shape of the batch of distributions.
        event_shape: the shape of one sample of one of them.
        validate_args: whether arguments and values are checked; by default as
            :meth:`set_default_validate_args` says.

    Raises:
        ValueError: an argument does not satisfy its constraint.

    Example::

        >>> import jaxlearn as torch
        >>> d = torch.distributions.Normal(torch.zeros(3), 1.0)
        >>> d.batch_shape, d.event_shape, d.sample((2,)).shape
        (torch.Size([3]), torch.Size([]), torch.Size([2, 3]))
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Check arguments and values by default, or do not.

        They are checked unless Python runs with ``-O``.

        Args:
            value: whether to check.

        Raises:
            ValueError: it is not a boolean.
        """
        if value not in [True, False]:
            raise ValueError
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Any = Size(),
        event_shape: Any = Size(),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = batch_shape
        self._event_shape = event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_arguments()
        super().__init__()  # a subclass may have another base, a module say

    def _check_arguments(self) -> None:
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize "
                "the distribution with `validate_args=False` to turn off validation.",
                stacklevel=3,
            )
            return
        for name, constraint in arg_constraints.items():
            if constraints.is_dependent(constraint):
                continue
            if name not in self.__dict__ and isinstance(getattr(type(self), name), lazy_property):
                continue  # it is made of the others when it is asked for
            value = getattr(self, name)
            if self._violates(constraint, value):
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def _violates(self, constraint: Any, value: Any) -> bool:
        """Whether an argument is known not to satisfy its constraint."""
        return violates(constraint.check, value)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """A distribution with its batch expanded, as :meth:`jaxlearn.Tensor.expand` does it.

        Args:
            batch_shape: the new shape.
            _instance: the object to fill, given by a subclass that has more to expand.
        """
        raise NotImplementedError

    def _expanded(self, cls: type, batch_shape: Any, instance: Any) -> Any:
        """:meth:`expand` for the class ``cls``, whose arguments are those in its ``arg_constraints``."""
        new = self._get_checked_instance(cls, instance)
        batch_shape = Size(batch_shape)
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__:
                value = self.__dict__[name]
                event = value.shape[value.dim() - constraint.event_dim :]
                new.__dict__[name] = value.expand(batch_shape + event)
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def batch_shape(self) -> Any:
        """The shape of the batch of distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Any:
        """The shape of one sample of one distribution."""
        return self._event_shape

    @property
    def arg_constraints(self) -> Any:
        """The constraint of each argument that is a tensor."""
        raise NotImplementedError

    @property
    def support(self) -> Any:
        """The constraint that samples satisfy."""
        raise NotImplementedError

    @property
    def mean(self) -> Any:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """The value of the highest density or probability."""
        raise NotImplementedError(f"{type(self)} does not implement mode")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = Size()) -> Any:
        """A sample, without a gradient.

        Args:
            sample_shape: the shape of the samples of each distribution.
        """
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = Size()) -> Any:
        """A sample made of the arguments and of random numbers without any, so that it has a gradient.

        Args:
            sample_shape: the shape of the samples of each distribution.
        """
        raise NotImplementedError

    def sample_n(self, n: int) -> Any:
        """Several samples; deprecated.

        Args:
            n: how many.
        """
        warnings.warn(
            "`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", FutureWarning, stacklevel=2
        )
        return self.sample(Size((n,)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability.

        Args:
            value: where.

        Raises:
            ValueError: the value is outside the support, or of another shape.
        """
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        """The probability of at most a value.

        Args:
            value: the value.

        Raises:
            ValueError: the value is outside the support, or of another shape.
        """
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        """The inverse of :meth:`cdf`.

        Args:
            value: the probability.
        """
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values of a discrete distribution, along a new first dimension.

        Args:
            expand: repeat them for each distribution of the batch, else leave its dimensions 1.
        """
        raise NotImplementedError

    def entropy(self) -> Any:
        """The entropy of each distribution of the batch, in nats."""
        raise NotImplementedError

    def perplexity(self) -> Any:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = Size()) -> Any:
        """The shape of samples."""
        return Size(Size(sample_shape) + self._batch_shape + self._event_shape)

    def _validate_sample(self, value: Any) -> None:
        """Refuse a value that the distribution cannot give."""
        if not isinstance(value, TensorBase):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape: Any = value.shape
        if shape[len(shape) - len(self._event_shape) :] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {shape} vs {self._event_shape}."
            )
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(shape), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {expected}."
                )
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please initialize the "
                "distribution with `validate_args=False` to turn off validation.",
                stacklevel=2,
            )
            return
        if support is None:
            raise AssertionError("support is unexpectedly None")
        # The constraint is made again inside, so that what its bounds take is no part of the step.
        if violates(lambda x: self.support.check(x), value):
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """The object that ``cls.expand`` fills: a new one, unless a subclass with its own ``__init__`` gives it."""
        if _instance is not None:
            return _instance
        if type(self).__init__ is not cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return object.__new__(type(self))

    def __repr__(self) -> str:
        given = {name: self.__dict__[name] for name in self.arg_constraints if name in self.__dict__}
        arguments = [f"{name}: {t if t.numel() == 1 else t.size()}" for name, t in given.items()]
        return f"{type(self).__name__}({', '.join(arguments)})"
