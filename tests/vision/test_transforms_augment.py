"""Blur, erasing, tones, maps and augmentation give torchvision's pixels for the same seed.

What torchvision 0.28.0 gives stands in ``augmented.json``: of images of bytes a checksum, of floats the mean.
``python -m tests.vision.test_transforms_augment`` writes it anew where torchvision is installed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .images import PIXELS, RGB

GOLDEN = Path(__file__).with_name("augmented.json")

# T are the transforms, F their functions; each is applied to the PIL image, to bytes and to floats.
TRANSFORMS = """
T.RandomErasing(p=1.0, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0)
T.RandomErasing(p=1, value="random")
T.RandomErasing(p=0.5, value=(0.1, 0.2, 0.3))
T.GaussianBlur(kernel_size=(5, 3), sigma=(0.1, 2.0))
T.GaussianBlur(3, 1.5)
T.RandomAffine(15)
T.RandomAffine(degrees=(5, 15), translate=(0.1, 0.1), scale=(0.9, 1.1), shear=10)
T.RandomAffine(15, shear=(-5, 5, -4, 4), interpolation=T.InterpolationMode.BILINEAR, fill=9, center=(3, 4))
T.RandomPerspective(0.5, p=1.0)
T.RandomPerspective(0.3, 0.5, T.InterpolationMode.NEAREST, 5)
T.RandomRotation((20, 40), expand=True)
T.RandomRotation(180, T.InterpolationMode.BILINEAR, center=(3, 9), fill=40)
T.Lambda(lambda img: F.rotate(img, 90))
T.FiveCrop(8)
T.TenCrop((8, 6), vertical_flip=True)
T.RandAugment()
T.RandAugment(num_ops=3, magnitude=20)
T.TrivialAugmentWide()
T.AutoAugment()
T.AutoAugment(T.AutoAugmentPolicy.CIFAR10)
T.AutoAugment(T.AutoAugmentPolicy.SVHN, fill=[1, 2, 3])
T.RandomAutocontrast(1.0)
T.RandomEqualize(1.0)
T.RandomInvert(0.5)
T.RandomPosterize(3, 1.0)
T.RandomSolarize(0.7, 1.0)
T.RandomAdjustSharpness(2.0, 1.0)
T.RandomAdjustSharpness(0.0, 1.0)
T.Lambda(lambda img: F.adjust_gamma(img, 0.7, 1.1))
T.Lambda(lambda img: F.affine(img, 20.0, [3, 1], 1.2, [5.0, 3.0], fill=7))
T.Lambda(lambda img: F.gaussian_blur(img, 5))
""".strip().split("\n")

MISTAKES = """
T.RandomErasing(value="zero")
T.RandomErasing(scale=(0.1, 1.2))
T.RandomErasing(p=2)
T.RandomErasing(value=None)
T.GaussianBlur(4)
T.GaussianBlur(3, -1.0)
T.GaussianBlur(3, (2.0, 1.0))
T.RandomAffine(-1)
T.RandomAffine((1, 2, 3))
T.RandomAffine(1, translate=(2, 0))
T.RandomAffine(1, scale=(0, 1))
T.RandomAffine(1, shear=(1, 2, 3))
T.RandomAffine(1, fill="a")
T.FiveCrop((1, 2, 3))
T.FiveCrop(99)(img)
F.posterize(img, 9)
F.gaussian_blur(img, 3, 0.0)
F.adjust_gamma(img, -1)
F.affine(img, "a", [0, 0], 1.0, [0.0])
F.affine(img, 0.0, [0, 0], -1.0, [0.0])
F.perspective(img, [[0, 0]], [[0, 0]])
F.erase(img, 0, 0, 1, 1, 0)
""".strip().split("\n")

Evaluate = Callable[..., Any]


def libraries(ours: bool) -> tuple[Any, Any]:
    """The library, and its module of transforms."""
    if ours:
        import jaxlearn
        import jaxlearn.vision.transforms

        return jaxlearn, jaxlearn.vision.transforms
    import torch
    import torchvision.transforms

    return torch, torchvision.transforms


def described(result: Any) -> Any:
    """Checksums of bytes, sizes and means of floats."""
    if isinstance(result, tuple):
        return [described(part) for part in result]
    array = np.asarray(result.numpy() if hasattr(result, "numpy") else result)
    if array.dtype == np.uint8:
        return zlib.crc32(np.ascontiguousarray(array).tobytes())
    return [*array.shape, float(array.mean(dtype=np.float64))]


def outcomes(ours: bool, text: str) -> Any:
    """The transform's text, and what three calls give for each kind of image."""
    lib, T = libraries(ours)
    made = eval(text, {"T": T, "F": T.functional})
    found: list[Any] = [repr(made)]
    planes = lib.from_numpy(PIXELS.transpose(2, 0, 1).copy())
    for image in (RGB, planes, planes / 255):
        lib.manual_seed(7)
        try:
            found.append([described(made(image)) for _ in range(3)])
        except Exception:
            found.append("refused")
    return found


def mistake(ours: bool, text: str) -> str:
    _, T = libraries(ours)
    try:
        eval(text, {"T": T, "F": T.functional, "img": RGB})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "accepted"


def close(got: Any, expected: Any) -> bool:
    if isinstance(expected, list) and len(expected) == 4 and isinstance(expected[-1], float):
        # The means are of up to 2000 pixels whose sums are taken in another order.
        return bool(got[:3] == expected[:3] and abs(got[3] - expected[3]) < 1e-6)
    if isinstance(expected, list):
        return len(got) == len(expected) and all(map(close, got, expected))
    return bool(got == expected)


@pytest.mark.parametrize("text", TRANSFORMS)
def test_pixels_are_torchvisions(text: str) -> None:
    got, expected = outcomes(True, text), json.loads(GOLDEN.read_text())[text]
    assert close(got, expected), f"\n{got}\n{expected}"


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_have_torchvisions_words(text: str) -> None:
    assert mistake(True, text) == json.loads(GOLDEN.read_text())[text]


if __name__ == "__main__":
    found = {text: outcomes(False, text) for text in TRANSFORMS} | {
        text: mistake(False, text) for text in MISTAKES
    }
    GOLDEN.write_text(
        "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items()) + "\n}\n"
    )
