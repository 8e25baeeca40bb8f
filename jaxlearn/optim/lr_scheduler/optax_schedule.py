"""Schedules of Optax as schedules in torch's style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler
from .rates import per_group

__all__ = ["OptaxLR"]


class OptaxLR(LRScheduler):
    """Sets the rate that an Optax schedule gives for the epoch, or for the step if stepped after each.

    https://optax.readthedocs.io/en/latest/api/optimizer_schedules.html

    Args:
        optimizer: the optimizer.
        schedule: a function from the count to the rate, such as ``optax.warmup_cosine_decay_schedule(...)``; or a list
            of them, one for each group.
        last_epoch: epochs done so far, less one; -1 starts anew.

    Raises:
        ValueError: the list's length is not the number of groups.

    Example::

        >>> import jaxlearn as torch, optax
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = torch.optim.lr_scheduler.OptaxLR(optimizer, optax.linear_schedule(0.5, 0.0, 4))
        >>> rates = scheduler.get_last_lr()
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     rates = rates + scheduler.get_last_lr()
        >>> rates
        [0.5, 0.375, 0.25, 0.125]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Callable[[Any], Any] | Sequence[Callable[[Any], Any]],
        last_epoch: int = -1,
    ) -> None:
        self.schedules = per_group("schedule", optimizer, schedule)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        """The rates at ``last_epoch``; for :meth:`step` to call, see :meth:`get_last_lr`."""
        self._expect_step()
        return [float(schedule(self.last_epoch)) for schedule in self.schedules]

    def state_dict(self) -> dict[str, Any]:
        """The attributes of the schedule but for the optimizer and the functions."""
        return {k: v for k, v in super().state_dict().items() if k != "schedules"}
