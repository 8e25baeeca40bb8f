"""The base of all schedules: counting epochs, writing rates, and the order of calls."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from ..optimizer import Optimizer
from .rates import check_not_recording, check_optimizer, group_values, unshared, write_rates

__all__ = ["EPOCH_DEPRECATION_WARNING", "LRScheduler"]

_ORDER = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed "
    "form is used instead of the new chainable form, where available. Please open an issue if you are unable to "
    "replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose."
)


class LRScheduler:
    """Base class of the schedules; a subclass says the next rates by :meth:`get_lr`.

    A subclass may also define ``_get_closed_form_lr()``, which gives the rates at ``last_epoch`` without the ones
    before. https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html

    Args:
        optimizer: the optimizer whose groups' ``"lr"`` is set, at once and with each step.
        last_epoch: epochs done so far, less one; -1 starts anew, with the present rates as the initial ones.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        KeyError: ``last_epoch`` is given and a group has no ``"initial_lr"``.

    Example::

        >>> import jaxlearn as torch
        >>> class Halved(torch.optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [rate * 0.5**self.last_epoch for rate in self.base_lrs]
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = Halved(optimizer)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.5]
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _last_lr: list[Any]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        if last_epoch != -1:
            for i, group in enumerate(optimizer.param_groups):
                if "initial_lr" not in group:
                    raise KeyError(
                        f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with "
                        "last_epoch >= 0.\n"
                        "This typically happens when:\n"
                        "1. You're trying to resume training from a checkpoint but haven't properly loaded the "
                        "optimizer state\n"
                        "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                    )
        else:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", unshared(group["lr"]))
        self.base_lrs = group_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _notice_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the first rates."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """The attributes of the schedule but for the optimizer, which has a dictionary of its own."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave, here or in PyTorch.

        Args:
            state_dict: the saved attributes; the optimizer's own dictionary is to be loaded beside, after this
                schedule was made.
        """
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The rates this schedule set last, one for each group; rates that are tensors are copies."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rates at ``last_epoch``, one for each group; for :meth:`step` to call, see :meth:`get_last_lr`."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch and set its rates; to be called after the optimizer's step.

        Args:
            epoch: the epoch to go to instead (deprecated); its rates are computed from the initial ones if the
                schedule can.

        Raises:
            RuntimeError: called inside a compiled function.
        """
        check_not_recording()
        before = self._step_count
        if before == 1:
            self._check_order()
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._step_count += 1
        try:
            self._update_lr(epoch)
        except BaseException:
            self._step_count = before
            raise

    def _check_order(self) -> None:
        """Warn if the optimizer has not made a step before the schedule's first."""
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. "
                "Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. See more details at "
                + _ORDER,
                UserWarning,
                stacklevel=3,
            )
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you "
                "should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure "
                "to do this will result in PyTorch skipping the first value of the learning rate schedule. See more "
                "details at " + _ORDER,
                UserWarning,
                stacklevel=3,
            )

    def _update_lr(self, epoch: int | None = None) -> None:
        """Go to the epoch, the next one if none is given, and set its rates."""
        before = self.last_epoch
        closed_form = getattr(self, "_get_closed_form_lr", None) if epoch is not None else None
        self.last_epoch = before + 1 if epoch is None else epoch
        try:
            with self._within_step():
                self._set_rates((closed_form or self.get_lr)())
        except BaseException:
            self.last_epoch = before
            raise

    def _set_rates(self, rates: list[Any]) -> None:
        """Set the groups' rates and remember them."""
        write_rates(self.optimizer, rates)
        self._last_lr = group_values(self.optimizer, "lr")

    @contextmanager
    def _within_step(self) -> Iterator[None]:
        """Calls of :meth:`get_lr` within come from a step, not from a program that wants to know the rate."""
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def _expect_step(self) -> None:
        """Warn if :meth:`get_lr`, the caller, was not called by a step."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def _present_rates(self) -> list[Any]:
        """The groups' rates as they are."""
        return group_values(self.optimizer, "lr")

    def _scaled_rates(self, factor: Any) -> list[Any]:
        """The groups' rates times a factor."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class _LRScheduler(LRScheduler):
    """The base class's former name, which older programs derive from."""


def _notice_steps(optimizer: Optimizer) -> None:
    """Have the optimizer set ``_opt_called`` with each step.

    Done on the instance, since an optimizer written for PyTorch overrides ``step`` without calling ours.
    """
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step = optimizer.step.__func__  # type: ignore[attr-defined]
    # A strong reference would be a cycle, and hold the optimizer's state until the collector runs.
    owner = weakref.ref(optimizer)

    @wraps(step)
    def noticed(*args: Any, **kwargs: Any) -> Any:
        own: Any = owner()
        own._opt_called = True
        return step(own, *args, **kwargs)

    noticed._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = noticed  # type: ignore[method-assign]
