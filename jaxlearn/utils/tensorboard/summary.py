"""Summaries: what TensorBoard shows under one tag, as messages of its package.

https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto
"""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.mesh import metadata as mesh_metadata
from tensorboard.plugins.mesh.plugin_data_pb2 import MeshPluginData
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData
from tensorboard.plugins.text.plugin_data_pb2 import TextPluginData

from ..._tensor.core import TensorBase
from ._hparams import hparams as hparams
from ._pixels import Array, as_bytes, convert_to_HWC, frames_of, make_np

__all__ = [
    "audio",
    "compute_curve",
    "custom_scalars",
    "histogram",
    "histogram_raw",
    "hparams",
    "image",
    "image_boxes",
    "make_histogram",
    "mesh",
    "pr_curve",
    "pr_curve_raw",
    "scalar",
    "tensor_proto",
    "text",
    "video",
]


def _of_plugin(tag: str, plugin: str, tensor: Any, content: bytes = b"") -> Any:
    data = SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=SummaryMetadata(plugin_data=data))])


def _shape(sizes: Sequence[int]) -> Any:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])


def scalar(
    name: str, tensor: Any, collections: Any = None, new_style: bool = False, double_precision: bool = False
) -> Any:
    """One number.

    Args:
        name: its tag.
        tensor: a number, or what has one element.
        collections: accepted for torch's sake.
        new_style: write it as a tensor.
        double_precision: of 64 bits; in the older style there are 32.

    Raises:
        AssertionError: there are more elements.
    """
    array = make_np(tensor).squeeze()
    if array.ndim != 0:
        raise AssertionError(
            "Tensor should contain one element (0 dimensions). "
            + " " * 12
            + f"Was given size: {array.size} and {array.ndim} dimensions."
        )
    number = float(array)
    if not new_style:
        return Summary(value=[Summary.Value(tag=name, simple_value=number)])
    if double_precision:
        return _of_plugin(name, "scalars", TensorProto(double_val=[number], dtype="DT_DOUBLE"))
    return _of_plugin(name, "scalars", TensorProto(float_val=[number], dtype="DT_FLOAT"))


def _plain(tensor: Any) -> list[Any]:
    return tensor.flatten().tolist()


def _halves(tensor: Any) -> list[int]:
    # The bits of the number in 32 bits, which is what torch writes.
    return [struct.unpack("i", struct.pack("f", number))[0] for number in _plain(tensor)]


def _pairs(tensor: Any) -> list[float]:
    return [part for number in _plain(tensor) for part in (number.real, number.imag)]


# By the name of the tensor's type: the type in the message, the field, and its content.
_FIELDS: dict[str, tuple[str, str, Callable[[Any], list[Any]]]] = {
    "float16": ("DT_HALF", "half_val", _halves),
    "bfloat16": ("DT_BFLOAT16", "half_val", _halves),
    "float32": ("DT_FLOAT", "float_val", _plain),
    "float64": ("DT_DOUBLE", "double_val", _plain),
    "int8": ("DT_INT8", "int_val", _plain),
    "uint8": ("DT_UINT8", "uint32_val", _plain),
    "int16": ("DT_INT16", "int_val", _plain),
    "int32": ("DT_INT32", "int_val", _plain),
    "int64": ("DT_INT64", "int64_val", _plain),
    "bool": ("DT_BOOL", "bool_val", _plain),
    "complex64": ("DT_COMPLEX64", "scomplex_val", _pairs),
    "complex128": ("DT_COMPLEX128", "dcomplex_val", _pairs),
}


def tensor_proto(tag: str, tensor: TensorBase) -> Any:
    """A whole tensor.

    Args:
        tag: its tag.
        tensor: the tensor.

    Raises:
        ValueError: it has 2 GiB or more, or a type that TensorBoard does not know.
    """
    if tensor.numel() * tensor.itemsize >= 1 << 31:
        raise ValueError("tensor is bigger than protocol buffer's hard limit of 2GB in size")
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in _FIELDS:
        raise ValueError(f"{tag} has unsupported tensor dtype {tensor.dtype}")
    dtype, field, content = _FIELDS[name]
    message = TensorProto(dtype=dtype, tensor_shape=_shape(tensor.shape), **{field: content(tensor)})
    return _of_plugin(tag, "tensor", message)


