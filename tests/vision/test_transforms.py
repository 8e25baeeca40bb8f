"""Conversion and normalization against the formulas in torch, single images and whole batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jaxlearn
from jaxlearn.utils.data import DataLoader
from jaxlearn.vision import transforms as T
from jaxlearn.vision.datasets import MNIST
from jaxlearn.vision.datasets._host_array import HostArray
from jaxlearn.vision.transforms import functional as F
from tests.vision.images import GREY, PIXELS, RGB, equal, planes, tensor

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def fails(program: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        program()
    assert str(caught.value) == text


def test_to_tensor_and_normalize_are_bit_equal() -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    scaled = planes(PIXELS).to(torch.float32).div(255)
    expected = (scaled - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    for picture in (RGB, PIXELS):
        image = T.ToTensor()(picture)
        equal(image, scaled)
        equal(T.Normalize(mean, std)(image), expected)
    every = np.arange(256, dtype=np.uint8)[None]
    levels = torch.arange(256).to(torch.float32).div(255)
    equal(T.Normalize((0.1307,), (0.3081,))(T.ToTensor()(every)), levels.sub(0.1307).div(0.3081)[None, None])


def test_to_tensor_takes_all_of_pillows_modes() -> None:
    equal(T.ToTensor()(GREY), planes(PIXELS[..., :1]).float().div(255))
    equal(T.ToTensor()(GREY.convert("1")), torch.tensor(np.array(GREY.convert("1"))[None]).float())
    equal(T.ToTensor()(RGB.convert("RGBA")), planes(np.array(RGB.convert("RGBA"))).float().div(255))
    equal(T.ToTensor()(GREY.convert("I")), np.array(GREY, np.int32)[None])
    equal(T.ToTensor()(GREY.convert("F")), np.array(GREY, np.float32)[None])
    equal(T.ToTensor()(GREY.convert("I;16")), np.array(GREY, np.int16)[None])


def test_to_tensor_of_other_arrays_only_moves_the_channels() -> None:
    floats = PIXELS.astype(np.float64)
    equal(T.ToTensor()(floats), floats.transpose(2, 0, 1))
    equal(T.ToTensor()(floats[..., 0]), floats[None, ..., 0])


def test_to_tensor_follows_the_default_dtype() -> None:
    jaxlearn.set_default_dtype(jaxlearn.float64)
    equal(T.ToTensor()(RGB), planes(PIXELS).double().div(255))


def test_pil_to_tensor() -> None:
    equal(T.PILToTensor()(RGB), planes(PIXELS))
    equal(T.PILToTensor()(GREY), planes(PIXELS[..., :1]))


def test_images_survive_there_and_back() -> None:
    for picture in (RGB, GREY, RGB.convert("RGBA"), GREY.convert("I"), GREY.convert("F"), RGB.convert("LA")):
        mode = "F" if picture.mode == "F" else None  # floats become bytes unless asked for
        back = T.ToPILImage(mode)(T.PILToTensor()(picture))
        assert back.mode == picture.mode
        equal(np.asarray(back), np.asarray(picture))
    equal(np.asarray(T.ToPILImage()(T.ToTensor()(RGB))), PIXELS)
    assert T.ToPILImage("HSV")(T.PILToTensor()(RGB)).mode == "HSV"
    equal(np.asarray(T.ToPILImage()(PIXELS)), PIXELS)


def converted(image: Any, dtype: Any) -> Any:
    """torchvision's formula of convert_image_dtype."""

    def highest(kind: Any) -> int:
        return torch.iinfo(kind).max

    if image.dtype == dtype:
        return image
    if image.is_floating_point():
        return (
            image.to(dtype) if dtype.is_floating_point else image.mul(highest(dtype) + 1.0 - 1e-3).to(dtype)
        )
    if dtype.is_floating_point:
        return image.to(dtype) / float(highest(image.dtype))
    if highest(image.dtype) > highest(dtype):
        factor = int((highest(image.dtype) + 1) // (highest(dtype) + 1))
        return torch.div(image, factor, rounding_mode="floor").to(dtype)
    return image.to(dtype) * int((highest(dtype) + 1) // (highest(image.dtype) + 1))


@pytest.mark.parametrize("source", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("target", ["uint8", "int16", "int32", "int64", "float32", "float64"])
def test_convert_image_dtype(source: str, target: str) -> None:
    image = converted(planes(PIXELS), getattr(torch, source))
    transform = T.ConvertImageDtype(getattr(jaxlearn, target))
    if (source, target) in {("float32", "int32"), ("float32", "int64"), ("float64", "int64")}:
        text = f"The cast from torch.{source} to torch.{target} cannot be performed safely."
        fails(lambda: transform(tensor(image.numpy())), RuntimeError, text)
    else:
        equal(transform(tensor(image.numpy())), converted(image, getattr(torch, target)))


def test_normalize_in_place_and_with_gradients() -> None:
    x = jaxlearn.ones(1, 2, 2)
    assert T.Normalize((0.5,), (0.25,), inplace=True)(x) is x
    assert x.tolist() == [[[2.0, 2.0], [2.0, 2.0]]]
    y = jaxlearn.ones(1, 2, 2, requires_grad=True)
    T.Normalize((0.5,), (0.25,))(y).sum().backward()
    assert y.grad.tolist() == [[[4.0, 4.0], [4.0, 4.0]]]
    batch = torch.rand(2, 3, 4, 5)
    mean, std = torch.rand(3), torch.rand(3) + 0.5
    ours = F.normalize(tensor(batch.numpy()), tensor(mean.numpy()), std.tolist())
    equal(ours, batch.clone().sub_(mean.view(-1, 1, 1)).div_(std.view(-1, 1, 1)))


def test_normalize_leaves_its_argument_alone() -> None:
    x = jaxlearn.ones(1, 2, 2)
    T.Normalize((0.5,), (0.25,))(x)
    assert x.sum().item() == 4


class Numbers(MNIST):
    """MNIST without its files."""

    def __init__(self, transform: Any) -> None:
        rng = np.random.default_rng(1)
        self.root = self.transforms = self.target_transform = None
        self.transform = transform
        self._images = HostArray(rng.integers(0, 256, (50, 28, 28), dtype=np.uint8))
        self._labels = HostArray(rng.integers(0, 10, 50))


CHAIN = T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))])


