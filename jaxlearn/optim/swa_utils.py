"""Averages of a model's weights: stochastic weight averaging and exponential moving averages."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import jax.numpy as jnp

from .. import _dtypes as dtypes
from .._autograd.modes import no_grad
from .._engine.recorder import recorder
from .._tensor.creation_data import tensor
from .._tensor.dispatch import TENSOR_TYPES
from .._tensor.views import assign
from ..nn.module import Module
from ..nn.modules.batchnorm import _BatchNorm
from ..ops.op import op
from ..ops.pointwise_select import where
from .lr_scheduler.base import LRScheduler
from .lr_scheduler.rates import per_group

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


@op(name="lerp_all", numbers=("weight",), differentiable=False)
def _between(averages: Any, currents: Any, weight: Any) -> Any:
    """Each average moved towards the current value by this share of the distance: one operation for all."""

    def moved(a: Any, c: Any) -> Any:
        share = weight.astype(a.real.dtype) if hasattr(weight, "dtype") and weight.ndim == 0 else weight
        near = a + share * (c - a)
        far = c - (c - a) * (1 - share)  # counted from the nearer one, as torch does for the sake of rounding
        return jnp.where(jnp.abs(share) < 0.5, near, far).astype(a.dtype)

    return tuple(moved(a, c) for a, c in zip(averages, currents, strict=True))


def _move(averages: Sequence[Any], currents: Sequence[Any], weight: Any) -> None:
    for average, value in zip(averages, _between(list(averages), list(currents), weight), strict=True):
        assign(average, value)


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[..., None]:
    """The exponential moving average of all parameters, as one operation, for :class:`AveragedModel`.

    https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema

    Args:
        decay: share of the average that is kept, in [0, 1].

    Returns:
        A function that updates a list of averages by a list of parameters.

    Raises:
        ValueError: ``decay`` is out of its range.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param_list: Any, current_param_list: Any, _: Any) -> None:
        if ema_param_list[0].is_floating_point() or ema_param_list[0].is_complex():
            _move(ema_param_list, current_param_list, 1 - decay)
        else:
            for average, current in zip(ema_param_list, current_param_list, strict=True):
                average.copy_(average * decay + current * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable[..., None]:
    """The equally weighted average of all parameters, as one operation, for :class:`AveragedModel`.

    https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema

    Returns:
        A function that updates a list of averages by a list of parameters and the number averaged so far.
    """

    @no_grad()
    def swa_update(averaged_param_list: Any, current_param_list: Any, num_averaged: Any) -> None:
        if averaged_param_list[0].is_floating_point() or averaged_param_list[0].is_complex():
            _move(averaged_param_list, current_param_list, 1 / (num_averaged + 1))
            return
        for average, current in zip(averaged_param_list, current_param_list, strict=True):
            if type(num_averaged) in TENSOR_TYPES:
                average.addcdiv_(current - average, num_averaged + 1)
            else:
                average.add_(current - average, alpha=1.0 / (num_averaged + 1))

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Callable[..., Any]:
    """The exponential moving average of one parameter, for :class:`AveragedModel`.

    https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema

    Args:
        decay: share of the average that is kept, in [0, 1].

    Returns:
        A function of an average and a parameter that returns the new average.

    Raises:
        ValueError: ``decay`` is out of its range.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable[..., Any]:
    """The equally weighted average of one parameter, for :class:`AveragedModel`.

    https://docs.pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema

    Returns:
        A function of an average, a parameter and the number averaged so far that returns the new average.
    """

    @no_grad()
    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's over time.

    Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization",
    https://arxiv.org/abs/1803.05407;
    https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html

    Args:
        model: the model to copy.
        device: where the copy lives; the model's by default.
        avg_fn: function of an average, a parameter and the number averaged so far that returns the new average.
        multi_avg_fn: function of lists of them that writes into the averages. Without either, all are weighted alike.
        use_buffers: average the buffers too; otherwise they are the model's latest.

    Raises:
        AssertionError: both functions are given.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
        >>> model = torch.nn.Linear(1, 1, bias=False)
        >>> average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
        >>> for value in (1.0, 5.0):
        ...     _ = torch.nn.init.constant_(model.weight, value)
        ...     average.update_parameters(model)
        >>> average.module.weight.item()
        2.0
    """

    n_averaged: Any

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable[[Any, Any, Any], Any] | None = None,
        multi_avg_fn: Callable[[Any, Any, Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=dtypes.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged copy gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present weights into the average; the first time they are the average.

        Args:
            model: the model, of the same parameters.
        """
        averages = self._averaged(self.module)
        currents = self._averaged(model)
        pairs = [(a.detach(), c.detach().to(a.device)) for a, c in zip(averages, currents, strict=False)]
        with no_grad():
            first = self.n_averaged == 0
            if recorder.capture is not None:  # the count is known where the program runs
                self._average(pairs)
                for average, current in pairs:
                    average.copy_(where(first, current, average))
            elif bool(first):
                for average, current in pairs:
                    average.copy_(current)
            else:
                self._average(pairs)
            if not self.use_buffers:
                for ours, theirs in zip(self.module.buffers(), model.buffers(), strict=True):
                    ours.detach().copy_(theirs.detach().to(ours.device))
            self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Any]:
        return (
            itertools.chain(model.parameters(), model.buffers()) if self.use_buffers else model.parameters()
        )

    def _average(self, pairs: list[tuple[Any, Any]]) -> None:
        if self.avg_fn is not None:
            for average, current in pairs:
                count = self.n_averaged.to(average.device)
                average.copy_(self.avg_fn(average, current, count))
            return
        kinds: dict[Any, list[tuple[Any, Any]]] = {}
        for average, current in pairs:
            kinds.setdefault((average.device, average.dtype), []).append((average, current))
        for (device, dtype), members in kinds.items():
            count = self.n_averaged.to(device)
            if self.multi_avg_fn is None and not (dtype.is_floating_point or dtype.is_complex):
                for average, current in members:
                    average.copy_(get_swa_avg_fn()(average, current, count))
                continue
            update = self.multi_avg_fn or get_swa_multi_avg_fn()
            update([a for a, _ in members], [c for _, c in members], count)


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch normalization anew, by one pass over data.

    https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html

    Args:
        loader: batches, or lists whose first item is the batch.
        model: the model.
        device: where the batches are moved before.

    Example::

        >>> import jaxlearn as torch
        >>> model = torch.nn.BatchNorm1d(1)
        >>> torch.optim.swa_utils.update_bn([torch.tensor([[1.0], [3.0]]), torch.tensor([[5.0], [7.0]])], model)
        >>> model.running_mean
        tensor([4.])
    """
    momenta: dict[_BatchNorm, Any] = {}
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None  # the mean over all batches
    for batch in loader:
        if isinstance(batch, (list, tuple)):
            batch = batch[0]
        if device is not None:
            batch = batch.to(device)
        model(batch)
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    r"""Anneals the rate to a fixed one, at which weights are then averaged.

    Over ``anneal_epochs`` the rate goes from the one before to :math:`\gamma_{\mathrm{SWA}}`:
    :math:`\gamma_t = \alpha_t \gamma_{\mathrm{SWA}} + (1 - \alpha_t) \gamma_0` with
    :math:`\alpha_t = (1 - \cos \pi s)/2` or :math:`s`, :math:`s = \min(1, t/T)`.
    https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html

    Args:
        optimizer: the optimizer.
        swa_lr: the final rate, or one for each group.
        anneal_epochs: how many epochs the way takes.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: epochs done so far, less one; -1 starts anew.

    Raises:
        ValueError: the strategy is unknown, ``anneal_epochs`` is negative or no integer, or ``swa_lr`` has not one
            value for each group.

    Example::

        >>> import jaxlearn as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
        >>> scheduler = torch.optim.swa_utils.SWALR(optimizer, 0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        ...     print(scheduler.get_last_lr())
        [0.75]
        [0.5]
        [0.5]
    """

    def __init__(
        self,
        optimizer: Any,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for rate, group in zip(per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """The share of the way that is done when a share ``t`` of the epochs is.

        Args:
            t: in [0, 1].
        """
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[Any]:
        """The rates of the next epoch; for :meth:`step` to call, see :meth:`get_last_lr`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                UserWarning,
                stacklevel=2,
            )
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        epochs = max(1, self.anneal_epochs)
        before = self.anneal_func(max(0, min(1, (step - 1) / epochs)))
        now = self.anneal_func(max(0, min(1, step / epochs)))
        rates = []
        for group in self.optimizer.param_groups:
            final = group["swa_lr"]
            initial = final if before == 1 else (group["lr"] - before * final) / (1 - before)
            rates.append(final * now + initial * (1 - now))
        return rates
