"""The writers of summaries."""

from __future__ import annotations

import datetime
import os
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from . import _embedding, summary
from ._pixels import figure_to_image, make_np

__all__ = ["FileWriter", "SummaryWriter"]


class FileWriter:
    """Writes messages of TensorBoard's package into one file, from a thread of its own.

    https://docs.pytorch.org/docs/stable/tensorboard.html

    Args:
        log_dir: the folder to make the file in.
        max_queue: how many events may wait to be written.
        flush_secs: how long they may wait, in seconds.
        filename_suffix: end of the file's name.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        max_queue: int = 10,
        flush_secs: float = 120,
        filename_suffix: str = "",
    ) -> None:
        self.event_writer = EventFileWriter(str(log_dir), max_queue, flush_secs, filename_suffix)

    def get_logdir(self) -> str:
        """The folder."""
        return self.event_writer.get_logdir()

    def add_event(self, event: Any, step: Any = None, walltime: float | None = None) -> None:
        """Write an event.

        Args:
            event: a message ``Event``.
            step: its place.
            walltime: its time, in seconds since 1970; by default now.
        """
        event.wall_time = time.time() if walltime is None else walltime
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)

    def add_summary(self, summary: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Write a summary.

        Args:
            summary: a message ``Summary``.
            global_step: its place.
            walltime: its time; by default now.
        """
        self.add_event(Event(summary=summary), global_step, walltime)

    def flush(self) -> None:
        """Write what waits."""
        self.event_writer.flush()

    def close(self) -> None:
        """Write what waits, and close the file."""
        self.event_writer.close()


def _default_bins() -> list[float]:
    """Borders that grow by a tenth, from tiny to huge, of both signs."""
    borders, border = [], 1e-12
    while border < 1e20:
        borders.append(border)
        border *= 1.1
    return [-b for b in reversed(borders)] + [0] + borders