def histogram_raw(
    name: str,
    min: float,
    max: float,
    num: int,
    sum: float,
    sum_squares: float,
    bucket_limits: Any,
    bucket_counts: Any,
) -> Any:
    """A histogram that was counted elsewhere.

    Args:
        name: its tag.
        min: the least value.
        max: the greatest.
        num: how many there are.
        sum: their sum.
        sum_squares: the sum of their squares.
        bucket_limits: the upper border of each bin.
        bucket_counts: how many values are in it.
    """
    counted = HistogramProto(
        min=min,
        max=max,
        num=num,
        sum=sum,
        sum_squares=sum_squares,
        bucket_limit=bucket_limits,
        bucket=bucket_counts,
    )
    return Summary(value=[Summary.Value(tag=name, histo=counted)])


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Any:
    """How often values lie between borders.

    Args:
        name: its tag.
        values: a tensor or array.
        bins: what :func:`numpy.histogram` takes.
        max_bins: join bins until there are no more.

    Raises:
        ValueError: there are no values.
    """
    counted = make_histogram(make_np(values).astype(float), bins, max_bins)
    return Summary(value=[Summary.Value(tag=name, histo=counted)])


def make_histogram(values: Array, bins: Any, max_bins: int | None = None) -> Any:
    """The message of a histogram.

    Args:
        values: an array.
        bins: what :func:`numpy.histogram` takes.
        max_bins: join bins until there are no more.

    Raises:
        ValueError: there are no values, or none within the bins.
    """
    if values.size == 0:
        raise ValueError("The input has no element.")
    values = values.reshape(-1)
    counts, borders = np.histogram(values, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        step = len(counts) // max_bins
        counts = np.pad(counts, (0, -len(counts) % step)).reshape(-1, step).sum(-1)
        borders = np.concatenate([borders[:-1][::step], borders[-1:]])
    filled = np.flatnonzero(counts)
    if filled.size == 0:
        raise ValueError("The histogram is empty, please file a bug report.")
    first, last = int(filled[0]), int(filled[-1])
    # TensorBoard keeps upper borders only; an empty bin below the first one tells where that begins.
    kept = counts[first - 1 : last + 1] if first > 0 else np.concatenate([[0], counts[: last + 1]])
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=len(values),
        sum=values.sum(),
        sum_squares=values.dot(values),
        bucket_limit=borders[first : last + 2].tolist(),
        bucket=kept.tolist(),
    )


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Any:
    """One image, or several in a grid, as PNG; floats in [0, 1] or bytes.

    Args:
        tag: its tag.
        tensor: the pixels.
        rescale: by how much to stretch it.
        dataformats: the dimensions.

    Raises:
        AssertionError: it has others.
    """
    return _png(tag, as_bytes(convert_to_HWC(make_np(tensor), dataformats)), rescale)


def image_boxes(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | None = None,
) -> Any:
    """An image with red boxes drawn on it.

    Args:
        tag: its tag.
        tensor_image: the pixels.
        tensor_boxes: (N, 4), each left, top, right, bottom.
        rescale: by how much to stretch it.
        dataformats: the dimensions.
        labels: a word for each box.

    Raises:
        AssertionError: it has other dimensions.
    """
    boxes = make_np(tensor_boxes)
    return _png(tag, as_bytes(convert_to_HWC(make_np(tensor_image), dataformats)), rescale, boxes, labels)


def _png(
    tag: str,
    pixels: Array,
    rescale: float,
    boxes: Array | None = None,
    labels: Sequence[str] | None = None,
) -> Any:
    from PIL import Image

    height, width, channels = pixels.shape
    picture = Image.fromarray(pixels)
    if boxes is not None:
        for i, box in enumerate(boxes):
            _draw_box(picture, box.tolist(), None if labels is None else labels[i])
    picture = picture.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return _image(tag, height, width, channels, file.getvalue())


