"""The base of distributions that are given by probabilities or by logits."""

from __future__ import annotations

from typing import Any

from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits

__all__ = ["ProbsOrLogits"]


class ProbsOrLogits(Distribution):
    """A distribution with an argument ``probs`` or, in its place, ``logits``; the other one follows when asked for.

    Args:
        batch_shape: see :class:`Distribution`.
        event_shape: see :class:`Distribution`.
        validate_args: see :class:`Distribution`.
    """

    _param: Any
    _is_binary = True  # the logits are log odds, else logarithms

    @staticmethod
    def _refuse_both(probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")

    def _set(self, probs: Any, logits: Any, total_count: Any = None) -> None:
        """Set the arguments, broadcast against each other."""
        self._refuse_both(probs, logits)
        given = logits if probs is None else probs
        if total_count is None:
            (given,) = broadcast_all(given)
        else:
            total_count, given = broadcast_all(total_count, given)
            self.total_count: Any = total_count.type_as(given)
        self._param = self.__dict__["logits" if probs is None else "probs"] = given

    def _expanded(self, cls: type, batch_shape: Any, instance: Any) -> Any:
        new = super()._expanded(cls, batch_shape, instance)
        new._param = new.__dict__["logits" if "logits" in new.__dict__ else "probs"]
        return new

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._param.new(*args, **kwargs)

    @lazy_property
    def logits(self) -> Any:
        """The logits."""
        return probs_to_logits(self.probs, self._is_binary)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities."""
        return logits_to_probs(self.logits, self._is_binary)

    @property
    def param_shape(self) -> Any:
        """The shape of ``probs`` and ``logits``."""
        return self._param.size()

    def _along_first(self, values: Any, expand: bool) -> Any:
        """Values along the first dimension, which is put before those of the batch."""
        batch = tuple(self._batch_shape)
        values = values.view((-1,) + (1,) * len(batch))
        return values.expand((-1, *batch)) if expand else values
