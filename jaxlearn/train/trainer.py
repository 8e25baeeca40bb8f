"""The Trainer: a loop over a compiled step, with evaluation, progress, history and checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .._autograd.modes import no_grad
from .._tensor.dispatch import TENSOR_TYPES
from .batches import as_tensors, stacked
from .callbacks import Callback
from .checkpoint import CheckpointDirectory, read_checkpoint, write_checkpoint
from .interrupt import Interrupt
from .loop import TrainingLoop, evaluate, mode
from .metrics import Metric, accuracy, named_metrics
from .position import Position
from .state import load_trainer_state, trainer_state
from .step import Programs

__all__ = ["Trainer"]


class Trainer:
    """Trains a model by one compiled program per step.

    The program holds forward, loss, backward, clipping and the optimizer's update. The host never waits for a step
    before it prepares the next batch: losses are read some steps later.

    For anything but ``loss(model(inputs), targets)``, derive a class and override :meth:`training_step`, and
    :meth:`validation_step` where evaluation differs too. Both are recorded once per shape of batch and then replayed
    (see :func:`jaxlearn.compile`), so only what tensors do happens in every step.

    Args:
        model: the module to train.
        loss: function of outputs and targets, such as ``nn.CrossEntropyLoss()``.
        optimizer: of the model's parameters.
        metrics: what an evaluation measures besides the loss: "accuracy", functions ``(outputs, targets) -> values``,
            or functions by name. Default: accuracy, where the targets are integers.
        scheduler: a learning rate scheduler; anything with ``step()``, ``state_dict()`` and ``load_state_dict()``.
        scheduler_interval: whether it makes a step after each "epoch" or each "step".
        max_grad_norm: scale the gradients down where their norm together is larger.
        callbacks: see :class:`Callback`.
        checkpoint_dir: where to save a checkpoint after each epoch and when interrupted.
        checkpoint_every: also save one every so many steps.
        keep_checkpoints: how many of them to keep.
        progress: whether to show progress: a bar on a terminal, else lines.

    Attributes:
        history: a dictionary for each epoch: "epoch", "step", "loss", "lr", "seconds", "samples_per_second", and
            "val_loss", "val_accuracy" and the like where there was an evaluation.
        should_stop: set by a callback to end ``fit`` after the present epoch.

    Raises:
        ValueError: an argument is out of its range.

    Example::

        >>> import jaxlearn as torch
        >>> from jaxlearn.train import Trainer
        >>> x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> loader = [(x, 2 * x)]
        >>> model = torch.nn.Linear(1, 1)
        >>> trainer = Trainer(model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), progress=False)
        >>> history = trainer.fit(loader, epochs=200)
        >>> round(model(torch.tensor([[5.0]])).item(), 1)
        10.0
    """

    def __init__(
        self,
        model: Any,
        loss: Any = None,
        optimizer: Any = None,
        *,
        metrics: Iterable[str | Metric] | Mapping[str, Metric] | None = None,
        scheduler: Any = None,
        scheduler_interval: Literal["epoch", "step"] = "epoch",
        max_grad_norm: float | None = None,
        callbacks: Sequence[Callback] = (),
        checkpoint_dir: str | os.PathLike[str] | None = None,
        checkpoint_every: int | None = None,
        keep_checkpoints: int = 3,
        progress: bool = True,
    ) -> None:
        if scheduler_interval not in ("epoch", "step"):
            raise ValueError(f"scheduler_interval must be 'epoch' or 'step', got {scheduler_interval!r}")
        if max_grad_norm is not None and not max_grad_norm > 0:
            raise ValueError(f"max_grad_norm must be positive, got {max_grad_norm}")
        if checkpoint_every is not None and (checkpoint_every < 1 or checkpoint_dir is None):
            raise ValueError("checkpoint_every must be at least 1 step and needs a checkpoint_dir")
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.metrics = None if metrics is None else named_metrics(metrics)
        self.scheduler, self.max_grad_norm = scheduler, max_grad_norm
        self.callbacks = list(callbacks)
        self.history: list[dict[str, float]] = []
        self.should_stop = False
        self._schedulers: dict[str, list[Any]] = {"epoch": [], "step": []}
        if scheduler is not None:
            self._schedulers[scheduler_interval].append(scheduler)
        self._directory = (
            None if checkpoint_dir is None else CheckpointDirectory(checkpoint_dir, keep=keep_checkpoints)
        )
        self._checkpoint_every = checkpoint_every
        self._progress = progress
        self._position = Position()
        self._unfinished = False
        self._loop: TrainingLoop | None = None
        self._programs = Programs(self)

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return self._position.epoch

    @property
    def step(self) -> int:
        """How many steps have been made."""
        return self._position.step

    # -- what a subclass overrides --------------------------------------------------------------------------------

    def training_step(self, batch: Any) -> Any:
        """The loss of a batch, a 0-dimensional tensor; by default ``loss(model(inputs), targets)``.

        Args:
            batch: as the loader gives it, with tensors for arrays.
        """
        inputs, targets = batch
        return self.loss(self.model(inputs), targets)

    def validation_step(self, batch: Any) -> dict[str, Any]:
        """What is measured on a batch: by name, a value for each sample, or their mean.

        By default the loss and the metrics; where no loss was given, what :meth:`training_step` returns.

        Args:
            batch: as the loader gives it, with tensors for arrays.
        """
        if self.loss is None:
            return {"loss": self.training_step(batch)}
        inputs, targets = batch
        outputs = self.model(inputs)
        metrics = self.metrics
        if metrics is None:
            metrics = {} if targets.is_floating_point() or outputs.dim() < 2 else {"accuracy": accuracy}
        return {
            "loss": self.loss(outputs, targets),
            **{name: metric(outputs, targets) for name, metric in metrics.items()},
        }

    # -- training -------------------------------------------------------------------------------------------------

    def fit(self, train_loader: Any, val_loader: Any = None, epochs: int = 1) -> list[dict[str, float]]:
        """Train, and evaluate after each epoch.

        After :meth:`restore`, or after an interruption, the run goes on where it was, also inside an epoch: ``epochs``
        counts from the run's start. Called again after its end, another run of ``epochs`` epochs begins.

        Ctrl-C ends training after the present step; the model is whole then, and the checkpoint is saved.

        Args:
            train_loader: gives batches anew each time it is iterated over: a DataLoader, a list of batches, ...
            val_loader: batches to evaluate on.
            epochs: of the run in all.

        Returns:
            The history: a dictionary for each complete epoch.

        Raises:
            ValueError: there is no optimizer, or the loader gives no batches.
            FileExistsError: ``checkpoint_dir`` holds later checkpoints of another run.
        """
        if self.optimizer is None:
            raise ValueError("this Trainer cannot fit: it was made without an optimizer")
        position = self._position
        if not self._unfinished:
            position.first_epoch = position.epoch
        last = position.first_epoch + epochs
        if self._directory is not None:
            self._directory.check_continues(position.step)
        self.should_stop = False
        self._unfinished = True
        self.optimizer.zero_grad()
        self.model.zero_grad()
        for callback in self.callbacks:
            callback.on_fit_start(self)
        with Interrupt() as interrupt, mode(self.model, training=True):
            loop = self._loop = TrainingLoop(
                self,
                self._programs,
                position,
                last=last,
                interrupt=interrupt,
                step_schedulers=self._schedulers["step"],
                epoch_schedulers=self._schedulers["epoch"],
                checkpoint_every=self._checkpoint_every,
                shown=self._progress,
            )
            try:
                while position.epoch < last and not self.should_stop:
                    loop.epoch(train_loader, val_loader)
                    self.save_to_directory()
                self._unfinished = False
            except KeyboardInterrupt:
                self.save_to_directory()
                if self._progress:
                    print(
                        f"interrupted in epoch {position.epoch + 1} after {position.batch} batches",
                        flush=True,
                    )
            finally:
                self._loop = None
        for callback in self.callbacks:
            callback.on_fit_end(self)
        return list(self.history)

    # -- evaluation -----------------------------------------------------------------------------------------------

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Measure the model in evaluation mode, without gradients.

        Args:
            loader: batches, as for :meth:`fit`.

        Returns:
            The means over all samples of what :meth:`validation_step` gives: "loss", "accuracy", ...

        Raises:
            ValueError: the loader gives no batches.
        """
        return evaluate(self.model, self._programs, loader)

    def predict(self, data: Any) -> Any:
        """The model's outputs in evaluation mode, without gradients.

        Args:
            data: a batch of inputs as a tensor or array, or a loader of inputs or of (inputs, targets).

        Returns:
            The outputs of all samples in one tensor (or in the nest of tensors that the model returns).

        Raises:
            ValueError: the loader gives no batches.
        """
        with mode(self.model, training=False), no_grad():
            if type(data) in TENSOR_TYPES or hasattr(data, "__array__"):
                return self._programs.predict(as_tensors(data))
            outputs = [self._programs.predict(as_tensors(batch)) for batch in data]
        if not outputs:
            raise ValueError("the loader gave no batches to predict on")
        return stacked(outputs, lambda tensor: np.asarray(tensor._array()))

    # -- checkpoints ----------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save an Orbax checkpoint of the whole training: model, optimizer, scheduler, random streams, position.

        The file tree appears as a whole or not at all; one at ``path`` is replaced. ``path/model`` is the model's
        ``state_dict``, which :func:`jaxlearn.io.load_orbax` reads, and plain Orbax too.

        Args:
            path: the directory to make.
        """
        write_checkpoint(path, self.state_dict())

    def restore(self, path: str | os.PathLike[str] | None = None) -> None:
        """Take over a checkpoint: what ``fit`` does from here on is bit for bit what it did after ``save``.

        Args:
            path: what :meth:`save` made, or a directory of checkpoints, of which the latest is taken. Default: the
                Trainer's ``checkpoint_dir``.

        Raises:
            FileNotFoundError: there is no complete checkpoint.
            RuntimeError: it is another model's or optimizer's; all that does not fit is listed, nothing is changed.
        """
        if path is None:
            if self._directory is None:
                raise ValueError("restore() needs a path: this Trainer has no checkpoint_dir")
            path = self._directory.path
        self.load_state_dict(read_checkpoint(path))

    def latest_checkpoint(self) -> Path | None:
        """The last complete checkpoint in ``checkpoint_dir``, None if there is none."""
        return None if self._directory is None else self._directory.latest()

    def state_dict(self) -> dict[str, Any]:
        """All that a checkpoint holds; waits for the steps that the device has not finished."""
        if self._loop is not None:
            self._loop.pending.drain()
        return trainer_state(self, self._position)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave.

        Raises:
            RuntimeError: it is another model's or optimizer's; all that does not fit is listed, nothing is changed.
                Or ``fit`` is running.
        """
        if self._loop is not None:
            raise RuntimeError(
                "a state cannot be loaded while fit() is running: restore before, or stop it first"
            )
        load_trainer_state(self, self._position, state)
        self._unfinished = True
        self._programs = Programs(self)  # the old ones are bound to the optimizer's old state tensors

    def save_to_directory(self) -> None:
        """Save a checkpoint in ``checkpoint_dir``, if there is one and it has none of this step."""
        if self._directory is not None:
            self._directory.save(self.step, self.state_dict())
