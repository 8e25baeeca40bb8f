"""Kullback-Leibler divergences between pairs of distributions: ``torch.distributions.kl``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from .distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

# What is registered, and what was found for the types that were asked for.
_KL_REGISTRY: dict[tuple[type, type], Callable[..., Any]] = {}
_KL_MEMOIZE: dict[tuple[type, type], Any] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that makes a function the divergence of two types, and of their subclasses.

    The function of the closest types is called. Where one pair is closer on the left and another on the right, the left
    decides and a warning asks for the pair of both.

    https://docs.pytorch.org/docs/stable/distributions.html#torch.distributions.kl.register_kl

    Args:
        type_p: a subclass of :class:`Distribution`.
        type_q: another.

    Raises:
        TypeError: an argument is no class.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> class Mine(D.Normal):
        ...     pass
        >>> @D.register_kl(Mine, D.Normal)
        ... def mine_normal(p, q):
        ...     return torch.tensor(1.0)
        >>> D.kl_divergence(Mine(0.0, 1.0), D.Normal(0.0, 1.0))
        tensor(1.)
    """
    for name, given in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(given, type):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {given}")

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _KL_REGISTRY[type_p, type_q] = function
        _KL_MEMOIZE.clear()
        return function

    return register


def _closer(a: tuple[type, type], b: tuple[type, type]) -> bool:
    """Whether the first types in which two pairs differ are a subclass and its base."""
    return next((issubclass(x, y) for x, y in zip(a, b, strict=True) if x is not y), False)


def _closest(pairs: Iterable[tuple[type, type]]) -> tuple[type, type]:
    found, *others = pairs
    for pair in others:
        if _closer(pair, found):
            found = pair
    return found


def _dispatch_kl(type_p: type, type_q: type) -> Any:
    """The function for two types, or ``NotImplemented``."""
    matches = [(p, q) for p, q in _KL_REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not matches:
        return NotImplemented
    left = _closest(matches)
    right_q, right_p = _closest([(q, p) for p, q in matches])
    if _KL_REGISTRY[left] is not _KL_REGISTRY[right_p, right_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). "
            f"Please register_kl({left[0].__name__}, {right_q.__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _KL_REGISTRY[left]


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    r"""The Kullback-Leibler divergence :math:`\int p(x) \ln \frac{p(x)}{q(x)} \, dx`.

    https://docs.pytorch.org/docs/stable/distributions.html#torch.distributions.kl.kl_divergence

    Args:
        p: a distribution.
        q: another, whose type is registered with that of ``p`` (see :func:`register_kl`).

    Returns:
        A tensor of the batch's shape.

    Raises:
        NotImplementedError: nothing is registered for the types, or not for these arguments.

    Example::

        >>> import jaxlearn as torch
        >>> D = torch.distributions
        >>> D.kl_divergence(D.Normal(torch.tensor([0.0, 1.0]), 1.0), D.Normal(0.0, 1.0))
        tensor([0.0000, 0.5000])
    """
    types = type(p), type(q)
    function = _KL_MEMOIZE.get(types)
    if function is None:
        function = _KL_MEMOIZE[types] = _dispatch_kl(*types)
    if function is NotImplemented:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {types[0].__name__} and q type {types[1].__name__}"
        )
    return function(p, q)
