"""Grids and files of images."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

import jaxlearn
from jaxlearn.vision import utils

torch = pytest.importorskip("torch", reason="parity is checked against torch, a test dependency")


def grid(tensor: Any, nrow: int = 8, padding: int = 2, pad_value: float = 0.0) -> Any:
    """torchvision's layout of a grid, in torch."""
    if tensor.size(1) == 1:
        tensor = tensor.repeat(1, 3, 1, 1)
    if tensor.size(0) == 1:
        return tensor[0]
    columns = min(nrow, tensor.size(0))
    rows = math.ceil(tensor.size(0) / columns)
    height, width = tensor.size(2) + padding, tensor.size(3) + padding
    result = tensor.new_full((3, height * rows + padding, width * columns + padding), pad_value)
    for k, image in enumerate(tensor):
        y, x = k // columns * height + padding, k % columns * width + padding
        result[:, y : y + height - padding, x : x + width - padding] = image
    return result


IMAGES = np.random.default_rng(0).normal(size=(7, 3, 5, 6)).astype(np.float32)


@pytest.mark.parametrize(
    "arguments", [{}, {"nrow": 3}, {"nrow": 3, "padding": 0}, {"padding": 4, "pad_value": 0.5}]
)
@pytest.mark.parametrize("images", [IMAGES, IMAGES[:, :1], IMAGES[:1]], ids=["colour", "grey", "one"])
def test_make_grid(images: Any, arguments: Any) -> None:
    ours = utils.make_grid(jaxlearn.from_numpy(images), **arguments)
    np.testing.assert_array_equal(ours.numpy(), grid(torch.from_numpy(images), **arguments).numpy())


def test_make_grid_of_a_list_and_of_single_images() -> None:
    images = [jaxlearn.from_numpy(image) for image in IMAGES]
    expected = grid(torch.from_numpy(IMAGES)).numpy()
    np.testing.assert_array_equal(utils.make_grid(images).numpy(), expected)
    assert utils.make_grid(jaxlearn.ones(4, 5)).shape == (3, 4, 5)
    assert utils.make_grid(jaxlearn.ones(1, 4, 5)).shape == (3, 4, 5)


@pytest.mark.parametrize("value_range", [None, (-1, 0.5), (0, 1)])
@pytest.mark.parametrize("scale_each", [False, True])
def test_make_grid_normalizes(value_range: Any, scale_each: bool) -> None:
    def norm(image: Any) -> Any:
        low, high = value_range or (float(image.min()), float(image.max()))
        return image.clamp(low, high).sub(low).div(max(high - low, 1e-5))

    images = torch.from_numpy(IMAGES)
    expected = grid(torch.stack([norm(image) for image in images]) if scale_each else norm(images))
    before = jaxlearn.from_numpy(IMAGES.copy())
    ours = utils.make_grid(before, normalize=True, value_range=value_range, scale_each=scale_each)
    np.testing.assert_allclose(ours.numpy(), expected.numpy(), rtol=1.3e-6, atol=1e-6)
    assert ours.dtype is jaxlearn.float32
    np.testing.assert_array_equal(before.numpy(), IMAGES)


def test_save_image() -> None:
    file = io.BytesIO()
    utils.save_image(jaxlearn.from_numpy(IMAGES), file, format="png", nrow=4)
    expected = (
        grid(torch.from_numpy(IMAGES), nrow=4)
        .mul(255)
        .add(0.5)
        .clamp(0, 255)
        .permute(1, 2, 0)
        .to(torch.uint8)
    )
    np.testing.assert_array_equal(np.asarray(Image.open(file)), expected.numpy())


def test_save_image_under_a_path(tmp_path: Any) -> None:
    utils.save_image(jaxlearn.ones(1, 3, 4), tmp_path / "white.png")
    assert np.asarray(Image.open(tmp_path / "white.png")).tolist() == [[[255] * 3] * 4] * 3


def test_errors_are_torchvisions() -> None:
    with pytest.raises(TypeError, match=r"^tensor or list of tensors expected, got <class 'int'>$"):
        utils.make_grid(3)
    with pytest.raises(
        TypeError, match=r"^tensor or list of tensors expected, got a list containing <class 'int'>$"
    ):
        utils.make_grid([3])
    with pytest.raises(TypeError, match="value_range has to be a tuple"):
        utils.make_grid(jaxlearn.ones(1, 1, 2, 2), normalize=True, value_range=[0, 1])  # type: ignore[arg-type]


def colours(picture: np.ndarray[Any, Any]) -> set[tuple[int, ...]]:
    return {tuple(pixel) for row in picture.tolist() for pixel in row}


def test_predictions_are_written_under_their_images() -> None:
    file = io.BytesIO()
    images = jaxlearn.from_numpy(IMAGES[:3, :1].repeat(6, 2).repeat(6, 3))
    utils.save_predictions(images, jaxlearn.tensor([3, 5, 7]), [3, 8, 7], file, nrow=2, scale=2)
    picture = np.asarray(Image.open(file))
    height, width = 2 * 30 + 12 + 4, 2 * 36 + 4
    assert picture.shape == (2 * height + 4, 2 * width + 4, 3)
    right, wrong = (0, 110, 0), (190, 0, 0)
    captions = [picture[y : y + 12, x : x + 72] for y, x in ((64, 4), (64, 80), (140, 4))]
    assert [right in colours(c) for c in captions] == [True, False, True]
    assert [wrong in colours(c) for c in captions] == [False, True, False]
    assert {right, wrong}.isdisjoint(colours(picture[4:64]))
    assert (
        picture[4:64, 4:76].min() == 0 or picture[4:64, 80:152].min() == 0 or picture[80:140, 4:76].min() == 0
    )


def test_predictions_without_truth_and_with_names() -> None:
    file = io.BytesIO()
    utils.save_predictions(jaxlearn.zeros(1, 28, 28), [1], None, file, classes=["cat", "dog"])
    assert (0, 110, 0) in colours(np.asarray(Image.open(file)))
    with pytest.raises(ValueError, match=r"^targets has 1 entries for 2 images; give one per image$"):
        utils.save_predictions(jaxlearn.zeros(2, 28, 28), [1, 2], [1], io.BytesIO())