class SummaryWriter:
    """Writes curves, histograms, images, sounds and texts into a folder, for ``tensorboard --logdir``.

    https://docs.pytorch.org/docs/stable/tensorboard.html

    Args:
        log_dir: the folder; by default one in ``runs`` named after time and machine.
        comment: end of the default folder's name.
        purge_step: the first step to show, of a run that goes on after a crash; later ones are hidden.
        max_queue: how many events may wait to be written.
        flush_secs: how long they may wait, in seconds.
        filename_suffix: end of the file's name.

    Example::

        >>> import tempfile
        >>> from jaxlearn.utils.tensorboard import SummaryWriter
        >>> with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        ...     for step in range(3):
        ...         writer.add_scalar("loss", 1 / (step + 1), step)
        ...     writer.add_hparams({"lr": 0.1}, {"loss": 1 / 3}, run_name="end")
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
        self.log_dir = log_dir
        self.purge_step = purge_step
        self.max_queue = max_queue
        self.flush_secs = flush_secs
        self.filename_suffix = filename_suffix
        self.default_bins = _default_bins()
        self.file_writer: FileWriter | None = None
        self.all_writers: dict[str, FileWriter] | None = None  # by folder
        self._projector = ProjectorConfig()
        self._get_file_writer()

    def _open(self, folder: str | os.PathLike[str]) -> FileWriter:
        return FileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _writers(self) -> dict[str, FileWriter]:
        """Those that are open; after :meth:`close` a new one, whose file is beside the old."""
        if self.all_writers is None:
            self.file_writer = self._open(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                # A session that starts at a step hides what was written from it on.
                self.file_writer.add_event(Event(step=self.purge_step, file_version="brain.Event:2"))
                start = SessionLog(status=SessionLog.START)
                self.file_writer.add_event(Event(step=self.purge_step, session_log=start))
                self.purge_step = None
        return self.all_writers

    def _get_file_writer(self) -> FileWriter:
        return self._writers()[str(self.log_dir)]

    def _add(self, content: Any, step: Any = None, walltime: float | None = None) -> None:
        self._get_file_writer().add_summary(content, step, walltime)

    def get_logdir(self) -> str | os.PathLike[str]:
        """The folder."""
        return self.log_dir

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Hyperparameters and what came of them, as a run in a folder within this one.

        Args:
            hparam_dict: numbers, texts, truth values or tensors of one element, by name.
            metric_dict: results by name, written as curves too.
            hparam_domain_discrete: by name, a list of the values that there may be.
            run_name: the folder's name; by default the time.
            global_step: the results' place.

        Raises:
            TypeError: an argument is no dictionary.
            ValueError: a hyperparameter has another type.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        contents = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        folder = os.path.join(self._get_file_writer().get_logdir(), run_name or str(time.time()))
        with SummaryWriter(folder) as run:
            for content in contents:
                run._add(content, global_step)
            for name, value in metric_dict.items():
                run.add_scalar(name, value, global_step)

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
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
            double_precision: keep 64 bits in the newer form; otherwise there are 32.

        Raises:
            AssertionError: there is more than one element.
        """
        content = summary.scalar(tag, scalar_value, new_style=new_style, double_precision=double_precision)
        self._add(content, global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
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
        writers = self._writers()
        for tag, value in tag_scalar_dict.items():
            folder = f"{self.log_dir}/{main_tag.replace('/', '_')}_{tag}"
            if folder not in writers:
                writers[folder] = self._open(folder)
            writers[folder].add_summary(summary.scalar(main_tag, value), global_step, now)

    def add_tensor(
        self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """A whole tensor.

        Args:
            tag: its name.
            tensor: the tensor.
            global_step: its place.
            walltime: its time; by default now.

        Raises:
            ValueError: it has 2 GiB or more, or a type that TensorBoard does not know.
        """
        self._add(summary.tensor_proto(tag, tensor), global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
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
        if isinstance(bins, str) and bins == "tensorflow":
            bins = self.default_bins
        self._add(summary.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: Any,
        max: Any,
        num: Any,
        sum: Any,
        sum_squares: Any,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """A histogram that was counted elsewhere.

        Args:
            tag: its name.
            min: the least value.
            max: the greatest.
            num: how many there are.
            sum: their sum.
            sum_squares: the sum of their squares.
            bucket_limits: the upper border of each bin.
            bucket_counts: how many values are in it.
            global_step: its place.
            walltime: its time; by default now.

        Raises:
            ValueError: there are more borders than counts, or fewer.
        """
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError("len(bucket_limits) != len(bucket_counts), see the document.")
        counted = (min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(summary.histogram_raw(tag, *counted), global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
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
        self._add(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
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
        self._add(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: str | Sequence[str] | None = None,
    ) -> None:
        """An image with red boxes drawn on it.

        Args:
            tag: its name.
            img_tensor: bytes, or floats in [0, 1].
            box_tensor: (N, 4), each left, top, right, bottom.
            global_step: its place.
            walltime: its time; by default now.
            rescale: by how much to stretch it.
            dataformats: its dimensions, ``CHW``, ``HWC`` or ``HW``.
            labels: a word for each box; of another number they are not shown.

        Raises:
            AssertionError: it has other dimensions.
        """
        if isinstance(labels, str):
            labels = [labels]
        if labels is not None and len(labels) != box_tensor.shape[0]:
            labels = None
        content = summary.image_boxes(tag, img_tensor, box_tensor, rescale, dataformats, labels)
        self._add(content, global_step, walltime)

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
        form = "NCHW" if isinstance(figure, list) else "CHW"
        self.add_image(tag, figure_to_image(figure, close), global_step, walltime, form)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Videos side by side, as a moving GIF that Pillow writes.

        Args:
            tag: their name.
            vid_tensor: (N, T, C, H, W), bytes or floats in [0, 1].
            global_step: their place.
            fps: how many frames to show in a second.
            walltime: their time; by default now.
        """
        self._add(summary.video(tag, vid_tensor, fps), global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """A sound of one channel.

        Args:
            tag: its name.
            snd_tensor: the samples, in [-1, 1]; others are clipped, and a warning is printed.
            global_step: its place.
            sample_rate: how many there are in a second.
            walltime: its time; by default now.

        Raises:
            AssertionError: there are more dimensions.
        """
        self._add(summary.audio(tag, snd_tensor, sample_rate), global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """A text in Markdown.

        Args:
            tag: its name.
            text_string: the text.
            global_step: its place.
            walltime: its time; by default now.
        """
        self._add(summary.text(tag, text_string), global_step, walltime)

    def add_embedding(
        self,
        mat: Any,
        metadata: Sequence[Any] | None = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> None:
        """Points in a space of many dimensions, for TensorBoard's projector, as files in a folder within this one.

        Args:
            mat: a row per point.
            metadata: a label per point, or a list of labels.
            label_img: (N, C, H, W), a picture per point, floats in [0, 1].
            global_step: their place.
            tag: their name.
            metadata_header: names of the labels, where there are several per point.

        Raises:
            AssertionError: there are more points than labels or pictures, or fewer.
            NotADirectoryError: a file has the folder's name.
        """
        points = make_np(mat)
        step = 0 if global_step is None else global_step
        name = tag
        for sign in "%/\\":
            name = name.replace(sign, f"%{ord(sign):02x}")
        within = f"{str(step).zfill(5)}/{name}"
        main = self._get_file_writer().get_logdir()
        folder = os.path.join(main, within)
        _embedding.make_folder(folder)
        if metadata is not None:
            if len(points) != len(metadata):
                raise AssertionError("#labels should equal with #data points")
            _embedding.write_metadata(metadata, folder, metadata_header)
        if label_img is not None:
            if len(points) != label_img.shape[0]:
                raise AssertionError("#images should equal with #data points")
            _embedding.write_pictures(label_img, folder)
        if points.ndim != 2:
            raise AssertionError("mat should be 2D, where mat.size(0) is the number of data points")
        _embedding.write_points(points, folder)
        info = _embedding.embedding_info(metadata, label_img, within, step, tag)
        self._projector.embeddings.append(info)
        _embedding.write_config(self._projector, main)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Precision and recall at thresholds from 0 to 1.

        Args:
            tag: name of the curve.
            labels: 0 or 1 for each element.
            predictions: the probability of 1.
            global_step: its place.
            num_thresholds: how many thresholds, at most 127.
            weights: of the elements.
            walltime: its time; by default now.
        """
        content = summary.pr_curve(tag, make_np(labels), make_np(predictions), num_thresholds, weights)
        self._add(content, global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: Any = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """A curve of precision and recall that was counted elsewhere.

        Args:
            tag: its name.
            true_positive_counts: right positives at each threshold.
            false_positive_counts: wrong positives.
            true_negative_counts: right negatives.
            false_negative_counts: wrong negatives.
            precision: the precision.
            recall: the recall.
            global_step: its place.
            num_thresholds: how many thresholds there are, at most 127.
            weights: accepted for torch's sake.
            walltime: its time; by default now.
        """
        positives = (true_positive_counts, false_positive_counts)
        negatives = (true_negative_counts, false_negative_counts)
        content = summary.pr_curve_raw(
            tag, *positives, *negatives, precision, recall, num_thresholds, weights
        )
        self._add(content, global_step, walltime)

    def add_custom_scalars(self, layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> None:
        """Charts that show several curves; to be called once.

        Args:
            layout: charts by category and title: ``["Multiline", tags]`` or ``["Margin", [value, lower, upper]]``.

        Raises:
            AssertionError: a margin has not three tags.
        """
        self._add(summary.custom_scalars(layout))

    def add_custom_scalars_multilinechart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """One chart with several curves.

        Args:
            tags: the curves.
            category: where to show it.
            title: over it.
        """
        self._add(summary.custom_scalars({category: {title: ["Multiline", tags]}}))

    def add_custom_scalars_marginchart(
        self, tags: Sequence[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """One chart with a curve between two others.

        Args:
            tags: the curve, the lower and the upper one.
            category: where to show it.
            title: over it.

        Raises:
            AssertionError: there are not three.
        """
        if len(tags) != 3:
            raise AssertionError(f"Expected 3 tags, got {len(tags)}.")
        self._add(summary.custom_scalars({category: {title: ["Margin", tags]}}))

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Mapping[str, Any] | None = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Points in space, with colours, and triangles between them.

        Args:
            tag: their name.
            vertices: (B, N, 3).
            colors: (B, N, 3), bytes or floats in [0, 1].
            faces: (B, M, 3), which points make a triangle.
            config_dict: of the view, for three.js.
            global_step: their place.
            walltime: their time; by default now.
        """
        self._add(summary.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    def flush(self) -> None:
        """Write what waits."""
        for writer in (self.all_writers or {}).values():
            writer.flush()

    def close(self) -> None:
        """Write what waits; a later summary goes into a new file."""
        self.flush()
        for writer in (self.all_writers or {}).values():
            writer.close()
        self.file_writer = self.all_writers = None

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
