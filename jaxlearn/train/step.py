"""The programs of a Trainer: one for a training step, one for an evaluation step, one for a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import _dtypes as dtypes
from .._tensor.compile import compile_function
from ..nn.utils.clip_grad import clip_grad_norm_
from ..ops.joining import stack
from .batches import batch_size, inputs_of

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["Programs"]


class Programs:
    """What a Trainer runs, each recorded at its first call with a shape of batch and replayed afterwards.

    Args:
        trainer: whose steps. The programs are bound to the state tensors that its optimizer has when they are recorded.

    Attributes:
        train: batch -> loss; forward, loss, backward, clipping and update. The gradients are forgotten at its end, so
            they never leave the program.
        validate: batch -> the sums over its samples of what ``validation_step`` gives, in one float64 vector.
        measured: the names of those sums.
        predict: batch -> the model's outputs.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self.measured: list[str] = []
        self.train = compile_function(self._train)
        self.validate = compile_function(self._validate)
        self.predict = compile_function(self._predict)

    def _train(self, batch: Any) -> Any:
        trainer = self._trainer
        optimizer, bound = trainer.optimizer, trainer.max_grad_norm
        loss = trainer.training_step(batch)
        loss.backward()
        if bound is not None:
            clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], bound)
        optimizer.step()
        optimizer.zero_grad()
        trainer.model.zero_grad()  # of parameters that the optimizer does not have
        return loss.detach()

    def _validate(self, batch: Any) -> Any:
        size = batch_size(batch)
        results = self._trainer.validation_step(batch)
        self.measured = list(results)
        sums = []
        for value in results.values():
            value = value.to(dtypes.float64)
            # One value for each sample is summed as it is, so that correct ones are counted exactly.
            sums.append(value.sum() if value.numel() == size else value.mean() * size)
        return stack(sums)

    def _predict(self, batch: Any) -> Any:
        return self._trainer.model(inputs_of(batch))
