"""The summary writer's files, read back field by field; they were compared with those that torch writes."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jaxlearn as torch
from jaxlearn.utils.tensorboard import SummaryWriter
from jaxlearn.utils.tensorboard._records import checksum


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def fields(data: bytes) -> dict[int, list[Any]]:
    """The fields of a protocol buffer by number."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value: Any
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if key & 7 == 1 else 4
            value, at = struct.unpack("<d" if size == 8 else "<f", data[at : at + size])[0], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def events(folder: Path) -> list[dict[int, list[Any]]]:
    """The events of the folder's file; the checksums must be right."""
    (path,) = folder.glob("events.out.tfevents.*")
    data, result = path.read_bytes(), []
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == checksum(data[:8])
        record, data = data[12 : 12 + size], data[12 + size :]
        assert struct.unpack("<I", data[:4])[0] == checksum(record)
        result.append(fields(record))
        data = data[4:]
    return result


def summary(event: dict[int, list[Any]]) -> dict[int, list[Any]]:
    return fields(fields(event[5][0])[1][0])


def test_checksums_are_castagnolis() -> None:
    turned = 0xE3069283  # of the digits 1 to 9
    assert checksum(b"123456789") == ((turned >> 15 | turned << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_curves(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("Loss/train", torch.tensor(0.5), 300, walltime=2.0)
        writer.add_scalars("both", {"a": 1, "b": np.float32(2)}, global_step=-1)
    first, point = events(tmp_path / "run")
    assert first[3] == [b"brain.Event:2"]
    assert (point[1], point[2], summary(point)) == ([2.0], [300], {1: [b"Loss/train"], 2: [0.5]})
    assert summary(events(tmp_path / "run" / "both_b")[1]) == {1: [b"both"], 2: [2.0]}
    with pytest.raises(AssertionError, match="scalar should be 0D"):
        writer.add_scalar("x", torch.zeros(2))


def test_a_histogram(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("h", torch.tensor([1.0, 2.0, 2.0, -3.0]), 1, bins=[-4, -2, 0, 1.5, 3, 5])
    content = fields(summary(events(tmp_path)[1])[5][0])
    assert [content[i][0] for i in range(1, 6)] == [-3.0, 2.0, 4.0, 2.0, 18.0]
    assert struct.unpack("<5d", content[6][0]) == (-4.0, -2.0, 0.0, 1.5, 3.0)
    assert struct.unpack("<5d", content[7][0]) == (0.0, 1.0, 0.0, 1.0, 2.0)
    with pytest.raises(ValueError, match="The input has no element"):
        writer.add_histogram("h", torch.zeros(0))


def test_images_and_text(tmp_path: Path) -> None:
    pixels = torch.arange(24).reshape(2, 3, 4) / 23
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("i", pixels[:1])
        writer.add_images("grid", pixels[:, None])
        writer.add_text("t", "**hi**", 4)
        with pytest.raises(AssertionError, match="size of input tensor and input format are different"):
            writer.add_image("i", pixels[0])
    _, one, grid, text = events(tmp_path)
    shown = fields(summary(one)[4][0])
    assert [shown[i][0] for i in range(1, 4)] == [3, 4, 3]
    expected = (pixels.numpy() * 255).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown[4][0])))[..., 0], expected[0])
    picture = Image.open(io.BytesIO(fields(summary(grid)[4][0])[4][0]))
    np.testing.assert_array_equal(np.asarray(picture)[..., 2], np.concatenate(list(expected), 1))
    assert summary(text)[1] == [b"t/text_summary"]
    assert fields(summary(text)[8][0])[8] == [b"**hi**"]
