"""Samples for the transforms of version 2, in any library, and their results as numbers that JSON holds."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from PIL import Image

_ROWS, _COLUMNS = np.mgrid[:20, :31]
PIXELS = np.stack([_ROWS * 8, _COLUMNS * 6, (_ROWS * _COLUMNS * 7) % 251], -1).astype(np.uint8)
_BOXES = [[2, 3, 9, 11], [5, 1, 30, 19], [0, 0, 4, 4], [10, 10, 14, 17]]
_SIZED = [[a, b, c - a, d - b] for a, b, c, d in _BOXES]
_MIDDLES = [[a + w / 2, b + h / 2, w, h] for a, b, w, h in _SIZED]
BOXES = {"XYXY": _BOXES, "XYWH": _SIZED, "CXCYWH": _MIDDLES}

TRANSFORMS = """
Resize(10); Resize((8, 40)); Resize(10, antialias=False); Resize(10, interpolation="nearest")
Resize(None, max_size=25); Resize(12, max_size=15); Resize(15, interpolation="bicubic"); CenterCrop(12)
CenterCrop((30, 10)); Pad(3); Pad([1, 2]); Pad((1, 2, 3, 4), fill=7); Pad(2, padding_mode="edge")
Pad(2, fill={kinds.Image: 3, "others": 0}); RandomZoomOut(p=1.0); RandomHorizontalFlip(0.9)
RandomVerticalFlip(0.9); RandomCrop(12); RandomCrop((12, 25), padding=3); RandomCrop((30, 40), pad_if_needed=True)
RandomCrop((20, 10)); RandomCrop((40, 40)); RandomResizedCrop(12); RandomResizedCrop((9, 14), antialias=False)
RandomRotation(30); RandomRotation((10, 80), interpolation="bilinear", expand=True)
RandomRotation(45, center=(3, 4), expand=True); RandomAffine(20, shear=(1, 2, 3, 4), fill=9)
RandomAffine(20, translate=(0.1, 0.2), scale=(0.8, 1.2), shear=10, interpolation="bilinear")
RandomPerspective(p=1.0); ElasticTransform(alpha=20.0, sigma=2.0); RandomIoUCrop(); ScaleJitter((16, 16))
RandomShortestSize([8, 12, 16], max_size=30); RandomShortestSize(14); RandomResize(8, 20)
ColorJitter(0.3, 0.4, 0.5, 0.1); Grayscale(3); RandomGrayscale(0.9); RGB(); RandomChannelPermutation()
RandomPhotometricDistort(p=1.0); RandomInvert(1.0); RandomPosterize(3, p=1.0); RandomSolarize(100, p=1.0)
RandomAutocontrast(1.0); RandomEqualize(1.0); RandomAdjustSharpness(2, p=1.0); RandomErasing(1.0)
RandomErasing(1.0, value="random"); GaussianBlur(3); GaussianBlur((5, 3), sigma=1.0); GaussianNoise()
ToDtype(lib.float32, scale=True); ToDtype({kinds.Image: lib.float32, kinds.Mask: lib.int64, "others": None})
ToImage(); ToPureTensor(); SanitizeBoundingBoxes(min_size=5); SanitizeKeyPoints()
ConvertBoundingBoxFormat("XYWH"); ConvertBoundingBoxFormat("CXCYWH"); ConvertBoundingBoxFormat("XYXY")
ClampBoundingBoxes(); ClampKeyPoints(); SetClampingMode(None)
Compose([v2.ToDtype(lib.float32, scale=True), v2.Normalize((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))])
RandomApply([v2.RandomHorizontalFlip(1.0)], p=0.9); RandomChoice([v2.Pad(1), v2.Pad(2)], p=[0.2, 0.8])
RandomOrder([v2.RandomHorizontalFlip(), v2.ColorJitter(0.5)]); Lambda(lambda x: 1, kinds.Mask); RandomRotation(-3)
RandomResizedCrop((1, 2, 3)); GaussianBlur(2); RandomErasing(scale=3); ColorJitter(brightness=-1); ColorJitter(hue=0.7)
RandomAffine(10, translate=(2, 3)); Pad("a"); Resize([1, 2, 3]); RandomRotation((1, 2, 3)); Compose(3); Compose([])
RandomCrop(1, padding=1, padding_mode="x"); Resize(4, interpolation="x"); ToDtype(3); JPEG(0)
""".replace("\n", ";")
EXPRESSIONS = [text.strip() for text in TRANSFORMS.split(";") if text.strip()]
SAMPLES = ("tensor", "pil", "XYXY float32", "CXCYWH int64", "XYWH float32")


def sample(lib: Any, kinds: Any, name: str) -> Any:
    """A picture, or one with a mask, boxes, points and labels.

    Args:
        lib: torch or jaxlearn.
        kinds: its tv_tensors.
        name: one of SAMPLES.
    """
    if name == "pil":
        return Image.fromarray(PIXELS)
    picture = lib.from_numpy(PIXELS.transpose(2, 0, 1).copy())
    if name == "tensor":
        return picture
    format, dtype = name.split()
    kind = getattr(lib, dtype)
    points = lib.tensor([[6.0, 5.0], [20.0, 10.0], [33.0, 17.0]]).to(kind)
    return {
        "image": kinds.Image(picture),
        "boxes": kinds.BoundingBoxes(lib.tensor(BOXES[format]).to(kind), format=format, canvas_size=(20, 31)),
        "mask": kinds.Mask(lib.from_numpy(PIXELS[..., 2] // 64)),
        "masks": kinds.Mask(lib.from_numpy(np.stack([PIXELS[..., 1] // 64] * 4))),
        "points": kinds.KeyPoints(points, canvas_size=(20, 31)),
        "labels": lib.tensor([1, 2, 3, 4]),
        "name": "x",
    }


def described(value: Any) -> Any:
    """A result as JSON holds it: kinds, types, shapes, and small values whole or large ones as two sums."""
    if isinstance(value, dict):
        return {key: described(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(v) for v in value]
    if isinstance(value, Image.Image):
        return ["PIL", value.mode, *_numbers(np.asarray(value))]
    if not hasattr(value, "detach"):
        return value
    told = [str(getattr(value, name, "")) for name in ("format", "canvas_size", "clamping_mode")]
    kind = type(value).__name__
    return [kind, str(value.dtype).split(".")[-1], *told, *_numbers(np.asarray(value.detach().tolist()))]


def _numbers(array: np.ndarray[Any, Any]) -> list[Any]:
    values = array.astype(np.float64).ravel()
    if values.size <= 20:
        return [list(array.shape), [round(v, 3) for v in values.tolist()]]
    weights = np.cos(np.arange(values.size))
    return [list(array.shape), round(values.mean().item(), 3), round((values * weights).mean().item(), 3)]


def run(lib: Any, v2: Any, kinds: Any, expression: str, name: str) -> Any:
    """What a transform makes of a sample, and the next random number; or the error's name and text.

    Args:
        lib: torch or jaxlearn.
        v2: its transforms.
        kinds: its tv_tensors.
        expression: makes the transform.
        name: one of SAMPLES.
    """
    lib.manual_seed(len(expression))
    try:
        transform = eval("v2." + expression, {"v2": v2, "lib": lib, "kinds": kinds})
        text = repr(transform) if "lambda" not in expression else ""
        result = described(transform(sample(lib, kinds, name)))
    except Exception as error:
        return [type(error).__name__, re.sub("0x[0-9A-F]+", "0x", str(error))]
    return [text, result, round(lib.rand(1).item(), 6)]
