"""The transforms of version 2 give what torchvision 0.28 gives, from the same seed: pictures, masks, boxes, points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jaxlearn as torch
from jaxlearn.vision import tv_tensors
from jaxlearn.vision.transforms import v2
from jaxlearn.vision.transforms.v2 import functional as F
from jaxlearn.vision.tv_tensors import TVTensor  # a class of the module's own: functions look for overrides
from tests.vision.samples_v2 import EXPRESSIONS, PIXELS, SAMPLES, run

GOLDEN = json.loads(Path(__file__).with_name("transforms_v2.json").read_text())


def close(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float):
        return bool(np.isclose(ours, theirs, rtol=1e-4, atol=2e-3))
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(close(ours[key], v) for key, v in theirs.items())
    return bool(ours == theirs)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_results_are_those_of_torchvision(expression: str) -> None:
    for name, theirs in zip(SAMPLES, GOLDEN[expression], strict=True):
        ours = run(torch, v2, tv_tensors, expression, name)
        ours = json.loads(
            json.dumps(ours).replace("jaxlearn.vision", "torchvision").replace("jaxlearn", "torch")
        )
        assert close(ours, theirs), f"{name}: {ours}\nand not\n{theirs}"


def test_kinds_are_kept_where_torchvision_keeps_them() -> None:
    image = tv_tensors.Image(torch.ones(1, 2, 2))
    assert repr(image) == "Image([[[1., 1.],\n        [1., 1.]]], )"
    for plain in (image + 1, image[0], image.sum(), image.clone().add_(1), torch.stack([image, image])):
        assert type(plain) is torch.Tensor
    for kept in (image.clone(), image.detach(), image.to(torch.float64), image.requires_grad_(False)):
        assert type(kept) is tv_tensors.Image
    with tv_tensors.set_return_type("TVTensor"):
        assert type(image + 1) is tv_tensors.Image
        boxes = tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYWH", canvas_size=(5, 6))
        assert (boxes * 2).canvas_size == (5, 6)
        assert (boxes * 2).format is tv_tensors.BoundingBoxFormat.XYWH
    assert type(image + 1) is torch.Tensor
    with pytest.raises(ValueError, match="return_type must be 'TVTensor' or 'Tensor', got x"):
        tv_tensors.set_return_type("x")


def test_mixes_of_batches() -> None:
    images, labels = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 3, 6, 6), torch.tensor([0, 1, 2, 0])
    torch.manual_seed(3)
    mixed, shares = v2.MixUp(alpha=0.5, num_classes=3)(images, labels)
    share = shares[1, 1].item()  # label 1 follows label 0
    assert 0 < share < 1
    assert torch.allclose(mixed[1], torch.full((3, 6, 6), share))
    assert torch.allclose(shares.sum(1), torch.ones(4))
    torch.manual_seed(3)
    cut, shares = v2.CutMix(num_classes=3)(images, labels)
    assert abs((cut[1] == 1).float().mean().item() - shares[1, 1].item()) < 1e-6
    with pytest.raises(ValueError, match="num_classes must be passed"):
        v2.MixUp()(images, labels)


def test_a_kernel_of_ones_own() -> None:
    class Heat(TVTensor):
        pass

    @F.register_kernel(F.vertical_flip, Heat)
    def flip(heat: Any) -> Any:
        return tv_tensors.wrap(heat.flip(-2), like=heat)

    heat = torch.arange(4).reshape(2, 2).as_subclass(Heat)
    flipped = v2.RandomVerticalFlip(1.0)((heat, torch.zeros(1, 2, 2)))[0]
    assert type(flipped) is Heat
    assert flipped.tolist() == [[2, 3], [0, 1]]
    assert v2.Resize(1)({"heat": heat})["heat"] is heat
    with pytest.raises(ValueError, match="Kernels cannot be registered for the builtin"):
        F.register_kernel(F.crop, tv_tensors.Image)


def test_pictures_survive_jpeg() -> None:
    torch.manual_seed(0)
    picture = torch.from_numpy(PIXELS[None, :, :, 0].copy())
    result = v2.JPEG((90, 95))(picture)
    assert result.shape == picture.shape
    assert (result.float() - picture.float()).abs().mean() < 5
    assert isinstance(v2.JPEG(50)(Image.fromarray(PIXELS)), Image.Image)