def _image(tag: str, height: int, width: int, channels: int, content: bytes) -> Any:
    shown = Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=content)
    return Summary(value=[Summary.Value(tag=tag, image=shown)])


def _draw_box(picture: Any, box: list[float], label: str | None) -> None:
    from PIL import ImageDraw, ImageFont

    left, top, right, bottom = box
    draw = ImageDraw.Draw(picture)
    corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
    draw.line(corners, width=2, fill="Red")
    if label:
        font = ImageFont.load_default()
        x0, y0, x1, y1 = font.getbbox(label)
        margin = np.ceil(0.05 * (y1 - y0))
        above = bottom - (y1 - y0) - margin
        draw.rectangle([(left, above - margin), (left + x1 - x0, bottom)], fill="Red")
        draw.text((left + margin, above), label, fill="black", font=font)


def video(tag: str, tensor: Any, fps: float = 4) -> Any:
    """Several videos side by side, as a moving GIF that Pillow writes.

    Args:
        tag: its tag.
        tensor: (N, T, C, H, W), floats in [0, 1] or bytes.
        fps: how many frames to show in a second.
    """
    from PIL import Image

    frames = as_bytes(frames_of(make_np(tensor)))
    _, height, width, channels = frames.shape
    first, *others = (Image.fromarray(frame[..., 0] if channels == 1 else frame) for frame in frames)
    file = io.BytesIO()
    first.save(file, format="GIF", save_all=True, append_images=others, duration=1000 / fps, loop=0)
    return _image(tag, height, width, channels, file.getvalue())


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Any:
    """A sound of one channel, as WAV with 16 bits.

    Args:
        tag: its tag.
        tensor: the samples, in [-1, 1]; others are clipped, and a warning is printed.
        sample_rate: how many there are in a second.

    Raises:
        AssertionError: there are more dimensions.
    """
    samples = make_np(tensor).squeeze()
    if abs(samples).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        samples = samples.clip(-1, 1)
    if samples.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    samples = (samples * np.iinfo(np.int16).max).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes(samples.tobytes())
    heard = Summary.Audio(
        sample_rate=sample_rate,
        num_channels=1,
        length_frames=len(samples),
        encoded_audio_string=file.getvalue(),
        content_type="audio/wav",
    )
    return Summary(value=[Summary.Value(tag=tag, audio=heard)])


def custom_scalars(layout: Mapping[str, Mapping[str, Sequence[Any]]]) -> Any:
    """Which curves to show in which chart.

    Args:
        layout: charts by category and title, each ``["Multiline", tags]`` or ``["Margin", [value, lower, upper]]``.

    Raises:
        AssertionError: a margin has not three tags.
    """
    categories = []
    for category, charts in layout.items():
        shown = []
        for title, (kind, tags, *_) in charts.items():
            if kind == "Margin":
                if len(tags) != 3:
                    raise AssertionError("len(tags) != 3")
                value, lower, upper = tags
                series = layout_pb2.MarginChartContent.Series(value=value, lower=lower, upper=upper)
                margin = layout_pb2.MarginChartContent(series=[series])
                shown.append(layout_pb2.Chart(title=title, margin=margin))
            else:
                lines = layout_pb2.MultilineChartContent(tag=tags)
                shown.append(layout_pb2.Chart(title=title, multiline=lines))
        categories.append(layout_pb2.Category(title=category, chart=shown))
    content = layout_pb2.Layout(category=categories).SerializeToString()
    tensor = TensorProto(dtype="DT_STRING", string_val=[content], tensor_shape=_shape([]))
    return _of_plugin("custom_scalars__config__", "custom_scalars", tensor)