@pytest.mark.parametrize("chain", [T.ToTensor(), CHAIN, T.Compose([CHAIN, T.Normalize((0.5,), (2.0,))])])
def test_a_batch_at_once_has_the_bits_of_its_images(chain: Any) -> None:
    for pixels in (PIXELS[None].repeat(3, 0), PIXELS[None, ..., 0].repeat(3, 0)):
        batch = chain.apply_batch(pixels)
        assert batch.flags.c_contiguous
        for image, single in zip(batch, pixels, strict=True):
            equal(image, chain(Image.fromarray(single)))


def test_the_loader_gives_the_same_at_once_and_image_by_image() -> None:
    def batches(transform: Any) -> list[Any]:
        jaxlearn.manual_seed(3)
        return list(DataLoader(Numbers(transform), batch_size=16, shuffle=True))

    assert Numbers(CHAIN)._batch([0]) is not None
    assert Numbers(T.Lambda(CHAIN))._batch([0]) is None
    for at_once, single in zip(batches(CHAIN), batches(T.Lambda(CHAIN)), strict=True):
        for ours, theirs in zip(at_once, single, strict=True):
            assert ours.dtype == theirs.dtype
            equal(ours, theirs.numpy())


def test_what_only_takes_single_images_takes_no_batch() -> None:
    class Brighter(T.ToTensor):
        def forward(self, pic: Any) -> Any:
            return super().forward(pic) * 2

    pixels = PIXELS[None]
    assert T.Compose([T.RandomHorizontalFlip(), T.ToTensor()]).apply_batch(pixels) is None
    assert T.Compose([Brighter()]).apply_batch(pixels) is None
    assert T.Compose([]).apply_batch(pixels) is None
    assert T.ToTensor().apply_batch(pixels.astype(np.float32)) is None
    assert T.Normalize((0.5,), (0.5,)).apply_batch(pixels) is None
