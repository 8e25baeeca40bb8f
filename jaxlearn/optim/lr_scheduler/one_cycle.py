"""The 1cycle policy."""

from __future__ import annotations

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler
from .momentum import check_momentum, start_momentum, write_momentum
from .rates import check_optimizer, per_group

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    r"""Up from a small rate to the largest and down to a far smaller one, a step with each batch.

    .. math:: \eta = b + (a - b) (1 + \cos(\pi p)) / 2 \quad\text{or}\quad \eta = a + (b - a) p

    from rate :math:`a` to :math:`b` of a phase, of which the part :math:`p` is done. The phases go from
    ``max_lr / div_factor`` to ``max_lr`` and on to ``max_lr / div_factor / final_div_factor``; with ``three_phase``
    by way of ``max_lr / div_factor``. Momentum moves against the rate.
    Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
    https://arxiv.org/abs/1708.07120;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html

    Args:
        optimizer: the optimizer.
        max_lr: the largest rate, or one for each group.
        total_steps: steps of the whole schedule; None: ``epochs * steps_per_epoch``.
        epochs: number of epochs.
        steps_per_epoch: steps in an epoch.
        pct_start: the part of the steps in which the rate grows.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: move momentum, or Adam's first beta.
        base_momentum: momentum at the largest rate, or one for each group.
        max_momentum: momentum at the start and at the end, or one for each group.
        div_factor: largest rate over the first.
        final_div_factor: first rate over the last.
        three_phase: go down as fast as up, then on to the last rate.
        last_epoch: steps done so far, less one; -1 starts anew.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        ValueError: the number of steps is missing or no positive integer, ``pct_start`` or ``anneal_strategy`` is
            invalid, or the optimizer has no momentum that could be moved.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        self.total_steps = number_of_steps(total_steps, epochs, steps_per_epoch)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        self._schedule_phases = phases(self.total_steps, pct_start, three_phase)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        max_lrs = per_group("max_lr", optimizer, max_lr)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = check_momentum(optimizer)
            largest = per_group("max_momentum", optimizer, max_momentum)
            smallest = per_group("base_momentum", optimizer, base_momentum)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, max_lrs, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
            if cycle_momentum:
                start_momentum(optimizer, largest, smallest, self.use_beta1)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self._expect_step()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is {self.total_steps}"
            )
        start: float = 0.0
        for part in self._schedule_phases[:-1]:
            if step <= part["end_step"]:
                break
            start = part["end_step"]
        else:
            part = self._schedule_phases[-1]
        done = (step - start) / (part["end_step"] - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._anneal(group[part["start_lr"]], group[part["end_lr"]], done))
            if self.cycle_momentum:
                momentum = self._anneal(group[part["start_momentum"]], group[part["end_momentum"]], done)
                write_momentum(group, momentum, self.use_beta1)
        return rates

    def _anneal(self, start: Any, end: Any, done: float) -> Any:
        """The value between start and end when the part ``done`` of the phase is done."""
        if self._anneal_func_type == "linear":
            return (end - start) * done + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1)


def number_of_steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The steps of the whole schedule.

    Raises:
        ValueError: they are missing, or no positive integer.
    """
    if total_steps is not None:
        if total_steps <= 0 or not isinstance(total_steps, int):
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, value in (("epochs", epochs), ("steps_per_epoch", steps_per_epoch)):
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return epochs * steps_per_epoch


def phases(total_steps: int, pct_start: float, three: bool) -> list[dict[str, Any]]:
    """The last step of each phase and the group's options it leads from and to."""
    first = float(pct_start * total_steps) - 1
    up = phase(first, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
    if not three:
        return [up, phase(total_steps - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))]
    second = float(2 * pct_start * total_steps) - 2
    return [
        up,
        phase(second, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum")),
        phase(total_steps - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
    ]


def phase(end: float, rates: tuple[str, str], momenta: tuple[str, str]) -> dict[str, Any]:
    """One phase, under the names that torch's state_dict has."""
    return {
        "end_step": end,
        "start_lr": rates[0],
        "end_lr": rates[1],
        "start_momentum": momenta[0],
        "end_momentum": momenta[1],
    }
