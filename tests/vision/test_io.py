"""Image files as tensors."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import jaxlearn as torch
from jaxlearn.vision import io

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8)


def test_channels_come_first_and_are_those_of_the_file(tmp_path):
    gray, alpha = RGB[..., 0], np.dstack([RGB, RGB[..., 0]])
    for name, array in (("rgb.png", RGB), ("gray.png", gray), ("alpha.png", alpha)):
        Image.fromarray(array).save(tmp_path / name)
        image = io.read_image(str(tmp_path / name))
        assert image.dtype == torch.uint8
        np.testing.assert_array_equal(
            image.numpy(), array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
        )


@pytest.mark.parametrize("mode", ["GRAY", "GRAY_ALPHA", "RGB", "RGB_ALPHA"])
def test_modes_are_pillows(tmp_path, mode):
    path = tmp_path / "image.png"
    Image.fromarray(RGB).save(path)
    expected = np.asarray(
        Image.open(path).convert({"G": "L", "R": "RGB"}[mode[0]] + "A" * mode.endswith("ALPHA"))
    )
    got = [
        io.read_image(path, io.ImageReadMode[mode]),
        io.decode_image(path, mode),
        io.decode_png(io.read_file(path), mode),
    ]
    for image in got:
        np.testing.assert_array_equal(image.numpy(), np.atleast_3d(expected).transpose(2, 0, 1))
    assert io.ImageReadMode.RGBA is io.ImageReadMode.RGB_ALPHA


def test_palettes_are_colours(tmp_path):
    image = Image.fromarray(RGB).quantize(8)
    image.save(tmp_path / "palette.png")
    np.testing.assert_array_equal(
        io.read_image(tmp_path / "palette.png").numpy(), np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    )


def test_writing_and_reading_back(tmp_path):
    image = torch.from_numpy(RGB.transpose(2, 0, 1).copy())
    io.write_png(image, str(tmp_path / "a.png"))
    assert torch.equal(io.read_image(str(tmp_path / "a.png")), image)
    assert torch.equal(io.decode_png(io.encode_png(image[:1])), image[:1])
    smooth = torch.arange(64, dtype=torch.uint8).reshape(1, 8, 8).expand(3, 8, 8)
    io.write_jpeg(smooth, tmp_path / "a.jpg", quality=95)
    assert (io.decode_jpeg(io.read_file(tmp_path / "a.jpg")).int() - smooth.int()).abs().max() <= 3
    data = torch.tensor([1, 2, 255], dtype=torch.uint8)
    io.write_file(tmp_path / "data", data)
    assert torch.equal(io.read_file(tmp_path / "data"), data)


def test_the_camera_may_be_held_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    assert io.read_image(tmp_path / "turned.png").shape == (3, 5, 4)
    turned = io.read_image(tmp_path / "turned.png", apply_exif_orientation=True)
    np.testing.assert_array_equal(turned.numpy(), np.rot90(RGB, -1).transpose(2, 0, 1))


def test_what_is_no_image_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="No such file or directory"):
        io.read_image(str(tmp_path / "absent.png"))
    with pytest.raises(RuntimeError, match="cannot be read as an image"):
        io.decode_image(torch.zeros(9, dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="Input tensor dtype should be uint8"):
        io.encode_png(torch.zeros(3, 2, 2))
    with pytest.raises(RuntimeError, match="number of channels should be 1 or 3, got: 4"):
        io.encode_jpeg(torch.zeros(4, 2, 2, dtype=torch.uint8))
