"""The writer of summaries."""

from __future__ import annotations

import datetime
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _summary
from ._records import double, nested, number, write_record

__all__ = ["SummaryWriter"]

_made = 0


class _EventFile:
    """A file of events, buffered.

    Args:
        folder: where to make it.
        suffix: of its name.
        max_queue: how many events to keep before they are written.
        flush_secs: how long to keep them at most.
    """

    def __init__(self, folder: str, suffix: str, max_queue: int, flush_secs: float) -> None:
        global _made
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{_made}{suffix}"
        _made += 1
        self._path = Path(folder) / name
        self._max_queue = max_queue
        self._flush_secs = flush_secs
        self._waiting = [double(1, time.time()) + nested(3, "brain.Event:2")]
        self.flush()

    def add(self, summary: bytes, step: int | None, walltime: float | None) -> None:
        """One more event."""
        event = double(1, time.time() if walltime is None else walltime)
        event += b"" if step is None else number(2, int(step))
        self._waiting.append(event + nested(5, summary))
        if len(self._waiting) > self._max_queue or time.time() - self._flushed > self._flush_secs:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._path.open("ab") as file:
            for event in self._waiting:
                write_record(file, event)
        self._waiting = []
        self._flushed = time.time()


class SummaryWriter:
    """Writes curves, histograms, images and texts into a folder, for ``tensorboard --logdir``.

    https://docs.pytorch.org/docs/stable/tensorboard.html

    Args:
        log_dir: the folder; by default one in ``runs`` named after time and machine.
        comment: end of the default folder's name.
        purge_step: the first step to show, of a run that goes on after a crash; later ones are hidden.
        max_queue: how many events to keep before they are written.
        flush_secs: how long to keep them at most, in seconds.
        filename_suffix: end of the file's name.

    Example::

        >>> import tempfile
        >>> from jaxlearn.utils.tensorboard import SummaryWriter
        >>> with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        ...     for step in range(3):
        ...         writer.add_scalar("loss", 1 / (step + 1), step)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            now = datetime.datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = str(log_dir)
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self._files: dict[str, _EventFile] = {}
        main = self._file(self.log_dir)
        if purge_step is not None:
            # A session that starts at a step hides what was written from it on.
            main._waiting.append(double(1, time.time()) + number(2, purge_step) + nested(7, number(1, 1)))

    def _file(self, folder: str) -> _EventFile:
        if folder not in self._files:
            self._files[folder] = _EventFile(folder, self.filename_suffix, self.max_queue, self.flush_secs)
        return self._files[folder]

    def _add(self, summary: bytes, step: Any, walltime: float | None) -> None:
        self._file(self.log_dir).add(summary, step, walltime)

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A point of a curve.

        Args:
            tag: name of the curve.
            scalar_value: a number or a tensor of one element.
            global_step: its place.
            walltime: its time, in seconds since 1970; by default now.
            new_style: write it as TensorBoard's newer tensors; both look alike.
            double_precision: keep 64 bits in the newer form; the older one has 32.

        Raises:
            AssertionError: there is more than one element.
            NotImplementedError: the newer form is asked for.
        """
        if new_style or double_precision:
            raise NotImplementedError("curves are written in TensorBoard's first form, with 32 bits")
        self._add(_summary.scalar(tag, scalar_value), global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Points of several curves that are shown together, each in a folder of its own.

        Args:
            main_tag: name of the group.
            tag_scalar_dict: names of the curves, and numbers.
            global_step: their place.
            walltime: their time; by default now.
        """
        now = time.time() if walltime is None else walltime
        for tag, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{tag}")
            self._file(folder).add(_summary.scalar(main_tag, value), global_step, now)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How often values lie where.

        Args:
            tag: name of the histogram.
            values: a tensor or array.
            global_step: its place.
            bins: ``"tensorflow"`` for borders that grow by a tenth, or what :func:`numpy.histogram` takes.
            walltime: its time; by default now.
            max_bins: join bins until there are no more.

        Raises:
            ValueError: there are no values.
        """
        self._add(_summary.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """An image.

        Args:
            tag: its name.
            img_tensor: bytes, or floats in [0, 1].
            global_step: its place.
            walltime: its time; by default now.
            dataformats: its dimensions, ``CHW``, ``HWC`` or ``HW``.

        Raises:
            AssertionError: it has other dimensions.
        """
        self._add(_summary.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Several images in a grid.

        Args:
            tag: their name.
            img_tensor: bytes, or floats in [0, 1].
            global_step: their place.
            walltime: their time; by default now.
            dataformats: their dimensions, ``NCHW`` or ``NHWC``.

        Raises:
            AssertionError: they have other dimensions.
        """
        self._add(_summary.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """A figure of Matplotlib, as an image.

        Args:
            tag: its name.
            figure: the figure, or a list of them.
            global_step: its place.
            close: close the figure afterwards.
            walltime: its time; by default now.
        """
        import matplotlib.pyplot as plt  # type: ignore[import-not-found,unused-ignore]
        import numpy as np
        from matplotlib.backends.backend_agg import (  # type: ignore[import-not-found,unused-ignore]
            FigureCanvasAgg,
        )

        drawn = []
        for each in figure if isinstance(figure, list) else [figure]:
            canvas = FigureCanvasAgg(each)
            canvas.draw()
            drawn.append(np.asarray(canvas.buffer_rgba())[:, :, :3].transpose(2, 0, 1))
            if close:
                plt.close(each)
        if isinstance(figure, list):
            self.add_images(tag, np.stack(drawn), global_step, walltime)
        else:
            self.add_image(tag, drawn[0], global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """A text in Markdown.

        Args:
            tag: its name.
            text_string: the text.
            global_step: its place.
            walltime: its time; by default now.
        """
        self._add(_summary.text(tag, text_string), global_step, walltime)

    def flush(self) -> None:
        """Write what waits."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Write what waits; a later summary goes into a new file."""
        self.flush()
        self._files = {}

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
