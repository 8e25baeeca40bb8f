"""The schedule that waits for a metric to stop improving."""

from __future__ import annotations

import math
import warnings
from typing import SupportsFloat

from ..optimizer import Optimizer
from .base import EPOCH_DEPRECATION_WARNING, LRScheduler
from .rates import check_not_recording, check_optimizer, group_values, write_rate

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    r"""Reduce the rate when a metric has not improved for more than ``patience`` epochs.

    .. math:: \eta \leftarrow \max(f \eta, \eta_{min})

    A metric :math:`m` is better than the best :math:`b` if :math:`m < b (1 - \tau)` ("min", "rel"),
    :math:`m < b - \tau` ("min", "abs"), :math:`m > b (1 + \tau)` ("max", "rel") or :math:`m > b + \tau`
    ("max", "abs"). https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html

    Args:
        optimizer: the optimizer.
        mode: "min" if a smaller metric is better, "max" if a larger one is.
        factor: :math:`f`, below 1.
        patience: epochs without improvement that are borne.
        threshold: :math:`\tau`.
        threshold_mode: "rel" or "abs".
        cooldown: epochs after a reduction in which none is counted.
        min_lr: :math:`\eta_{min}`, or one for each group.
        eps: a smaller change of the rate is not made.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        ValueError: a factor of 1 or more, an unknown mode, or a list whose length is not the number of groups.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> for loss in (3.0, 2.0, 2.0, 2.0):
        ...     scheduler.step(torch.tensor(loss))
        >>> scheduler.get_last_lr()
        [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        # In the order of torch's state_dict.
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        self.factor = factor
        check_optimizer(optimizer)
        self.optimizer = optimizer
        count = len(optimizer.param_groups)
        if isinstance(min_lr, list | tuple):
            if len(min_lr) != count:
                raise ValueError(f"expected {count} min_lrs, got {len(min_lr)}")
            self.default_min_lr = None
            self.min_lrs = list(min_lr)
        else:
            self.default_min_lr = min_lr
            self.min_lrs = [min_lr] * count
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = group_values(optimizer, "lr")
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self._reset()

    def _reset(self) -> None:
        """Forget the best metric and all counts."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was so recent that no epoch is counted."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Count an epoch with its metric, and reduce the rates if it is time.

        Args:
            metrics: the metric, a number or a tensor with one element.
            epoch: the number of the epoch (deprecated).

        Raises:
            RuntimeError: groups were added to the optimizer and ``min_lr`` was a list, or called inside a compiled
                function.
        """
        check_not_recording()
        current = float(metrics)
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        epoch = self.last_epoch + 1 if epoch is None else epoch
        better = self._is_better(current, self.best)
        waiting = self.in_cooldown
        bad = 0 if better or waiting else self.num_bad_epochs + 1
        reduce = bad > self.patience
        if reduce:
            self._reduce_lr(epoch)
        self.last_epoch = epoch
        if better:
            self.best = current
        self.num_bad_epochs = 0 if reduce else bad
        if reduce:
            self.cooldown_counter = self.cooldown
        elif waiting:
            self.cooldown_counter -= 1
        self._last_lr = group_values(self.optimizer, "lr")

    def _reduce_lr(self, epoch: int) -> None:
        """Reduce the rates of all groups."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when "
                    f"`ReduceLROnPlateau` was initialized ({len(self.min_lrs)}), usually due to a new param group "
                    "being added to the optimizer. Please modify the `min_lrs` field to match the length of the "
                    "`optimizer` param groups."
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, smallest in zip(groups, self.min_lrs, strict=True):
            rate = float(group["lr"])
            reduced = max(rate * self.factor, smallest)
            if rate - reduced > self.eps:
                write_rate(group, reduced)

    def _is_better(self, a: float, best: float) -> bool:
        """Whether a metric improves on the best so far."""
        if self.threshold_mode == "abs":
            return a < best - self.threshold if self.mode == "min" else a > best + self.threshold
        if self.mode == "min":
            return a < best * (1.0 - self.threshold)
        return a > best * (self.threshold + 1.0)
