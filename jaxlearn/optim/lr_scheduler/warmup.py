"""Schedules that begin below the initial rate: by a constant factor, or by one that grows linearly."""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler

__all__ = ["ConstantLR", "LinearLR"]


class ConstantLR(LRScheduler):
    r"""A factor on the rate until an epoch is reached.

    .. math:: \eta_t = f \eta_0 \text{ for } t < T, \quad \eta_t = \eta_0 \text{ from } T \text{ on}

    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html

    Args:
        optimizer: the optimizer.
        factor: :math:`f`, between 0 and 1.
        total_iters: the epoch :math:`T`.
        last_epoch: epochs done so far, less one; -1 starts anew.

    Raises:
        ValueError: ``factor`` is not between 0 and 1.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
        >>> rates = scheduler.get_last_lr()
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     rates = rates + scheduler.get_last_lr()
        >>> rates
        [0.5, 0.5, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._expect_step()
        if self.last_epoch == 0:
            return self._scaled_rates(self.factor)
        if self.last_epoch == self.total_iters:
            return self._scaled_rates(1.0 / self.factor)
        return self._present_rates()

    def _get_closed_form_lr(self) -> list[Any]:
        reached = self.last_epoch >= self.total_iters
        return [rate * (self.factor + reached * (1 - self.factor)) for rate in self.base_lrs]


class LinearLR(LRScheduler):
    r"""A factor on the rate that changes linearly until an epoch is reached.

    .. math:: \eta_t = \eta_0 (a + (b - a) \min(t, T) / T)

    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html

    Args:
        optimizer: the optimizer.
        start_factor: :math:`a`, above 0 and at most 1.
        end_factor: :math:`b`, between 0 and 1.
        total_iters: the epoch :math:`T`.
        last_epoch: epochs done so far, less one; -1 starts anew.

    Raises:
        ValueError: a factor is out of its range.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> rates = scheduler.get_last_lr()
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     rates = rates + scheduler.get_last_lr()
        >>> rates
        [0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."
            )
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._expect_step()
        if self.last_epoch == 0:
            return self._scaled_rates(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._present_rates()
        rise = self.end_factor - self.start_factor
        return self._scaled_rates(
            1.0 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        )

    def _get_closed_form_lr(self) -> list[Any]:
        rise, done = self.end_factor - self.start_factor, min(self.total_iters, self.last_epoch)
        return [rate * (self.start_factor + rise * done / self.total_iters) for rate in self.base_lrs]
