"""Progress on the terminal: a bar where there is one, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

__all__ = ["Progress", "summary"]

_BAR_SECONDS = 0.1
_LINE_SECONDS = 10.0


class Progress:
    """Shows the steps of one epoch.

    Args:
        title: what stands before the numbers, such as "epoch 1/3".
        total: steps of the epoch, None if not known.
        done: steps that were made before.
        shown: False for no output at all.

    Attributes:
        unit: what a sample is called.
    """

    def __init__(self, title: str, total: int | None, done: int = 0, shown: bool = True) -> None:
        self._title, self._total, self._shown = title, total, shown
        self.unit = "samples"
        self._step = done
        self._samples = 0
        self._loss = float("nan")
        self._start = time.perf_counter()
        self._bar: Any = None
        self._due = float("inf")
        if shown:
            self._interval = _LINE_SECONDS
            if sys.stderr.isatty():
                from tqdm import tqdm

                self._bar = tqdm(
                    total=total, initial=done, desc=title, unit="step", leave=False, dynamic_ncols=True
                )
                self._interval = _BAR_SECONDS
            self._due = self._start + self._interval

    def advance(self, loss: float, samples: int) -> None:
        """A step is done.

        Args:
            loss: its loss.
            samples: the size of its batch.
        """
        self._step += 1
        self._samples += samples
        self._loss = loss
        now = time.perf_counter()
        if now >= self._due:
            self._due = now + self._interval
            self._show()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self._start

    @property
    def rate(self) -> float:
        """Samples per second."""
        return self._samples / max(self.seconds, 1e-9)

    def _show(self) -> None:
        text = f"loss {self._loss:.4f}, {self.rate:,.0f} {self.unit}/s"
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.n = self._step
            self._bar.refresh()
        else:
            of = "" if self._total is None else f"/{self._total}"
            print(f"{self._title}, step {self._step}{of}: {text}", flush=True)

    def close(self, text: str = "") -> None:
        """End the epoch.

        Args:
            text: a line that stays.
        """
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._shown and text:
            print(f"{self._title}: {text}", flush=True)
        self._shown = False


def summary(record: Mapping[str, float], unit: str = "samples") -> str:
    """An epoch's figures in a line.

    Args:
        record: an epoch of the Trainer's history.
        unit: what is counted.

    Example::

        >>> record = {"loss": 0.25, "val_accuracy": 0.9912, "samples_per_second": 5120.0, "seconds": 11.7}
    >>> summary(record, "images")
        'loss 0.2500, val_accuracy 99.12 %, 5,120 images/s, 11.7 s'
    """
    parts = []
    for name, value in record.items():
        if name.endswith("accuracy"):
            parts.append(f"{name} {100 * value:.2f} %")
        elif name not in ("epoch", "step", "lr", "seconds", "samples_per_second"):
            parts.append(f"{name} {value:.4f}")
    return ", ".join([*parts, f"{record['samples_per_second']:,.0f} {unit}/s", f"{record['seconds']:.1f} s"])
