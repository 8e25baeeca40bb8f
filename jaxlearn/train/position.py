"""Where a training is: what a resume needs to go on bit for bit, also in the middle of an epoch."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._random import default_generator

__all__ = ["Position", "rng_state", "set_rng_state"]


def rng_state() -> dict[str, Any]:
    """The state of all streams that a training draws from: jaxlearn's own, and NumPy's and Python's global ones."""
    version, words, gauss = random.getstate()
    return {
        "jaxlearn": default_generator.get_state(),
        # The legacy stream is the one that transforms and datasets draw from by np.random.rand() and the like.
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
        "python": [version, np.array(words, np.uint32), gauss],
    }


def set_rng_state(state: dict[str, Any]) -> None:
    """Continue all streams from a state that :func:`rng_state` gave."""
    default_generator.set_state(state["jaxlearn"])
    np.random.set_state(state["numpy"])  # noqa: NPY002
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))


@dataclasses.dataclass
class Position:
    """Where a training is.

    Args:
        epoch: complete epochs.
        step: steps made.
        batch: steps made in the present epoch.
        first_epoch: ``epoch`` at the start of the run of ``fit`` that is not finished.
        loss_sum: the losses of the present epoch's samples, summed.
        samples: how many those are.
        epoch_start: the random streams before the present epoch's order was drawn.
    """

    epoch: int = 0
    step: int = 0
    batch: int = 0
    first_epoch: int = 0
    loss_sum: float = 0.0
    samples: int = 0
    epoch_start: dict[str, Any] | None = None

    def next_epoch(self) -> None:
        """The present epoch is complete."""
        self.epoch += 1
        self.batch = self.samples = 0
        self.loss_sum = 0.0
        self.epoch_start = None

    def batches(self, loader: Any) -> Iterator[Any]:
        """The batches of the present epoch that are still to come.

        The loader is begun as it was at the start of the epoch and the batches that were used are passed over, so it
        must give the same ones when it draws the same random numbers.
        """
        generator = getattr(loader, "generator", None)
        if self.epoch_start is None:
            own = None if generator is None else generator.get_state()
            self.epoch_start = {"rng": rng_state(), "loader": own}
            return iter(loader)
        now = rng_state()
        set_rng_state(self.epoch_start["rng"])
        if generator is not None and self.epoch_start["loader"] is not None:
            generator.set_state(self.epoch_start["loader"])
        try:
            iterator = iter(loader)
            for _ in range(self.batch):
                next(iterator, None)
        finally:
            set_rng_state(now)
        return iterator