def text(tag: str, text: str) -> Any:
    """A text in Markdown.

    Args:
        tag: its tag.
        text: the text.
    """
    tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()], tensor_shape=_shape([1]))
    return _of_plugin(f"{tag}/text_summary", "text", tensor, TextPluginData(version=0).SerializeToString())


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = 127,
    weights: Any = None,
) -> Any:
    """A curve of precision and recall that was counted elsewhere.

    Args:
        tag: its tag.
        tp: right positives at each threshold.
        fp: wrong positives.
        tn: right negatives.
        fn: wrong negatives.
        precision: the precision.
        recall: the recall.
        num_thresholds: how many thresholds there are, at most 127.
        weights: accepted for torch's sake.
    """
    # A tensor is no sequence to NumPy's stack.
    rows = [np.asarray(row) for row in (tp, fp, tn, fn, precision, recall)]
    return _pr_curve(tag, np.stack(rows), min(num_thresholds, 127))


def pr_curve(
    tag: str, labels: Array, predictions: Array, num_thresholds: int = 127, weights: Any = None
) -> Any:
    """Precision and recall at thresholds from 0 to 1.

    Args:
        tag: its tag.
        labels: 0 or 1 for each element.
        predictions: the probability of 1.
        num_thresholds: how many thresholds, at most 127.
        weights: of the elements.
    """
    count = min(num_thresholds, 127)
    return _pr_curve(tag, compute_curve(labels, predictions, count, weights), count)


def _pr_curve(tag: str, rows: Array, thresholds: int) -> Any:
    tensor = TensorProto(
        dtype="DT_FLOAT", float_val=rows.reshape(-1).tolist(), tensor_shape=_shape(rows.shape[:2])
    )
    content = PrCurvePluginData(version=0, num_thresholds=thresholds).SerializeToString()
    return _of_plugin(tag, "pr_curves", tensor, content)


def compute_curve(labels: Array, predictions: Array, num_thresholds: int = 127, weights: Any = None) -> Array:
    """Rows of right and wrong positives, right and wrong negatives, precision and recall; a column per threshold.

    Args:
        labels: 0 or 1 for each element.
        predictions: the probability of 1.
        num_thresholds: how many thresholds.
        weights: of the elements.
    """
    last = num_thresholds - 1
    weight = 1.0 if weights is None else weights
    positive = labels.astype(np.float64)
    place = np.floor(predictions * last).astype(np.int32)

    def above(weights: Array) -> Array:
        """How much lies at each threshold or above it."""
        counts, _ = np.histogram(place, bins=num_thresholds, range=(0, last), weights=weights)
        return counts[::-1].cumsum()[::-1]

    tp, fp = above(positive * weight), above((1.0 - positive) * weight)
    tn, fn = fp[0] - fp, tp[0] - tp
    least = 1e-7  # instead of a division by zero
    return np.stack([tp, fp, tn, fn, tp / np.maximum(least, tp + fp), tp / np.maximum(least, tp + fn)])


def mesh(
    tag: str,
    vertices: Any,
    colors: Any,
    faces: Any,
    config_dict: Mapping[str, Any] | None,
    display_name: str | None = None,
    description: str | None = None,
) -> Any:
    """Points in space, with colours, and triangles between them.

    Args:
        tag: its tag.
        vertices: (B, N, 3).
        colors: (B, N, 3), or None.
        faces: (B, M, 3), which vertices make a triangle, or None.
        config_dict: of the view, for three.js.
        display_name: shown instead of the tag.
        description: a text in Markdown.
    """
    config = "{}" if config_dict is None else json.dumps(config_dict, sort_keys=True)
    kinds = ((vertices, MeshPluginData.VERTEX), (faces, MeshPluginData.FACE), (colors, MeshPluginData.COLOR))
    given = [(make_np(values), kind) for values, kind in kinds if values is not None]
    components = mesh_metadata.get_components_bitmask([kind for _, kind in given])
    shown = []
    for array, kind in given:
        metadata = mesh_metadata.create_summary_metadata(
            tag, display_name, kind, components, array.shape, description, json_config=config
        )
        tensor = TensorProto(
            dtype="DT_FLOAT", float_val=array.reshape(-1).tolist(), tensor_shape=_shape(array.shape)
        )
        instance = mesh_metadata.get_instance_name(tag, kind)
        shown.append(Summary.Value(tag=instance, tensor=tensor, metadata=metadata))
    return Summary(value=shown)
