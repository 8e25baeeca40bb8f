"""The loops over batches: an epoch of training, an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from .._autograd.modes import no_grad
from .batches import as_tensors, batch_size, first_tensor, loader_length
from .interrupt import Interrupt
from .lagged import Lagged
from .position import Position, rng_state, set_rng_state
from .progress import Progress, summary
from .step import Programs

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["TrainingLoop", "evaluate", "mode"]


@contextmanager
def mode(model: Any, *, training: bool) -> Iterator[None]:
    """Training or evaluation mode inside the block; afterwards each module has its own mode again.

    Args:
        model: the module.
        training: which mode.
    """
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


def evaluate(
    model: Any, programs: Programs, loader: Any, interrupt: Interrupt | None = None
) -> dict[str, float]:
    """The means over all samples of what a validation step gives.

    Args:
        model: is put into evaluation mode.
        programs: the Trainer's.
        loader: batches.
        interrupt: whether to stop.

    Raises:
        ValueError: the loader gives no batches.
    """
    sums: Any = 0.0
    samples = 0

    def batch_done(vector: np.ndarray[Any, Any], size: int) -> None:
        nonlocal sums, samples
        sums = sums + vector
        samples += size

    pending = Lagged(batch_done)
    with mode(model, training=False), no_grad():
        for batch in loader:
            batch = as_tensors(batch)
            pending.add(programs.validate(batch), batch_size(batch))
            if interrupt is not None:
                interrupt.check()
        pending.drain()
    if not samples:
        raise ValueError("the loader gave no batches to evaluate on")
    return dict(zip(programs.measured, (sums / samples).tolist(), strict=True))


class TrainingLoop:
    """The epochs of one call of ``Trainer.fit``.

    Args:
        trainer: its callbacks are called, and its history grows.
        programs: the Trainer's.
        position: where the training is; moved on.
        last: the epoch at which to end, for display.
        interrupt: whether to stop after the present step.
        step_schedulers: get a ``step()`` after each step.
        epoch_schedulers: get a ``step()`` after each epoch.
        checkpoint_every: save a checkpoint whenever so many steps have been made.
        shown: whether to show progress.
    """

    def __init__(
        self,
        trainer: Trainer,
        programs: Programs,
        position: Position,
        *,
        last: int,
        interrupt: Interrupt,
        step_schedulers: Sequence[Any],
        epoch_schedulers: Sequence[Any],
        checkpoint_every: int | None,
        shown: bool,
    ) -> None:
        self.trainer, self.programs, self.position = trainer, programs, position
        self.last, self.interrupt, self.shown = last, interrupt, shown
        self.step_schedulers, self.epoch_schedulers = step_schedulers, epoch_schedulers
        self.checkpoint_every = checkpoint_every
        self.pending = Lagged(self._step_done)
        self.progress = Progress("", None, shown=False)

    def epoch(self, train_loader: Any, val_loader: Any) -> None:
        """The rest of the present epoch, with its evaluation.

        Args:
            train_loader: batches to train on.
            val_loader: batches to evaluate on, or None.

        Raises:
            KeyboardInterrupt: it was asked for; all steps that were begun are complete.
        """
        trainer, position = self.trainer, self.position
        if position.batch == 0:
            for callback in trainer.callbacks:
                callback.on_epoch_start(trainer)
        title = f"epoch {position.epoch + 1}/{self.last}"
        self.progress = Progress(title, loader_length(train_loader), position.batch, self.shown)
        try:
            self._steps(train_loader)
            record = self._record()
            if val_loader is not None:
                record.update(self._evaluate(val_loader))
            self.progress.close(summary(record, self.progress.unit))
        finally:
            self.progress.close()
        for scheduler in self.epoch_schedulers:
            scheduler.step()
        position.next_epoch()
        trainer.history.append(record)
        for callback in trainer.callbacks:
            callback.on_epoch_end(trainer, record)

    def _steps(self, loader: Any) -> None:
        position, interrupt, pending, train = self.position, self.interrupt, self.pending, self.programs.train
        every = self.checkpoint_every
        size = 0
        try:
            for batch in position.batches(loader):
                batch = as_tensors(batch)
                if not size:
                    self.progress.unit = "images" if first_tensor(batch).dim() > 2 else "samples"
                size = batch_size(batch)
                interrupt.in_step = True
                loss = train(batch)
                position.step += 1
                position.batch += 1
                for scheduler in self.step_schedulers:
                    scheduler.step()
                interrupt.in_step = False
                pending.add(loss, size, position.step)
                if every is not None and position.step % every == 0:
                    self.trainer.save_to_directory()
                interrupt.check()
        finally:
            interrupt.in_step = False
            pending.drain()
        if position.batch == 0:
            raise ValueError("the training loader gave no batches")

    def _step_done(self, loss: np.ndarray[Any, Any], size: int, step: int) -> None:
        value = float(loss)
        self.position.loss_sum += value * size
        self.position.samples += size
        self.progress.advance(value, size)
        for callback in self.trainer.callbacks:
            callback.on_step(self.trainer, step, value)

    def _record(self) -> dict[str, float]:
        position, progress = self.position, self.progress
        return {
            "epoch": position.epoch + 1,
            "step": position.step,
            "loss": position.loss_sum / position.samples,
            "lr": float(self.trainer.optimizer.param_groups[0]["lr"]),
            "seconds": progress.seconds,
            "samples_per_second": progress.rate,
        }

    def _evaluate(self, loader: Any) -> dict[str, float]:
        before = rng_state()
        try:
            results = evaluate(self.trainer.model, self.programs, loader, self.interrupt)
        except BaseException:
            set_rng_state(before)  # a resumed run evaluates again
            raise
        return {f"val_{name}": value for name, value in results.items()}
