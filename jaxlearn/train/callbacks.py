"""What can be hooked into a training: stop it early, keep its best states."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .checkpoint import CheckpointDirectory

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["Callback", "EarlyStopping", "ModelCheckpoint"]


class Callback(Protocol):
    """What a Trainer calls. Derive from it and define the methods you need; the others do nothing."""

    def on_fit_start(self, trainer: Trainer) -> None:
        """Before the first step of ``fit``."""

    def on_epoch_start(self, trainer: Trainer) -> None:
        """Before the first batch of an epoch; ``trainer.epoch`` counts from 0."""

    def on_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """The loss of a step is known.

        The device works some steps ahead of the host: ``trainer.step`` may be larger than ``step`` by then.
        """

    def on_epoch_end(self, trainer: Trainer, record: Mapping[str, float]) -> None:
        """After the evaluation; ``record`` is the epoch's entry in the history. Set ``trainer.should_stop`` to end."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """After the last epoch, also of an interrupted ``fit``."""

    def state_dict(self) -> dict[str, Any]:
        """What belongs into checkpoints."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave."""


class EarlyStopping(Callback):
    """Stop when a figure of the history has not improved for some epochs.

    Args:
        monitor: the figure, such as "val_loss".
        patience: epochs without improvement after which to stop.
        min_delta: a smaller change is none.
        mode: whether "min" or "max" is better.

    Raises:
        ValueError: ``mode`` is neither, or ``patience`` is below 1.

    Example::

        >>> from jaxlearn.train import EarlyStopping
        >>> EarlyStopping("val_accuracy", patience=2, mode="max").patience
        2
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        patience: int = 3,
        min_delta: float = 0.0,
        mode: Literal["min", "max"] = "min",
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if patience < 1:
            raise ValueError(f"patience must be at least 1 epoch, got {patience}")
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self._sign = 1.0 if mode == "min" else -1.0
        self.best = math.inf * self._sign
        self.waited = 0

    def on_epoch_end(self, trainer: Trainer, record: Mapping[str, float]) -> None:
        """Compare; stop the trainer if patience is at its end."""
        value = monitored(record, self.monitor)
        if self._sign * value < self._sign * self.best - self.min_delta:
            self.best, self.waited = value, 0
        else:
            self.waited += 1
            if self.waited >= self.patience:
                trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The best value and how long it has stood."""
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave."""
        self.best, self.waited = state["best"], state["waited"]


class ModelCheckpoint(Callback):
    """Keep checkpoints of the epochs with the best figures.

    Args:
        directory: where; each checkpoint is a subdirectory named by its step.
        monitor: the figure of the history, such as "val_accuracy".
        mode: whether "min" or "max" is better.
        keep: how many.

    Raises:
        ValueError: ``mode`` is neither "min" nor "max".

    Example::

        >>> from jaxlearn.train import ModelCheckpoint
        >>> best = ModelCheckpoint("checkpoints/best", "val_accuracy", mode="max")
        >>> best.best_path() is None
        True
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        *,
        mode: Literal["min", "max"] = "min",
        keep: int = 1,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        self.monitor = monitor
        self._directory = CheckpointDirectory(directory, keep=keep, monitor=monitor, mode=mode)

    def on_fit_start(self, trainer: Trainer) -> None:
        """Refuse a directory with another run's checkpoints."""
        self._directory.check_continues(trainer.step)

    def on_epoch_end(self, trainer: Trainer, record: Mapping[str, float]) -> None:
        """Save, unless all that are kept are better."""
        monitored(record, self.monitor)
        self._directory.save(trainer.step, trainer.state_dict(), record)

    def best_path(self) -> Any:
        """The best checkpoint's path, None if there is none; for ``Trainer.restore``."""
        return self._directory.best()


def monitored(record: Mapping[str, float], name: str) -> float:
    """A figure of an epoch.

    Raises:
        KeyError: there is none of this name; those there are are listed.
    """
    if name not in record:
        raise KeyError(f"no figure {name!r} to monitor: this epoch has {', '.join(record)}")
    return record[name]
