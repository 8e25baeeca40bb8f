"""Colours against torch, Pillow and colorsys."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

import jaxlearn
from jaxlearn.vision import transforms as T
from jaxlearn.vision.transforms import functional as F
from tests.vision.images import GREY, PIXELS, RGB, equal, planes

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def test_grey() -> None:
    equal(np.asarray(T.Grayscale()(RGB)), np.asarray(RGB.convert("L")))
    assert np.asarray(T.Grayscale(3)(RGB)).shape == (20, 31, 3)
    image = planes(PIXELS)
    red, green, blue = image.unbind(0)
    expected = (0.2989 * red + 0.587 * green + 0.114 * blue).to(torch.uint8)[None]
    equal(T.Grayscale()(T.PILToTensor()(RGB)), expected)
    assert T.Grayscale(3)(T.PILToTensor()(RGB)).shape == (3, 20, 31)


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
def test_brightness_contrast_saturation(factor: float) -> None:
    for ours, pillows in (
        (F.adjust_brightness, ImageEnhance.Brightness),
        (F.adjust_contrast, ImageEnhance.Contrast),
        (F.adjust_saturation, ImageEnhance.Color),
    ):
        equal(np.asarray(ours(RGB, factor)), np.asarray(pillows(RGB).enhance(factor)))
    image = planes(PIXELS)
    red, green, blue = image.unbind(0)
    grey = (0.2989 * red + 0.587 * green + 0.114 * blue).to(torch.uint8)[None]

    def blend(other: Any) -> Any:
        return (factor * image + (1.0 - factor) * other).clamp(0, 255).to(torch.uint8)

    ours_ = T.PILToTensor()(RGB)
    equal(F.adjust_brightness(ours_, factor), blend(torch.zeros_like(image)))
    equal(F.adjust_contrast(ours_, factor), blend(grey.float().mean()))
    equal(F.adjust_saturation(ours_, factor), blend(grey))


@pytest.mark.parametrize("factor", [-0.5, -0.2, 0.0, 0.3])
def test_hue_of_tensors_is_pythons(factor: float) -> None:
    def turned(pixel: Any) -> Any:
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        return colorsys.hsv_to_rgb((hue + factor) % 1, saturation, value)

    expected = np.apply_along_axis(turned, 2, PIXELS / 255).transpose(2, 0, 1)
    ours = F.adjust_hue(T.ToTensor()(RGB), factor).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1.3e-6, atol=1e-5)
    as_bytes = F.adjust_hue(T.PILToTensor()(RGB), factor).numpy()
    assert np.abs(as_bytes - np.clip(expected * 255.999, 0, 255)).max() <= 1


def test_hue_of_images_is_pillows() -> None:
    hsv = np.array(RGB.convert("HSV"))
    hsv[..., 0] += 76
    equal(np.asarray(F.adjust_hue(RGB, 0.3)), np.asarray(Image.fromarray(hsv, "HSV").convert("RGB")))


def test_hue_of_known_colours() -> None:
    image = jaxlearn.tensor([[[1.0]], [[0.0]], [[0.0]]])
    np.testing.assert_allclose(F.adjust_hue(image, 1 / 3).numpy().ravel(), [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(F.adjust_hue(image, -1 / 6).numpy().ravel(), [1, 0, 1], atol=1e-6)
    assert F.adjust_hue(GREY, 0.3) is GREY
