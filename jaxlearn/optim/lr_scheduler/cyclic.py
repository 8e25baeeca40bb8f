"""Cyclical learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler
from .functions import function_state
from .momentum import check_momentum, start_momentum, write_momentum
from .rates import check_optimizer, per_group, write_rates

__all__ = ["CyclicLR"]


class CyclicLR(LRScheduler):
    r"""Up and down between two rates, a step with each batch.

    .. math::
        \eta_t = \eta_{base} + (\eta_{max} - \eta_{base}) h(t) s, \quad
        c = \lfloor 1 + t / (u + d) \rfloor

    with :math:`h` growing linearly from 0 to 1 in :math:`u` steps and back in :math:`d`, and the scale :math:`s`: 1
    ("triangular"), :math:`1 / 2^{c - 1}` ("triangular2") or :math:`\gamma^t` ("exp_range"). Momentum moves
    against it: :math:`\mu_{max} - (\mu_{max} - \mu_{base}) h(t) s`.
    Smith, "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html

    Args:
        optimizer: the optimizer.
        base_lr: lower rate :math:`\eta_{base}`, or one for each group.
        max_lr: upper rate :math:`\eta_{max}`, or one for each group.
        step_size_up: steps :math:`u` upwards.
        step_size_down: steps :math:`d` downwards; None: as many as upwards.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: :math:`\gamma`.
        scale_fn: gives the scale instead of ``mode``.
        scale_mode: what ``scale_fn`` is given: the number of the cycle ("cycle") or the step ("iterations").
        cycle_momentum: move momentum, or Adam's first beta.
        base_momentum: lower momentum :math:`\mu_{base}`, or one for each group.
        max_momentum: upper momentum :math:`\mu_{max}`, or one for each group.
        last_epoch: steps done so far, less one; -1 starts anew.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        ValueError: an unknown mode, an optimizer without momentum that is to be moved, or lists whose length is not
            the number of groups.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.0, max_lr=1.0, step_size_up=2)
        >>> rates = scheduler.get_last_lr()
        >>> for _ in range(4):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     rates = rates + scheduler.get_last_lr()
        >>> rates
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        base_lrs = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom: Any = scale_fn
        self.scale_mode = scale_mode
        self._choose_scale_mode()
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = check_momentum(optimizer)
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            write_rates(optimizer, base_lrs)
            if cycle_momentum:
                start_momentum(optimizer, self.max_momentums, self.base_momentums, self.use_beta1)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _choose_scale_mode(self) -> None:
        """The named modes say themselves what their scale depends on."""
        if self._scale_fn_custom is None:
            self.scale_mode = "iterations" if self.mode == "exp_range" else "cycle"

    def scale_fn(self, x: float) -> float:
        """The scale of the amplitude.

        Args:
            x: number of the cycle, from 1, or of the step, by ``scale_mode``.
        """
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / (2.0 ** (x - 1)) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self) -> list[Any]:
        self._expect_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            ends = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in ends:
                write_momentum(group, high - (high - low) * height * scale, self.use_beta1)
        return [
            low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """The attributes of the schedule but for the optimizer; ``scale_fn`` only if it is a callable object."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom")
        return {**state, "_scale_fn_custom": None if function is None else function_state(function)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave, here or in PyTorch; a plain ``scale_fn`` stays as it is."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if state_dict["_scale_fn_custom"] is not None:
            self._scale_fn_custom.__dict__.update(state_dict["_scale_fn_custom"])
        self._choose_scale_mode()
