"""The files of TensorBoard's projector: points, what is said about them, and their pictures."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf import text_format
from tensorboard.compat import tf
from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo

from ._pixels import Array, make_grid, make_np


def _write(path: str, content: bytes) -> None:
    # TensorBoard's own files may lie in other places than the machine's disk, as its writer's may.
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)


def make_folder(path: str) -> None:
    """A folder for the files.

    Raises:
        NotADirectoryError: a file has its name.
    """
    if not tf.io.gfile.exists(path):
        tf.io.gfile.makedirs(path)
    elif tf.io.gfile.isdir(path):
        print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
    else:
        raise NotADirectoryError(f"Path: `{path}` exists, but is a file. Cannot proceed.")


def write_points(mat: Array, folder: str) -> None:
    """A row per point."""
    rows = ("\t".join(str(number) for number in row) + "\n" for row in mat.tolist())
    _write(f"{folder}/tensors.tsv", "".join(rows).encode())


def write_metadata(metadata: Sequence[Any], folder: str, header: Sequence[str] | None) -> None:
    """A line per point, with a header if there are several columns.

    Raises:
        AssertionError: the header has another number of columns.
    """
    if header:
        if len(header) != len(metadata[0]):
            raise AssertionError("len of header must be equal to the number of columns in metadata")
        lines = ["\t".join(str(each) for each in row) for row in [header, *metadata]]
    else:
        lines = [str(each) for each in metadata]
    _write(f"{folder}/metadata.tsv", ("\n".join(lines) + "\n").encode())


def write_pictures(images: Any, folder: str) -> None:
    """The points' pictures (N, C, H, W), floats in [0, 1], in one square."""
    from PIL import Image

    grid = make_grid(make_np(images), ncols=math.ceil(images.shape[0] ** 0.5)).transpose(1, 2, 0)
    square = np.zeros((grid.shape[1], grid.shape[1], 3))
    square[: grid.shape[0]] = grid
    file = io.BytesIO()
    Image.fromarray((square * 255).clip(0, 255).astype(np.uint8)).save(file, format="PNG")
    _write(f"{folder}/sprite.png", file.getvalue())


def embedding_info(metadata: Any, images: Any, folder: str, step: Any, tag: str) -> Any:
    """Where the projector finds the files."""
    info = EmbeddingInfo(tensor_name=f"{tag}:{str(step).zfill(5)}", tensor_path=f"{folder}/tensors.tsv")
    if metadata is not None:
        info.metadata_path = f"{folder}/metadata.tsv"
    if images is not None:
        info.sprite.image_path = f"{folder}/sprite.png"
        info.sprite.single_image_dim.extend([images.shape[3], images.shape[2]])
    return info


def write_config(config: Any, folder: str) -> None:
    """The list of all embeddings."""
    _write(f"{folder}/projector_config.pbtxt", text_format.MessageToString(config).encode())
