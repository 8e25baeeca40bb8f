"""Sizes, borders, flips and rotations against torch, NumPy and Pillow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import jaxlearn
from jaxlearn.vision import transforms as T
from jaxlearn.vision.transforms import functional as F
from tests.vision.images import GREY, PIXELS, RGB, equal, planes, tensor

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def test_sizes_of_resized_images() -> None:
    assert T.Resize(10)(RGB).size == (15, 10)
    assert T.Resize((12, 9))(RGB).size == (9, 12)
    assert T.Resize([40])(RGB).size == (62, 40)
    assert T.Resize(10, max_size=12)(RGB).size == (12, 8)
    assert T.Resize(20)(RGB) is RGB
    equal(np.asarray(T.Resize(10)(RGB)), np.asarray(RGB.resize((15, 10), Image.Resampling.BILINEAR)))
    nearest = T.Resize(10, T.InterpolationMode.NEAREST)(RGB)
    equal(np.asarray(nearest), np.asarray(RGB.resize((15, 10), Image.Resampling.NEAREST)))


@pytest.mark.parametrize("size", [(10, 15), (7, 50), (41, 17)])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
def test_resized_tensors_are_interpolates(size: tuple[int, int], mode: str, antialias: bool) -> None:
    smooth = {"align_corners": False, "antialias": antialias} if mode.startswith("bi") else {}
    image = planes(PIXELS).float().div(255)
    expected = torch.nn.functional.interpolate(image[None], size, mode=mode, **smooth)[0]
    ours = F.resize(tensor(image.numpy()), size, T.InterpolationMode(mode), antialias=antialias)
    np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=1.3e-6, atol=1e-5)
    assert F.resize(tensor(planes(PIXELS).numpy()), size, T.InterpolationMode(mode)).dtype is jaxlearn.uint8


@pytest.mark.parametrize("size", [12, (8, 30), (24, 40), [5]])
def test_center_crop_is_the_same_for_images_and_tensors(size: Any) -> None:
    picture = T.CenterCrop(size)(RGB)
    height, width = (size, size) if isinstance(size, int) else (size * 2)[:2]
    assert picture.size == (width, height)
    equal(T.CenterCrop(size)(T.PILToTensor()(RGB)), planes(np.asarray(picture)))
    if height <= 20 and width <= 31:
        top, left = round((20 - height) / 2.0), round((31 - width) / 2.0)
        equal(np.asarray(picture), PIXELS[top : top + height, left : left + width])


@pytest.mark.parametrize(
    "box", [(2, 3, 5, 6), (-2, -3, 10, 10), (15, 25, 10, 10), (30, 40, 4, 4), (-9, -9, 4, 4)]
)
def test_crop_is_the_same_for_images_and_tensors(box: tuple[int, int, int, int]) -> None:
    equal(F.crop(T.PILToTensor()(RGB), *box), planes(np.asarray(F.crop(RGB, *box))))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("padding", [3, (2, 5), (1, 2, 3, 4)])
def test_pad(mode: str, padding: Any) -> None:
    left, top, right, bottom = (padding,) * 4 if isinstance(padding, int) else (padding * 2)[:4]
    options = {"constant_values": 7} if mode == "constant" else {}
    expected = np.pad(PIXELS, ((top, bottom), (left, right), (0, 0)), mode=mode, **options)
    equal(np.asarray(T.Pad(padding, 7, mode)(RGB)), expected)
    equal(np.asarray(T.Pad(padding, 7, mode)(GREY)), expected[..., 0])
    equal(T.Pad(padding, 7, mode)(T.PILToTensor()(RGB)), planes(expected))


def test_pad_with_a_colour() -> None:
    expected = ImageOps.expand(RGB, 2, (1, 2, 3))
    equal(np.asarray(T.Pad(2, (1, 2, 3))(RGB)), np.asarray(expected))


def test_flips() -> None:
    equal(np.asarray(F.hflip(RGB)), PIXELS[:, ::-1])
    equal(np.asarray(F.vflip(RGB)), PIXELS[::-1])
    equal(F.hflip(T.PILToTensor()(RGB)), planes(PIXELS[:, ::-1]))
    equal(F.vflip(T.PILToTensor()(RGB)), planes(PIXELS[::-1]))


@pytest.mark.parametrize("angle", [0.0, 90.0, 33.0, -120.5])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("expand", [False, True])
def test_rotated_tensors_are_grid_samples(angle: float, mode: str, expand: bool) -> None:
    # Of odd height and width: no quarter turn puts a pixel between two others.
    pixels = np.pad(PIXELS, ((0, 1), (0, 0), (0, 0)))
    image = planes(pixels).double().div(255)
    ours = F.rotate(tensor(image.numpy()), angle, T.InterpolationMode(mode), expand).numpy()
    height, width = ours.shape[1:]
    turn = math.radians(angle)
    matrix = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]).double()
    x = torch.linspace(-width * 0.5 + 0.5, width * 0.5 - 0.5, width).double()
    y = torch.linspace(-height * 0.5 + 0.5, height * 0.5 - 0.5, height).double()
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1) @ matrix.T
    grid = points / torch.tensor([31 * 0.5, 21 * 0.5]).double()
    expected = torch.nn.functional.grid_sample(image[None], grid[None], mode=mode, align_corners=False)[0]
    np.testing.assert_allclose(ours, expected.numpy(), atol=1e-5)
    if expand and angle == 90.0:
        assert (height, width) == (31, 21)


def test_rotate_an_image() -> None:
    expected = RGB.rotate(30, Image.Resampling.BILINEAR, fillcolor=(9, 9, 9))
    equal(np.asarray(F.rotate(RGB, 30, T.InterpolationMode.BILINEAR, fill=9)), np.asarray(expected))
    assert F.rotate(T.PILToTensor()(RGB), 45, fill=9).numpy()[:, 0, 0].tolist() == [9, 9, 9]
