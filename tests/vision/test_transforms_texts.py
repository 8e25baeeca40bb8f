"""torchvision's texts: repr and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import jaxlearn
from jaxlearn.vision import transforms as T
from jaxlearn.vision.transforms import functional as F
from tests.vision.images import PIXELS, RGB, tensor


def fails(program: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        program()
    assert str(caught.value) == text


CHAIN = T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])

REPRS = {
    "Compose(\n    ToTensor()\n    Normalize(mean=(0.1307,), std=(0.3081,))\n)": CHAIN,
    "Compose(\n)": T.Compose([]),
    "Lambda()": T.Lambda(len),
    "PILToTensor()": T.PILToTensor(),
    "ConvertImageDtype()": T.ConvertImageDtype(),
    "ToPILImage()": T.ToPILImage(),
    "ToPILImage(mode=L)": T.ToPILImage("L"),
    "Resize(size=256, interpolation=bilinear, max_size=None, antialias=True)": T.Resize(256),
    "CenterCrop(size=(224, 224))": T.CenterCrop(224),
    "RandomCrop(size=(32, 32), padding=4)": T.RandomCrop(32, padding=4),
    "RandomHorizontalFlip(p=0.5)": T.RandomHorizontalFlip(),
    "RandomVerticalFlip(p=0.1)": T.RandomVerticalFlip(0.1),
    "Pad(padding=3, fill=0, padding_mode=constant)": T.Pad(3),
    "Grayscale(num_output_channels=1)": T.Grayscale(),
    "RandomGrayscale(p=0.1)": T.RandomGrayscale(),
    "RandomApply(\n    p=0.5\n    ToTensor()\n)": T.RandomApply([T.ToTensor()]),
    "RandomResizedCrop(size=(224, 224), scale=(0.08, 1.0), ratio=(0.75, 1.3333), "
    "interpolation=bilinear, antialias=True)": T.RandomResizedCrop(224),
    "ColorJitter(brightness=(0.6, 1.4), contrast=None, saturation=(0.0, 3.0), hue=(-0.1, 0.1))": T.ColorJitter(
        0.4, 0, 2, 0.1
    ),
    "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)": T.RandomRotation(
        10
    ),
}


@pytest.mark.parametrize("text", REPRS)
def test_repr(text: str) -> None:
    assert repr(REPRS[text]) == text


SIZE = "Please provide only two dimensions (h, w) for size."
ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: T.ToTensor()(3), TypeError, "pic should be PIL Image or ndarray. Got <class 'int'>"),
    (lambda: T.ToTensor()(np.ones(3)), ValueError, "pic should be 2/3 dimensional. Got 1 dimensions."),
    (lambda: T.PILToTensor()(3), TypeError, "pic should be PIL Image. Got <class 'int'>"),
    (lambda: T.ToPILImage()(3), TypeError, "pic should be Tensor or ndarray. Got <class 'int'>."),
    (lambda: T.ToPILImage()(np.ones(3)), ValueError, "pic should be 2/3 dimensional. Got 1 dimensions."),
    (
        lambda: T.ToPILImage()(np.ones((2, 2, 5))),
        ValueError,
        "pic should not have > 4 channels. Got 5 channels.",
    ),
    (
        lambda: T.ToPILImage("RGB")(np.ones((2, 2, 4))),
        ValueError,
        "Only modes ['RGBA', 'CMYK', 'RGBX'] are supported for 4D inputs",
    ),
    (lambda: T.ToPILImage()(np.ones((2, 2, 3), np.int64)), TypeError, "Input type int64 is not supported"),
    (
        lambda: T.Normalize((0.5,), (0.5,))(PIXELS),
        TypeError,
        "img should be Tensor Image. Got <class 'numpy.ndarray'>",
    ),
    (
        lambda: T.Normalize((0.5,), (0.5,))(tensor(PIXELS)),
        TypeError,
        "Input tensor should be a float tensor. Got torch.uint8.",
    ),
    (
        lambda: T.Normalize((0.5,), (0.5,))(jaxlearn.ones(2, 2)),
        ValueError,
        "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = torch.Size([2, 2])",
    ),
    (
        lambda: T.Normalize((0.5,), (0.0,))(jaxlearn.ones(1, 2, 2)),
        ValueError,
        "std evaluated to zero after conversion to torch.float32, leading to division by zero.",
    ),
    (
        lambda: T.Normalize((0.5, 0.5, 0.5), (1.0,))(jaxlearn.ones(1, 28, 28)),
        RuntimeError,
        "output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]",
    ),
    (
        lambda: T.Normalize((0.5, 0.5), (1.0,))(jaxlearn.ones(3, 28, 28)),
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0",
    ),
    (
        lambda: T.ConvertImageDtype("float32"),  # type: ignore[arg-type]
        TypeError,
        "Argument dtype should be of type torch.dtype",
    ),
    (lambda: T.Lambda(3), TypeError, "Argument lambd should be callable, got 'int'"),  # type: ignore[arg-type]
    (lambda: T.Resize("a" and None), TypeError, "Size should be int or sequence. Got <class 'NoneType'>"),
    (lambda: T.Resize((1, 2, 3)), ValueError, "If size is a sequence, it should have 1 or 2 values"),
    (
        lambda: T.Resize(20, max_size=20)(RGB.resize((10, 10))),
        ValueError,
        "max_size = 20 must be strictly greater than the requested size for the smaller edge size = [20]",
    ),
    (lambda: T.CenterCrop((1, 2, 3)), ValueError, SIZE),
    (lambda: T.RandomCrop((1, 2, 3)), ValueError, SIZE),
    (
        lambda: T.RandomCrop(50)(RGB),
        ValueError,
        "Required crop size (50, 50) is larger than input image size (20, 31)",
    ),
    (lambda: T.Pad("a"), TypeError, "Got inappropriate padding arg"),  # type: ignore[arg-type]
    (
        lambda: T.Pad((1, 2, 3)),
        ValueError,
        "Padding must be an int or a 1, 2, or 4 element tuple, not a 3 element tuple",
    ),
    (
        lambda: T.Pad(1, padding_mode="wrap"),
        ValueError,
        "Padding mode should be either constant, edge, reflect or symmetric",
    ),
    (
        lambda: T.Pad(1, (1, 2))(RGB),
        ValueError,
        "The number of elements in 'fill' does not match the number of channels of the image (2 != 3)",
    ),
    (lambda: T.Grayscale(2)(RGB), ValueError, "num_output_channels should be either 1 or 3"),
    (
        lambda: T.Grayscale()(jaxlearn.ones(2, 4, 4)),
        TypeError,
        "Input image tensor permitted channel values are [1, 3], but found 2",
    ),
    (lambda: T.RandomApply(T.ToTensor()), TypeError, "Argument transforms should be a sequence"),  # type: ignore[arg-type]
    (
        lambda: T.ColorJitter(-1),
        ValueError,
        "If brightness is a single number, it must be non negative.",
    ),
    (
        lambda: T.ColorJitter(hue=0.6),
        ValueError,
        "hue values should be between (-0.5, 0.5), but got [-0.6, 0.6].",
    ),
    (
        lambda: T.ColorJitter(contrast=(2, 1)),
        ValueError,
        "contrast values should be between (0, inf), but got [2.0, 1.0].",
    ),
    (
        lambda: T.ColorJitter("a"),  # type: ignore[arg-type]
        TypeError,
        "brightness should be a single number or a list/tuple with length 2.",
    ),
    (lambda: F.adjust_hue(RGB, 0.7), ValueError, "hue_factor (0.7) is not in [-0.5, 0.5]."),
    (lambda: T.RandomRotation(-1), ValueError, "If degrees is a single number, it must be positive."),
    (lambda: T.RandomRotation((1, 2, 3)), ValueError, "degrees should be a sequence of length 2."),
    (lambda: T.RandomResizedCrop(3, scale=0.5), TypeError, "Scale should be a sequence"),  # type: ignore[arg-type]
    (lambda: F.hflip(PIXELS), TypeError, "img should be PIL Image or Tensor. Got <class 'numpy.ndarray'>"),
]


@pytest.mark.parametrize(("program", "kind", "text"), ERRORS)
def test_errors_are_torchvisions(program: Callable[[], Any], kind: type[Exception], text: str) -> None:
    fails(program, kind, text)


def test_a_gradient_is_not_lost_in_silence() -> None:
    with pytest.raises(RuntimeError, match=r"use img\.detach\(\)"):
        F.hflip(jaxlearn.ones(1, 2, 2, requires_grad=True))
