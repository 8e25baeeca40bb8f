"""Random transforms draw torchvision's numbers in torchvision's order, and leave the stream alike."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.vision import transforms as T
from jaxlearn.vision.transforms import functional as F
from tests.vision.images import PIXELS, RGB, equal

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def at_the_same_place() -> None:
    assert jaxlearn.rand(1).item() == torch.rand(1).item()


def seeded(seed: int) -> None:
    jaxlearn.manual_seed(seed)
    torch.manual_seed(seed)


def test_flips_are_drawn_as_torchvision_does() -> None:
    seeded(0)
    for _ in range(20):
        flipped = np.asarray(T.RandomHorizontalFlip(0.3)(RGB))
        equal(flipped, PIXELS[:, ::-1] if torch.rand(1) < 0.3 else PIXELS)
        flipped = np.asarray(T.RandomVerticalFlip()(RGB))
        equal(flipped, PIXELS[::-1] if torch.rand(1) < 0.5 else PIXELS)
    at_the_same_place()


def test_random_crops_are_drawn_as_torchvision_does() -> None:
    seeded(1)
    padded = np.pad(PIXELS, ((4, 4), (4, 4), (0, 0)))
    for _ in range(10):
        cropped = T.RandomCrop((20, 31), padding=4)(RGB)
        top = torch.randint(0, 28 - 20 + 1, (1,)).item()
        left = torch.randint(0, 39 - 31 + 1, (1,)).item()
        equal(np.asarray(cropped), padded[top : top + 20, left : left + 31])
    assert T.RandomCrop((20, 31))(RGB).size == RGB.size
    at_the_same_place()
    assert T.RandomCrop((40, 40), pad_if_needed=True)(RGB).size == (40, 40)
    assert T.RandomCrop(8)(T.ToTensor()(RGB)).shape == (3, 8, 8)


def resized_crop_place(h: int, w: int, scale: Any, ratio: Any) -> tuple[int, int, int, int]:
    """torchvision's draws for RandomResizedCrop."""
    logarithm = torch.log(torch.tensor(ratio))
    for _ in range(10):
        area = h * w * torch.empty(1).uniform_(scale[0], scale[1]).item()
        aspect = torch.exp(torch.empty(1).uniform_(logarithm[0], logarithm[1])).item()
        width, height = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < width <= w and 0 < height <= h:
            top = torch.randint(0, h - height + 1, (1,)).item()
            return top, torch.randint(0, w - width + 1, (1,)).item(), height, width
    shape = w / h
    if shape < min(ratio):
        width, height = w, round(w / min(ratio))
    elif shape > max(ratio):
        width, height = round(h * max(ratio)), h
    else:
        width, height = w, h
    return (h - height) // 2, (w - width) // 2, height, width


@pytest.mark.parametrize("ratio", [(3 / 4, 4 / 3), (3.0, 3.5), (0.1, 0.2)])
def test_random_resized_crops_are_drawn_as_torchvision_does(ratio: Any) -> None:
    seeded(2)
    for _ in range(50):
        ours = T.RandomResizedCrop.get_params(RGB, (0.3, 1.0), ratio)
        assert ours == resized_crop_place(20, 31, (0.3, 1.0), ratio)
    at_the_same_place()
    assert T.RandomResizedCrop(12)(RGB).size == (12, 12)
    assert T.RandomResizedCrop((5, 6))(T.ToTensor()(RGB)).shape == (3, 5, 6)


def test_random_apply_and_grey_are_drawn_as_torchvision_does() -> None:
    seeded(3)
    for _ in range(10):
        done = T.RandomApply([T.Lambda(lambda x: x + 1), T.Lambda(lambda x: x * 2)], p=0.4)(1)
        assert done == (1 if torch.rand(1) > 0.4 else 4)
        grey = T.RandomGrayscale(0.4)(RGB)
        assert (grey is RGB) == (not torch.rand(1) < 0.4)
    at_the_same_place()


def test_jitter_is_drawn_as_torchvision_does() -> None:
    seeded(4)
    jitter = T.ColorJitter(brightness=0.4, contrast=(0.5, 0.7), hue=0.1)
    for _ in range(5):
        ours = np.asarray(jitter(RGB))
        order = torch.randperm(4)
        factors = [
            float(torch.empty(1).uniform_(0.6, 1.4)),
            float(torch.empty(1).uniform_(0.5, 0.7)),
            None,
            float(torch.empty(1).uniform_(-0.1, 0.1)),
        ]
        expected = RGB
        for i in order.tolist():
            if factors[i] is not None:
                change = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)[i]
                expected = change(expected, factors[i])
        equal(ours, np.asarray(expected))
    at_the_same_place()


def test_rotations_are_drawn_as_torchvision_does() -> None:
    seeded(5)
    for _ in range(5):
        angle = float(torch.empty(1).uniform_(-10.0, 10.0).item())
        assert T.RandomRotation.get_params([-10, 10]) == angle
    ours = T.RandomRotation((-30, 60))(RGB)
    equal(np.asarray(ours), np.asarray(RGB.rotate(float(torch.empty(1).uniform_(-30.0, 60.0)))))
    at_the_same_place()
